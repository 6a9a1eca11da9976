"""The device that trained each program; on another device, training again may give results with different last bits."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from echornn.config import EchoConfig

Devices = Mapping[EchoConfig, str]
"""For each program (see `program_of`), the device, cpu or gpu, that trained it last."""

NO_DEVICES: Devices = MappingProxyType({})


def program_of(config: EchoConfig) -> EchoConfig:
    """The configuration with fixed values in all fields that do not affect the compiled program (`START_FIELDS`).

    The requested device stays, since for ``auto`` a measurement decides.
    """
    of_the_echo = {"echo_step": 0, "row_start": "previous_row"} if config.task is None else {}
    return config.with_fields({"num_epochs": 1, "learning_rate": 1.0, "seed": 0, "init": "tutorial", **of_the_echo})


def moved(config: EchoConfig, device: str, devices: Devices) -> str:
    """A message that networks now train on another device than before; empty if they do not.

    Args:
        device: the device that trains them now.
        devices: the devices that trained them before.
    """
    before = devices.get(program_of(config), device)
    return "" if before == device else f"trained on the {before} before, now on the {device}: last digits may differ"
