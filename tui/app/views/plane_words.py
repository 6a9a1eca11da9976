"""The texts of the plane view: its head, and what is under the pointer."""

from __future__ import annotations

from echornn.readings import MOST_CARRIED, FixedPoints
from tui.app.drawings.plane_points import count_text
from tui.app.drawings.spots import States
from tui.app.drawings.state_plane import PlaneScene
from tui.kit.held_inputs import HeldInput
from tui.kit.target_groups import TargetGroups


def summary(scene: PlaneScene, computing: str = "") -> str:
    """At how many states the network is right."""
    if computing:
        return f"computing {computing}"
    return right_text(scene) or f"{len(scene.plane.states)} states"


def right_text(scene: PlaneScene) -> str:
    """At how many states the network is right; empty if that is not known."""
    states = len(scene.plane.states)
    if scene.right is None:
        return ""
    right = round(scene.right * states)
    return f"all {states} states right" if right == states else f"{right} of {states} states right"


def states_text(states: States, groups: TargetGroups) -> str:
    """The states in a cell, with their targets, in words."""
    total = sum(states.counts)
    of_groups = ", ".join(
        f"{count} with {groups.of} {name}" for count, name in zip(states.counts, groups.names, strict=False) if count
    )
    return f"{total} state{'' if total == 1 else 's'} here: {of_groups}"[:78]


def points_summary(scene: PlaneScene, held: HeldInput, points: FixedPoints | None, drawn: int, carried: int) -> str:
    """A text about the fixed points under a constant input, and at how many of the plane's states the network is right.

    Args:
        points: the fixed points; None while they are computed.
        drawn: how many of them are drawn; none if a gate is shown, which is no part of the state.
        carried: how many numbers the state has.
    """
    words = held.words.replace(", ", ",")
    if carried > MOST_CARRIED:
        return f"no search for fixed points in a state of {carried:,} numbers"
    if points is None:
        return f"computing the fixed points under {words}"
    if points.kinds and not drawn:
        return "a gate has no fixed points; «next» and «before» lead to the state"
    right = right_text(scene)
    return f"{count_text(points)} under {words}, from {points.searches} states{f'; {right}' if right else ''}"
