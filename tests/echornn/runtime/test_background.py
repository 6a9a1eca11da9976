"""Jobs run one at a time on a permanent thread, since a new thread may fail when memory is short."""

from __future__ import annotations

import threading

import pytest

from echornn.runtime.background import Background
from tests.patience import PATIENCE


class Jobs:
    """A background thread whose jobs record their number and their thread."""

    def __init__(self) -> None:
        self.background = Background("jobs")
        self.done: list[int] = []
        self.threads: set[threading.Thread] = set()

    def do(self, number: int) -> None:
        def job() -> None:
            self.threads.add(threading.current_thread())
            self.done.append(number)

        self.background.do(job)

    def hold(self) -> threading.Event:
        """Keep the thread busy until the event is set."""
        held, may_go_on = threading.Event(), threading.Event()

        def job() -> None:
            held.set()
            assert may_go_on.wait(PATIENCE)

        self.background.do(job)
        assert held.wait(PATIENCE)
        return may_go_on


def no_thread(self: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_one_thread_does_all_jobs_also_where_no_other_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = Jobs()
    jobs.background.start()
    monkeypatch.setattr(threading.Thread, "start", no_thread)
    for number in range(3):
        jobs.do(number)
        assert jobs.background.wait(PATIENCE)
    assert jobs.done == [0, 1, 2]
    (thread,) = jobs.threads
    assert thread.daemon, "nobody waits for it at exit"
    jobs.background.end()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_where_there_is_no_thread_and_none_can_be_had_that_is_raised_and_it_is_not_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jobs = Jobs()
    with monkeypatch.context() as scarce:
        scarce.setattr(threading.Thread, "start", no_thread)
        with pytest.raises(RuntimeError, match="can't start new thread"):
            jobs.do(0)
    assert jobs.background.wait(0)
    jobs.do(1)
    assert jobs.background.wait(PATIENCE)
    assert jobs.done == [1]
    jobs.background.end()


def test_of_jobs_that_come_while_one_is_done_the_newest_is_done() -> None:
    jobs = Jobs()
    may_go_on = jobs.hold()
    jobs.do(1)
    jobs.do(2)
    may_go_on.set()
    assert jobs.background.wait(PATIENCE)
    assert (jobs.done, jobs.background.seconds) == ([2], 0)
    jobs.background.end()


def test_the_last_job_comes_after_all_others_and_is_done_at_once_where_there_are_none() -> None:
    jobs = Jobs()
    may_go_on = jobs.hold()
    jobs.do(1)
    jobs.background.end(lambda: jobs.done.append(2))
    assert jobs.done == []
    may_go_on.set()
    assert jobs.background.wait(PATIENCE)
    assert jobs.done == [1, 2]
    idle = Jobs()
    idle.background.end(lambda: idle.done.append(3))
    assert idle.done == [3]


def test_after_the_end_a_job_is_still_done() -> None:
    jobs = Jobs()
    jobs.do(0)
    assert jobs.background.wait(PATIENCE)
    jobs.background.end()
    jobs.do(1)
    assert jobs.background.wait(PATIENCE)
    assert jobs.done == [0, 1]
    jobs.background.end()


def test_of_a_job_that_fails_the_process_is_told_and_the_next_one_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", told.append)
    jobs = Jobs()

    def faulty() -> None:
        raise TypeError("a fault of the program")

    jobs.background.do(faulty)
    assert jobs.background.wait(PATIENCE)
    jobs.do(1)
    assert jobs.background.wait(PATIENCE)
    assert jobs.done == [1]
    assert [(str(one.exc_value), one.thread and one.thread.name) for one in told] == [
        ("a fault of the program", "jobs")
    ]
    jobs.background.end()


def test_a_job_that_runs_out_of_memory_is_not_the_last() -> None:
    jobs = Jobs()

    def too_large() -> None:
        raise MemoryError

    jobs.background.do(too_large)
    assert jobs.background.wait(PATIENCE)
    jobs.do(1)
    assert jobs.background.wait(PATIENCE)
    assert jobs.done == [1]
    jobs.background.end()
