"""Answers a query: makes the picture from a frame and from the losses of the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from echornn.config import changes_text
from echornn.diagnosis.falls import turning_points
from echornn.history.curve import Band, Curve
from echornn.progress import Floats
from echornn.run.branch import Position, letter_of
from echornn.run.branch_notes import NO_NOTES, BranchNotes
from echornn.run.losses import Losses
from echornn.run.tree import Tree
from echornn.session.pictures.frame import Frame
from echornn.session.pictures.picture import (
    BranchRow,
    Ghost,
    Picture,
    Query,
    SeedLosses,
    SeedRows,
    WindowAxis,
)

MOST_GHOSTS = 8  # that are drawn; further branches are only in the list of branches

SEEDS = {"seed", "replicas"}  # fields that are described together


def look(query: Query, frame: Frame, losses: Losses) -> Picture:
    """The picture of a frame of a run, which may have grown since. The same part of a curve is the
    same object in all pictures."""
    if not len(losses):
        return Picture(frame, query, WindowAxis.of(query.span, frame.path_end, 0))
    tree = losses.tree
    ghosts: list[Ghost] = []
    if query.ghosts:
        ghosts = ghosts_of(tree, frame.path_branch, frame.branch_notes, query.ghosts)
    longest = max([query.beside, *(ghost.last for ghost in ghosts)])
    axis = WindowAxis.of(query.span, frame.path_end, longest)
    path = _PathCurves(query, frame, losses, axis)
    parts: dict[str, Any] = {}
    if query.columns:
        parts |= {"curve": path.curve(), "band": path.band()}
        if query.norms:
            parts["norms"] = path.curve(norms=True)
    if query.held_out:
        parts["held_out"] = path.held_out()
    if query.falls:
        parts["falls"] = path.falls()
    if query.branches:
        parts["branches"] = branch_rows(frame, losses, ghosts)
    if query.seeds is not None:
        parts["seeds"] = seed_losses(query.seeds, frame, losses, axis)
    if query.path:
        parts["path"] = tree.path(Position(frame.branch, frame.trained))
    return Picture(
        frame,
        query,
        axis,
        ghosts=tuple(with_curve(ghost, axis, query.columns, losses) for ghost in ghosts),
        branch_count=len(losses),
        elsewhere=tree.trained - frame.path_end,
        path_config=tree.branch(frame.path_branch).config,
        **parts,
    )


@dataclass(frozen=True)
class _PathCurves:
    """The curves of the shown path, up to the window that was newest when the frame was made."""

    query: Query
    frame: Frame
    losses: Losses
    axis: WindowAxis

    @property
    def replica(self) -> int:
        """The selected replica; one that continues alone has losses of its own."""
        replicas = self.losses.tree.branch(self.frame.path_branch).config.replicas
        return min(self.frame.replica, replicas - 1)

    @property
    def columns(self) -> int:
        return self.query.columns if self.axis.last > self.axis.first else 1

    def curve(self, norms: bool = False) -> Curve:
        return self._part(self.columns, self.axis.first, self.axis.last, norms)

    def band(self) -> Band:
        first, last, _ = self.axis
        return self.losses.band(self.frame.path_branch, self.columns, first, last)

    def held_out(self) -> Curve:
        first, last, _ = self.axis
        columns = self.query.columns
        return self.losses.held_out(self.frame.path_branch, columns, first, last, self.replica)

    def falls(self) -> tuple[int, ...]:
        first, last, _ = self.axis
        stats = self.frame.loss_stats
        return tuple(turning_points(self._part, self.query.falls, first, last, stats))

    def _part(self, columns: int, first: int, last: int | None, norms: bool = False) -> Curve:
        end = self.frame.path_end
        if last is not None:
            end = min(last, end)
        return self.losses.curve(self.frame.path_branch, columns, first, end, self.replica, norms)


# ---- the other curves


def with_curve(
    ghost: Ghost, axis: WindowAxis, columns: int, losses: Losses, branch: int | None = None
) -> Ghost:
    """The ghost with its curve on an axis of so many columns: of the branch that is its key, or of
    another run's."""
    first, last = max(ghost.first, axis.first), min(ghost.last, axis.first + axis.length)
    if first >= last or columns == 0:
        return ghost
    part = max(1, columns * (last - first) // axis.length)
    number = int(ghost.key) if branch is None else branch
    return replace(ghost, curve=curve_under(losses, number, part, first, last))


def curve_under(losses: Losses, number: int, columns: int, first: int, last: int | None) -> Curve:
    """The curve of a branch as a ghost; of several replicas the median, as the worst look as if all
    had failed."""
    if losses.tree.branch(number).config.replicas > 1:
        return losses.median(number, columns, first, last)
    return losses.curve(number, columns, first, last)


def ghosts_of(
    tree: Tree, path_branch: int, notes: BranchNotes = NO_NOTES, most: int = MOST_GHOSTS
) -> list[Ghost]:
    """The ghosts beside a path, without curves: the pinned branches, then the newest others that
    are not hidden."""
    wanted = [
        number for number in sorted(notes.pinned) if number < len(tree) and number != path_branch
    ]
    unwanted = {path_branch, *notes.hidden, *wanted}
    wanted += [number for number in reversed(futures(tree)) if number not in unwanted]
    ghosts: list[Ghost] = []
    for number in wanted:
        if len(ghosts) == most:
            break
        first, last = shared(tree, number, path_branch), tree.end(number).window
        if last > first:
            words = _words(tree, number, notes.names)
            if tree.branch(number).config.replicas > 1:
                words = f"median: {words}"
            ghosts.append(
                Ghost(number, letter_of(number), words, first, last, _since(tree, number))
            )
    return sorted(ghosts, key=lambda ghost: (len(ghost.letter), ghost.letter))


def futures(tree: Tree) -> list[int]:
    """The branches with windows that no other branch continues at their end."""
    trained = [branch for branch in tree.branches if tree.windows_of(branch.number)]
    continued = {branch.parent for branch in trained}
    return [branch.number for branch in trained if tree.end(branch.number) not in continued]


def shared(tree: Tree, number: int, other: int) -> int:
    """The windows that the paths of two branches have in common."""
    window = 0
    spans = tree.spans(tree.end(number)), tree.spans(tree.end(other))
    for span, other_span in zip(*spans, strict=False):
        if span.branch.number != other_span.branch.number:
            break
        window = min(span.last, other_span.last)
        if span.last != other_span.last:
            break
    return window


def words_of(tree: Tree, number: int, names: Mapping[int, str] = {}) -> str:
    """The description of a branch: how it began, how else it differs from the first branch, and
    where it begins."""
    return f"{_words(tree, number, names)}{_since(tree, number)}"


def _words(tree: Tree, number: int, names: Mapping[int, str]) -> str:
    branch = tree.branch(number)
    before = tree.config_before(branch)
    described = set() if before is None else set(before.changes_to(branch.config))
    if branch.cause == "alone" or described & SEEDS:
        described |= SEEDS
    words = tree.differs(number)
    others = changes_text(tree.branch(0).config, branch.config, described)
    if others:
        words += f" with {others}"
    if number in names:
        words = f"{names[number]}: {words}"
    return words


def _since(tree: Tree, number: int) -> str:
    branch = tree.branch(number)
    return "" if branch.starts_over else f" from window {branch.start:,}"


# ---- lists and rows


def branch_rows(frame: Frame, losses: Losses, ghosts: list[Ghost]) -> tuple[BranchRow, ...]:
    """The branches to list, newest first: those of `futures`, and that of the path."""
    tree, notes = losses.tree, frame.branch_notes
    shown = {ghost.key for ghost in ghosts}
    rows = []
    for number in sorted({*futures(tree), frame.path_branch}, reverse=True):
        end = tree.end(number)
        results = losses.results(number)
        stats = losses.seed_stats(end)
        rows.append(
            BranchRow(
                number,
                letter_of(number),
                words_of(tree, number, notes.names),
                end.window,
                results.mean_loss,
                results.solved_at,
                results.lost_at,
                None if stats is None else stats.counts,
                is_on_path=number == frame.path_branch,
                is_shown=number in shown,
                is_pinned=number in notes.pinned,
            )
        )
    return tuple(rows)


def seed_losses(rows: SeedRows, frame: Frame, losses: Losses, axis: WindowAxis) -> SeedLosses:
    """The losses of replicas in the columns of an axis that begin before the last trained
    window."""
    first, last, length = axis
    middles = (np.arange(rows.columns) + 0.5) / rows.columns
    windows = first + (middles * length).astype(np.int64)
    if length <= rows.columns:
        windows = windows[windows < last]
        shades = _shades(frame, losses, rows, last - first, first, last)
        return SeedLosses(rows.replicas, shades[:, windows - first], windows)

    # The last column may be trained in part: it is summed up alone
    whole = (last - first) * rows.columns // length
    end = first + whole * length // rows.columns
    parts = [_shades(frame, losses, rows, whole, first, end)]
    if end < last:
        parts.append(_shades(frame, losses, rows, 1, end, last))
    shades = np.concatenate(parts, axis=1)
    return SeedLosses(rows.replicas, shades, windows[: shades.shape[1]])


def _shades(
    frame: Frame, losses: Losses, rows: SeedRows, columns: int, first: int, last: int
) -> Floats:
    """The losses of these replicas along the path of a frame, [replicas, columns]."""
    last = min(last, frame.path_end)
    return losses.shades(frame.path_branch, rows.replicas, columns, first, last)
