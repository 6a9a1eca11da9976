"""NumPy views of tensors without copying."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf


def seen(tensor: Any) -> npt.NDArray[Any]:
    """A read-only view of a tensor's numbers. On the CPU nothing is copied, and the view keeps the tensor alive."""
    return np.asarray(memoryview(tensor))


def seen_steps(tensor: Any, room: int, steps: slice) -> npt.NDArray[Any]:
    """A read-only view of some time steps of each shard in the data of a call.

    Args:
        tensor: [room * steps, ...]; see `echornn.training.population_data.Block`.
        room: the number of shards, which are end to end in the tensor.
        steps: the time steps to take from each shard.

    Returns:
        [room, steps, ...].
    """
    shape = [room, -1, *tensor.shape[1:]]
    if "GPU" in tensor.device:  # only the requested steps are copied from the GPU
        return seen(tf.reshape(tensor, shape)[:, steps])
    return seen(tensor).reshape(shape)[:, steps]
