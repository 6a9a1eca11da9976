"""Answers a query: makes the picture from a frame and from the losses in the run's tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from echornn.config import changes_text
from echornn.diagnosis.loss_stats import turning_points
from echornn.history.curve import Curve, width_of
from echornn.runs.folders import NO_NOTES, BranchNotes
from echornn.session.pictures.frame import Frame
from echornn.session.pictures.picture import (
    NO_CURVE,
    BranchRow,
    Ghost,
    Picture,
    Query,
    SeedLosses,
    SeedRows,
    WindowAxis,
)
from echornn.timeline.branch import Position, letter_of
from echornn.timeline.timeline import Timeline

MOST_GHOSTS = 8  # that are drawn; further branches are only in the list of branches

SEEDS = {"seed", "replicas"}  # fields that are described together


def look(query: Query, frame: Frame, timeline: Timeline, before: Picture | None = None) -> Picture:
    """The picture of a frame of a run, which may have grown since; what is as in the picture
    ``before`` is the same."""
    if not len(timeline):
        return Picture(frame, query, WindowAxis.of(query.span, frame.line_end, 0))
    before = Picture(frame) if before is None else before
    line, was = frame.line, before.query
    branch_count, elsewhere = len(timeline), timeline.trained - frame.line_end
    is_same_frame = frame is before.frame and before.branch_count > 0
    tree = branch_count, elsewhere, line, frame.notes, query.ghosts
    is_same_tree = tree == (
        before.branch_count,
        before.elsewhere,
        before.frame.line,
        before.frame.notes,
        was.ghosts,
    )
    ghosts = [one for one in before.ghosts if isinstance(one.key, int)] if is_same_tree else []
    if query.ghosts and not is_same_tree:
        ghosts = ghosts_of(timeline, line, frame.notes, query.ghosts)
    axis = WindowAxis.of(
        query.span, frame.line_end, max([query.beside, *(one.last for one in ghosts)])
    )
    first, last, _ = axis
    # a replica that continues alone has losses of its own
    replica = min(frame.replica, timeline.branch(line).config.replicas - 1)

    def curve_of_the_line(columns: int, first: int, last: int | None, norms: bool = False) -> Curve:
        end = frame.line_end if last is None else min(last, frame.line_end)
        return timeline.curve(line, columns, first, end, replica, norms)

    parts: dict[str, Any] = {"line_config": timeline.branch(line).config}
    parts["ghosts"] = tuple(
        with_curve(one, axis, query.columns, timeline, int(one.key), before) for one in ghosts
    )
    if query.columns:
        widths = [width_of(columns, last - first) for columns in (query.columns, was.columns)]
        if (
            is_same_frame
            and was.columns
            and was.norms == query.norms
            and axis[:2] == before.axis[:2]
            and widths[0] == widths[1]
        ):
            parts |= {"curve": before.curve, "band": before.band, "norms": before.norms}
        else:
            columns = query.columns if last > first else 1
            parts["curve"] = curve_of_the_line(columns, first, last)
            parts["band"] = timeline.band(line, columns, first, last)
            parts["norms"] = (
                curve_of_the_line(columns, first, last, norms=True) if query.norms else NO_CURVE
            )
    if query.held_out:
        parts["held_out"] = timeline.held_out(line, query.columns, first, last, replica)
    if query.branches:
        is_known = is_same_frame and is_same_tree and was.branches
        shown = {one.key for one in ghosts}
        parts["branches"] = (
            before.branches if is_known else branch_rows(timeline, line, frame.notes, shown)
        )
    if query.seeds is not None:
        is_known = is_same_frame and (axis, query.seeds) == (before.axis, was.seeds)
        parts["seeds"] = (
            before.seeds if is_known else seed_losses(query.seeds, frame, timeline, axis)
        )
    if query.falls:
        falls = turning_points(curve_of_the_line, query.falls, first, last, frame.loss_stats)
        parts["falls"] = tuple(falls)
    if query.path:
        parts["path"] = timeline.path(Position(frame.branch, frame.trained))
    return Picture(frame, query, axis, branch_count=branch_count, elsewhere=elsewhere, **parts)


# ---- the other curves


def with_curve(
    ghost: Ghost,
    axis: WindowAxis,
    columns: int,
    timeline: Timeline,
    branch: int,
    before: Picture | None,
) -> Ghost:
    """The ghost of a branch with its curve on an axis of so many columns; that of the picture
    before if unchanged."""
    if before is not None and before.query.columns == columns:
        is_same_axis = before.axis._replace(last=axis.last) == axis or columns == 0
        for known in before.ghosts if is_same_axis else ():
            if known.terms == ghost.terms:
                return known
    first, last = max(ghost.first, axis.first), min(ghost.last, axis.first + axis.length)
    if first >= last or columns == 0:
        return replace(ghost, curve=None)
    part = max(1, columns * (last - first) // axis.length)
    return replace(ghost, curve=curve_under(timeline, branch, part, first, last))


def curve_under(
    timeline: Timeline, number: int, columns: int, first: int, last: int | None
) -> Curve:
    """The curve of a branch as a ghost; of several replicas the median, as the worst look as if all
    had failed."""
    if timeline.branch(number).config.replicas > 1:
        return timeline.band(number, columns, first, last).as_curve()
    return timeline.curve(number, columns, first, last)


def ghosts_of(
    timeline: Timeline, line: int, notes: BranchNotes = NO_NOTES, most: int = MOST_GHOSTS
) -> list[Ghost]:
    """The ghosts of a line, without curves: the pinned branches, then the newest others that are
    not hidden."""
    wanted = [
        number for number in sorted(notes.pinned) if number < len(timeline) and number != line
    ]
    wanted += [
        number
        for number in reversed(futures(timeline))
        if number not in {line, *notes.hidden, *wanted}
    ]
    ghosts: list[Ghost] = []
    for number in wanted:
        if len(ghosts) == most:
            break
        first, last = shared(timeline, number, line), timeline.end(number).window
        if last > first:
            median = "median: " if timeline.branch(number).config.replicas > 1 else ""
            words, since = (
                f"{median}{_words(timeline, number, notes.names)}",
                _since(timeline, number),
            )
            ghosts.append(Ghost(number, letter_of(number), words, first, last, since))
    return sorted(ghosts, key=lambda ghost: (len(ghost.letter), ghost.letter))


def futures(timeline: Timeline) -> list[int]:
    """The branches with windows that no other branch continues at their end."""
    branches = [
        timeline.branch(number) for number in range(len(timeline)) if timeline.windows_of(number)
    ]
    parents = {one.parent for one in branches}
    gone_on = {one.branch for one in parents if one is not None and one == timeline.end(one.branch)}
    return [one.number for one in branches if one.number not in gone_on]


def shared(timeline: Timeline, one: int, other: int) -> int:
    spans = [timeline.spans(timeline.end(number)) for number in (one, other)]
    window = 0
    for (first, _, end), (second, _, other_end) in zip(*spans, strict=False):
        if first.number != second.number:
            break
        window = min(end, other_end)
        if end != other_end:
            break
    return window


def words_of(timeline: Timeline, number: int, names: Mapping[int, str] = {}) -> str:
    """The description of a branch: how it began, how else it differs from the first branch, and
    where it begins."""
    return f"{_words(timeline, number, names)}{_since(timeline, number)}"


def _words(timeline: Timeline, number: int, names: Mapping[int, str]) -> str:
    branch, before = timeline.branch(number), timeline.parent_config(timeline.branch(number))
    named = set() if before is None else set(before.changes_to(branch.config))
    named |= SEEDS if branch.cause == "alone" or named & SEEDS else set()
    others = changes_text(timeline.branch(0).config, branch.config, named)
    name = f"{names[number]}: " if number in names else ""
    return f"{name}{timeline.differs(number)}{f' with {others}' if others else ''}"


def _since(timeline: Timeline, number: int) -> str:
    branch = timeline.branch(number)
    return "" if branch.starts_over else f" from window {branch.start:,}"


# ---- lists and rows


def branch_rows(
    timeline: Timeline, line: int, notes: BranchNotes, shown: set[int | str]
) -> tuple[BranchRow, ...]:
    """The branches to list, newest first: those of `futures`, and ``line``; ``shown`` are the keys
    of the ghosts."""
    rows = []
    for number in sorted({*futures(timeline), line}, reverse=True):
        end, (_, mean, solved_at, lost_at) = timeline.end(number), timeline.results(number)
        stats, words = timeline.seed_stats(end), words_of(timeline, number, notes.names)
        results = end.window, mean, solved_at, lost_at, None if stats is None else stats.counts
        kinds = number == line, number in shown, number in notes.pinned
        rows.append(BranchRow(number, letter_of(number), words, *results, *kinds))
    return tuple(rows)


def seed_losses(rows: SeedRows, frame: Frame, timeline: Timeline, axis: WindowAxis) -> SeedLosses:
    (first, last, length), columns = axis, rows.columns
    windows = first + ((np.arange(columns) + 0.5) / columns * length).astype(np.int64)
    whole = (last - first) * columns // length
    end = first + whole * length // columns
    if length <= columns:
        whole, end = last - first, last
    parts = [timeline.shades(frame.line, rows.replicas, whole, first, min(end, frame.line_end))]
    if end < last:
        parts.append(timeline.shades(frame.line, rows.replicas, 1, end, min(last, frame.line_end)))
    losses = np.concatenate(parts, axis=1)
    if length <= columns:
        windows = windows[windows < last]
        return SeedLosses(rows.replicas, losses[:, windows - first], windows)
    return SeedLosses(rows.replicas, losses, windows[: losses.shape[1]])
