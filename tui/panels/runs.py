"""Chooses which other branches and runs are drawn under the curve (ghosts), and requests pictures with them."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key

from echornn.arrays.facts import summary
from echornn.config import EchoConfig, changes_shown, changes_text, fields_text
from echornn.diagnosis.seed_stats import SolvedCounts
from echornn.errors import RunError
from echornn.runs import folders
from echornn.runs.run_dir import Run
from echornn.runtime.background import Background
from echornn.session.commands import Hide, Pin
from echornn.session.pictures.look import MOST_GHOSTS, with_curve
from echornn.session.pictures.picture import Ghost, Picture, Query
from echornn.session.session import ViewedSession
from echornn.timeline.branch import letter_of
from echornn.timeline.timeline import Timeline
from tui.panels.lists import ListPanel, ListRow, mean_text

FOLLOW_SECONDS = 1.0
"""How often other runs on disk are checked for new windows, in seconds."""


NAMED_BY_THE_CLOCK = re.compile(r"(\d{4}-\d\d-\d\d)_(\d\d)-(\d\d)-\d\d_.*")
"""The run folder names that `echornn.runs.folders.new_folder` makes: start time, then the settings."""


def short_name(folder: Path) -> str:
    """The short name of a run folder: its start date and time if the name contains them, otherwise the whole name."""
    by_the_clock = NAMED_BY_THE_CLOCK.fullmatch(folder.name)
    return "{} {}:{}".format(*by_the_clock.groups()) if by_the_clock else folder.name


SeenRun = tuple[Run, Timeline]
"""Another run as it was read last, and everything trained in it."""


class FollowedRun:
    """Follows the folder of a run that another process trains; `refresh` reads what was added. If the folder contains
    another run later, or the run lost commands, everything is read again.
    """

    def __init__(self, folder: Path) -> None:
        self.seen: SeenRun = (
            Run.read(folder, quickly=True),
            Timeline(),
        )  # replaced as a whole, for other threads

    def refresh(self) -> None:
        """Read what was added; `seen` is unchanged after a RunError or an OSError."""
        before, timeline = self.seen
        run = Run.read(before.folder, quickly=True)
        goes_on = run.about.is_of(before.about) and run.commands[: len(before.commands)] == before.commands
        self.seen = run, run.timeline(timeline if goes_on and run.trained >= timeline.trained else None)


def windows_of(seen: SeenRun) -> int:
    """The number of windows of the branch that another run is on, counted from the run's start."""
    run, timeline = seen
    line = run.position.branch
    return timeline.end(line).window if line < len(timeline) else 0


def show_or_hide(number: int, picture: Picture) -> Hide | Pin:
    """The command that shows a branch under the curve of this picture, or hides it. A branch that is too old to be
    shown is pinned.
    """
    if any(ghost.key == number for ghost in picture.ghosts):
        return Hide(number)
    return Hide(number, False) if number in picture.frame.notes.hidden else Pin(number, True)


@dataclass(eq=False)
class Futures:
    """The other branches and runs that are drawn under a session's curve. Only the screen's thread may use this.

    Args:
        session: the session on the screen.
        compared: folders of other runs to draw under the curve from the start.
    """

    session: ViewedSession
    compared: Sequence[Path] = ()
    others: dict[Path, FollowedRun] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._following = Background("following")
        self._drawn: dict[Path, Timeline] = {}
        for folder in self.compared:
            self.lay_under(folder)

    # ---- pictures

    def look(self, query: Query, before: Picture | None = None) -> Picture:
        """The newest picture of the session, including the ghosts of this run and of other runs.

        Args:
            before: the previous picture; see `Session.look`.
        """
        others = self._seen
        return self._with(others, self.session.look(self._complete(query, others), before), before)

    def look_again(self, query: Query, picture: Picture) -> Picture:
        """A new picture of the same position as this picture, for another query."""
        others = self._seen
        return self._with(others, self.session.look_again(self._complete(query, others), picture), picture)

    @property
    def _seen(self) -> dict[Path, SeenRun]:
        """The latest snapshot of each other run under the curve, by folder."""
        return {folder: self.others[folder].seen for folder in list(self.others)[:MOST_GHOSTS]}

    def _complete(self, query: Query, others: Mapping[Path, SeenRun]) -> Query:
        """The query, with the other curves added."""
        return replace(query, ghosts=MOST_GHOSTS - len(others), beside=max(map(windows_of, others.values()), default=0))

    def _with(self, others: Mapping[Path, SeenRun], picture: Picture, before: Picture | None) -> Picture:
        """The picture with the ghosts of other runs added; the same object if it contains them already."""
        if picture.line_config is None:
            return picture
        runs = [self._ghost_of(index, *one, picture, before) for index, one in enumerate(others.items())]
        ghosts = (*runs, *(ghost for ghost in picture.ghosts if isinstance(ghost.key, int)))
        return picture if ghosts == picture.ghosts else replace(picture, ghosts=ghosts)

    def _ghost_of(self, index: int, folder: Path, seen: SeenRun, picture: Picture, before: Picture | None) -> Ghost:
        """The ghost of another run, with its curve. Curves of the previous picture are reused, unless the folder
        contains a different run now.
        """
        assert picture.line_config is not None
        run, timeline = seen
        line = run.position.branch
        said = changes_text(picture.line_config, run.config) or "the same fields"
        words = f"{said} ({short_name(folder)})"
        ghost = Ghost(f"{folder}:{line}", letter_of(index).upper(), words, 0, windows_of(seen))
        known = before if self._drawn.get(folder) is timeline else None
        self._drawn[folder] = timeline
        return with_curve(ghost, picture.axis, picture.query.columns, timeline, line, known)

    def end(self) -> None:
        """Stop following other runs, without waiting."""
        self._following.end()

    # ---- other runs

    def lay_under(self, folder: Path) -> str:
        """Draw another run under the curve, or remove it; returns an error message, empty if it succeeded."""
        folder = folder.resolve()
        if self.others.pop(folder, None) is None:
            try:
                self.others[folder] = FollowedRun(folder)
            except (RunError, OSError) as error:
                return str(error)
            self.follow()
        return ""

    def letter_of_run(self, folder: Path) -> str:
        """The capital letter of another run under the curve; empty if the run is not under the curve."""
        others, folder = list(self.others), folder.resolve()
        return letter_of(others.index(folder)).upper() if folder in others else ""

    def follow(self) -> None:
        """Read the new windows of the other runs, on a separate thread."""
        others = list(self.others.values())

        def look() -> None:
            for other in others:
                with contextlib.suppress(RunError, OSError):  # the last snapshot is kept
                    other.refresh()

        if others:
            self._following.do(look)

    def followed(self, seconds: float) -> bool:
        """Wait until the other runs have been read; False if this takes longer than ``seconds``."""
        return self._following.wait(seconds)


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


MOST_RUNS = 500
"""The most runs in the list: the newest ones. Reading more would take too long."""


def kept_runs_beside(config: EchoConfig, own: Path | None, under: Sequence[Path] = ()) -> list[KeptRun]:
    """The entries for the list of other runs: first the runs under the curve, then the runs in the user's state folder,
    newest first. The run on the screen and unreadable runs are left out.

    Args:
        config: the configuration on the screen; each entry names the fields that differ from it.
        own: the folder of the run on the screen.
        under: folders of the runs under the curve; these can be outside the state folder.
    """
    found = []
    kept = folders.runs()[:MOST_RUNS]
    known = {folder.resolve() for folder in kept}
    for folder in [*(one for one in under if one not in known), *kept]:
        if own is not None and folder.resolve() == own.resolve():
            continue
        try:
            run = summary(folder)
        except (RunError, OSError):
            continue
        differs = fields_text(changes_shown(config, run.config))
        counts = None if run.seed_stats is None else run.seed_stats.counts
        when = (run.solved_at or None, run.lost_at or None)
        found.append(KeptRun(folder, differs, run.windows, run.loss, *when, counts))
    return found
