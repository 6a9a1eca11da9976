"""Who trains the parts of a sweep: processes of this machine, or those of a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from echornn.sweeps.part import News, Part


class EngineError(RuntimeError):
    """No part can be trained at all; the message says why."""


class Engine(Protocol):
    """Workers, each of which trains one part at a time.

    Attributes:
        workers: how many there are, or will be.
        room: share of a machine's free memory for each.
    """

    workers: int
    room: float

    def idle(self) -> Sequence[str]:
        """The workers that have nothing to do, by name; one that has come in the place of another has another name."""
        ...

    def start(self, part: Part, worker: str) -> None:
        """Let this idle worker train a part."""
        ...

    def news(self, seconds: float) -> Sequence[tuple[int, News]]:
        """What has come since the last call, by the part's number; waits for some, but no longer than so long.

        Raises:
            EngineError: no part can be trained at all.
        """
        ...

    def close(self) -> None:
        """Drop what is under way, and leave no process behind."""
        ...
