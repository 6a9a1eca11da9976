"""The panel of other runs, which can be drawn under the curve."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType

from echornn.session.pictures.picture import Picture
from tui.panels.panel import Panel, PanelLine
from tui.panels.runs import KeptRun, UnderCurve
from tui.views.view import hidden


class RunList(Panel):
    """Two lines for each run that has all the typed words."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *Panel.BINDINGS,
        hidden(
            "enter,space",
            "enter",
            "Show",
            tooltip="Draw it under the curve, or not",
            id="runs.show",
        ),
    ]

    def __init__(self, under_curve: UnderCurve, complain: Callable[[str], None]) -> None:
        super().__init__()
        self._under_curve = under_curve
        self._complain = complain
        self._runs: Sequence[KeptRun] | None = None  # None while they are read

    def begin(self, picture: Picture) -> None:
        """Open without a filter; the runs come by `take`, since reading them may be slow."""
        self.typed = ""
        self._runs = None
        self.redraw()

    def take(self, runs: Sequence[KeptRun]) -> None:
        self._runs = runs
        self.redraw()

    def is_text(self, character: str) -> bool:
        return character != " " or bool(self.typed)

    def action_enter(self) -> None:
        if isinstance(self.row, Path):
            trouble = self._under_curve.lay_under(self.row)
            if trouble:
                self._complain(trouble)

    # ---- what is drawn

    def text(self) -> tuple[str, str]:
        keys = "enter shows or hides it  type to filter  escape closes"
        return f"other runs: {self.typed}_", keys

    def lines(self, width: int) -> list[PanelLine]:
        if self._runs is None:
            return [PanelLine("reading ...", style="muted")]
        if not self._runs:
            return [PanelLine("there are no other runs", style="muted")]
        lines = []
        for run in self._runs:
            if self._has_typed_words(run):
                lines += self._lines_of(run)
        return lines or [PanelLine("none matches", style="muted")]

    def _has_typed_words(self, run: KeptRun) -> bool:
        text = f"{run.folder.name} {run.differs} {run.standing}".lower()
        words = (self.typed or "").lower().split()
        return all(word in text for word in words)

    def _lines_of(self, run: KeptRun) -> list[PanelLine]:
        letter = self._under_curve.letters.get(run.folder)
        sign = f"+{letter} " if letter else " "
        name, standing = run.folder.name, f"   {run.standing}"
        if run.differs:
            name, standing = run.differs, f"{standing} · {name}"
        return [
            PanelLine(f" {sign}{name}", run.folder),
            PanelLine(standing, run.folder, "muted"),
        ]
