"""The branches and other runs under the curve: pictures with them, and the other runs that there
are."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from echornn.arrays.facts import summary
from echornn.config import EchoConfig, changes_shown, changes_text, fields_text
from echornn.diagnosis.loss_stats import loss_text
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

FOLLOW_SECONDS = 1.0  # how often other runs on disk are checked for new windows
MOST_RUNS = 500  # in the list, the newest: reading more would take too long
# As `echornn.runs.folders.new_folder` does
NAMED_BY_THE_CLOCK = re.compile(r"(\d{4}-\d\d-\d\d)_(\d\d)-(\d\d)-\d\d_.*")

SeenRun = tuple[Run, Timeline]
"""Another run as it was read last, and everything trained in it."""


class FollowedRun:
    """The folder of a run that another process may train; `refresh` reads what was added, or all of
    another run."""

    def __init__(self, folder: Path) -> None:
        # Replaced as a whole, for other threads
        self.seen: SeenRun = Run.read(folder, quickly=True), Timeline()

    def refresh(self) -> None:
        """Read what was added; `seen` is unchanged after a RunError or an OSError."""
        before, timeline = self.seen
        run = Run.read(before.folder, quickly=True)
        goes_on = (
            run.about.is_of(before.about)
            and run.commands[: len(before.commands)] == before.commands
        )
        self.seen = (
            run,
            run.timeline(timeline if goes_on and run.trained >= timeline.trained else None),
        )


def windows_of(seen: SeenRun) -> int:
    """The windows on the path that another run is on."""
    run, timeline = seen
    line = run.position.branch
    return timeline.end(line).window if line < len(timeline) else 0


def show_or_hide(number: int, picture: Picture) -> Hide | Pin:
    """The command that shows a branch under the curve, or hides it; one that is too old to be shown
    is pinned."""
    if any(ghost.key == number for ghost in picture.ghosts):
        return Hide(number)
    return Hide(number, False) if number in picture.frame.notes.hidden else Pin(number, True)


class UnderCurve:
    """The other branches and runs under a session's curve.

    Only the screen's thread may use this.
    """

    def __init__(self, session: ViewedSession, compared: Sequence[Path] = ()) -> None:
        self.session = session
        self.others: dict[Path, FollowedRun] = {}
        self._following = Background("following")
        self._drawn: dict[Path, Timeline] = {}
        for folder in compared:
            self.lay_under(folder)

    def look(self, query: Query, before: Picture | None = None) -> Picture:
        return self._with(lambda query: self.session.look(query, before), query, before)

    def look_again(self, query: Query, picture: Picture) -> Picture:
        return self._with(lambda query: self.session.look_again(query, picture), query, picture)

    def _with(
        self, look: Callable[[Query], Picture], query: Query, before: Picture | None
    ) -> Picture:
        """A picture with the curves of other runs; the same object if it has them already."""
        seen = {folder: self.others[folder].seen for folder in list(self.others)[:MOST_GHOSTS]}
        most = max(map(windows_of, seen.values()), default=0)
        picture = look(replace(query, ghosts=MOST_GHOSTS - len(seen), beside=most))
        if picture.line_config is None:
            return picture
        runs = (
            self._ghost_of(number, folder, seen[folder], picture, before)
            for number, folder in enumerate(seen)
        )
        ghosts = (*runs, *(ghost for ghost in picture.ghosts if isinstance(ghost.key, int)))
        return picture if ghosts == picture.ghosts else replace(picture, ghosts=ghosts)

    def _ghost_of(
        self, number: int, folder: Path, seen: SeenRun, picture: Picture, before: Picture | None
    ) -> Ghost:
        """Another run with its curve: that of the picture before, unless the folder contains a
        different run now."""
        assert picture.line_config is not None
        run, timeline = seen
        line, by_the_clock = run.position.branch, NAMED_BY_THE_CLOCK.fullmatch(folder.name)
        name = "{} {}:{}".format(*by_the_clock.groups()) if by_the_clock else folder.name
        words = f"{changes_text(picture.line_config, run.config) or 'the same fields'} ({name})"
        ghost = Ghost(f"{folder}:{line}", letter_of(number).upper(), words, 0, windows_of(seen))
        known = before if self._drawn.get(folder) is timeline else None
        self._drawn[folder] = timeline
        return with_curve(ghost, picture.axis, picture.query.columns, timeline, line, known)

    def lay_under(self, folder: Path) -> str:
        """Draw another run under the curve, or remove it; returns why that is impossible, or
        nothing."""
        folder = folder.resolve()
        if self.others.pop(folder, None) is None:
            try:
                self.others[folder] = FollowedRun(folder)
            except (RunError, OSError) as error:
                return str(error)
            self.follow()
        return ""

    @property
    def letters(self) -> dict[Path, str]:
        return {folder: letter_of(number).upper() for number, folder in enumerate(self.others)}

    def follow(self) -> None:
        others = list(self.others.values())

        def refresh() -> None:
            for other in others:
                with contextlib.suppress(RunError, OSError):  # what was read last is kept
                    other.refresh()

        if others:
            self._following.do(refresh)

    def end(self) -> None:
        self._following.end()


class KeptRun(NamedTuple):
    folder: Path
    differs: str  # from the run on the screen
    standing: str


def standing(
    mean: float,
    solved_at: int | None,
    lost_at: int | None,
    counts: SolvedCounts | None,
    end: str,
    of: str = "",
) -> str:
    """How well a branch or run learned.

    That a task was lost again comes first: a narrow panel cuts the last words.
    """
    loss = (
        ""
        if math.isnan(mean)
        else "diverged"
        if math.isinf(mean)
        else f"mean loss {loss_text(mean)}"
    )
    lost = f", lost {lost_at:,}" if lost_at else ""
    solved = (
        str(counts)
        if counts is not None
        else f"solved {solved_at:,}{lost}{of}"
        if solved_at
        else ""
    )
    parts = [solved, loss] if (lost_at if counts is None else counts.lost) else [loss, solved]
    return " · ".join(filter(None, [*parts, "" if of and of in solved else end]))


def kept_runs_beside(
    config: EchoConfig, own: Path | None, under: Sequence[Path] = ()
) -> list[KeptRun]:
    """The runs under the curve, then the newest in the state folder, without the one in folder
    ``own``."""
    found = []
    there = dict.fromkeys(folder.resolve() for folder in (*under, *folders.runs()[:MOST_RUNS]))
    if own is not None:
        there.pop(own.resolve(), None)
    for folder in there:
        with contextlib.suppress(RunError, OSError):
            run = summary(folder)
            counts = None if run.seed_stats is None else run.seed_stats.counts
            how = standing(run.loss, run.solved_at, run.lost_at, counts, f"{run.windows:,} in all")
            found.append(KeptRun(folder, fields_text(changes_shown(config, run.config)), how))
    return found
