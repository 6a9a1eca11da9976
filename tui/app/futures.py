"""Chooses which other branches and runs are drawn under the curve (ghosts), and requests pictures with them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from echornn.config_text import changes_text
from echornn.files.run_error import RunError
from echornn.runs.branch_notes import MOST_LETTERS, BranchNotes
from echornn.runs.followed_run import FollowedRun, RunSnapshot
from echornn.runtime.background import Background
from echornn.session.pictures.ghosts import MOST_GHOSTS, Ghost
from echornn.session.pictures.look import with_curve
from echornn.session.pictures.picture import Picture
from echornn.session.pictures.queries import GhostChoice, Query
from echornn.session.session import ViewedSession
from echornn.timeline.letters import letter_of
from echornn.timeline.timeline import Timeline

FOLLOW_SECONDS = 1.0
"""How often other runs on disk are checked for new windows, in seconds."""


NAMED_BY_THE_CLOCK = re.compile(r"(\d{4}-\d\d-\d\d)_(\d\d)-(\d\d)-\d\d_.*")
"""The run folder names that `echornn.runs.kept_runs.new_folder` makes: start time, then the settings."""


def short_name(folder: Path) -> str:
    """The short name of a run folder: its start date and time if the name contains them, otherwise the whole name."""
    by_the_clock = NAMED_BY_THE_CLOCK.fullmatch(folder.name)
    return "{} {}:{}".format(*by_the_clock.groups()) if by_the_clock else folder.name


def windows_of(run: RunSnapshot) -> int:
    """The number of windows of the branch that another run is on, counted from the run's start."""
    timeline, (line, _), _ = run
    return timeline.end(line).window if line < len(timeline) else 0


def _lies_under(picture: Picture, number: int) -> bool:
    return any(ghost.key == number for ghost in picture.ghosts)


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
    trouble: str = ""
    """The error of the last attempt to save names and pins; empty if it succeeded."""

    def __post_init__(self) -> None:
        own = self.session.look(Query()).frame.folder
        self._folder = Path(own) if own else None
        self._notes = BranchNotes.read(self._folder)
        self._are_notes_checked = False
        self._writing = Background("naming")
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
        picture = self.session.look(self._complete(query, others), before)
        if picture.branch_count and not self._are_notes_checked:
            self._are_notes_checked = True
            self._notes = self._notes.among(self._digests)
            return self.look(query, before)
        return self._with(others, picture, before)

    def look_again(self, query: Query, picture: Picture) -> Picture:
        """A new picture of the same position as this picture, for another query."""
        others = self._seen
        return self._with(others, self.session.look_again(self._complete(query, others), picture), picture)

    @property
    def _digests(self) -> tuple[int, ...]:
        """The digests of the run's branches."""
        return self.session.look(Query(digests=True)).digests

    @property
    def _seen(self) -> dict[Path, RunSnapshot]:
        """The latest snapshot of each other run under the curve, by folder."""
        return {folder: self.others[folder].seen for folder in list(self.others)[:MOST_GHOSTS]}

    def _complete(self, query: Query, others: Mapping[Path, RunSnapshot]) -> Query:
        """The query, with the chosen ghosts added."""
        notes = self._notes
        choice = GhostChoice(
            MOST_GHOSTS - len(others),
            tuple(sorted(notes.pinned)),
            frozenset(notes.hidden),
            tuple(sorted(notes.names.items())),
        )
        return replace(query, ghosts=choice, beside=max(map(windows_of, others.values()), default=0))

    def _with(self, others: Mapping[Path, RunSnapshot], picture: Picture, before: Picture | None) -> Picture:
        """The picture with the ghosts of other runs added; the same object if it contains them already."""
        if picture.line_config is None:
            return picture
        runs = [self._ghost_of(index, *one, picture, before) for index, one in enumerate(others.items())]
        ghosts = (*runs, *(ghost for ghost in picture.ghosts if isinstance(ghost.key, int)))
        return picture if ghosts == picture.ghosts else replace(picture, ghosts=ghosts)

    def _ghost_of(self, index: int, folder: Path, seen: RunSnapshot, picture: Picture, before: Picture | None) -> Ghost:
        """The ghost of another run, with its curve. Curves of the previous picture are reused, unless the folder
        contains a different run now.
        """
        assert picture.line_config is not None
        timeline, (line, _), config = seen
        said = changes_text(picture.line_config, config) or "the same fields"
        words = f"{said} ({short_name(folder)})"
        ghost = Ghost(f"{folder}:{line}", letter_of(index).upper(), words, 0, windows_of(seen))
        known = before if self._drawn.get(folder) is timeline else None
        self._drawn[folder] = timeline
        return with_curve(ghost, picture.axis, picture.query.columns, timeline, line, known)

    # ---- branches

    def show_or_hide(self, number: int, picture: Picture) -> None:
        """Show a branch under the curve of this picture, or hide it. A branch that is too old to be shown is pinned
        first.
        """
        if _lies_under(picture, number):
            self._notes.hidden.add(number)
            self._notes.pinned.discard(number)
        else:
            self._notes.hidden.discard(number)
            if not _lies_under(self.look_again(picture.query, picture), number):
                self._notes.pinned.add(number)
        self._changed()

    def pin(self, number: int) -> None:
        """Pin a branch, so that it stays under the curve when newer branches are added; or unpin it."""
        self._notes.hidden.discard(number)
        self._notes.pinned ^= {number}
        self._changed()

    def name(self, number: int, name: str) -> None:
        """Name a branch; an empty name removes its name."""
        self._notes.names[number] = name[:MOST_LETTERS]
        if not name:
            del self._notes.names[number]
        self._changed()

    def name_of(self, number: int) -> str:
        """The name of a branch; empty if it has none."""
        return self._notes.names.get(number, "")

    def end(self) -> None:
        """Stop saving names and pins, and stop following other runs, without waiting for either."""
        self._writing.end()
        self._following.end()

    def saved(self, seconds: float) -> bool:
        """Wait until names and pins are saved or saving has failed; False if this takes longer than ``seconds``."""
        return self._writing.wait(seconds)

    def _changed(self) -> None:
        picture = self.session.look(Query(digests=True))
        folder, digests = None if picture.audience.only_looks else self._folder, picture.digests
        notes = BranchNotes(dict(self._notes.names), set(self._notes.pinned), set(self._notes.hidden))

        def write() -> None:
            self.trouble = ""
            try:
                if folder is not None:
                    notes.save(folder, digests)
            except OSError as error:
                self.trouble = f"names are not saved: {error.strerror or error}"

        self._writing.do(write)

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
