"""What a frame shows while a session loads: that to which the waiting commands will lead."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

from echornn.config import ConfigError, EchoConfig
from echornn.run.moves import configuration_to_begin
from echornn.session.commands import Command, SpeedCommand, ToggleReplicas, speed_after
from echornn.session.pictures.frame import Drive, Frame
from echornn.session.rules import why_no_effect


@dataclass(frozen=True)
class Preview:
    loading: Frame  # as the training thread has made it
    waiting: Sequence[Command]
    drive: Drive  # what is trained first, before these commands
    seconds: int  # for how many whole seconds it has been loading

    @cached_property
    def frame(self) -> Frame:
        """The frame as it will be, the same object each time."""
        frame, drive = self.loading, self.drive
        speed = frame.speed
        coming = first = frame.coming or frame.config
        for command in self.waiting:
            drive = drive.after(command)
            if isinstance(command, SpeedCommand):
                speed = speed_after(command, speed, frame.rate)
            elif isinstance(command, ToggleReplicas):
                coming = _toggled(command, replace(frame, config=coming))
        if coming != first:
            frame = replace(frame, coming=coming)
        return replace(frame, speed=speed, start=drive, seconds=self.seconds)


def _toggled(command: ToggleReplicas, frame: Frame) -> EchoConfig:
    """The configuration after a command in this frame; the same if the command will be refused."""
    config = frame.config
    replica = frame.replica if frame.replica < config.replicas else 0
    if not why_no_effect(command, frame):
        with suppress(ConfigError):
            return configuration_to_begin(config, replica, command.replicas)
    return config
