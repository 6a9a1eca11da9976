"""Holds the newest frame of a session; a change replaces the whole frame."""

from __future__ import annotations

import dataclasses
from typing import Any

from echornn.config import EchoConfig
from echornn.session.frame import Frame, State


class FrameHolder:
    """Holds the newest frame. The training thread sets it; any thread may read ``frame``.

    Args:
        frame: the first frame.
    """

    def __init__(self, frame: Frame) -> None:
        self.frame = frame

    def change(self, **changes: Any) -> None:
        """Replace the frame by one with these attributes changed."""
        self.frame = dataclasses.replace(self.frame, **changes)

    def compile(self, config: EchoConfig) -> None:
        """Show that another network is being made; all other attributes stay those of the previous position."""
        if config.replicas == self.frame.config.replicas:
            of = ""
        else:
            of = " of one network alone" if config.replicas == 1 else f" of {config.replicas:,} networks"
        self.change(state=State.LOADING, message=f"compiling the training loop{of}", rate=0.0, coming=config)
