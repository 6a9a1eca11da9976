"""Holds the newest frame of a session; a change replaces the whole frame, and wakes threads that wait for it."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable
from typing import Any

from echornn.config import EchoConfig
from echornn.config_text import changes_text
from echornn.session.pictures.frame import Frame, State

COMPILING = "compiling the training loop"
"""The message while a training loop is compiled."""


class FrameHolder:
    """Holds the newest frame. The training thread sets it; any thread may read ``frame``.

    Args:
        frame: the first frame.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, frame: Frame, clock: Callable[[], float] = time.monotonic) -> None:
        self.frame = frame
        self._clock = clock
        self._since = clock()
        self._changed = threading.Condition()

    def change(self, **changes: Any) -> None:
        """Replace the frame by one with these attributes changed."""
        self.show(dataclasses.replace(self.frame, **changes))

    def show(self, frame: Frame) -> None:
        """Replace the frame."""
        with self._changed:
            before, self.frame = self.frame, frame
            if (frame.state, frame.message) != (before.state, before.message):
                self._since = self._clock()
            self._changed.notify_all()

    @property
    def seconds(self) -> float:
        """For how long the frame has had this state and this message."""
        return self._clock() - self._since

    def wait_for(self, shows: Callable[[Frame], bool], seconds: float) -> None:
        """Wait for a frame for which ``shows`` is true, at most ``seconds``."""
        with self._changed:
            self._changed.wait_for(lambda: shows(self.frame), seconds)

    def compile(self, config: EchoConfig) -> None:
        """Show that another network is being made, or the loop of another learning rule, and what is new in it; all
        other attributes stay those of the previous position.
        """
        if config.replicas == self.frame.config.replicas:
            changed = changes_text(self.frame.config, config)
            of = f" of {changed}" if changed else ""
        else:
            of = " of one network alone" if config.replicas == 1 else f" of {config.replicas:,} networks"
        self.change(state=State.LOADING, message=f"{COMPILING}{of}", rate=0.0, coming=config)
