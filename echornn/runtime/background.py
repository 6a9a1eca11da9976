"""Runs jobs on a separate thread, one at a time, without making the caller wait."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

# If it raises, the error is reported (except a MemoryError), and later jobs still run
Job = Callable[[], None]


def report(error: Exception) -> None:
    """Report an error on a thread that nobody waits for, as Python does when an error ends a
    thread."""
    thread = threading.current_thread()
    of_thread = threading.ExceptHookArgs((type(error), error, error.__traceback__, thread))
    # If the hook fails, as on a closed stream, the thread would end, and who waits for it hang
    with contextlib.suppress(Exception):
        threading.excepthook(of_thread)


class Background:
    """Runs one job at a time; if several jobs arrive meanwhile, only the newest is run.

    A single thread runs all jobs until `end`: if memory is short, a second one could fail to start,
    and its caller would wait forever. The process does not wait for the thread at exit.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        # Guards everything below, and wakes the thread
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._waiting: Job | None = None
        self._begun: float | None = None
        self._at_end: Job | None = None
        self._ending = False

    def start(self) -> None:
        """Start the thread now, before the first job, while there is enough memory."""
        with self._changed:
            self._ending = False
            if self._thread is None:
                thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                thread.start()
                self._thread = thread

    def do(self, job: Job) -> None:
        """Run this job after the current one; it replaces a job that still waits."""
        with self._changed:
            self.start()
            self._waiting = job
            if self._begun is None:
                self._begun = time.monotonic()
            self._changed.notify_all()

    @property
    def seconds(self) -> float:
        """Since the current job began; 0 if none runs."""
        begun = self._begun  # once: the thread may end the job between two looks
        return 0.0 if begun is None else time.monotonic() - begun

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until all jobs are done, at most ``seconds``; returns whether they are done."""
        with self._changed:
            return self._changed.wait_for(lambda: self._begun is None, seconds)

    def end(self, job: Job = lambda: None) -> None:
        """Run this last job after all others, then end the thread; if no job is running, run it
        now."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
            if self._begun is not None:
                self._at_end = job
                return
        job()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                job()
            except MemoryError:
                pass
            except Exception as error:  # a caller that waits for this thread must not wait forever
                report(error)
            del job  # while the thread waits, no reference to a job is kept

    def _next(self) -> Job | None:
        with self._changed:
            if self._waiting is None:
                self._waiting = self._at_end
                self._at_end = None
            if self._waiting is None:
                self._begun = None
                self._changed.notify_all()
            self._changed.wait_for(lambda: self._waiting is not None or self._ending)
            job = self._waiting
            self._waiting = None
            if job is None:
                self._thread = None
            else:
                self._begun = time.monotonic()
            return job
