"""Where keys lead in the tree of a run: ends of epochs, undo and redo, one network or several."""

from __future__ import annotations

import itertools
from dataclasses import replace

from echornn.config import EchoConfig
from echornn.run.branch import Branch, Position, can_continue_under
from echornn.run.losses import GOOD_WINDOWS, Losses
from echornn.run.tree import Tree


def end_of_epoch(tree: Tree, position: Position, epochs: int) -> int:
    """The window of the ``epochs``-th end of an epoch after a position (negative: before it),
    within the path. New data begin a new epoch, so their start counts as an end too.
    """
    end = tree.end(position.branch)
    ends: list[range] = []
    for branch, first, last in tree.spans(end):
        if last == end.window:
            last += 1  # an end between two branches is of the second
        if epochs > 0:
            first = max(first, position.window + 1)
        else:
            last = min(last, position.window)
        per_epoch = branch.config.windows_per_epoch
        until_end = (branch.start - branch.window - first) % per_epoch
        ends.append(range(first + until_end, last, per_epoch))
    if epochs < 0:
        ends = [windows[::-1] for windows in reversed(ends)]
    windows = itertools.chain([position.window], *ends)
    for window in itertools.islice(windows, abs(epochs), None):
        return window
    return end.window if epochs > 0 else 0


# ---- back to before a change, or before the loss diverged


def before_the_change(losses: Losses, position: Position) -> Position | None:
    """The position before the last change; if the loss has diverged, before what made it; None if
    there is none."""
    if losses.bad_since(position) is None:
        return losses.tree.owner(position).before
    earlier: Position | None = position
    while earlier is not None:
        bad = losses.bad_since(earlier)
        if bad is None:
            return earlier
        before = _before_it_went_bad(losses.tree, earlier, bad)
        if before == earlier:  # the start, from which the very first windows diverged
            return None
        earlier = before  # where it may have been bad already: of an earlier change
    return None


def before_it_diverged(losses: Losses, position: Position) -> int | None:
    """The window of this path to which an undo goes back if the loss has diverged; None if there is
    no such."""
    if not losses.diverged(position):
        return None
    before = before_the_change(losses, position)
    if before is None:
        return None
    tree, window = losses.tree, before.window

    def is_of_the_same_branch(window: int) -> bool:
        return tree.owner(Position(position.branch, window)) == tree.owner(before)

    if is_of_the_same_branch(window):
        return window
    # An edit after window 12 begins a branch there, so that window 12 of this path has its fields;
    # the last with those from before is 11
    if window > 0 and is_of_the_same_branch(window - 1):
        return window - 1
    return None  # it is on another path


def _before_it_went_bad(tree: Tree, position: Position, bad: int) -> Position | None:
    """Before the change that may have made the losses bad from window ``bad`` of this path on: one
    at most `GOOD_WINDOWS` earlier. Without any, as many windows before."""
    path = tree.path(Position(position.branch, bad))
    suspects = [branch for branch in path if bad - branch.start < GOOD_WINDOWS]
    for branch in suspects:
        if _is_edit_of_training(tree, branch):
            return branch.before
    if suspects:
        return suspects[0].before or Position(path[0].number, 0)
    return Position(path[-1].number, bad - GOOD_WINDOWS)


def _is_edit_of_training(tree: Tree, branch: Branch) -> bool:
    """Whether an edit began it, of more than how long it trains."""
    before = tree.config_before(branch)
    if before is None or branch.cause not in ("edit", "preset"):
        return False
    return bool(before.changes_to(branch.config).keys() - {"num_epochs"})


MOST_UNDOABLE = 99  # that are counted, as the screen has room for two digits


def undoable(losses: Losses, position: Position) -> int:
    """How many changes can be undone one after the other, at most `MOST_UNDOABLE`."""
    if not len(losses):
        return 0
    count = 0
    earlier = before_the_change(losses, position)
    while earlier is not None and count < MOST_UNDOABLE:
        count += 1
        earlier = losses.tree.owner(earlier).before
    return count


# ---- from one network to several replicas, and back (key `L`)

REPLICAS = 64  # that a network becomes


def switch_target(tree: Tree, position: Position, replicas: int | None) -> Position | None:
    """The end of the branch to which a switch goes; None if there is none yet.

    A single network leads to the newest replicas that include it, so many if there is a number;
    replicas lead to the network that they were made from, or else to the newest single network.
    """
    if tree.owner(position).config.replicas > 1:
        return _one_network(tree, position)
    return _replicas_with(tree, tree.owner(position).config, replicas)


def _one_network(tree: Tree, position: Position) -> Position | None:
    origin: Position | None = position
    while origin is not None and tree.owner(origin).config.replicas > 1:
        origin = tree.path(origin)[0].before
    if origin is not None:
        return tree.end(origin.branch)
    for number in reversed(range(len(tree))):
        end = tree.end(number)
        if tree.owner(end).config.replicas == 1:
            return end
    return None


def _replicas_with(tree: Tree, network: EchoConfig, replicas: int | None) -> Position | None:
    for number in reversed(range(len(tree))):
        end = tree.end(number)
        population = tree.owner(end).config
        if population.replicas == 1 or replicas not in (None, population.replicas):
            continue
        for branch in tree.path(end):
            if can_continue_under("alone", branch.config, network):
                return end
    return None


def configuration_to_begin(config: EchoConfig, replica: int, replicas: int | None) -> EchoConfig:
    """The configuration to begin with if there is no `switch_target`: several of this network, or
    the selected one."""
    if config.replicas > 1:
        return config.of(replica)
    return replace(config, replicas=REPLICAS if replicas is None else replicas)
