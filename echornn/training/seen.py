"""NumPy views of tensors without copying."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig


def seen(tensor: Any) -> npt.NDArray[Any]:
    """A read-only view of a tensor's numbers. On the CPU nothing is copied, and the view keeps the tensor alive."""
    return np.asarray(memoryview(tensor))


def by_shard(tensor: Any, room: int) -> Any:
    """The data of a call, [room, steps, ...]: a view of the numbers on the CPU, a tensor on the GPU.

    Args:
        tensor: [room * steps, ...], see `echornn.training.population_data.Block`.
        room: the number of shards, which are end to end in the tensor.
    """
    import tensorflow as tf  # late: the rest of this file is needed before the first picture

    shape = [room, -1, *tensor.shape[1:]]
    return tf.reshape(tensor, shape) if "GPU" in tensor.device else seen(tensor).reshape(shape)


def seen_steps(shards: Any, steps: slice) -> npt.NDArray[Any]:
    """Some time steps of each shard of `by_shard`; only these are copied from the GPU."""
    part = shards[:, steps]
    return part if isinstance(part, np.ndarray) else seen(part)


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
