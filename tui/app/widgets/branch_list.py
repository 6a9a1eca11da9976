"""The branches of the run: what differs, from where, how far, how well; to go to, show, name and pin."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType

from echornn.session.frame import Frame
from tui.app.futures import BranchRow, Futures
from tui.app.widgets.list_panel import ListPanel, Row, how_well


class BranchList(ListPanel):
    """Args:
    futures: the run's branches.
    go: called with a branch and a window along its path, which is to be shown.
    close: called when a key closes the panel.
    """

    TITLE = "branches: * is shown, + lies under it"
    HINTS = "enter goes to its end  space shows or hides it  n names  x pins  escape closes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go", "Go", show=False, tooltip="Go to the branch's end"),
        Binding("space", "mark", "Show", show=False, tooltip="Lay it under the curve, or take it away"),
        Binding("n", "name", "Name", show=False, tooltip="Give it a name"),
        Binding("x", "pin", "Pin", show=False, tooltip="Keep it under the curve whatever else comes"),
        Binding("b", "escape", "Close", show=False),
    ]

    def __init__(
        self, futures: Futures, go: Callable[[int, int], None], close: Callable[[], None], ascii_only: bool = False
    ) -> None:
        super().__init__(close, ascii_only)
        self._futures = futures
        self._go = go
        self._frame: Frame | None = None

    def look(self, frame: Frame) -> None:
        """Show the branches as they are at this frame."""
        self._frame = frame
        if self.is_open:
            self.show([row_of(one) for one in self._futures.rows(frame)])

    def says(self) -> str:
        return f"name: {self.typed}_" if self.typed is not None else self._futures.trouble or self.TITLE

    def says_of_nothing(self) -> str:
        return "nothing is trained yet"

    def on_typed(self) -> None:
        if self.row is not None and self.typed is not None:
            self._futures.name(self._number, self.typed.strip())
        self.typed = None
        self._again()

    @property
    def _number(self) -> int:
        assert self.row is not None
        assert isinstance(self.row.key, int)
        return self.row.key

    def _again(self) -> None:
        if self._frame is not None:
            self.look(self._frame)

    def action_go(self) -> None:
        if self.row is not None:
            self._go(self._number, 1 << 62)

    def action_mark(self) -> None:
        if self.row is not None:
            self._futures.show_or_hide(self._number, self.row.is_marked)
            self._again()

    def action_name(self) -> None:
        if self.row is not None:
            self.typed = self._futures.name_of(self._number)

    def action_pin(self) -> None:
        if self.row is not None:
            self._futures.pin(self._number)
            self._again()


def row_of(branch: BranchRow) -> Row:
    """A branch as a row of the list."""
    second = f"{'pinned · ' if branch.is_pinned else ''}{how_well(branch.windows, branch.loss, branch.solved_at)}"
    return Row(branch.number, branch.letter, branch.words, second, branch.is_shown, branch.is_line)
