"""Chooses which other branches and runs are drawn under the curve, and describes them for the lists."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from echornn.analysis.seed_stats import SolvedCounts
from echornn.config_text import changes_text
from echornn.runs.background import Background
from echornn.runs.branch import digests
from echornn.runs.branch_notes import MOST_LETTERS, BranchNotes
from echornn.runs.followed_run import FollowedRun, RunSnapshot
from echornn.runs.letters import letter_of
from echornn.runs.run_error import RunError
from echornn.session.frame import Frame
from echornn.session.session import Session
from tui.app.ghost_choice import MOST_GHOSTS, Ghost, curve_under, futures, ghosts_of, words_of

FOLLOW_SECONDS = 1.0
"""How often it is looked whether another run has gone on."""


NAMED_BY_THE_CLOCK = re.compile(r"(\d{4}-\d\d-\d\d)_(\d\d)-(\d\d)-\d\d_.*")
"""As `echornn.runs.kept_runs.new_folder` names runs: by when they began, and what is known without it."""


def short_name(folder: Path) -> str:
    """A run's name; of one that was named by the clock, when it began."""
    by_the_clock = NAMED_BY_THE_CLOCK.fullmatch(folder.name)
    return "{} {}:{}".format(*by_the_clock.groups()) if by_the_clock else folder.name


@dataclass(frozen=True)
class BranchRow:
    """A branch, for the list.

    Attributes:
        number, letter: which one.
        words: what differs, and from where.
        windows: along its path.
        mean: mean loss of the last windows of its path, in nats; NaN without one.
        solved_at: window along its path, from 1; None where it is not solved.
        lost_at: window along its path, from 1, at which it was lost again; None where it was not.
        seed_stats: of several replicas, how many had solved the task, and lost it again; None for one network.
        is_line: whether the curve shows it.
        is_shown: whether it lies under the curve.
        is_pinned: whether it always does.
    """

    number: int
    letter: str
    words: str
    windows: int
    mean: float
    solved_at: int | None
    lost_at: int | None
    seed_stats: SolvedCounts | None
    is_line: bool
    is_shown: bool
    is_pinned: bool


@dataclass(eq=False)
class Futures:
    """Chooses the ghosts of a session's run. Used on the screen's thread.

    Args:
        session: what is shown.
        compared: folders of runs that lie under the curve from the start.
    """

    session: Session
    compared: Sequence[Path] = ()
    others: dict[Path, FollowedRun] = field(default_factory=dict)
    trouble: str = ""
    """Why names and pins are not saved; empty where they are."""

    def __post_init__(self) -> None:
        self._folder = self.session.recorder.folder
        run = self.session.recorder.resumed
        self._notes = BranchNotes.of(self._folder, [] if run is None else digests(run.tree[0]))
        self._writing = Background("naming")
        self._following = Background("following")
        self._made: tuple[object, list[Ghost]] | None = None
        self._changes = 0
        for folder in self.compared:
            self.lay_under(folder)

    # ---- ghosts

    def ghosts(self, frame: Frame) -> list[Ghost]:
        """What lies under the curve of this frame's line."""
        timeline = self.session.timeline
        if not len(timeline):
            return []
        seen = {folder: other.seen for folder, other in self.others.items()}
        others = tuple((folder, one.stands, one.timeline.trained) for folder, one in seen.items())
        state = (len(timeline), frame.line, timeline.trained - frame.line_end, self._changes, others)
        if self._made is None or self._made[0] != state:
            notes = self._notes
            own = ghosts_of(timeline, frame.line, notes.hidden, sorted(notes.pinned), notes.names)
            runs = [self._ghost_of_run(index, *one, frame) for index, one in enumerate(seen.items())]
            self._made = (state, [*runs, *own][:MOST_GHOSTS])
        return self._made[1]

    def _ghost_of_run(self, index: int, folder: Path, seen: RunSnapshot, frame: Frame) -> Ghost:
        timeline, stands, config = seen
        line = stands.branch
        said = changes_text(self.session.timeline.branch(frame.line).config, config) or "the same fields"
        words = f"{said} ({short_name(folder)})"
        curve_of = partial(curve_under, timeline, line)
        last = timeline.end(line).window if line < len(timeline) else 0
        return Ghost(letter_of(index).upper(), words, 0, last, curve_of, (folder, line))

    # ---- branches

    def rows(self, frame: Frame) -> list[BranchRow]:
        """All branches that something was trained in, the newest first."""
        timeline, notes = self.session.timeline, self._notes
        under = self._under(frame)
        numbers = sorted({*futures(timeline), frame.line}, reverse=True) if len(timeline) else []
        return [
            BranchRow(
                number,
                letter_of(number),
                words_of(timeline, number, notes.names),
                timeline.end(number).window,
                timeline.mean_loss(number),
                timeline.solved_at(number),
                timeline.lost_at(number),
                timeline.counts(number),
                number == frame.line,
                number in under,
                number in notes.pinned,
            )
            for number in numbers
        ]

    def show_or_hide(self, number: int, frame: Frame) -> None:
        """Lay a branch under the curve of this frame, or take it away; one that is too old to lie there is pinned."""
        if number in self._under(frame):
            self._notes.hidden.add(number)
            self._notes.pinned.discard(number)
        else:
            self._notes.hidden.discard(number)
            self._changes += 1
            if number not in self._under(frame):
                self._notes.pinned.add(number)
        self._changed()

    def _under(self, frame: Frame) -> set[object]:
        return {ghost.key for ghost in self.ghosts(frame)}

    def pin(self, number: int) -> None:
        """Keep a branch under the curve whatever else comes, or no longer."""
        self._notes.hidden.discard(number)
        self._notes.pinned ^= {number}
        self._changed()

    def name(self, number: int, name: str) -> None:
        """Give a branch a name; an empty one takes it away."""
        self._notes.names[number] = name[:MOST_LETTERS]
        if not name:
            del self._notes.names[number]
        self._changed()

    def name_of(self, number: int) -> str:
        """The name that a branch was given; empty where none was."""
        return self._notes.names.get(number, "")

    def end(self) -> None:
        """Names and pins go to the disk, and other runs are not looked at any more; nobody waits for that."""
        self._writing.end()
        self._following.end()

    def saved(self, seconds: float) -> bool:
        """Wait until names and pins are on the disk, or cannot be, at most so long; whether it came to that."""
        return self._writing.wait(seconds)

    def _changed(self) -> None:
        self._changes += 1
        folder, timeline = self._folder, self.session.timeline
        notes = BranchNotes(dict(self._notes.names), set(self._notes.pinned), set(self._notes.hidden))

        def write() -> None:
            before, self.trouble = self.trouble, ""
            try:
                if folder is not None:
                    notes.save(folder, timeline.digest)
            except OSError as error:
                self.trouble = f"names are not saved: {error.strerror or error}"
            self._changes += self.trouble != before

        self._writing.do(write)

    # ---- other runs

    def lay_under(self, folder: Path) -> str:
        """Lay another run under the curve, or take it away; why it cannot be, else empty."""
        folder = folder.resolve()
        if self.others.pop(folder, None) is None:
            try:
                self.others[folder] = FollowedRun(folder)
            except (RunError, OSError) as error:
                return str(error)
            self.follow()
        self._changes += 1
        return ""

    def letter_of_run(self, folder: Path) -> str:
        """The capital letter of a run that lies under the curve; empty where it does not."""
        others, folder = list(self.others), folder.resolve()
        return letter_of(others.index(folder)).upper() if folder in others else ""

    def follow(self) -> None:
        """Read what has come of the other runs, on a thread of its own."""
        others = list(self.others.values())

        def look() -> None:
            for other in others:
                with contextlib.suppress(RunError, OSError):  # what has been read of it stays
                    other.refresh()

        if others:
            self._following.do(look)

    def followed(self, seconds: float) -> bool:
        """Wait until the other runs have been looked at, at most so long; whether it came to that."""
        return self._following.wait(seconds)
