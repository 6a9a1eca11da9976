"""The panel with the branches of the run: go to a branch, draw it under the curve, name it, pin it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType

from echornn.session.commands import Command, Go, Name, Pin
from echornn.session.pictures.picture import BranchRow, Picture
from tui.panels.lists import ListPanel, ListRow, mean_text
from tui.panels.runs import show_or_hide

HINTS_OF_A_NAME = "enter keeps the name  escape drops it"
"""The keys while a name is typed. They are fixed, as wherever text is typed."""


class BranchList(ListPanel):
    """The panel that lists the branches of the run.

    Args:
        send: sends a command to the session.
        say: shows a message when a key has no effect.
        close: called when a key closes the panel.
    """

    TITLE = "branches: * shown, + under it, x pinned"
    ENTERS = "branches.go"
    HINTS = (
        "«branches.go» goes to its end  «branches.mark» shows or hides  «branches.name» names  «branches.pin» pins  "
        "«close» closes"
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go", "Go", show=False, tooltip="Go to the branch's end", id="branches.go"),
        Binding(
            "space", "mark", "Show", show=False, tooltip="Draw it under the curve, or take it away", id="branches.mark"
        ),
        Binding("n", "name", "Name", show=False, tooltip="Give it a name", id="branches.name"),
        Binding("x", "pin", "Pin", show=False, tooltip="Pin it: it stays under the curve", id="branches.pin"),
        Binding("b", "escape", "Close", show=False, id="branches"),
    ]

    def __init__(
        self,
        send: Callable[[Command], object],
        say: Callable[[str], None],
        close: Callable[[], None],
    ) -> None:
        super().__init__(close)
        self._say = say
        self._send = send
        self._picture: Picture | None = None

    def open(self, picture: Picture) -> None:
        """Open the panel with the cursor on the branch that the curve shows, so that ``enter`` goes to its end."""
        self.is_open = True
        self.look(picture)
        self.cursor = next((index for index, row in enumerate(self.rows) if row.is_here), 0)
        self.redraw()

    def look(self, picture: Picture) -> None:
        """Show the branches of this picture."""
        self._picture = picture
        if self.is_open:
            self.show([row_of(one) for one in picture.branches])

    def says(self) -> str:
        return f"name: {self.typed}_" if self.typed is not None else self.TITLE

    def hints(self) -> str:
        return self.HINTS if self.typed is None else HINTS_OF_A_NAME

    def says_of_nothing(self) -> str:
        return "nothing is trained yet"

    def on_typed(self) -> None:
        if self.row is not None and self.typed is not None:
            self._send(Name(self._number, self.typed))
        self.typed = None

    @property
    def _number(self) -> int:
        assert self.row is not None
        assert isinstance(self.row.key, int)
        return self.row.key

    def action_go(self) -> None:
        if self.row is not None:
            self._send(Go(self._number))
            self._close()

    def action_mark(self) -> None:
        if self.row is None or self._picture is None:
            return
        if self.row.is_here:
            self._say("the curve shows this branch: it cannot lie under itself")
            return
        self._send(show_or_hide(self._number, self._picture))

    def action_name(self) -> None:
        if self.row is not None and self._picture is not None:
            self.typed = self._picture.frame.notes.names.get(self._number, "")

    def action_pin(self) -> None:
        if self.row is None:
            return
        if self.row.is_here and not self.row.is_kept:
            self._say("the curve shows this branch: pinned, it stays under the curve once another is shown")
        self._send(Pin(self._number))


def row_of(branch: BranchRow) -> ListRow:
    """The row of the list for a branch."""
    along = f"{branch.windows:,} on its path"
    if branch.seed_stats is not None:
        solved = [str(branch.seed_stats), along]
    elif branch.solved_at is None:
        solved = [along]
    else:
        lost = "" if branch.lost_at is None else f", lost {branch.lost_at:,}"
        solved = [f"solved {branch.solved_at:,}{lost} of {branch.windows:,}"]
    mean = [] if math.isnan(branch.mean) else [mean_text(branch.mean)]
    is_lost = branch.lost_at is not None or (branch.seed_stats is not None and branch.seed_stats.lost > 0)
    parts = [*solved, *mean] if is_lost else [*mean, *solved]  # in a narrow panel the last parts are cut
    state = (branch.is_shown, branch.is_line, branch.is_pinned)
    return ListRow(branch.number, branch.letter, branch.words, " · ".join(parts), *state)
