"""Where keys lead in the tree of a run: ends of epochs, undo and redo, one network or several."""

from __future__ import annotations

import itertools
from dataclasses import replace

from echornn.config import EchoConfig
from echornn.timeline.branch import Position, can_continue_under
from echornn.timeline.timeline import GOOD_WINDOWS, Timeline


def end_of_epoch(timeline: Timeline, here: Position, epochs: int) -> int:
    """The window of the ``epochs``-th end of an epoch after ``here`` (negative: before it), at most
    the line's ends. New data begin a new epoch, so their start counts as an end too.
    """
    end, ends = timeline.end(here.branch), list[range]()
    for branch, begin, stop in timeline.spans(end):
        # An end between two branches is of the second
        stop = stop + 1 if stop == end.window else stop
        begin, stop = (
            (max(begin, here.window + 1), stop) if epochs > 0 else (begin, min(stop, here.window))
        )
        per_epoch = branch.config.windows_per_epoch
        ends.append(
            range(begin + (branch.start - branch.window - begin) % per_epoch, stop, per_epoch)
        )
    if epochs < 0:
        ends = [each[::-1] for each in reversed(ends)]
    there = itertools.chain([here.window], *ends)
    return next(itertools.islice(there, abs(epochs), None), end.window if epochs > 0 else 0)


# ---- back to before a change, or before the loss diverged


def before_the_change(timeline: Timeline, here: Position) -> Position | None:
    """The position before the last change; if the loss has diverged, before what made it; None if
    there is none."""
    if timeline.bad_since(here) is None:
        return timeline.owner(here).before
    position: Position | None = here
    while position is not None and (bad := timeline.bad_since(position)) is not None:
        before = _before_it_went_bad(timeline, position, bad)
        position = None if before == position else before
    return position


def before_it_diverged(timeline: Timeline, here: Position) -> int | None:
    """The window of this path to which an undo goes back if the loss has diverged; None if there is
    no such."""
    if not timeline.diverged(here) or (before := before_the_change(timeline, here)) is None:
        return None
    owner = timeline.owner(before)
    there = [at for at in (before.window, before.window - 1) if at >= 0]
    return next((at for at in there if timeline.owner(Position(here.branch, at)) == owner), None)


def _before_it_went_bad(timeline: Timeline, position: Position, bad: int) -> Position | None:
    """Before the first edit shortly before it, of more than ``num_epochs``, or else before the
    windows."""
    for one in timeline.path(position):
        is_edit = one.start <= bad < one.start + GOOD_WINDOWS and one.cause in ("edit", "preset")
        before = timeline.parent_config(one) or one.config
        if is_edit and before.changes_to(one.config).keys() - {"num_epochs"}:
            return one.before
    path = timeline.path(Position(position.branch, bad))
    late = [branch for branch in path if branch.start + GOOD_WINDOWS > bad]
    if not late:
        return Position(path[-1].number, bad - GOOD_WINDOWS)
    return late[0].before or Position(path[0].number, 0)


def undoable(timeline: Timeline, here: Position) -> int:
    """How many changes can be undone one after the other, at most 99."""
    count, position = 0, before_the_change(timeline, here) if len(timeline) else None
    while position is not None and count < 99:
        count, position = count + 1, timeline.owner(position).before
    return count


# ---- from one network to several replicas, and back (key `L`)

REPLICAS = 64  # that a network becomes


def switch_target(timeline: Timeline, here: Position, replicas: int | None) -> Position | None:
    """The end of the branch to which a switch goes; None if there is none yet.

    A single network leads to the newest replicas that include it, so many if there is a number;
    replicas lead to the network that they were made from, or else to the newest single network.
    """
    config = timeline.owner(here).config
    ends = [timeline.end(number) for number in reversed(range(len(timeline)))]
    if config.replicas > 1:
        origin: Position | None = here
        while origin is not None and timeline.owner(origin).config.replicas > 1:
            origin = timeline.path(origin)[0].before
        if origin is not None:
            return timeline.end(origin.branch)
        return next((end for end in ends if timeline.owner(end).config.replicas == 1), None)
    for end in ends:
        many = timeline.owner(end).config
        path = timeline.path(end) if many.replicas > 1 and replicas in (None, many.replicas) else ()
        if any(can_continue_under("alone", one.config, config) for one in path):
            return end
    return None


def configuration_to_begin(config: EchoConfig, replica: int, replicas: int | None) -> EchoConfig:
    """The configuration to begin with if there is no `switch_target`: several of this network, or
    the selected one."""
    if config.replicas > 1:
        return config.of(replica)
    return replace(config, replicas=REPLICAS if replicas is None else replicas)
