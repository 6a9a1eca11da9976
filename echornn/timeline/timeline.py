"""The tree of a run's branches with all losses, of one network or of several."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from echornn.data.solved import SolvedAt
from echornn.diagnosis.loss_stats import RECENT_WINDOWS, LossStats
from echornn.diagnosis.seed_stats import SeedStats, SolvedCounts
from echornn.history.band import Band, band_of, shades_of
from echornn.history.curve import BlockMeans, Curve, HistoryPiece, Segment, curve_of, width_of
from echornn.history.loss_history import LossHistory, ReplicaHistory
from echornn.history.path_history import NO_PATH, PathHistory, StoredWindows, in_one_bucket, stored_windows
from echornn.progress import Floats, PopulationProgress
from echornn.timeline.branch import Branch, Position, can_continue_under, index_in
from echornn.timeline.track import GOOD_WINDOWS, Track
from echornn.timeline.tree import KEPT_PATHS, Tree


class Timeline(Tree):
    """The branches of a run with their losses. The training thread adds windows, and any thread may read."""

    def __init__(self) -> None:
        super().__init__()
        self._trained = 0
        self._any_bad = False
        self._lines: dict[tuple[int, int], PathHistory] = {}

    @property
    def trained(self) -> int:
        """The number of windows trained in all branches."""
        return self._trained

    # ---- adding branches and windows

    def _track(self, branch: Branch, number: int) -> Track:
        parent, config = branch.parent, branch.config
        if parent is None or branch.starts_over:
            return Track(branch, number, SolvedAt.never(config.replicas), LossStats())
        before = self.owner(parent).config
        if not can_continue_under(branch.cause, before, config):
            raise ValueError(f"a branch cannot continue its parent with this configuration: {branch}")
        first = index_in(before, config)
        was = before if before.replicas == config.replicas else before.of(first)
        solved = self.solved(parent).only(range(first, first + config.replicas))
        known = self.loss_stats(parent, first).under(config, was, parent.window)
        return Track(branch, number, solved if config.same_task(was) else solved.anew(), known)

    def trained_in(self, number: int, progress: PopulationProgress) -> None:
        """Add windows at the end of a branch, as its trainer reported them."""
        self.append(number, stored_windows(progress, self.branch(number).config), progress.solved_at)

    def append(self, number: int, windows: StoredWindows, solved_at: npt.NDArray[np.int64]) -> None:
        """Add windows that were trained at the end of this branch.

        Args:
            windows: [n, replicas], see `echornn.history.path_history`.
            solved_at: int64 [replicas], the window along the path, from 1, after which each network was solved; 0 if
                not yet. For a single network, it is computed from the exact losses.
        """
        with self._lock:
            track = self._tracks[number]
            track.append(windows, solved_at)
            self._any_bad = self._any_bad or bool(track.bad)
            self._trained += len(windows)

    # ---- losses and statistics

    def loss_stats(self, position: Position, replica: int = 0) -> LossStats:
        """The loss statistics at a position, as they were when it was the end of training.

        For one of several networks, they have no block means.
        """
        track = self._tracks[self.owner(position).number]
        known = track.known if track.is_alone else LossStats(block_means=BlockMeans(begun=position.window))
        solved, since = track.solved, track.task_since
        recent: Floats | None = solved.newest[:, replica]
        if position.window != track.end:
            with self._lock:
                solved = track.solved_by(position.window)
            recent = self.losses(position, max(since, position.window - RECENT_WINDOWS), replica)
            known = dataclasses.replace(
                known.until(position.window), block_means=self._block_means(position, known.block_means)
            )
        return dataclasses.replace(
            known,
            windows=position.window - since,
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
        """When each network that is trained at a position had solved the task by then."""
        track = self._tracks[self.owner(position).number]
        if position.window == track.end:
            return track.solved
        with self._lock:
            return dataclasses.replace(track.solved_by(position.window), recent=self._newest(position))

    def _newest(self, position: Position) -> Floats:
        """The newest losses of the present task before a position, oldest first, float32 [up to Levels.longest,
        replicas]; if they are no longer in memory, their mean instead.
        """
        track = self._tracks[self.owner(position).number]
        if position.window == track.end:
            return track.solved.recent
        config = track.branch.config
        first = max(track.task_since, position.window - track.levels.longest)
        parts = [np.empty((0, config.replicas), np.float32)]
        for branch, begin, end in self.spans(position, first):
            begin = max(begin, first)
            if begin < end:
                history, at = self._tracks[branch.number].history, index_in(branch.config, config)
                losses = history.newest(begin - branch.start, end - branch.start)
                parts.append(losses[:, at : at + config.replicas])
        return np.concatenate(parts)

    def diverged(self, position: Position) -> bool:
        """Whether the last window's loss is NaN or infinite; with several networks, whether all losses are."""
        recent = self._newest(position)
        return bool(recent.size) and not bool(np.isfinite(recent[-1]).any())

    def _block_means(self, position: Position, later: BlockMeans) -> BlockMeans:
        """The block means as they were at a position, from later block means of the same stretch."""
        windows = position.window - later.begun
        block_means = later.until(windows)
        first = block_means.begun + block_means.windows
        losses = self.losses(position, first)
        errors = self._values(position, first, 0, lambda history: history.error_rates)
        if losses is None or errors is None:
            return dataclasses.replace(block_means, windows=windows)
        return block_means.after(losses, errors)

    def losses(self, position: Position, first: int, replica: int = 0) -> Floats | None:
        """The losses from window ``first`` of the path up to a position, float32 [n]; None if they are no longer in
        memory.

        Args:
            replica: the index of the network, if there are several.
        """
        return self._values(position, first, replica, lambda history: history.losses)

    def own_losses(self, number: int, first: int, last: int) -> Floats | None:
        """The losses of windows along a branch's path that were trained in the branch itself, for all of its networks:
        float32 [n, replicas]; None if they are no longer in memory.
        """
        with self._lock:
            track = self._tracks[number]
            return track.history.losses(first - track.branch.start, last - track.branch.start)

    def _values(
        self,
        position: Position,
        first: int,
        replica: int,
        of: Callable[[ReplicaHistory], Callable[[int, int], Floats | None]],
    ) -> Floats | None:
        parts = [np.empty(0, np.float32)]
        with self._lock:
            seed = self.owner(position).config.of(replica).seed
            for branch, begin, end in self.spans(position, first):
                begin = max(begin, first)
                if begin < end:
                    part = of(self._tracks[branch.number].of(seed))(begin - branch.start, end - branch.start)
                    if part is None:
                        return None
                    parts.append(part)
        return np.concatenate(parts)

    def bad_since(self, position: Position) -> int | None:
        """The window (from 0) of the path at which losses became NaN or infinite; None if they have been finite for the
        last `GOOD_WINDOWS` windows.
        """
        since, newest = None, -1
        if not self._any_bad:
            return None
        path = self.path(position)
        for index, branch in enumerate(path):
            for first, last in self._tracks[branch.number].bad:
                end = path[index + 1].start if index + 1 < len(path) else position.window
                if first < end:
                    since = first if since is None or first - newest > GOOD_WINDOWS else since
                    newest = min(last, end - 1)
        return since if position.window - newest <= GOOD_WINDOWS else None

    def solved_at(self, number: int) -> int | None:
        """The window along its path, from 1, at which a branch solved its task; None if it has not.

        With several networks, the window by which half of them had.
        """
        return self._tracks[number].solved_at

    def lost_at(self, number: int) -> int | None:
        """The window along its path, from 1, at which a branch's network lost the task again; None if it had not by the
        branch's end, and for several networks (see `counts`).
        """
        return self._tracks[number].lost_at

    def counts(self, number: int) -> SolvedCounts | None:
        """How many networks of a branch have solved the task by its end, and how many have lost it again; None for a
        single network.
        """
        track = self._tracks[number]
        return None if track.is_alone else track.counts

    def mean_loss(self, number: int) -> float:
        """The mean loss of the last windows of a branch's path, see `LossStats.mean`; with several networks, the
        median.
        """
        return self._tracks[number].mean

    def newest_loss(self, number: int) -> float:
        """The loss of the last window of a branch's path; NaN if there is none. With several networks, the median."""
        return self._tracks[number].newest

    # ---- for drawing

    def curve(self, number: int, columns: int, first: int = 0, last: int | None = None, replica: int = 0) -> Curve:
        """The losses along a branch's path from window ``first`` up to ``last``, by default all.

        Args:
            replica: the index of the network, if there are several.
        """
        with self._lock:
            first, last = self._part(number, first, last)
            line = self._line(number, self.branch(number).config.of(replica).seed)
            pieces = line.pieces(width_of(columns, last - first), first, last)
            return curve_of(pieces, columns, first, last, line.segments_near(first, last))

    def _line(self, number: int, seed: int) -> PathHistory:
        """A branch's path prepared for drawing, for the network with this seed at its end."""
        known = self._lines.get((number, seed))
        if known is not None:
            return known
        new, before = [self.branch(number)], NO_PATH
        while before is NO_PATH and not new[0].starts_over and (parent := new[0].parent) is not None:
            before = self._lines.get((parent.branch, seed), NO_PATH)
            if before is NO_PATH:
                new.insert(0, self.branch(parent.branch))
        starts = np.append(before.starts, np.array([one.start for one in new], np.int64))
        histories = (*before.histories, *(self._tracks[one.number].of(seed) for one in new))
        ended = range(max(0, len(before.starts) - 1), len(starts) - 1)
        sums = [in_one_bucket(histories[one], int(starts[one + 1] - starts[one])) for one in ended]
        segments = (*before.segments, *map(_segment, new))
        line = PathHistory(starts, histories, np.concatenate([before.sums, *sums], axis=1), segments)
        if len(self._lines) >= KEPT_PATHS:
            del self._lines[next(iter(self._lines))]
        self._lines[number, seed] = line
        return line

    def band(self, number: int, columns: int, first: int = 0, last: int | None = None) -> Band:
        """The losses of all replicas along a branch's path; no buckets for a single network. Arguments as in
        `curve`.
        """
        with self._lock:
            first, last = self._part(number, first, last)
            return band_of(self._pieces(number), columns, first, last)

    def shades(
        self, number: int, replicas: Sequence[int], columns: int, first: int = 0, last: int | None = None
    ) -> Floats:
        """Mean losses of these replicas along a branch's path, float32 [replicas, up to ``columns``]; see `curve`."""
        with self._lock:
            first, last = self._part(number, first, last)
            return shades_of(self._pieces(number), replicas, columns, first, last)

    def _part(self, number: int, first: int, last: int | None) -> tuple[int, int]:
        """The requested range of windows of a branch's path."""
        end = self.end(number).window
        last = end if last is None else min(last, end)
        return min(max(first, 0), last), last

    def _pieces(self, number: int) -> list[HistoryPiece[LossHistory]]:
        spans = self.spans(self.end(number))
        return [HistoryPiece(self._tracks[one.number].history, one.start, first, last) for one, first, last in spans]


def _segment(branch: Branch) -> Segment:
    return Segment(branch.start, branch.cause, branch.epoch, branch.window, branch.config.windows_per_epoch)
