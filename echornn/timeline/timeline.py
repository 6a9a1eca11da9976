"""The tree of a run's branches with all losses, of one network or of several."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np

from echornn.config import EchoConfig, changes_text
from echornn.data.levels import can_be_solved, most_loss
from echornn.data.solved import Crossing, Levels, SolvedAt, lost_after
from echornn.diagnosis.loss_stats import RECENT_WINDOWS, LossStats
from echornn.diagnosis.seed_stats import SeedStats, solved_by_half
from echornn.history.curve import (
    Band,
    BlockMeans,
    Curve,
    CurvePiece,
    band_of,
    curve_of,
    shades_of,
    width_of,
)
from echornn.history.pyramid import OF_LOSSES, Buckets, LossHistory, Windows
from echornn.history.windows import StoredWindows, error_rates_of, losses_of, lost, median_mean
from echornn.progress import Floats
from echornn.timeline.branch import (
    Branch,
    BranchSpan,
    Position,
    can_continue_under,
    index_in,
    path_to_end,
    spans_to,
)

# Consecutive windows with finite losses after which training counts as sound again
GOOD_WINDOWS = 50
KEPT_PATHS = 32  # in memory; others are computed again

CAUSES = {
    "start": "the start",
    "reset": "started over",
    "redraw": "new weights",
    "regenerate": "new data",
    "back": "trained on",
    "lost": "what began it cannot be read",
}
"""The text for a branch with the configuration of the branch before, if it is not the cause
itself."""


@dataclass(eq=False)
class Track:
    branch: Branch
    digest: int
    task_since: int  # the window of the path since which the task is the same
    solved: SolvedAt  # up to the branch's end
    known: LossStats  # more statistics of a single network
    bad: list[tuple[int, int]] = field(default_factory=list)
    """(first, last) of stretches with NaN or infinite losses, between which there are
    `GOOD_WINDOWS` finite losses."""

    held_out: dict[tuple[int, int], float] = field(default_factory=dict)
    """The loss on held-out data by the window of the path after which it was measured, and the
    network's seed."""

    def __post_init__(self) -> None:
        branch, config = self.branch, self.branch.config
        self.is_alone = config.replicas == 1
        self.lost_at_start, self.crossings = self.solved.lost_at, list[Crossing]()
        self.levels = Levels.of([config] * config.replicas)
        self.history = LossHistory(config, branch.start)
        self.norms = LossHistory(config, branch.start, band=False)

    def index_of(self, seed: int) -> int:
        """The index of the network that has this seed at the end of its path."""
        return 0 if self.is_alone else seed - self.branch.config.seed

    def of(self, norms: bool) -> LossHistory:
        return self.norms if norms else self.history


class Results(NamedTuple):
    """The results of one network; of several their medians, and when half of them had solved the
    task."""

    newest_loss: float  # in nats or squared error; NaN if there is none
    mean_loss: float  # of the last `RECENT_WINDOWS` windows
    solved_at: int | None  # the window of its path, from 1
    lost_at: int | None  # None also for several networks


class Timeline:
    """The branches of a run with their losses; the training thread adds to them, and any thread may
    read. The *path* of a branch leads from new weights to its end; its windows are numbered from 0.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._tracks: list[Track] = []
        self._path = lru_cache(KEPT_PATHS)(
            lambda number: path_to_end(self.branch(number), self.branch)
        )
        self._in_one = lru_cache(None)(_in_one)  # as these do not change
        self.trained = 0  # windows, in all branches

    def __len__(self) -> int:
        return len(self._tracks)

    # ---- adding branches and windows

    def begin(self, branch: Branch) -> None:
        """Add the next branch; a ValueError if it cannot begin at its position."""
        with self._lock:
            parent, config = branch.parent, branch.config
            if parent is None or branch.starts_over:
                self._tracks.append(
                    Track(branch, branch.digest(0), 0, SolvedAt.never(config.replicas), LossStats())
                )
                return
            if not self.has(parent):
                raise ValueError(
                    f"a branch cannot begin at a position that the run does not have: {branch}"
                )
            before = self._tracks[self.owner(parent).number]
            was = before.branch.config
            if not can_continue_under(branch.cause, was, config):
                raise ValueError(
                    f"a branch cannot continue its parent with this configuration: {branch}"
                )
            branch = replace(branch, parent=Position(before.branch.number, parent.window))
            first = index_in(was, config)
            was = was if was.replicas == config.replicas else was.of(first)
            known = self.loss_stats(parent, first).under(config, was, parent.window)
            solved, since = (
                self.solved(parent).only(range(first, first + config.replicas)),
                before.task_since,
            )
            if not config.same_task(was):
                solved, since = solved.anew(), branch.start
            self._tracks.append(Track(branch, branch.digest(before.digest), since, solved, known))

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
        with self._lock:
            track = self._tracks[number]
            losses, end, config = losses_of(windows), track.history.end, track.branch.config
            norms = lost(*windows.shape) if norms is None else norms
            solved, crossings = track.solved.step(
                losses, track.levels, None if track.is_alone else solved_at
            )
            if track.is_alone:
                rates, before, most = (
                    error_rates_of(windows, config),
                    track.solved.newest[:, 0],
                    most_loss(config),
                )
                known = track.known.leaving(before, losses[:, 0], losses_of(norms)[:, 0], end, most)
                track.known = replace(
                    known, block_means=known.block_means.after(losses[:, 0], rates[:, 0])
                )
            track.crossings += crossings
            for bad in (end + np.flatnonzero(~np.isfinite(losses).any(axis=1))).tolist():
                goes_on = bool(track.bad) and bad - track.bad[-1][1] <= GOOD_WINDOWS
                track.bad.append((track.bad.pop()[0] if goes_on else bad, bad))
            track.history.add(windows, solved.at)
            track.norms.add(norms, solved.at)
            track.solved = solved
            self.trained += len(windows)

    def measure(self, position: Position, seed: int, loss: float) -> None:
        with self._lock:
            self._tracks[position.branch].held_out[position.window, seed] = loss

    # ---- the tree

    def branch(self, number: int) -> Branch:
        return self._tracks[number].branch

    def digest(self, number: int) -> int:
        return self._tracks[number].digest

    def end(self, number: int) -> Position:
        return Position(number, self._tracks[number].history.end)

    def windows_of(self, number: int) -> int:
        """The windows that were trained in this branch itself."""
        return len(self._tracks[number].history)

    def has(self, position: Position) -> bool:
        return (
            0 <= position.branch < len(self)
            and 0 <= position.window <= self.end(position.branch).window
        )

    def owner(self, position: Position) -> Branch:
        """The last branch on the path that has begun by this position: it trained the window
        before, or begins here."""
        own = self.branch(position.branch)
        return own if own.start <= position.window else self.spans(position)[-1].branch

    def path(self, position: Position) -> tuple[Branch, ...]:
        """The branches on the path to a position, beginning with the branch that has new
        weights."""
        return tuple(span.branch for span in self.spans(position))

    def spans(self, position: Position, since: int = 0) -> list[BranchSpan]:
        """The windows on the path to a position, without branches that ended at or before window
        ``since``."""
        return spans_to(position.window, self._path(position.branch), since)

    def parent_config(self, branch: Branch) -> EchoConfig | None:
        """The configuration that was trained before a branch began; None for the first branch."""
        before = branch.before or branch.parent
        return None if before is None else self.owner(before).config

    def changes_tried(self, position: Position) -> tuple[dict[str, Any], ...]:
        """What was changed while a network on the path to a position was trained: the new values of
        each branch that began there."""
        path = {branch.number for branch in self.path(position)}
        tried = []
        for number in range(1, len(self)):
            branch = self.branch(number)
            if branch.before is not None and branch.before.branch in path:
                before = self.branch(branch.before.branch).config
                tried.append(before.changes_to(branch.config))
        return tuple(tried)

    def differs(self, number: int) -> str:
        """The difference between a branch and the branch that it came from, as text."""
        branch, before = self.branch(number), self.parent_config(self.branch(number))
        if branch.cause == "alone":
            return f"seed {branch.config.seed} alone"
        return ("" if before is None else changes_text(before, branch.config)) or CAUSES.get(
            branch.cause, branch.cause
        )

    # ---- losses and statistics

    def loss_stats(self, position: Position, replica: int = 0) -> LossStats:
        """The loss statistics at a position, as they were known then; no block means for one of
        several networks."""
        track, solved = self._tracks[self.owner(position).number], self.solved(position)
        known = (
            track.known
            if track.is_alone
            else LossStats(block_means=BlockMeans(begun=position.window))
        )
        recent: Floats | None = solved.newest[:, replica]
        if position.window != track.history.end:
            recent = self.losses(
                position, max(track.task_since, position.window - RECENT_WINDOWS), replica
            )
            windows = position.window - known.block_means.begun
            blocks = known.block_means.until(windows)
            since = self._losses_and_errors(position, blocks.begun + blocks.windows, 0)
            blocks = replace(blocks, windows=windows) if since is None else blocks.after(*since)
            left_at = known.left_at if (known.left_at or 0) <= position.window else None
            known = replace(known, block_means=blocks, left_at=left_at)
        return replace(
            known,
            windows=position.window - track.task_since,
            recent=np.empty(0, np.float32) if recent is None else recent,
            solved_at=int(solved.at[replica]) or None,
            lost_at=int(solved.lost_at[replica]) or None,
        )

    def seed_stats(self, position: Position) -> SeedStats | None:
        """The counts for several networks at a position, as they were known then; None for a single
        network."""
        solved = self.solved(position)
        if len(solved.at) == 1:
            return None
        counts = can_be_solved(self.owner(position).config)
        return SeedStats.after(solved.newest, solved.at, position.window, solved.lost_at, counts)

    def solved(self, position: Position) -> SolvedAt:
        """When each network at a position had solved the task by then, and its newest losses, or
        their mean."""
        track, window = self._tracks[self.owner(position).number], position.window
        if window == track.history.end:
            return track.solved
        config, first = track.branch.config, max(track.task_since, window - track.levels.longest)
        recent = [np.empty((0, config.replicas), np.float32)]
        with self._lock:
            for one, begin, end in self._parts(self.spans(position, first), first):
                at = index_in(one.branch.config, config)
                recent.append(one.history.newest(begin, end)[:, at : at + config.replicas])
            known = track.solved.until(
                window, lost_after(track.lost_at_start, track.crossings, window)
            )
        return replace(known, recent=np.concatenate(recent))

    def diverged(self, position: Position) -> bool:
        """Whether the last window's loss is NaN or infinite; with several networks, whether all
        losses are."""
        recent = self.solved(position).recent
        return bool(recent.size) and not bool(np.isfinite(recent[-1]).any())

    def losses(self, position: Position, first: int, replica: int = 0) -> Floats | None:
        """The losses of a network from window ``first`` up to a position, float32 [n]; None if no
        longer in memory."""
        known = self._losses_and_errors(position, first, replica)
        return None if known is None else known[0]

    def _losses_and_errors(
        self, position: Position, first: int, replica: int
    ) -> tuple[Floats, Floats] | None:
        parts = [(np.empty(0, np.float32), np.empty(0, np.float32))]
        with self._lock:
            seed = self.owner(position).config.of(replica).seed
            for track, begin, end in self._parts(self.spans(position, first), first):
                at = track.index_of(seed)
                windows = track.history.windows(begin, end, slice(at, at + 1))
                if windows is None:
                    return None
                parts.append(
                    (losses_of(windows)[:, 0], error_rates_of(windows, track.branch.config)[:, 0])
                )
        losses, errors = zip(*parts, strict=True)
        return np.concatenate(losses), np.concatenate(errors)

    def own_losses(self, number: int, first: int, last: int) -> Floats | None:
        """The losses of windows of a branch's path that it trained itself, float32 [n, replicas];
        None as above."""
        with self._lock:
            windows = self._tracks[number].history.windows(first, last)
            return None if windows is None else losses_of(windows)

    def bad_since(self, position: Position) -> int | None:
        """The window, from 0, at which losses became NaN or infinite; None after `GOOD_WINDOWS`
        finite losses."""
        # As nearly always, also where the path is long
        if not any(track.bad for track in self._tracks):
            return None
        since, newest = None, -1
        for branch, _, end in self.spans(position):
            for first, last in self._tracks[branch.number].bad:
                if first < end:
                    since = first if since is None or first - newest > GOOD_WINDOWS else since
                    newest = min(last, end - 1)
        return since if position.window - newest <= GOOD_WINDOWS else None

    def results(self, number: int) -> Results:
        """The results of a branch at the end of its path."""
        track = self._tracks[number]
        solved, lost = (
            track.solved,
            (int(track.solved.lost_at[0]) or None) if track.is_alone else None,
        )
        return Results(
            median_mean(solved.recent[-1:]),
            median_mean(solved.newest),
            solved_by_half(solved.at),
            lost,
        )

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
        with self._lock:
            first, last, spans = self._part(number, first, last)
            shown = [
                one for one in spans if one.first == first or one.last > first or one is spans[-1]
            ]
            segments = tuple(one.branch.segment for one in shown if one.first < max(last, 1))
            seed = self.branch(number).config.of(replica).seed
            pieces = self._pieces(
                list(self._parts(spans, first)), seed, width_of(columns, last - first), norms
            )
            return curve_of(pieces, columns, first, last, segments)

    def held_out(self, number: int, columns: int, first: int, last: int, replica: int = 0) -> Curve:
        """The same of the losses on held-out data, where they were measured, each in a bucket of
        one window."""
        with self._lock:
            seed, found = self.branch(number).config.of(replica).seed, dict[int, float]()
            for branch, begin, end in self.spans(Position(number, last), first):
                measured, begin = self._tracks[branch.number].held_out.items(), max(begin, first)
                found |= {
                    window: loss
                    for (window, of), loss in measured
                    if of == seed and begin < window <= end
                }
        ends = np.array(sorted(found), np.int64)
        ends = ends[np.unique(np.linspace(0, len(ends) - 1, min(columns, len(ends))).astype(int))]
        losses = np.array([found[end] for end in ends.tolist()], np.float32)
        return Curve(
            first, last, 1, ends - 1, ends, losses, losses, losses, np.full_like(losses, np.nan)
        )

    def band(self, number: int, columns: int, first: int = 0, last: int | None = None) -> Band:
        """The losses of all replicas along a branch's path; no buckets for a single network."""
        with self._lock:
            first, last, spans = self._part(number, first, last)
            parts = self._parts(spans, first)
            pieces = [
                CurvePiece(one.history.of_all, *part) for one, *part in parts if not one.is_alone
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
        with self._lock:
            first, last, spans = self._part(number, first, last)
            parts, rows = self._parts(spans, first), np.array(replicas, np.int64)
            pieces = [
                CurvePiece(partial(one.history.of_some, rows), *part)
                for one, *part in parts
                if not one.is_alone
            ]
            return shades_of(pieces, len(rows), columns, first, last)

    def _part(self, number: int, first: int, last: int | None) -> tuple[int, int, list[BranchSpan]]:
        """A part of a branch's path, limited to windows that exist, with all branches that are or
        begin there."""
        end = self.end(number).window
        last = end if last is None else min(last, end)
        first = min(max(first, 0), last)
        return first, last, self.spans(Position(number, last), first - 1)

    def _parts(self, spans: Sequence[BranchSpan], first: int) -> Iterator[tuple[Track, int, int]]:
        """The branches of a path with windows from ``first`` on, each with these windows."""
        for branch, begin, end in spans:
            begin = begin if begin > first else first
            if begin < end:
                yield self._tracks[branch.number], begin, end

    def _pieces(
        self, parts: Sequence[tuple[Track, int, int]], seed: int, width: int, norms: bool
    ) -> list[CurvePiece]:
        """The pieces of a network's curve; branches shorter than a bucket are joined, as there may
        be thousands."""
        pieces = list[CurvePiece]()
        outermost = *parts[:1], *parts[-1:]  # these may reach beyond the part that is drawn
        for are_short, group in itertools.groupby(
            parts, lambda one: one[2] - one[1] < width and one not in outermost
        ):
            if are_short:
                pieces.append(self._in_few(list(group), seed, width, norms))
            else:
                pieces += [
                    CurvePiece(partial(one.of(norms).of_one, one.index_of(seed)), *part)
                    for one, *part in group
                ]
        return pieces

    def _in_few(
        self, parts: Sequence[tuple[Track, int, int]], seed: int, width: int, norms: bool
    ) -> CurvePiece:
        """Whole branches, of which those that begin within the same ``width`` windows are one
        bucket."""
        starts, ends = np.array([part[1:] for part in parts], np.int64).T
        sums = np.concatenate([self._in_one(*part, seed, norms) for part in parts], axis=1)
        at = np.append(0, np.flatnonzero(np.diff(starts // width)) + 1)
        edges = np.stack([starts[at], ends[np.append(at[1:], len(ends)) - 1]])
        buckets = np.stack(
            [reducer.reduceat(one, at) for reducer, one in zip(OF_LOSSES, sums, strict=True)]
        )
        return CurvePiece(lambda width, first, last: (edges, buckets), parts[0][1], parts[-1][2])


def _in_one(track: Track, first: int, last: int, seed: int, norms: bool) -> Buckets:
    """Some windows of a branch in one bucket, [4, 1]."""
    return track.of(norms).of_one(
        track.index_of(seed), 1 << (last - first).bit_length(), first, last
    )[1]
