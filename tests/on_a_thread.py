"""Runs sessions on a separate thread, as the app does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from echornn.run.recorder import RunRecorder
from echornn.session.commands import Command, Pause
from echornn.session.session import Session
from tests.patience import PATIENCE


@contextmanager
def on_a_thread(session: Session) -> Iterator[Session]:
    """The session runs during the block, and has stopped after it."""
    thread = threading.Thread(target=session.run, daemon=True)
    thread.start()
    try:
        yield session
    finally:
        session.stop()
        thread.join(PATIENCE)
        assert session.stopped.is_set()


@contextmanager
def running(session: Session) -> Iterator[Session]:
    """The same for a session that must not fail; it carries out earlier commands before the block
    begins."""
    with on_a_thread(session):
        assert session.when_idle(PATIENCE)
        yield session
    assert session.error is None


def play(session: Session, *steps: Command | Callable[[], object]) -> Session:
    """Send commands to a paused session, and call functions; each step waits until the previous one
    was carried out and saved.
    """
    session.send(Pause())
    with on_a_thread(session):
        session.when_idle(PATIENCE)
        for step in steps:
            step() if callable(step) else session.send(step)
            session.when_idle(PATIENCE)
            if isinstance(session.recorder, RunRecorder):
                session.recorder.wait(PATIENCE)
                session.when_idle(PATIENCE)
    return session
