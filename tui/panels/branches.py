"""The panel of the run's branches: go to one, draw it under the curve, name it, pin it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import BindingType

from echornn.session.commands import Command, Go, Name, Pin
from echornn.session.pictures.picture import BranchRow, Picture
from tui.panels.panel import Panel, PanelLine
from tui.panels.runs import show_or_hide, standing
from tui.views.view import hidden

CANNOT_LIE_UNDER_ITSELF = "the curve shows this branch: it cannot lie under itself"


class BranchList(Panel):
    """Two lines for each branch: what it is, and how well it learned."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *Panel.BINDINGS,
        hidden("enter", "enter", "Go", tooltip="Go to the branch's end", id="branches.go"),
        hidden(
            "space", "mark", "Show", tooltip="Draw it under the curve, or not", id="branches.mark"
        ),
        hidden("n", "name", "Name", tooltip="Give it a name", id="branches.name"),
        hidden("x", "pin", "Pin", tooltip="Pin it: it stays under the curve", id="branches.pin"),
        hidden("b", "escape", "Close", id="branches"),
    ]

    def __init__(self, send: Callable[[Command], object], hint: Callable[[str], None]) -> None:
        super().__init__()
        self._send = send
        self._hint = hint
        self._picture: Picture | None = None

    def begin(self, picture: Picture) -> None:
        """Open with the cursor on the branch that the curve shows, so that ``enter`` goes to its
        end."""
        self.typed = None
        self._chosen = None
        for branch in picture.branches:
            if branch.is_on_path:
                self._chosen = branch.number
        self.show(picture)

    def show(self, picture: Picture) -> None:
        self._picture = picture
        if self.is_open:
            self.redraw()

    @property
    def _branches(self) -> tuple[BranchRow, ...]:
        return () if self._picture is None else self._picture.branches

    @property
    def _branch(self) -> BranchRow | None:
        """The branch under the cursor."""
        number = self.row
        for branch in self._branches:
            if branch.number == number:
                return branch
        return None

    # ---- keys

    def action_enter(self) -> None:
        branch, name = self._branch, self.typed
        self.typed = None
        if branch is None:  # nothing is trained yet
            return
        if name is not None:
            self._send(Name(branch.number, name))
        else:
            self._send(Go(branch.number))
            self.close()

    def action_escape(self) -> None:
        if self.typed is None:
            self.close()
        self.typed = None

    def action_mark(self) -> None:
        branch = self._branch
        if branch is None or self._picture is None:
            return
        if branch.is_on_path:
            self._hint(CANNOT_LIE_UNDER_ITSELF)
        else:
            self._send(show_or_hide(branch.number, self._picture))

    def action_name(self) -> None:
        branch = self._branch
        if branch is not None and self._picture is not None:
            self.typed = self._picture.frame.branch_notes.names.get(branch.number, "")

    def action_pin(self) -> None:
        if self._branch is not None:
            self._send(Pin(self._branch.number))

    # ---- what is drawn

    def text(self) -> tuple[str, str]:
        if self.typed is not None:
            return f"name: {self.typed}_", "enter keeps the name  escape drops it"
        keys = (
            "«branches.go» goes  «branches.mark» shows  «branches.name» names  «branches.pin» pins"
        )
        return "branches: * shown, + under it, x pinned", f"{keys}  «close» closes"

    def lines(self, width: int) -> list[PanelLine]:
        if not self._branches:
            return [PanelLine("nothing is trained yet", style="muted")]
        lines = []
        for branch in self._branches:
            how = standing(
                branch.mean,
                branch.solved_at,
                branch.lost_at,
                branch.seed_stats,
                end=f"{branch.windows:,} on its path",
                total=f" of {branch.windows:,}",
            )
            name = f" {_sign_of(branch)}{branch.letter} {branch.words}"
            lines.append(PanelLine(name, branch.number))
            lines.append(PanelLine(f"   {how}", branch.number, "muted"))
        return lines


def _sign_of(branch: BranchRow) -> str:
    if branch.is_on_path:
        return "*"
    if branch.is_pinned:
        return "x"
    return "+" if branch.is_shown else " "
