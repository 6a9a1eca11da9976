"""Holds the newest frame of a session; a change replaces the whole frame, and wakes threads that wait for it."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import Any

from echornn.config import EchoConfig
from echornn.session.pictures.frame import Frame, State

COMPILING = "compiling the training loop"
"""The message while a training loop is compiled."""


class FrameHolder:
    """Holds the newest frame. The training thread sets it; any thread may read ``frame``.

    Args:
        frame: the first frame.
    """

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self._changed = threading.Condition()

    def change(self, **changes: Any) -> None:
        """Replace the frame by one with these attributes changed."""
        with self._changed:
            self.frame = dataclasses.replace(self.frame, **changes)
            self._changed.notify_all()

    def wait_for(self, shows: Callable[[Frame], bool], seconds: float) -> None:
        """Wait for a frame for which ``shows`` is true, at most ``seconds``."""
        with self._changed:
            self._changed.wait_for(lambda: shows(self.frame), seconds)

    def compile(self, config: EchoConfig) -> None:
        """Show that another network is being made, or the loop of another learning rule; all other attributes stay
        those of the previous position.
        """
        if config.replicas == self.frame.config.replicas:
            of = f" of rule {config.rule}" if config.rule != self.frame.config.rule else ""
        else:
            of = " of one network alone" if config.replicas == 1 else f" of {config.replicas:,} networks"
        self.change(state=State.LOADING, message=f"{COMPILING}{of}", rate=0.0, coming=config)
