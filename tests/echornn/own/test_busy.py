"""Calls of a user's code that take too long are ended, and no others."""

from __future__ import annotations

import threading

from echornn.own import busy
from echornn.own.errors import OwnError, blaming
from echornn.tasks.task import TaskError
from tests.patience import wait_for


def test_a_call_that_takes_too_long_is_an_error_with_its_place() -> None:
    said: list[str] = []
    begun = threading.Event()

    def never_returns() -> None:
        try:
            with blaming(TaskError, __file__):
                begun.set()
                while True:
                    pass
        except OwnError as error:
            said.append(str(error))

    thread = threading.Thread(target=never_returns, daemon=True)
    thread.start()
    begun.wait()
    busy.end_long_calls(3600.0)
    assert thread.is_alive(), "an hour has not passed"
    busy.end_long_calls(-1.0)
    wait_for(lambda: not thread.is_alive())
    assert said[0].endswith("it was still busy after minutes, and was given up")
    assert f"{__file__}:" in said[0]
