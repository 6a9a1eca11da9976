"""The tree of a run's branches with all losses, of one network or of several."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial

import numpy as np

from echornn.config import EchoConfig, changes_text
from echornn.data.levels import most_loss
from echornn.data.solved import Levels, LostLog, SolvedAt
from echornn.diagnosis.loss_stats import RECENT_WINDOWS, LossStats
from echornn.diagnosis.seed_stats import SeedStats, SolvedCounts, solved_by_half
from echornn.history.curve import Band, BlockMeans, Curve, Piece, Segment, band_of, curve_of, shades_of, width_of
from echornn.history.pyramid import OF_LOSSES, Buckets, LossHistory, Windows
from echornn.history.windows import StoredWindows, error_rates_of, losses_of, median_mean, stored_windows
from echornn.progress import Floats, PopulationProgress
from echornn.timeline.branch import (
    Branch,
    BranchSpan,
    Position,
    can_continue_under,
    digest,
    index_in,
    path_to,
    path_to_end,
    spans_to,
)

GOOD_WINDOWS = 50
"""The number of consecutive windows with finite losses after which training counts as sound again."""

KEPT_PATHS = 32
"""The number of paths kept in memory; others are computed again."""

CAUSES = {
    "start": "the start",
    "reset": "started over",
    "redraw": "new weights",
    "regenerate": "new data",
    "edit": "edit",
    "preset": "preset",
    "back": "trained on",
    "lost": "what began it cannot be read",
}
"""The text for a branch whose configuration is that of the branch before."""


class Track:
    """A branch, and the windows that were trained in it.

    Attributes:
        digest: identifies what leads to the branch; see `echornn.timeline.branch.digest`.
        task_since: the window of the path since which the task is the same.
        solved: when each network solved the task, up to the branch's end, and the newest losses.
        lost: when each network had lost the task again, for any window of the branch.
        known: more statistics of a single network.
        bad: stretches of windows along the path with NaN or infinite losses, as (first, last). Fewer than
            `GOOD_WINDOWS` finite losses in a row do not end a stretch.
    """

    def __init__(self, branch: Branch, digest: int, task_since: int, solved: SolvedAt, known: LossStats) -> None:
        self.branch = branch
        self.digest = digest
        self.task_since = task_since
        self.solved = solved
        self.known = known
        self.lost = LostLog(solved.lost_at)
        self.bad: list[tuple[int, int]] = []
        self.history = LossHistory(branch.config)
        self.levels = Levels.of([branch.config] * branch.config.replicas)
        per_epoch = branch.config.windows_per_epoch
        self.segment = Segment(branch.start, branch.cause, branch.epoch, branch.window, per_epoch)

    @property
    def is_alone(self) -> bool:
        return self.branch.config.replicas == 1

    @property
    def end(self) -> int:
        return self.branch.start + len(self.history)

    def append(self, windows: StoredWindows, solved_at: Windows) -> None:
        losses = losses_of(windows)
        solved, crossings = self.solved.step(losses, self.levels, None if self.is_alone else solved_at)
        if self.is_alone:
            rates = error_rates_of(windows, self.branch.config)
            known = self.known.diverging(losses[:, 0], self.end, most_loss(self.branch.config))
            self.known = replace(known, block_means=known.block_means.after(losses[:, 0], rates[:, 0]))
        self.lost.append(crossings)
        for bad in (self.end + np.flatnonzero(~np.isfinite(losses).any(axis=1))).tolist():
            goes_on = bool(self.bad) and bad - self.bad[-1][1] <= GOOD_WINDOWS
            first = self.bad.pop()[0] if goes_on else bad
            self.bad.append((first, bad))
        self.history.add(windows, solved.at, self.end)
        self.solved = solved

    def index_of(self, seed: int) -> int:
        """The index of the network that has this seed at the end of its path."""
        return 0 if self.is_alone else seed - self.branch.config.seed


class Timeline:
    """The branches of a run with their losses. The training thread adds branches and windows, and any thread may read.

    The *path* of a branch leads from new weights to its end; its windows are numbered from 0.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._tracks: list[Track] = []
        self._path = lru_cache(KEPT_PATHS)(lambda number: path_to_end(self.branch(number), self.branch))
        self._joined: dict[tuple[int, int, int], Buckets] = {}
        self._any_bad = False
        self.trained = 0  # windows, in all branches

    def __len__(self) -> int:
        return len(self._tracks)

    # ---- adding branches and windows

    def begin(self, branch: Branch) -> None:
        """Add the next branch; a ValueError if it has another number, or cannot begin at a position of this run."""
        with self._lock:
            parent, config = branch.parent, branch.config
            if branch.number != len(self) or (parent is None) != (len(self) == 0):
                raise ValueError(f"a branch cannot have this number or parent: {branch}; the next is {len(self)}")
            if parent is not None and not self.has(parent):
                raise ValueError(f"a branch cannot begin at a position that the run does not have: {branch}")
            if parent is None or branch.starts_over:
                self._tracks.append(Track(branch, digest(branch, 0), 0, SolvedAt.never(config.replicas), LossStats()))
                return
            before = self._tracks[self.owner(parent).number]
            was = before.branch.config
            if not can_continue_under(branch.cause, was, config):
                raise ValueError(f"a branch cannot continue its parent with this configuration: {branch}")
            branch = replace(branch, parent=Position(before.branch.number, parent.window))
            first = index_in(was, config)
            was = was if was.replicas == config.replicas else was.of(first)
            known = self.loss_stats(parent, first).under(config, was, parent.window)
            solved, since = self.solved(parent).only(range(first, first + config.replicas)), before.task_since
            if not config.same_task(was):
                solved, since = solved.anew(), branch.start
            self._tracks.append(Track(branch, digest(branch, before.digest), since, solved, known))

    def trained_in(self, number: int, progress: PopulationProgress) -> None:
        """Add windows at the end of a branch, as its trainer reported them."""
        self.append(number, stored_windows(progress, self.branch(number).config), progress.solved_at)

    def append(self, number: int, windows: StoredWindows, solved_at: Windows) -> None:
        """Add windows, [n, replicas], that were trained at the end of a branch, with the window along the path, from 1,
        after which each network was solved, int64 [replicas], 0 if not yet; unused for a single network.
        """
        with self._lock:
            track = self._tracks[number]
            track.append(windows, solved_at)
            self._any_bad = self._any_bad or bool(track.bad)
            self.trained += len(windows)

    # ---- the tree

    def branch(self, number: int) -> Branch:
        return self._tracks[number].branch

    def digest(self, number: int) -> int:
        """A hash of everything that leads to a branch; see `echornn.timeline.branch.digest`."""
        return self._tracks[number].digest

    def end(self, number: int) -> Position:
        return Position(number, self._tracks[number].end)

    def windows_of(self, number: int) -> int:
        """The number of windows that were trained in this branch itself."""
        return len(self._tracks[number].history)

    def has(self, position: Position) -> bool:
        return 0 <= position.branch < len(self) and 0 <= position.window <= self._tracks[position.branch].end

    def owner(self, position: Position) -> Branch:
        """The last branch on the path that has begun by this position: it trained the window before, or begins here."""
        own = self.branch(position.branch)
        return own if own.start <= position.window else self.path(position)[-1]

    def path(self, position: Position) -> tuple[Branch, ...]:
        """The branches on the path to a position, beginning with the branch that has new weights."""
        return path_to(position.window, self._path(position.branch))

    def spans(self, position: Position, since: int = 0) -> list[BranchSpan]:
        """The windows on the path to a position, without branches that ended at or before window ``since``."""
        return spans_to(position.window, self._path(position.branch), since)

    def parent_config(self, branch: Branch) -> EchoConfig | None:
        """The configuration that was trained before a branch began; None for the first branch."""
        before = branch.before or branch.parent
        return None if before is None else self.owner(before).config

    def differs(self, number: int) -> str:
        """The difference between a branch and the branch that it came from, as text."""
        branch, before = self.branch(number), self.parent_config(self.branch(number))
        if branch.cause == "alone":
            return f"seed {branch.config.seed} alone"
        return ("" if before is None else changes_text(before, branch.config)) or CAUSES[branch.cause]

    # ---- losses and statistics

    def loss_stats(self, position: Position, replica: int = 0) -> LossStats:
        """The loss statistics at a position, as they were when it was the end of training; without block means for one
        of several networks.
        """
        track, solved = self._tracks[self.owner(position).number], self.solved(position)
        known = track.known if track.is_alone else LossStats(block_means=BlockMeans(begun=position.window))
        recent: Floats | None = solved.newest[:, replica]
        if position.window != track.end:
            recent = self.losses(position, max(track.task_since, position.window - RECENT_WINDOWS), replica)
            windows = position.window - known.block_means.begun
            blocks = known.block_means.until(windows)
            under_way = self._losses_and_errors(position, blocks.begun + blocks.windows, 0)
            blocks = replace(blocks, windows=windows) if under_way is None else blocks.after(*under_way)
            known = replace(known.until(position.window), block_means=blocks)
        return replace(
            known,
            windows=position.window - track.task_since,
            recent=np.empty(0, np.float32) if recent is None else recent,
            solved_at=int(solved.at[replica]) or None,
            lost_at=int(solved.lost_at[replica]) or None,
        )

    def seed_stats(self, position: Position) -> SeedStats | None:
        """The counts for several networks at a position, as they were known then; None for a single network."""
        if self.owner(position).config.replicas == 1:
            return None
        solved = self.solved(position)
        return SeedStats.after(solved.newest, solved.at, position.window, solved.lost_at)

    def solved(self, position: Position) -> SolvedAt:
        """When each network that is trained at a position had solved the task by then, and its newest losses; their
        mean, if they are no longer in memory.
        """
        track, window = self._tracks[self.owner(position).number], position.window
        if window == track.end:
            return track.solved
        config, first = track.branch.config, max(track.task_since, window - track.levels.longest)
        recent = [np.empty((0, config.replicas), np.float32)]
        with self._lock:
            for one, begin, end in self._parts(position, first):
                at = index_in(one.branch.config, config)
                losses = one.history.newest(begin - one.branch.start, end - one.branch.start)
                recent.append(losses[:, at : at + config.replicas])
            known = track.solved.until(window, track.lost.at(window))
        return replace(known, recent=np.concatenate(recent))

    def diverged(self, position: Position) -> bool:
        """Whether the last window's loss is NaN or infinite; with several networks, whether all losses are."""
        recent = self.solved(position).recent
        return bool(recent.size) and not bool(np.isfinite(recent[-1]).any())

    def losses(self, position: Position, first: int, replica: int = 0) -> Floats | None:
        """The losses of a network from window ``first`` of the path up to a position, float32 [n]; None if they are no
        longer in memory.
        """
        known = self._losses_and_errors(position, first, replica)
        return None if known is None else known[0]

    def _losses_and_errors(self, position: Position, first: int, replica: int) -> tuple[Floats, Floats] | None:
        losses, errors = [np.empty(0, np.float32)], [np.empty(0, np.float32)]
        with self._lock:
            seed = self.owner(position).config.of(replica).seed
            for track, begin, end in self._parts(position, first):
                at, start = track.index_of(seed), track.branch.start
                windows = track.history.windows(begin - start, end - start, slice(at, at + 1))
                if windows is None:
                    return None
                losses.append(losses_of(windows)[:, 0])
                errors.append(error_rates_of(windows, track.branch.config)[:, 0])
        return np.concatenate(losses), np.concatenate(errors)

    def own_losses(self, number: int, first: int, last: int) -> Floats | None:
        """The losses of windows of a branch's path that it trained itself, float32 [n, replicas]; None as above."""
        with self._lock:
            track = self._tracks[number]
            return track.history.losses(first - track.branch.start, last - track.branch.start)

    def bad_since(self, position: Position) -> int | None:
        """The window (from 0) of the path at which losses became NaN or infinite; None if they have been finite for the
        last `GOOD_WINDOWS` windows.
        """
        since, newest = None, -1
        if not self._any_bad:
            return None
        for branch, _, end in self.spans(position):
            for first, last in self._tracks[branch.number].bad:
                if first < end:
                    since = first if since is None or first - newest > GOOD_WINDOWS else since
                    newest = min(last, end - 1)
        return since if position.window - newest <= GOOD_WINDOWS else None

    def solved_at(self, number: int) -> int | None:
        """The window along its path, from 1, at which a branch solved its task, or by which half of its networks had;
        None if not.
        """
        return solved_by_half(self._tracks[number].solved.at)

    def lost_at(self, number: int) -> int | None:
        """The window along its path, from 1, at which a branch's single network lost the task again; None if not."""
        track = self._tracks[number]
        return (int(track.solved.lost_at[0]) or None) if track.is_alone else None

    def counts(self, number: int) -> SolvedCounts | None:
        """How many networks of a branch have solved the task by its end, and lost it again; None for a single one."""
        track = self._tracks[number]
        each = track.solved.at, track.solved.lost_at
        return None if track.is_alone else SolvedCounts(len(each[0]), *(int(np.count_nonzero(one)) for one in each))

    def mean_loss(self, number: int) -> float:
        """The mean of the recent losses of a branch's path, in nats; with several networks, the median. NaN if none."""
        return median_mean(self._tracks[number].solved.newest)

    def newest_loss(self, number: int) -> float:
        """The loss of the last window of a branch's path; with several networks, the median. NaN if there is none."""
        return median_mean(self._tracks[number].solved.recent[-1:])

    # ---- for drawing

    def curve(self, number: int, columns: int, first: int = 0, last: int | None = None, replica: int = 0) -> Curve:
        """The losses of a network along a branch's path from window ``first`` up to ``last``, by default all."""
        with self._lock:
            position, first = self._part(number, first, last)
            pieces = self._pieces(position, first, replica, width_of(columns, position.window - first))
            near = self.spans(position, first - 1)
            segments = tuple(self._tracks[branch.number].segment for branch, _, _ in near)
            return curve_of(pieces, columns, first, position.window, segments)

    def band(self, number: int, columns: int, first: int = 0, last: int | None = None) -> Band:
        """The losses of all replicas along a branch's path; no buckets for a single network."""
        with self._lock:
            position, first = self._part(number, first, last)
            parts = self._parts(position, first)
            pieces = [Piece(one.history.of_all, one.branch.start, begin, end) for one, begin, end in parts]
            return band_of(pieces, columns, first, position.window)

    def shades(
        self, number: int, replicas: Sequence[int], columns: int, first: int = 0, last: int | None = None
    ) -> Floats:
        """Mean losses of these replicas along a branch's path, float32 [replicas, up to ``columns``]; NaN if there is
        no such replica, or only one network was trained there.
        """
        with self._lock:
            position, first = self._part(number, first, last)
            parts = [part for part in self._parts(position, first) if not part[0].is_alone]
            there = parts[0][0].history.replicas if parts else 0
            rows = [row for row, replica in enumerate(replicas) if replica < there]
            which = np.array(replicas, np.int64)[rows]
            pieces = [Piece(partial(one.history.buckets, which), one.branch.start, *part) for one, *part in parts]
            known = shades_of(pieces, len(rows), columns, first, position.window)
        shades = np.full((len(replicas), known.shape[1]), np.nan, np.float32)
        shades[rows] = known
        return shades

    def _part(self, number: int, first: int, last: int | None) -> tuple[Position, int]:
        """A part of a branch's path, limited to windows that exist: its end, and its first window."""
        end = self.end(number).window
        last = end if last is None else min(last, end)
        return Position(number, last), min(max(first, 0), last)

    def _parts(self, position: Position, first: int) -> Iterator[tuple[Track, int, int]]:
        """The branches with windows from ``first`` of the path up to a position, each with these windows."""
        for branch, begin, end in self.spans(position, first):
            if max(begin, first) < end:
                yield self._tracks[branch.number], max(begin, first), end

    def _pieces(self, position: Position, first: int, replica: int, width: int) -> list[Piece]:
        """The pieces of a network's curve; branches shorter than a bucket are joined, as there may be thousands."""
        seed = self.branch(position.branch).config.of(replica).seed
        parts, pieces = list(self._parts(position, first)), list[Piece]()
        outermost = parts[:1] + parts[-1:]  # these may reach beyond the part that is drawn
        is_short = [part not in outermost and part[2] - part[1] < width for part in parts]
        for joins, group in itertools.groupby(zip(is_short, parts, strict=True), lambda one: one[0]):
            some = [part for _, part in group]
            if joins:
                pieces.append(self._in_few(some, seed, width))
                continue
            for track, begin, end in some:
                of_one = partial(track.history.of_one, track.index_of(seed))
                pieces.append(Piece(of_one, track.branch.start, begin, end))
        return pieces

    def _in_few(self, parts: Sequence[tuple[Track, int, int]], seed: int, width: int) -> Piece:
        """Whole branches, of which those that begin within the same ``width`` windows are one bucket."""
        starts, ends = np.array([part[1:] for part in parts], np.int64).T
        sums = np.concatenate([self._in_one(track, seed, end - begin) for track, begin, end in parts], axis=1)
        at = np.append(0, np.flatnonzero(np.diff(starts // width)) + 1)
        edges = np.stack([starts[at], ends[np.append(at[1:], len(ends)) - 1]])
        buckets = np.stack([reducer.reduceat(one, at) for reducer, one in zip(OF_LOSSES, sums, strict=True)])
        return Piece(lambda width, first, last: (edges, buckets), 0, parts[0][1], parts[-1][2])

    def _in_one(self, track: Track, seed: int, windows: int) -> Buckets:
        """The first windows of a branch in one bucket, [4, 1]; kept, since they do not change."""
        key = track.branch.number, windows, seed
        if (known := self._joined.get(key)) is None:
            _, known = track.history.of_one(track.index_of(seed), 1 << windows.bit_length(), 0, windows)
            self._joined[key] = known
        return known
