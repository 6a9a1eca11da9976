"""Finds the position of a run, and the network there, that a caller means."""

from __future__ import annotations

from echornn.arrays.facts import ReplicaNumbers
from echornn.config import EchoConfig
from echornn.errors import RunError
from echornn.files.recorded_values import shortened
from echornn.runs.run_dir import Run
from echornn.timeline.branch import Position, index_in, letter_of, number_of

BranchName = str | int
"""A branch, by its letter or its number: "b", "1" or 1."""


def branch_named(run: Run, name: BranchName) -> int:
    """The number of the branch that is named by its letter or by its number.

    Raises:
        RunError: there is no such branch.
    """
    ends, number = run.ends, number_of(str(name))
    if number is None or number >= len(ends):
        last = len(ends) - 1
        there = f"a to {letter_of(last)}, or 0 to {last}, as branches prints them" if ends else "the run has none yet"
        raise RunError(f"branch = {shortened(repr(name))} cannot be used: {there}")
    return number


def position_of(run: Run, at: int | None = None, branch: BranchName | None = None) -> Position:
    """The position after ``at`` windows of a path; by default the end of the path.

    Args:
        branch: the path to the end of this branch; by default the path to the run's current position.

    Raises:
        RunError: there is no such branch, or the path has fewer windows.
    """
    return run.position_at(at, None if branch is None else branch_named(run, branch))


def config_at(run: Run, position: Position) -> EchoConfig:
    """The configuration in effect at a position: that which trained the last window before it."""
    owner = run.owner(position)
    return run.config if owner is None or position == run.position else owner.config


def network_at(run: Run, position: Position, replica: int | None = None) -> tuple[EchoConfig, int]:
    """The configuration that trained the windows before a position, and the index of a network in it, from 0.

    Args:
        replica: the number of the network, see `ReplicaNumbers`; by default the first, or the one that later continues
            alone.

    Raises:
        RunError: no network has this number there.
    """
    owner = run.owner(position)
    if owner is None:
        config, own = run.config, 0
    else:
        config, own = owner.config, index_in(owner.config, run.tree[0][position.branch].config)
    if replica is None:
        return config, own
    numbers = ReplicaNumbers.of(run)
    numbers.require(replica, [config])
    return config, replica - numbers.first(config)
