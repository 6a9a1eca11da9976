"""Runs jobs on a thread of its own, one at a time; the caller never waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

Job = Callable[[], None]
"""Work to do. Whatever it raises, the next one is done; of all but a MemoryError the process is told."""


def report(error: Exception) -> None:
    """Tell the process of an error that nobody waits for, as Python does of one that ends a thread."""
    thread = threading.current_thread()
    threading.excepthook(threading.ExceptHookArgs((type(error), error, error.__traceback__, thread)))


class Background:
    """Does one job at a time; of those that come meanwhile, only the newest is done.

    All are done on one thread, kept from the first to the `end`: where memory is short another may not be had, or dies
    before it has begun, and whoever starts it waits for ever. Nobody waits for it at exit.

    Args:
        name: of its thread.
        clock: seconds that never go back.
    """

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._clock = clock
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._waiting: Job | None = None
        self._begun: float | None = None
        self._at_end: Job | None = None
        self._ending = False

    def start(self) -> None:
        """Have the thread now, before the first job, while there is memory for it.

        Raises:
            RuntimeError: it cannot be had.
        """
        with self._changed:
            self._ending = False
            if self._thread is None:
                thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                thread.start()
                self._thread = thread

    def do(self, job: Job) -> None:
        """Do this job when the one under way is done, in the place of one that waits.

        Raises:
            RuntimeError: there is no thread yet, and none can be had.
        """
        with self._changed:
            self.start()
            self._waiting = job
            if self._begun is None:
                self._begun = self._clock()
            self._changed.notify_all()

    @property
    def seconds(self) -> float:
        """How long the job under way has taken so far; 0 where there is none."""
        begun = self._begun
        return 0.0 if begun is None else self._clock() - begun

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until all is done, at most so long; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._begun is None, seconds)

    def end(self, job: Job = lambda: None) -> None:
        """Do this last job when all others are done: now, if they are; then the thread ends."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
            if self._begun is not None:
                self._at_end = job
                return
        job()

    def _work(self) -> None:
        while self._do_next():
            pass

    def _do_next(self) -> bool:
        """Do one job; whether there was one. Nothing of it is held while there is none."""
        job = self._next()
        if job is None:
            return False
        try:
            job()
        except MemoryError:
            pass
        except Exception as error:  # whoever waits for this thread must not wait for ever
            report(error)
        return True

    def _next(self) -> Job | None:
        """The job that waits, or comes; None where the thread is to end."""
        with self._changed:
            if self._waiting is None:
                self._begun = None
                last, self._at_end = self._at_end, None
                if last is not None:
                    last()
                self._changed.notify_all()
            self._changed.wait_for(lambda: self._waiting is not None or self._ending)
            job, self._waiting = self._waiting, None
            if job is None:
                self._thread = None
            else:
                self._begun = self._clock()
            return job
