"""`Engine`, the interface through which a sweep trains its parts: in processes on this machine, or on a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from echornn.sweeps.part import News, Part


class EngineError(RuntimeError):
    """No worker can train at all; the message has the reason."""


class Engine(Protocol):
    """Workers, each of which trains one part at a time.

    Attributes:
        workers: the number of workers that exist or will be started.
        room: the share of a machine's free memory that each worker may use.
    """

    workers: int
    room: float

    def idle(self) -> Sequence[str]:
        """The names of workers without a part. A worker that replaces another one has a new name."""
        ...

    def start(self, part: Part, worker: str) -> None:
        """Make an idle worker train a part."""
        ...

    def news(self, seconds: float) -> Sequence[tuple[int, News]]:
        """The news since the last call, each with the number of its part; waits up to ``seconds`` if there is none.

        Raises:
            EngineError: no worker can train at all.
        """
        ...

    def close(self) -> None:
        """Stop all workers, also those that are training; no process remains."""
        ...
