"""Chooses which other branches and runs are drawn under the curve (ghosts), and requests pictures with them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from echornn.config import changes_text
from echornn.errors import RunError
from echornn.runs.run_dir import Run
from echornn.runtime.background import Background
from echornn.session.commands import Hide, Pin
from echornn.session.pictures.look import MOST_GHOSTS, with_curve
from echornn.session.pictures.picture import Ghost, Picture, Query
from echornn.session.session import ViewedSession
from echornn.timeline.branch import letter_of
from echornn.timeline.timeline import Timeline

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
