"""What the program does before its first slow import."""

from __future__ import annotations

import os

import pytest

from tui import __main__ as entry
from tui.term import early_signals


@pytest.mark.parametrize(("users", "used"), [(None, "1"), ("2", "2")])
def test_numpy_has_one_thread_unless_the_user_says_how_many(
    monkeypatch: pytest.MonkeyPatch, users: str | None, used: str
) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", users or "")
    if users is None:
        monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    monkeypatch.setattr(early_signals, "keep", lambda: None)
    ran: list[str] = []
    monkeypatch.setattr("tui.cli.program.main", lambda: ran.append(os.environ["OPENBLAS_NUM_THREADS"]))
    entry.main()
    assert ran == [used]
