"""What is sent to a worker to train, and the news that it sends back: plain values."""

from __future__ import annotations

from dataclasses import dataclass

from echornn.config import EchoConfig
from echornn.sweeps.folder import Result
from echornn.sweeps.grid import Until
from echornn.sweeps.trained_by import Versions


@dataclass(frozen=True)
class Part:
    """Networks of one structure, to be trained by one worker.

    Attributes:
        number: its own among all parts.
        configs: each once.
        until: how long each trains.
        room: share of the memory that is free on the worker's machine that it may take.
    """

    number: int
    configs: tuple[EchoConfig, ...]
    until: Until
    room: float = 1.0


@dataclass(frozen=True)
class Began:
    """A part is begun.

    Attributes:
        where: device, machine and process, for people.
    """

    where: str


@dataclass(frozen=True)
class Trained:
    """Some windows were trained.

    Attributes:
        windows: by each network that was not done before.
        seconds: in the compiled loop.
        results: of the networks that are done with them.
    """

    windows: int
    seconds: float
    results: tuple[tuple[EchoConfig, Result], ...] = ()


@dataclass(frozen=True)
class Done:
    """All of a part is trained."""


@dataclass(frozen=True)
class Lost:
    """A part could not be trained to its end.

    Attributes:
        reason: a phrase for people.
    """

    reason: str


News = Began | Trained | Done | Lost
"""Of a part; the last is `Done` or `Lost`."""


@dataclass(frozen=True)
class Ready:
    """A worker says that the next part may come.

    Attributes:
        versions: what it trains with.
    """

    versions: Versions
