"""What key `L` does: it goes from one network to several replicas, and back to where it came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from echornn.config import EchoConfig
from echornn.timeline import going_back
from echornn.timeline.branch import Moment, is_one_of
from echornn.timeline.timeline import Timeline


@dataclass(frozen=True)
class Turn:
    """A turn: going from one network to several replicas, or back.

    Attributes:
        left: the moment at which it was made.
        replica: the replica that was shown there, from 0.
        at_its_end: whether that moment was the end of its branch; then turning back goes to the end of the branch, also
            when it has grown since.
        came_to: the configuration after the turn.
    """

    left: Moment
    replica: int
    at_its_end: bool
    came_to: EchoConfig


def there(timeline: Timeline, here: Moment, last: Turn | None) -> tuple[Moment, int] | None:
    """The moment to which a turn leads from here, and the replica to show there; None if there is none in the run yet.

    If the configuration is still the one that the last turn came to, a turn goes back to where that one came from. If
    not, a single network leads to the newest replicas that include it, and replicas lead to the network that they were
    made from, or else to the newest single network.
    """
    config = timeline.owner(here).config
    if last is not None and last.came_to == config:
        return timeline.end(last.left.branch) if last.at_its_end else last.left, last.replica
    if config.replicas > 1:
        before = going_back.before_the_replicas(timeline, here)
        alone = _newest(timeline, lambda path: path[-1].replicas == 1) if before is None else before
        return None if alone is None else (alone, 0)
    many = _newest(timeline, lambda path: path[-1].replicas > 1 and any(is_one_of(config, one) for one in path))
    return None if many is None else (many, config.seed - timeline.owner(many).config.seed)


def begun(config: EchoConfig, replica: int, replicas: int) -> EchoConfig:
    """The configuration to begin with if `there` finds no moment: so many replicas of this network, or the chosen
    one."""
    return replace(config, replicas=replicas) if config.replicas == 1 else config.of(replica)


def _newest(timeline: Timeline, fits: Callable[[list[EchoConfig]], bool]) -> Moment | None:
    """The end of the newest branch of which ``fits`` is true, given the configurations along its path."""
    ends = (timeline.end(number) for number in reversed(range(len(timeline))))
    return next((end for end in ends if fits([one.config for one in timeline.path(end)])), None)
