"""The panel with the other runs: find a run by typing, and draw it under the curve."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key

from echornn.diagnosis.seed_stats import SolvedCounts
from tui.app.futures import Futures
from tui.app.widgets.list_panel import ListPanel, ListRow, mean_text


@dataclass(frozen=True)
class KeptRun:
    """A run on disk, as an entry of the list.

    Attributes:
        folder: the run's folder.
        differs: the fields in which it differs from the run on the screen, as text.
        windows: the number of windows trained in all of its branches.
        mean: mean loss of the newest windows at the run's position; NaN if there are none, infinite if it diverged.
        solved_at: the window along its path, from 1, at which the task was solved; None if it was not.
        lost_at: the window along its path at which the task was lost again; None if it was not.
        counts: with several networks, how many have solved the task and lost it again; None for a single network.
    """

    folder: Path
    differs: str
    windows: int
    mean: float
    solved_at: int | None
    lost_at: int | None = None
    counts: SolvedCounts | None = None


class RunList(ListPanel):
    """The panel that lists the other kept runs.

    Args:
        futures: the runs and branches under the curve.
        say: shows an error.
        close: called when a key closes the panel.
    """

    ENTERS = "runs.show"
    HINTS = "enter shows or hides it  type to filter  escape closes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter,space",
            "mark",
            "Show",
            show=False,
            tooltip="Draw it under the curve, or take it away",
            id="runs.show",
        ),
    ]

    def __init__(
        self,
        futures: Futures,
        say: Callable[[str], None],
        close: Callable[[], None],
    ) -> None:
        super().__init__(close)
        self._futures = futures
        self._say = say
        self._runs: Sequence[KeptRun] = ()
        self.is_reading = False
        self._is_typing = False

    def take(self, runs: Sequence[KeptRun]) -> None:
        """List these runs."""
        self._runs = runs
        self.is_reading = False
        self._again()

    def open(self) -> None:
        """Open the panel, without a filter."""
        self.is_open, self.is_reading = True, True
        self.typed, self._is_typing = "", False
        self._again()
        self.redraw()

    def says(self) -> str:
        return f"other runs: {self.typed or ''}{'_' if self._is_typing or not self.typed else ''}"

    def says_of_nothing(self) -> str:
        if self.is_reading:
            return "reading ..."
        return "none matches" if self._runs else "there are no other runs"

    def takes(self, event: Key) -> bool:
        if event.key == "enter":
            self.action_mark()
            return True
        if event.key == "escape":  # as enter, it has its meaning wherever text is typed, whatever other keys have it
            self._close()
            return True
        action = self._actions.get(event.key)
        if action == "mark" and not (event.is_printable and self._is_typing):
            return False
        return super().takes(event)

    def action_move(self, rows: int) -> None:
        """Stop typing, so that space acts on the row, and move the cursor."""
        self._is_typing = False
        super().action_move(rows)

    def on_type(self, text: str) -> bool:
        self._is_typing = bool(text)
        self._again()
        return True

    def _again(self) -> None:
        words = (self.typed or "").lower().split()
        self.show([_row(one, self._futures) for one in self._runs if all(word in _said(one).lower() for word in words)])

    def action_mark(self) -> None:
        if self.row is not None and isinstance(self.row.key, Path):
            if trouble := self._futures.lay_under(self.row.key):
                self._say(trouble)
            self._again()


def _said(run: KeptRun) -> str:
    return f"{run.folder.name} {run.differs} {_how_well(run)}"


def _how_well(run: KeptRun) -> str:
    mean = [] if math.isnan(run.mean) else [mean_text(run.mean)]
    solved = [_solved(run)] if run.solved_at is not None or run.counts is not None else []
    is_lost = run.lost_at is not None or (run.counts is not None and run.counts.lost > 0)
    parts = [*solved, *mean] if is_lost else [*mean, *solved]  # in a narrow panel the last parts are cut
    return " · ".join([*parts, f"{run.windows:,} in all"])


def _solved(run: KeptRun) -> str:
    lost = "" if run.lost_at is None else f", lost at {run.lost_at:,}"
    return f"solved at {run.solved_at:,}{lost}" if run.counts is None else str(run.counts)


def _row(run: KeptRun, futures: Futures) -> ListRow:
    second = f"{_how_well(run)} · {run.folder.name}" if run.differs else _how_well(run)
    letter = futures.letter_of_run(run.folder)
    return ListRow(run.folder, letter, run.differs or run.folder.name, second, bool(letter))
