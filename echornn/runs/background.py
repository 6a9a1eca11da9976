"""Jobs on a thread of their own, one at a time: whoever hands them over never waits for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

Job = Callable[[], None]
"""Work to do; it raises nothing."""


class Background:
    """Does one job at a time; of those that come meanwhile, only the newest is done. Idle, it has no thread.

    Args:
        name: of its thread.
        clock: seconds that never go back.
    """

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: Job | None = None
        self._begun: float | None = None
        self._at_end: Job | None = None

    def do(self, job: Job) -> None:
        """Do this job when the one under way is done, in the place of one that waits."""
        with self._changed:
            self._waiting = job
            if self._begun is None:
                self._begun = self._clock()
                threading.Thread(target=self._work, name=self._name, daemon=True).start()

    @property
    def seconds(self) -> float:
        """How long the job under way has taken so far; 0 where there is none."""
        begun = self._begun
        return 0.0 if begun is None else self._clock() - begun

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until all is done, at most so long; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._begun is None, seconds)

    def end(self, job: Job) -> None:
        """Do this last job when all others are done: now, if they are."""
        with self._changed:
            if self._begun is not None:
                self._at_end = job
                return
        job()

    def _work(self) -> None:
        while True:
            with self._changed:
                job, self._waiting = self._waiting, None
                if job is None:
                    self._begun = None
                    last, self._at_end = self._at_end, None
                    if last is not None:
                        last()
                    self._changed.notify_all()
                    return
                self._begun = self._clock()
            job()
