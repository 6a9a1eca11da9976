"""The values sent between a sweep and its workers: parts to train, and news about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from echornn.config import EchoConfig
from echornn.sweeps.folder import Result
from echornn.sweeps.grid import Until
from echornn.sweeps.trained_by import Versions


@dataclass(frozen=True)
class Part:
    """Networks of one structure, to be trained by one worker.

    Attributes:
        number: its number among all parts.
        configs: the networks, each once.
        until: the rule for how long each trains.
        room: the share of the free memory on the worker's machine that it may take.
    """

    number: int
    configs: tuple[EchoConfig, ...]
    until: Until
    room: float = 1.0


@dataclass(frozen=True)
class Began:
    """News: a worker has begun a part.

    Attributes:
        where: device, machine and process, as text.
    """

    where: str


@dataclass(frozen=True)
class Trained:
    """News: some windows of a part were trained.

    Attributes:
        windows: the windows trained by each network that was not finished before.
        seconds: the time in the compiled loop.
        results: the results of networks that are finished now.
    """

    windows: int
    seconds: float
    results: tuple[tuple[EchoConfig, Result], ...] = ()


@dataclass(frozen=True)
class Done:
    """News: a part is trained completely."""


@dataclass(frozen=True)
class Lost:
    """News: a part could not be trained to its end.

    Attributes:
        reason: why, as a phrase.
    """

    reason: str


News = Began | Trained | Done | Lost
"""News about a part; the last is `Done` or `Lost`."""


@dataclass(frozen=True)
class Ready:
    """A worker's message that it waits for the next part.

    Attributes:
        versions: the versions that it trains with.
    """

    versions: Versions


def as_message(news: News, numbers: dict[EchoConfig, int]) -> dict[str, Any]:
    """News as plain values, in which a network is replaced by its index in the part."""
    match news:
        case Began(where):
            return {"where": where}
        case Trained(windows, seconds, results):
            told = [
                [numbers[config], result.solved_at, result.final_loss, result.windows, result.seconds]
                for config, result in results
            ]
            return {"windows": windows, "seconds": seconds, "results": told}
        case _:
            raise ValueError(f"{news} is told by the task's end")


def from_message(message: dict[str, Any], part: Part) -> News:
    """The news from the plain values that `as_message` made."""
    if "where" in message:
        return Began(message["where"])
    results = tuple((part.configs[number], Result(*told)) for number, *told in message["results"])
    return Trained(message["windows"], message["seconds"], results)
