"""What trains the parts of a sweep: processes of this machine, or a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from echornn.sweeps.part import News, Part


class EngineError(RuntimeError):
    """No worker can train anything; the message says why."""


class Engine(Protocol):
    """Workers, each of which trains one part at a time.

    Attributes:
        workers: the number of workers there are, or will be.
        room: the share of a machine's free memory for each worker.
    """

    workers: int
    room: float

    def idle(self) -> Sequence[str]:
        """The names of workers without a part; a worker that replaces another has a new name."""
        ...

    def start(self, part: Part, worker: str) -> None:
        """Let this idle worker train a part."""
        ...

    def news(self, seconds: float) -> Sequence[tuple[int, News]]:
        """The news since the last call, each with its part's number; waits at most so long if there is none.

        Raises:
            EngineError: no part can be trained at all.
        """
        ...

    def close(self) -> None:
        """Stop all workers, even those that train, and leave no process running."""
        ...
