"""The frame while a network loads: it shows the state to which the waiting commands will lead."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from echornn.config import ConfigError, EchoConfig
from echornn.replay.pace import faster, slower
from echornn.session.commands import Command, Faster, SetSpeed, Slower, SpeedCommand, ToggleReplicas
from echornn.session.drive import Start
from echornn.session.pictures.frame import Frame
from echornn.timeline.moves import configuration_to_begin


def previewed(frame: Frame, pending: Sequence[Command], start: Start, seconds: int) -> Frame:
    """The frame with the speed and the network to which these commands will lead.

    Args:
        frame: the current frame.
        pending: the commands that are not carried out yet, oldest first.
        start: what will be trained first after them.
        seconds: for how long it has been loading.
    """
    speed = frame.speed
    for command in pending:
        if isinstance(command, SpeedCommand):
            speed = speed_after(command, speed, frame.rate)
    coming = frame.coming
    many, toggles = (coming or frame.config).replicas > 1, list[ToggleReplicas]()
    for command in pending:
        if isinstance(command, ToggleReplicas) and not (many and command.replicas is not None):
            many = not many
            toggles.append(command)
    if len(toggles) % 2:
        coming = _toggled(coming or frame.config, frame.replica, toggles[-1].replicas) or coming
    return replace(frame, speed=speed, start=start, coming=coming, seconds=seconds)


def _toggled(config: EchoConfig, replica: int, replicas: int | None) -> EchoConfig | None:
    """The configuration with which `ToggleReplicas` will begin; None if it will be refused. ``replica`` may be too
    large for ``config``.
    """
    with suppress(ConfigError):
        return configuration_to_begin(config, replica if replica < config.replicas else 0, replicas)
    return None


def speed_after(command: SpeedCommand, speed: float, rate: float) -> float:
    """The speed in windows per second after a command.

    Args:
        rate: the measured windows per second, 0 if unknown: slower than full speed means slower than this.
    """
    match command:
        case SetSpeed(wanted):
            return wanted
        case Faster():
            return faster(speed)
        case Slower():
            return slower(rate if math.isinf(speed) and rate else speed)
