"""The device on which each program was trained; on another device, training again need not give the same bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from echornn.config import EchoConfig

DEVICES = ("cpu", "gpu")

Devices = Mapping[EchoConfig, str]
"""For each program (see `program_of`), the one of `DEVICES` that trained it last."""

NO_DEVICES: Devices = MappingProxyType({})


def program_of(config: EchoConfig) -> EchoConfig:
    """The configuration with every field that does not change the compiled program (`START_FIELDS`) set to a fixed
    value.

    The device that was asked for stays in it, since a measurement decides for ``auto``.
    """
    return replace(
        config, num_epochs=1, learning_rate=1.0, echo_step=0, seed=0, init="tutorial", row_start="previous_row"
    )


def moved(config: EchoConfig, device: str, devices: Devices) -> str:
    """A text that says that networks are now trained on another device than before; empty if they are not.

    Args:
        device: the device that trains them now.
        devices: the devices that trained them before.
    """
    before = devices.get(program_of(config), device)
    return "" if before == device else f"trained on the {before} before, now on the {device}: last digits may differ"
