"""`Losses`: the losses of a run's branches in memory, what is said of them, and their curves."""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np

from echornn.diagnosis.loss_stats import LossStats
from echornn.diagnosis.seed_stats import SeedStats, solved_by_half
from echornn.history.block_means import BlockMeans
from echornn.history.buckets import OF_LOSSES, Buckets, LossHistory, Windows
from echornn.history.curve import (
    Band,
    BucketedPiece,
    Curve,
    CurvePiece,
    band_of,
    curve_of,
    shades_of,
    width_of,
)
from echornn.history.windows import (
    StoredWindows,
    are_lost,
    error_rates_of,
    losses_of,
    lost,
    median_mean,
)
from echornn.levels import RECENT_WINDOWS, can_be_solved, chance_level
from echornn.progress import Bools, Floats
from echornn.run.branch import Branch, BranchSpan, Position, index_in
from echornn.run.tree import Tree
from echornn.solved import Crossing, Levels, SolvedAt, lost_after

# Consecutive windows with finite losses after which training counts as sound again
GOOD_WINDOWS = 50
KEPT_CURVES = 64  # a picture has up to nine, and several viewers may look at other parts
KEPT_SHORT = (
    1 << 14
)  # sums of branches that are shorter than a column: thousands, if a key was held


@dataclass(eq=False)
class _BranchLosses:
    """The losses of a branch, and what is known of them at its end."""

    branch: Branch
    task_since: int  # the window of the path since which the task is the same
    solved: SolvedAt
    stats: LossStats  # more statistics of a single network
    bad: list[tuple[int, int]] = field(default_factory=list)
    """(first, last) of stretches with NaN or infinite losses, between which there are
    `GOOD_WINDOWS` finite losses."""

    held_out: dict[tuple[int, int], float] = field(default_factory=dict)
    """The loss on held-out data by the window of the path after which it was measured, and the
    network's seed."""

    def __post_init__(self) -> None:
        config = self.branch.config
        self.is_alone = config.replicas == 1
        self.lost_at_start = self.solved.lost_at
        self.crossings: list[Crossing] = []
        self.levels = Levels.of([config] * config.replicas)
        chance = chance_level(config)
        self.chance = chance if chance > 0 else math.inf  # infinite if it is not known
        self.losses = LossHistory(config, self.branch.start)
        self.norms = LossHistory(config, self.branch.start, band=False)

    @property
    def end(self) -> int:
        return self.losses.end

    def index_of(self, seed: int) -> int:
        """The index of the network that has this seed at the end of its path."""
        return 0 if self.is_alone else seed - self.branch.config.seed


class Results(NamedTuple):
    """The results of one network; of several their medians, and when half of them had solved the
    task."""

    newest_loss: float  # in nats or squared error; NaN if there is none
    mean_loss: float  # of the last `RECENT_WINDOWS` windows
    solved_at: int | None  # the window of its path, from 1
    lost_at: int | None  # None also for several networks


class Losses:
    """The losses of all branches of a run. The training thread adds to them, and any thread may
    read; who reads does not wait for a disk. Windows whose loss is not known (see `lost`) have NaN.

    The tree of a stored run is whole from the start. Its losses are added in the order in which
    they were trained: a branch is begun here when all windows before it are there.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.read = 0  # windows that were added, of all branches
        self._branches: list[_BranchLosses] = []
        # Guards what is added to a branch while it is drawn, which takes a millisecond
        self._lock = threading.RLock()
        # Windows that were trained never change: the same part of a curve is the same object
        self._curves = lru_cache(KEPT_CURVES)(self._curve)
        self._bands = lru_cache(KEPT_CURVES)(self._band)
        self._medians = lru_cache(KEPT_CURVES)(Band.as_curve)
        self._in_one = lru_cache(KEPT_SHORT)(_in_one)

    def __len__(self) -> int:
        """The number of branches."""
        return len(self._branches)

    # ---- adding branches and windows

    def begin(self, branch: Branch) -> None:
        """Add the next branch, as it is in the tree."""
        config, parent = branch.config, branch.parent
        begun = _BranchLosses(branch, 0, SolvedAt.never(config.replicas), LossStats())
        if parent is not None and not branch.starts_over:
            before = self._branches[parent.branch]
            was = before.branch.config
            first = index_in(was, config)
            if was.replicas != config.replicas:
                was = was.of(first)
            stats = self.stats(parent, first).under(config, was, parent.window)
            solved = self.solved(parent).only(range(first, first + config.replicas))
            begun = _BranchLosses(branch, before.task_since, solved, stats)
            if not config.same_task(was):
                begun = _BranchLosses(branch, branch.start, solved.anew(), stats)
        with self._lock:
            self._branches.append(begun)

    def append(
        self,
        number: int,
        windows: StoredWindows,
        solved_at: Windows,
        norms: StoredWindows | None = None,
    ) -> None:
        """Add windows, [n, replicas], at the end of a branch, and the window along the path, from
        1, after which each network was solved, int64 [replicas], or 0; unused for a single network.
        The norms of gradients may be unknown.
        """
        if norms is None:
            norms = lost(*windows.shape)
        are_unknown = are_lost(windows)
        with self._lock:
            branch = self._branches[number]
            for first, last in _runs(are_unknown):
                if are_unknown[first]:
                    self._pass_unknown(branch, last - first, solved_at)
                else:
                    self._judge(branch, windows[first:last], norms[first:last], solved_at)
                branch.losses.add(windows[first:last], branch.solved.at)
                branch.norms.add(norms[first:last], branch.solved.at)
            self.read += len(windows)

    def _judge(
        self,
        branch: _BranchLosses,
        windows: StoredWindows,
        norms: StoredWindows,
        solved_at: Windows,
    ) -> None:
        losses, levels, solved = losses_of(windows), branch.levels, branch.solved
        end = branch.end
        if branch.is_alone:
            branch.stats = self._stats_after(branch, windows, losses_of(norms)[:, 0])
            branch.solved, crossings = solved.step(losses, levels)
        else:
            branch.solved, crossings = solved.step_solved_at(solved_at, losses, levels)
        branch.crossings += crossings
        is_bad = ~np.isfinite(losses).any(axis=1)
        for window in (end + np.flatnonzero(is_bad)).tolist():
            first = window
            if branch.bad and window - branch.bad[-1][1] <= GOOD_WINDOWS:
                first, _ = branch.bad.pop()
            branch.bad.append((first, window))

    def _stats_after(
        self, branch: _BranchLosses, windows: StoredWindows, norms: Floats
    ) -> LossStats:
        losses = losses_of(windows)[:, 0]
        errors = error_rates_of(windows, branch.branch.config)[:, 0]
        newest = branch.solved.newest[:, 0]
        stats = branch.stats.leaving(newest, losses, norms, branch.end, branch.chance)
        return replace(stats, block_means=stats.block_means.after(losses, errors))

    def _pass_unknown(self, branch: _BranchLosses, windows: int, solved_at: Windows) -> None:
        """Unknown is not diverged: nothing is said of these windows."""
        branch.solved = branch.solved.past_unknown(windows)
        if not branch.is_alone:
            branch.solved = replace(branch.solved, at=solved_at)
            return
        unknown = np.full(windows, np.nan, np.float32)
        blocks = branch.stats.block_means.after(unknown, unknown)
        branch.stats = replace(branch.stats, block_means=blocks)

    def measure(self, position: Position, seed: int, loss: float) -> None:
        """Add a loss on held-out data."""
        with self._lock:
            self._branches[position.branch].held_out[position.window, seed] = loss

    # ---- statistics

    def stats(self, position: Position, replica: int = 0) -> LossStats:
        """The loss statistics at a position, as they were known then; no block means for one of
        several networks."""
        branch = self._owner(position)
        solved = self.solved(position)
        stats = LossStats(block_means=BlockMeans(begun=position.window))
        if branch.is_alone:
            stats = branch.stats
        recent = solved.newest[:, replica]
        if position.window != branch.end:
            since = max(branch.task_since, position.window - RECENT_WINDOWS)
            recent = self._recent(position, since, replica)
            stats = self._earlier(stats, position)
        return replace(
            stats,
            windows=position.window - branch.task_since,
            recent=recent,
            solved_at=int(solved.at[replica]) or None,
            lost_at=int(solved.lost_at[replica]) or None,
        )

    def _earlier(self, stats: LossStats, position: Position) -> LossStats:
        """The statistics of a branch as they were at an earlier position."""
        windows = position.window - stats.block_means.begun
        blocks = stats.block_means.until(windows)
        since = self._losses_and_errors(position, blocks.begun + blocks.windows, 0)
        if since is None:
            blocks = replace(blocks, windows=windows)
        else:
            blocks = blocks.after(*since)
        left_at = stats.left_at
        if left_at is not None and left_at > position.window:
            left_at = None
        return replace(stats, block_means=blocks, left_at=left_at)

    def _recent(self, position: Position, first: int, replica: int) -> Floats:
        """The newest losses at a position that are known, from window ``first`` on."""
        found = self._losses_and_errors(position, first, replica)
        if found is None:
            return np.empty(0, np.float32)
        losses, errors = found
        unknown = np.flatnonzero(np.isnan(errors))  # those of a NaN loss are counted
        return losses[unknown[-1] + 1 :] if len(unknown) else losses

    def seed_stats(self, position: Position) -> SeedStats | None:
        """The counts for several networks at a position, as they were known then; None for a single
        network."""
        solved = self.solved(position)
        if len(solved.at) == 1:
            return None
        counts = can_be_solved(self.tree.owner(position).config)
        return SeedStats.after(solved.newest, solved.at, position.window, solved.lost_at, counts)

    def solved(self, position: Position) -> SolvedAt:
        """When each network at a position had solved the task by then, and its newest losses, or
        their mean."""
        branch, window = self._owner(position), position.window
        if window == branch.end:
            return branch.solved
        config = branch.branch.config
        since = max(branch.task_since, window - branch.levels.longest)
        recent = np.empty((0, config.replicas), np.float32)
        with self._lock:
            for there, begin, end in self._parts(self.tree.spans(position, since), since):
                at = index_in(there.branch.config, config)
                newest, is_known = _newest(there.losses, begin, end)
                if not is_known.all():  # means begin anew behind what is not known
                    recent = recent[:0]
                    newest = newest[np.flatnonzero(~is_known)[-1] + 1 :]
                recent = np.concatenate([recent, newest[:, at : at + config.replicas]])
            lost_at = lost_after(branch.lost_at_start, branch.crossings, window)
            solved = branch.solved.until(window, lost_at)
        return replace(solved, recent=recent)

    def diverged(self, position: Position) -> bool:
        """Whether the last window's loss is NaN or infinite; with several networks, whether all
        losses are. One that is not known is not."""
        recent = self.solved(position).recent
        return bool(recent.size) and not bool(np.isfinite(recent[-1]).any())

    def bad_since(self, position: Position) -> int | None:
        """The window, from 0, at which losses became NaN or infinite; None after `GOOD_WINDOWS`
        finite losses."""
        # As nearly always, also where the path is long
        if not any(branch.bad for branch in self._branches):
            return None
        since, newest = None, -1
        for span in self.tree.spans(position):
            for first, last in self._branches[span.branch.number].bad:
                if first >= span.last:
                    continue
                if since is None or first - newest > GOOD_WINDOWS:
                    since = first
                newest = min(last, span.last - 1)
        return since if position.window - newest <= GOOD_WINDOWS else None

    def results(self, number: int) -> Results:
        """The results of a branch at the end of its path."""
        branch = self._branches[number]
        solved = branch.solved
        lost_at = int(solved.lost_at[0]) or None if branch.is_alone else None
        return Results(
            median_mean(solved.recent[-1:]),
            median_mean(solved.newest),
            solved_by_half(solved.at),
            lost_at,
        )

    # ---- losses

    def losses(self, position: Position, first: int, replica: int = 0) -> Floats | None:
        """The losses of a network from window ``first`` up to a position, float32 [n]; None if no
        longer in memory."""
        found = self._losses_and_errors(position, first, replica)
        return None if found is None else found[0]

    def _losses_and_errors(
        self, position: Position, first: int, replica: int
    ) -> tuple[Floats, Floats] | None:
        losses, errors = [np.empty(0, np.float32)], [np.empty(0, np.float32)]
        with self._lock:
            seed = self.tree.owner(position).config.of(replica).seed
            for branch, begin, end in self._parts(self.tree.spans(position, first), first):
                at = branch.index_of(seed)
                windows = branch.losses.windows(begin, end, slice(at, at + 1))
                if windows is None:
                    return None
                losses.append(losses_of(windows)[:, 0])
                errors.append(error_rates_of(windows, branch.branch.config)[:, 0])
        return np.concatenate(losses), np.concatenate(errors)

    def own_losses(self, number: int, first: int, last: int) -> Floats | None:
        """The losses of windows of a branch's path that it trained itself, float32 [n, replicas];
        None as above."""
        with self._lock:
            windows = self._branches[number].losses.windows(first, last)
            return None if windows is None else losses_of(windows)

    # ---- for drawing

    def curve(
        self,
        number: int,
        columns: int,
        first: int = 0,
        last: int | None = None,
        replica: int = 0,
        norms: bool = False,
    ) -> Curve:
        """The losses of a network along a branch's path from window ``first`` up to ``last``, by
        default all. With ``norms``, the global norms of its gradients before clipping, and the
        shares of clipped windows as error rates.
        """
        first, last = self._part(number, first, last)
        return self._curves(number, columns, first, last, replica, norms)

    def _curve(
        self, number: int, columns: int, first: int, last: int, replica: int, norms: bool
    ) -> Curve:
        seed = self.tree.branch(number).config.of(replica).seed
        # Since the window before, so that no branch is left out that begins at the first window
        spans = self.tree.spans(Position(number, last), first - 1)
        segments = [span.branch.segment for span in spans if span.overlaps(first, last)]
        with self._lock:
            parts = list(self._parts(spans, first))
            pieces = self._pieces(parts, seed, width_of(columns, last - first), norms)
            return curve_of(pieces, columns, first, last, tuple(segments))

    def held_out(self, number: int, columns: int, first: int, last: int, replica: int = 0) -> Curve:
        """The same of the losses on held-out data, where they were measured, each in a bucket of
        one window."""
        seed = self.tree.branch(number).config.of(replica).seed
        measured: dict[int, float] = {}
        with self._lock:
            for span in self.tree.spans(Position(number, last), first):
                begin = max(span.first, first)
                held_out = self._branches[span.branch.number].held_out
                for (window, measured_seed), loss in held_out.items():
                    if measured_seed == seed and begin < window <= span.last:
                        measured[window] = loss
        ends = np.array(sorted(measured), np.int64)
        shown = np.linspace(0, len(ends) - 1, min(columns, len(ends))).astype(int)
        ends = ends[np.unique(shown)]
        losses = np.array([measured[end] for end in ends.tolist()], np.float32)
        unknown = np.full_like(losses, np.nan)
        return Curve(first, last, 1, ends - 1, ends, losses, losses, losses, unknown)

    def band(self, number: int, columns: int, first: int = 0, last: int | None = None) -> Band:
        """The losses of all replicas along a branch's path; no buckets for a single network."""
        return self._bands(number, columns, *self._part(number, first, last))

    def median(self, number: int, columns: int, first: int = 0, last: int | None = None) -> Curve:
        """The medians of the band."""
        return self._medians(self.band(number, columns, first, last))

    def _band(self, number: int, columns: int, first: int, last: int) -> Band:
        with self._lock:
            pieces = [
                CurvePiece(branch.losses.of_all, begin, end)
                for branch, begin, end in self._parts_of_several(number, first, last)
            ]
            return band_of(pieces, columns, first, last)

    def shades(
        self,
        number: int,
        replicas: Sequence[int],
        columns: int,
        first: int = 0,
        last: int | None = None,
    ) -> Floats:
        """Mean losses of these replicas along a branch's path, float32 [replicas, <= columns]; NaN
        if unknown."""
        first, last = self._part(number, first, last)
        rows = np.array(replicas, np.int64)
        with self._lock:
            pieces = [
                CurvePiece(partial(branch.losses.of_some, rows), begin, end)
                for branch, begin, end in self._parts_of_several(number, first, last)
            ]
            return shades_of(pieces, len(rows), columns, first, last)

    def _part(self, number: int, first: int, last: int | None) -> tuple[int, int]:
        """A part of a branch's path, limited to windows that exist."""
        end = self._branches[number].end
        last = end if last is None else min(last, end)
        return min(max(first, 0), last), last

    def _parts(
        self, spans: Sequence[BranchSpan], first: int
    ) -> Iterator[tuple[_BranchLosses, int, int]]:
        """The branches of a path with windows from ``first`` on, each with these windows."""
        for span in spans:
            begin = max(span.first, first)
            if begin < span.last:
                yield self._branches[span.branch.number], begin, span.last

    def _parts_of_several(
        self, number: int, first: int, last: int
    ) -> Iterator[tuple[_BranchLosses, int, int]]:
        spans = self.tree.spans(Position(number, last), first)
        for branch, begin, end in self._parts(spans, first):
            if not branch.is_alone:
                yield branch, begin, end

    def _pieces(
        self, parts: Sequence[tuple[_BranchLosses, int, int]], seed: int, width: int, norms: bool
    ) -> list[CurvePiece | BucketedPiece]:
        """The pieces of a network's curve; branches shorter than a bucket are joined, as there may
        be thousands."""
        outermost = *parts[:1], *parts[-1:]  # these may reach beyond the part that is drawn

        def is_short(part: tuple[_BranchLosses, int, int]) -> bool:
            _, begin, end = part
            return end - begin < width and part not in outermost

        pieces: list[CurvePiece | BucketedPiece] = []
        for are_short, group in itertools.groupby(parts, is_short):
            if are_short:
                pieces.append(self._short_branches(list(group), seed, width, norms))
                continue
            for branch, begin, end in group:
                history = branch.norms if norms else branch.losses
                buckets = partial(history.of_one, branch.index_of(seed))
                pieces.append(CurvePiece(buckets, begin, end))
        return pieces

    def _short_branches(
        self, parts: Sequence[tuple[_BranchLosses, int, int]], seed: int, width: int, norms: bool
    ) -> BucketedPiece:
        """Whole branches, those that begin within the same ``width`` windows in one bucket. With a
        width of 64, branches of windows 70 to 90, 90 to 130 and 130 to 140 are in two buckets: 70
        to 130, which ends with a branch, and 130 to 140."""
        starts, ends = np.array([part[1:] for part in parts], np.int64).T
        numbers = np.concatenate([self._in_one(*part, seed, norms) for part in parts], axis=1)
        begins_bucket = np.diff(starts // width, prepend=-1) != 0
        at = np.flatnonzero(begins_bucket)
        last = np.append(at[1:], len(parts)) - 1
        buckets = [
            reducer.reduceat(number, at) for reducer, number in zip(OF_LOSSES, numbers, strict=True)
        ]
        return BucketedPiece(np.stack([starts[at], ends[last]]), np.stack(buckets))

    def _owner(self, position: Position) -> _BranchLosses:
        return self._branches[self.tree.owner(position).number]


def _in_one(branch: _BranchLosses, first: int, last: int, seed: int, norms: bool) -> Buckets:
    """Some windows of a branch in one bucket, [4, 1]."""
    history = branch.norms if norms else branch.losses
    width = 1 << (last - first).bit_length()
    return history.of_one(branch.index_of(seed), width, first, last)[1]


def _newest(history: LossHistory, first: int, last: int) -> tuple[Floats, Bools]:
    """The losses of these windows, or their mean if they are no longer kept; and which are
    known."""
    windows = history.windows(first, last)
    if windows is None:  # it may have windows from before or after these, which are not finite
        means = history.newest(first, last)
        return means, np.asarray(np.isfinite(means).any(axis=1))
    return losses_of(windows), ~are_lost(windows)


def _runs(marks: Bools) -> Iterator[tuple[int, int]]:
    """The first index, and that after the last, of each run of the same marks."""
    if not len(marks):
        return
    cuts = np.flatnonzero(np.diff(marks)) + 1
    edges = [0, *cuts.tolist(), len(marks)]
    yield from itertools.pairwise(edges)
