"""The values sent between a sweep and its workers: parts to train, and news about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from echornn.config import EchoConfig
from echornn.sweeps.folder import Result
from echornn.sweeps.grid import Until


@dataclass(frozen=True)
class Part:
    """A part of a sweep: networks of one structure, which one worker trains.

    Attributes:
        number: the number of the part.
        configs: the networks, each once.
        until: the rule for the end of training.
        room: the share of the free memory of the worker's machine that it may use.
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
        windows: the windows that each unfinished network has trained.
        seconds: the time spent in the compiled loop.
        results: the results of networks that are now finished.
    """

    windows: int
    seconds: float
    results: tuple[tuple[EchoConfig, Result], ...] = ()


@dataclass(frozen=True)
class Done:
    """News: all networks of a part are trained."""


@dataclass(frozen=True)
class Lost:
    """News: a part could not be completed.

    Attributes:
        reason: the reason, as a phrase.
    """

    reason: str


News = Began | Trained | Done | Lost
"""News about a part; the last one is `Done` or `Lost`."""


@dataclass(frozen=True)
class Ready:
    """A message from a worker: it waits for a part."""


def as_message(news: News, numbers: dict[EchoConfig, int]) -> dict[str, Any]:
    """News as plain values; networks are replaced by their index in the part."""
    match news:
        case Began(where):
            return {"where": where}
        case Trained(windows, seconds, results):
            records = [
                [numbers[config], result.solved_at, result.final_loss, result.windows, result.seconds]
                for config, result in results
            ]
            return {"windows": windows, "seconds": seconds, "results": records}
        case _:
            raise ValueError(f"{news} is not a message during a task; the end of the task reports it")


def from_message(message: dict[str, Any], part: Part) -> News:
    """The news in plain values, as made by `as_message`."""
    if "where" in message:
        return Began(message["where"])
    results = tuple((part.configs[number], Result(*values)) for number, *values in message["results"])
    return Trained(message["windows"], message["seconds"], results)
