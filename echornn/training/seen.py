"""NumPy views of tensors without copying."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf


def seen(tensor: Any) -> npt.NDArray[Any]:
    """A read-only view of a tensor's numbers. On the CPU nothing is copied, and the view keeps the tensor alive."""
    return np.asarray(memoryview(tensor))


def by_shard(tensor: Any, room: int) -> Any:
    """The data of a call, [room, steps, ...]: a view of the numbers on the CPU, a tensor on the GPU.

    Args:
        tensor: [room * steps, ...], see `echornn.training.population_data.Block`.
        room: the number of shards, which are end to end in the tensor.
    """
    shape = [room, -1, *tensor.shape[1:]]
    return tf.reshape(tensor, shape) if "GPU" in tensor.device else seen(tensor).reshape(shape)


def seen_steps(shards: Any, steps: slice) -> npt.NDArray[Any]:
    """Some time steps of each shard of `by_shard`; only these are copied from the GPU."""
    part = shards[:, steps]
    return part if isinstance(part, np.ndarray) else seen(part)
