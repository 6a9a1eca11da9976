"""Where `L` leads, from one network to several replicas and back: a function of the run's tree and the last turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from echornn.config import EchoConfig
from echornn.runs.branch import Moment, is_one_of
from echornn.runs.timeline import Timeline
from echornn.session import going_back


@dataclass(frozen=True)
class Turn:
    """A turn that was made.

    Attributes:
        left: where one stood before it.
        replica: which one of several was shown there.
        at_its_end: whether nothing had been trained after that; what is trained there later is part of it.
        came_to: what was trained after the turn.
    """

    left: Moment
    replica: int
    at_its_end: bool
    came_to: EchoConfig


def there(timeline: Timeline, here: Moment, last: Turn | None) -> tuple[Moment, int] | None:
    """Where those stand to which one turns from here, and which of them is shown: many from one, and one from many.

    It is where the last turn came from, as long as what it came to has not been changed since. Otherwise one network
    leads to the newest replicas that it belongs to, and replicas lead to the network that they were made from, or to
    the newest lone network. None where there is nothing yet, and it begins.
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
    """What begins where there is nothing to turn to: so many from this seed on, or the chosen one alone."""
    return replace(config, replicas=replicas) if config.replicas == 1 else config.of(replica)


def _newest(timeline: Timeline, fits: Callable[[list[EchoConfig]], bool]) -> Moment | None:
    """The end of the newest branch on whose path these were trained."""
    ends = (timeline.end(number) for number in reversed(range(len(timeline))))
    return next((end for end in ends if fits([one.config for one in timeline.path(end)])), None)
