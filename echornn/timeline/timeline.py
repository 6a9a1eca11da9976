"""The tree of a run's branches with all losses, for one network or for many."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import RECENT_WINDOWS, LossStats, edited
from echornn.diagnosis.seed_stats import SeedStats, SolvedCounts
from echornn.history.band import Band
from echornn.history.block_means import BlockMeans
from echornn.history.loss_history import Curve, LossHistory, Segment, curve_of, width_of
from echornn.history.packed import Packed, packed_of
from echornn.history.path_history import NO_PATH, PathHistory, as_one
from echornn.history.population_history import PopulationPiece, ReplicaHistory, band_of, shades_of
from echornn.progress import Floats, PopulationProgress
from echornn.timeline.branch import Branch, Moment, goes_on
from echornn.timeline.track import GOOD_WINDOWS, Track, TrackOfMany, TrackOfOne
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
        before = None if parent is None or branch.starts_over else self.owner(parent).config
        if parent is None or before is None:
            if config.replicas == 1:
                return TrackOfOne(branch, number, LossStats(tried=self._edited(branch)))
            return TrackOfMany(branch, number, None, _none_of(config))
        if not goes_on(branch.cause, before, config):
            raise ValueError(f"a branch cannot go on with this configuration from its parent: {branch}")
        if config.replicas == 1:
            replica = 0 if before.replicas == 1 else config.seed - before.seed
            loss_stats = self.loss_stats(parent, replica)
            goes_on_as = loss_stats.under(config, before.of(replica), parent.window)
            renewed = branch.cause == "regenerate"
            return TrackOfOne(branch, number, goes_on_as.with_new_data(parent.window) if renewed else goes_on_as)
        if not config.same_task(before):
            return TrackOfMany(branch, number, None, _none_of(config))
        return TrackOfMany(branch, number, self.seed_stats(parent), self._newest(parent))

    def _edited(self, branch: Branch) -> tuple[str, ...]:
        """The fields that were edited when a branch began with new weights."""
        before = self.parent_config(branch)
        return () if before is None or branch.cause not in ("edit", "preset") else edited(before, branch.config)

    def trained_in(self, number: int, progress: PopulationProgress) -> None:
        """Add windows at the end of a branch, as its trainer reported them."""
        config = self.branch(number).config
        if config.replicas == 1:
            error_rates = (progress.errors[:, 0] / config.predictions_per_window).astype(np.float32)
            self.append(number, progress.losses[:, 0], error_rates)
        else:
            self.append_many(number, packed_of(progress, config), progress.solved_at)

    def append(self, number: int, losses: Floats, error_rates: Floats) -> None:
        """Add windows at the end of a branch of one network: losses in nats, error rates from 0 to 1, float32 [n]."""
        with self._lock:
            track = self._tracks[number]
            assert isinstance(track, TrackOfOne)
            track.append(losses, error_rates)
            self._any_bad = self._any_bad or bool(track.bad)
            self._trained += len(losses)

    def append_many(self, number: int, packed: Packed, solved_at: npt.NDArray[np.int64]) -> None:
        """Add windows at the end of a branch of several replicas.

        Args:
            packed: uint32 [n, replicas], see `echornn.history.packed.pack`.
            solved_at: int64 [replicas], the window along the path, from 1, at which each replica solved the task; 0 if
                not yet.
        """
        with self._lock:
            track = self._tracks[number]
            assert isinstance(track, TrackOfMany)
            track.append(packed, solved_at)
            self._any_bad = self._any_bad or bool(track.bad)
            self._trained += len(packed)

    # ---- losses and statistics

    def loss_stats(self, moment: Moment, replica: int = 0) -> LossStats:
        """The loss statistics at a position, as they were when it was the end of training.

        For one of several networks, they have no block means.
        """
        track = self._tracks[self.owner(moment).number]
        if isinstance(track, TrackOfOne) and moment.window == track.end:
            return track.loss_stats
        since = track.task_since
        recent = self.losses(moment, max(since, moment.window - RECENT_WINDOWS), replica)
        recent = np.empty(0, np.float32) if recent is None else recent
        if isinstance(track, TrackOfOne):
            known, solved = track.loss_stats, track.solved_at or 0
            block_means = self._reviews(moment, known.block_means)
        else:
            assert isinstance(track, TrackOfMany)
            known, solved = LossStats(), int(track.each_solved_at[replica])
            block_means = BlockMeans(begun=moment.window)
        with self._lock:
            lost_at = int(track.lost.at(moment.window)[replica])
        return dataclasses.replace(
            known,
            windows=moment.window - since,
            recent=recent,
            solved_at=solved if 0 < solved <= moment.window else None,
            lost_at=lost_at or None,
            block_means=block_means,
        )

    def seed_stats(self, moment: Moment) -> SeedStats | None:
        """The results of several networks at a position, as they were then; None for a single network."""
        track = self._tracks[self.owner(moment).number]
        if not isinstance(track, TrackOfMany):
            return None
        with self._lock:
            lost_at = track.lost.at(moment.window)
            return SeedStats.after(self._newest(moment), track.each_solved_at, moment.window, lost_at)

    def _newest(self, moment: Moment) -> Floats:
        """The newest losses of the current task before a position, oldest first, float32 [up to RECENT_WINDOWS,
        replicas]; if they are no longer in memory, their mean.
        """
        track = self._tracks[self.owner(moment).number]
        if moment.window == track.end:
            return track.recent
        first = max(track.task_since, moment.window - RECENT_WINDOWS)
        parts = [_none_of(track.branch.config)]
        for branch, begin, end in self.spans(moment, first):
            of_span, begin = self._tracks[branch.number], max(begin, first)
            if isinstance(of_span, TrackOfMany) and begin < end:
                begin, end = begin - branch.start, end - branch.start
                losses = of_span.history.losses(begin, end)
                each = range(of_span.history.replicas)
                parts.append(of_span.history.shades(each, 1, begin, end).T if losses is None else losses)
        return np.concatenate(parts)

    def diverged(self, moment: Moment) -> bool:
        """Whether the last loss is NaN or infinite; with several networks, all last losses."""
        of_one = isinstance(self._tracks[self.owner(moment).number], TrackOfOne)
        recent = self.loss_stats(moment).recent if of_one else self._newest(moment)
        return bool(recent.size) and not bool(np.isfinite(recent[-1]).any())

    def _reviews(self, moment: Moment, later: BlockMeans) -> BlockMeans:
        """The block means as they were at a position, from later block means of the same stretch."""
        windows = moment.window - later.begun
        block_means = later.until(windows)
        first = block_means.begun + block_means.windows
        losses = self.losses(moment, first)
        errors = self._values(moment, first, 0, lambda history: history.error_rates)
        if losses is None or errors is None:
            return dataclasses.replace(block_means, windows=windows)
        return block_means.after(losses, errors)

    def losses(self, moment: Moment, first: int, replica: int = 0) -> Floats | None:
        """The losses from window ``first`` of the path up to a position, float32 [n]; None if they are no longer in
        memory.

        Args:
            replica: the index of the network, if there are several.
        """
        return self._values(moment, first, replica, lambda history: history.losses)

    def own_losses(self, number: int, first: int, last: int) -> Floats | None:
        """The losses of windows that were trained in a branch itself, for all of its networks, by window along its
        path: float32 [n], for several [n, replicas]; None if they are no longer in memory.
        """
        with self._lock:
            track = self._tracks[number]
            return track.history.losses(first - track.branch.start, last - track.branch.start)

    def _values(
        self,
        moment: Moment,
        first: int,
        replica: int,
        of: Callable[[LossHistory | ReplicaHistory], Callable[[int, int], Floats | None]],
    ) -> Floats | None:
        parts = [np.empty(0, np.float32)]
        with self._lock:
            seed = self.owner(moment).config.of(replica).seed
            for branch, begin, end in self.spans(moment, first):
                begin = max(begin, first)
                if begin < end:
                    part = of(self._history(branch, seed))(begin - branch.start, end - branch.start)
                    if part is None:
                        return None
                    parts.append(part)
        return np.concatenate(parts)

    def _history(self, branch: Branch, seed: int) -> LossHistory | ReplicaHistory:
        """The losses in a branch of the network that has this seed at the end of its path."""
        return self._tracks[branch.number].of(seed - branch.config.seed)

    def bad_since(self, moment: Moment) -> int | None:
        """The window (from 0) of the path at which losses became NaN or infinite; None if they have been finite for the
        last `GOOD_WINDOWS` windows.
        """
        since, newest = None, -1
        if not self._any_bad:
            return None
        path = self.path(moment)
        for index, branch in enumerate(path):
            for first, last in self._tracks[branch.number].bad:
                end = path[index + 1].start if index + 1 < len(path) else moment.window
                if first < end:
                    since = first if since is None or first - newest > GOOD_WINDOWS else since
                    newest = min(last, end - 1)
        return since if moment.window - newest <= GOOD_WINDOWS else None

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
        if not isinstance(track, TrackOfMany):
            return None
        return SolvedCounts(track.branch.config.replicas, track.solved, track.lost_again)

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
            _, first, last = self._part(number, first, last)
            line = self._line(number, self.branch(number).config.of(replica).seed)
            pieces = line.pieces(width_of(columns, last - first), first, last)
            return curve_of(pieces, columns, first, last, line.segments_near(first, last))

    def _line(self, number: int, seed: int) -> PathHistory:
        """A branch's path prepared for drawing, for the network with this seed at its end. It extends the parent's."""
        known = self._lines.get((number, seed))
        if known is not None:
            return known
        new, before = [self.branch(number)], NO_PATH
        while before is NO_PATH and not new[0].starts_over and (parent := new[0].parent) is not None:
            before = self._lines.get((parent.branch, seed), NO_PATH)
            if before is NO_PATH:
                new.insert(0, self.branch(parent.branch))
        starts = np.append(before.starts, np.array([one.start for one in new], np.int64))
        histories = (*before.histories, *(self._history(one, seed) for one in new))
        ended = range(max(0, len(before.starts) - 1), len(starts) - 1)
        sums = [as_one(histories[one], int(starts[one + 1] - starts[one])) for one in ended]
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
            end, first, last = self._part(number, first, last)
            return band_of(self._pieces(end), columns, first, last)

    def shades(
        self, number: int, replicas: Sequence[int], columns: int, first: int = 0, last: int | None = None
    ) -> Floats:
        """Mean losses of these replicas along a branch's path, float32 [replicas, up to ``columns``]; see `curve`."""
        with self._lock:
            end, first, last = self._part(number, first, last)
            return shades_of(self._pieces(end), replicas, columns, first, last)

    def _part(self, number: int, first: int, last: int | None) -> tuple[Moment, int, int]:
        """The end of a branch, and the requested range of windows of its path."""
        end = self.end(number)
        last = end.window if last is None else min(last, end.window)
        return end, min(max(first, 0), last), last

    def _pieces(self, end: Moment) -> list[PopulationPiece]:
        pieces = []
        for branch, begin, stop in self.spans(end):
            track = self._tracks[branch.number]
            history = track.history if isinstance(track, TrackOfMany) else None
            pieces.append(PopulationPiece(history, branch.start, begin, stop))
        return pieces


def _none_of(config: EchoConfig) -> Floats:
    """An empty array of losses with one column per replica."""
    return np.empty((0, config.replicas), np.float32)


def _segment(branch: Branch) -> Segment:
    return Segment(branch.start, branch.cause, branch.epoch, branch.window, branch.config.windows_per_epoch)
