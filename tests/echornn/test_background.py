"""A thread that runs one job at a time wakes all who wait for it, whatever its jobs do."""

from __future__ import annotations

import threading

import pytest

from echornn.runtime.background import Background
from tests.patience import PATIENCE, wait_for


def test_an_error_of_the_last_job_keeps_nobody_waiting_even_if_it_cannot_be_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def report(error: threading.ExceptHookArgs) -> None:
        done.append(str(error.exc_value))
        raise ValueError("I/O operation on closed file")

    monkeypatch.setattr(threading, "excepthook", report)
    background = Background("test")
    may_go_on = threading.Event()
    done = list[str]()

    def wait() -> None:
        assert may_go_on.wait(PATIENCE)

    def fail() -> None:
        done.append("failed")
        raise OSError("the script says: no")

    background.do(wait)
    background.end(fail)
    waits = threading.Thread(target=lambda: done.append(str(background.wait())), daemon=True)
    waits.start()
    may_go_on.set()
    wait_for(lambda: not waits.is_alive())
    assert done == ["failed", "the script says: no", "True"]
