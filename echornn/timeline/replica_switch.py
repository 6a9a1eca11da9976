"""Key `L`: switches from one network to several replicas, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from echornn.config import EchoConfig
from echornn.timeline import going_back
from echornn.timeline.branch import Position, is_one_of
from echornn.timeline.timeline import Timeline


@dataclass(frozen=True)
class ReplicaSwitch:
    """A switch from one network to several replicas, or back.

    Attributes:
        left: the position at which the switch was made.
        replica: the index (from 0) of the replica that was shown there.
        at_its_end: whether that position was the end of its branch; switching back then goes to the branch's end, even
            if it has grown since.
        config_after: the configuration after the switch.
    """

    left: Position
    replica: int
    at_its_end: bool
    config_after: EchoConfig


REPLICAS = 64
"""The number of replicas that a network becomes."""


def switch_target(
    timeline: Timeline, here: Position, last: ReplicaSwitch | None, replicas: int | None
) -> tuple[Position, int] | None:
    """The position to which a switch goes, and the replica to show there; None if no such position exists yet.

    If the configuration is still that after the last switch, it goes back to where that switch came from. Otherwise a
    single network leads to the newest replicas that include it; replicas lead to the network that they were made from,
    or else to the newest single network. With a number, only so many replicas will do.
    """
    config = timeline.owner(here).config

    def will_do(many: EchoConfig) -> bool:
        return many.replicas > 1 and replicas in (None, many.replicas)

    if (
        last is not None
        and last.config_after == config
        and (replicas is None or will_do(timeline.owner(last.left).config))
    ):
        return timeline.end(last.left.branch) if last.at_its_end else last.left, last.replica
    if config.replicas > 1:
        before = going_back.before_the_replicas(timeline, here)
        alone = _newest(timeline, lambda path: path[-1].replicas == 1) if before is None else before
        return None if alone is None else (alone, 0)
    many = _newest(timeline, lambda path: will_do(path[-1]) and any(is_one_of(config, one) for one in path))
    return None if many is None else (many, config.seed - timeline.owner(many).config.seed)


def configuration_to_begin(config: EchoConfig, replica: int, replicas: int | None) -> EchoConfig:
    """The configuration to begin with if `switch_target` finds no position: several replicas of this network, or the
    selected one.
    """
    return (
        replace(config, replicas=REPLICAS if replicas is None else replicas)
        if config.replicas == 1
        else config.of(replica)
    )


def _newest(timeline: Timeline, fits: Callable[[list[EchoConfig]], bool]) -> Position | None:
    """The end of the newest branch for which ``fits`` is true, given the configurations on its path."""
    ends = (timeline.end(number) for number in reversed(range(len(timeline))))
    return next((end for end in ends if fits([one.config for one in timeline.path(end)])), None)
