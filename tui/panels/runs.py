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
from echornn.run import kept_runs
from echornn.run.branch import letter_of
from echornn.run.run import Run
from echornn.runtime.background import Background
from echornn.session.commands import Hide, Pin
from echornn.session.pictures.look import MOST_GHOSTS, with_curve
from echornn.session.pictures.picture import Ghost, Picture, Query
from echornn.session.session import ViewedSession

FOLLOW_SECONDS = 1.0  # how often other runs on disk are checked for new windows
MOST_RUNS = 500  # in the list, the newest: reading more would take too long
# As `echornn.run.kept_runs.new_folder` does
NAMED_BY_THE_CLOCK = re.compile(r"(\d{4}-\d\d-\d\d)_(\d\d)-(\d\d)-\d\d_.*")


def windows_of(run: Run) -> int:
    """The windows on the path that another run is on, as far as they are read."""
    if not run.has_losses or not len(run.tree):
        return 0
    return run.tree.end(run.position.branch).window


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
        self.others: dict[Path, Run] = {}  # as they were read last
        self._following = Background("following")
        for folder in compared:
            self.lay_under(folder)

    def look(self, query: Query) -> Picture:
        return self._with(self.session.look, query)

    def look_again(self, query: Query, picture: Picture) -> Picture:
        return self._with(lambda query: self.session.look_again(query, picture), query)

    def _with(self, look: Callable[[Query], Picture], query: Query) -> Picture:
        """A picture with the curves of other runs; the same object if it has them already."""
        seen = dict(list(self.others.items())[:MOST_GHOSTS])
        most = max(map(windows_of, seen.values()), default=0)
        picture = look(replace(query, ghosts=MOST_GHOSTS - len(seen), beside=most))
        if picture.line_config is None:
            return picture
        runs = (
            self._ghost_of(number, folder, seen[folder], picture)
            for number, folder in enumerate(seen)
        )
        ghosts = (*runs, *(ghost for ghost in picture.ghosts if isinstance(ghost.key, int)))
        return picture if ghosts == picture.ghosts else replace(picture, ghosts=ghosts)

    def _ghost_of(self, number: int, folder: Path, run: Run, picture: Picture) -> Ghost:
        """Another run with its curve."""
        assert picture.line_config is not None
        name, by_the_clock = folder.name, NAMED_BY_THE_CLOCK.fullmatch(folder.name)
        if by_the_clock:
            name = "{} {}:{}".format(*by_the_clock.groups())
        differs = changes_text(picture.line_config, run.config) or "the same fields"
        line, letter = run.position.branch, letter_of(number).upper()
        ghost = Ghost(f"{folder}:{line}", letter, f"{differs} ({name})", 0, windows_of(run))
        if not run.has_losses:
            return ghost
        return with_curve(ghost, picture.axis, picture.query.columns, run.losses, line)

    def lay_under(self, folder: Path) -> str:
        """Draw another run under the curve, or remove it; returns why that is impossible, or
        nothing."""
        folder = folder.resolve()
        if self.others.pop(folder, None) is None:
            try:
                self.others[folder] = Run.read(folder, quickly=True)
            except (RunError, OSError) as error:
                return str(error)
            self.follow()
        return ""

    @property
    def letters(self) -> dict[Path, str]:
        return {folder: letter_of(number).upper() for number, folder in enumerate(self.others)}

    def follow(self) -> None:
        """Read what other processes have added to the runs under the curve."""
        if self.others:
            self._following.do(self._refresh)

    def _refresh(self) -> None:
        for folder, run in list(self.others.items()):
            with contextlib.suppress(RunError, OSError):  # what was read last is kept
                refreshed = run.refreshed()
                if self.others.get(folder) is run:  # and not taken away meanwhile
                    self.others[folder] = refreshed

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
    there = dict.fromkeys(folder.resolve() for folder in (*under, *kept_runs.runs()[:MOST_RUNS]))
    if own is not None:
        there.pop(own.resolve(), None)
    for folder in there:
        with contextlib.suppress(RunError, OSError):
            run = summary(folder)
            counts = None if run.seed_stats is None else run.seed_stats.counts
            how = standing(run.loss, run.solved_at, run.lost_at, counts, f"{run.windows:,} in all")
            found.append(KeptRun(folder, fields_text(changes_shown(config, run.config)), how))
    return found
