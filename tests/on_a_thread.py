"""Sessions that run on a thread of their own, as those of the app do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from echornn.runs.run_recorder import RunRecorder
from echornn.session.commands import Command, Pause
from echornn.session.session import Session
from tests.patience import PATIENCE


@contextmanager
def on_a_thread(session: Session) -> Iterator[Session]:
    """The session runs until the end of the block, and has stopped then."""
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
    """The same for a session that does not fail; before the block it has done all that it was told."""
    with on_a_thread(session):
        assert session.when_idle(PATIENCE)
        yield session
    assert session.error is None


def play(session: Session, *steps: Command | Callable[[], object]) -> Session:
    """Send the commands to the session, which is paused, and do what else is to be done; each after the one before has
    been trained and saved."""
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
