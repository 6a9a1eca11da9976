"""The branches and other runs under the curve: pictures with them, and the other runs that there
are."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
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
    if number in picture.frame.branch_notes.hidden:
        return Hide(number, False)
    return Pin(number, True)


class UnderCurve:
    """The other branches and runs under a session's curve, for the screen's thread."""

    def __init__(self, session: ViewedSession, compared: Sequence[Path] = ()) -> None:
        self.session = session
        self.others: dict[Path, Run] = {}  # as they were read last
        # Guards which runs there are: the thread "following" puts others in their place
        self._lock = threading.Lock()
        self._following = Background("following")
        for folder in compared:
            self.lay_under(folder)

    @property
    def letters(self) -> dict[Path, str]:
        return {folder: letter_of(number).upper() for number, folder in enumerate(self.others)}

    def look(self, query: Query) -> Picture:
        return self._with_runs(self.session.look, query)

    def look_again(self, query: Query, picture: Picture) -> Picture:
        return self._with_runs(lambda query: self.session.look_again(query, picture), query)

    def _with_runs(self, look: Callable[[Query], Picture], query: Query) -> Picture:
        """A picture with the curves of other runs; the same object if it has them already."""
        runs = dict(islice(self.others.items(), MOST_GHOSTS))
        longest = max(map(windows_of, runs.values()), default=0)
        picture = look(replace(query, ghosts=MOST_GHOSTS - len(runs), beside=longest))
        if picture.path_config is None:
            return picture
        letters = self.letters
        ghosts = [_ghost(letters[folder], folder, run, picture) for folder, run in runs.items()]
        # After them the branches, whose keys are numbers
        ghosts += [ghost for ghost in picture.ghosts if isinstance(ghost.key, int)]
        if picture.ghosts == tuple(ghosts):
            return picture
        return replace(picture, ghosts=tuple(ghosts))

    def lay_under(self, folder: Path) -> str:
        """Draw another run under the curve, or remove it; returns why that is impossible, or
        nothing."""
        folder = folder.resolve()
        with self._lock:
            if self.others.pop(folder, None) is not None:
                return ""
        try:
            self.others[folder] = Run.read(folder, quickly=True)
        except (RunError, OSError) as error:
            return str(error)
        self.follow()
        return ""

    def follow(self) -> None:
        """Read what other processes have added to the runs under the curve."""
        if self.others:
            self._following.do(self._refresh)

    def _refresh(self) -> None:
        for folder, run in list(self.others.items()):
            with suppress(RunError, OSError):  # what was read last is kept
                refreshed = run.refreshed()
                with self._lock:
                    if self.others.get(folder) is run:  # and not taken away meanwhile
                        self.others[folder] = refreshed

    def end(self) -> None:
        self._following.end()


def _ghost(letter: str, folder: Path, run: Run, picture: Picture) -> Ghost:
    """Another run with its curve."""
    assert picture.path_config is not None
    name = folder.name
    by_the_clock = NAMED_BY_THE_CLOCK.fullmatch(name)
    if by_the_clock is not None:
        name = "{} {}:{}".format(*by_the_clock.groups())
    differs = changes_text(picture.path_config, run.config) or "the same fields"
    line = run.position.branch
    ghost = Ghost(f"{folder}:{line}", letter, f"{differs} ({name})", 0, windows_of(run))
    if not run.has_losses:
        return ghost
    return with_curve(ghost, picture.axis, picture.query.columns, run.losses, line)


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
    total: str = "",
) -> str:
    """How well a branch or run learned, by the mean of its newest losses, and how long it is:
    ``end``, or behind the window at which it solved the task ``total``, which is shorter.

    That a task was lost again comes first: a narrow panel cuts the last words.
    """
    parts = []
    if counts is not None:
        parts.append(str(counts))
    elif solved_at:
        solved = f"solved at {solved_at:,}"
        if lost_at:
            solved += f", lost at {lost_at:,}"
        parts.append(solved + total)
        if total:
            end = ""
    is_lost = lost_at if counts is None else counts.lost
    if not math.isnan(mean):
        loss = "diverged" if math.isinf(mean) else f"loss {loss_text(mean)}"
        parts = [*parts, loss] if is_lost else [loss, *parts]
    if end:
        parts.append(end)
    return " · ".join(parts)


def kept_runs_beside(
    config: EchoConfig, own: Path | None, under: Sequence[Path] = ()
) -> list[KeptRun]:
    """The runs under the curve, then the newest in the state folder, without the one in folder
    ``own``."""
    folders = dict.fromkeys(folder.resolve() for folder in (*under, *kept_runs.runs()[:MOST_RUNS]))
    if own is not None:
        folders.pop(own.resolve(), None)
    rows = []
    for folder in folders:
        with suppress(RunError, OSError):
            run = summary(folder)
            counts = None if run.seed_stats is None else run.seed_stats.counts
            end = f"{run.windows:,} in all"
            learned = standing(run.loss, run.solved_at, run.lost_at, counts, end)
            differs = fields_text(changes_shown(config, run.config))
            rows.append(KeptRun(folder, differs, learned))
    return rows
