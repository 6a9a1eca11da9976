"""Gives a NumPy view of a tensor without copying it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf


def seen(tensor: Any) -> npt.NDArray[Any]:
    """A tensor's numbers, not to be written to; where it lies on the CPU they are not copied, and live as long."""
    return np.asarray(memoryview(tensor))


def seen_steps(tensor: Any, room: int, steps: slice) -> npt.NDArray[Any]:
    """Some time steps of each share of a call's data, not to be written to.

    Args:
        tensor: [room * steps, ...], see `echornn.training.population_data.Block`.
        room: how many shares lie end to end in it.
        steps: which, of each.

    Returns:
        [room, steps, ...].
    """
    shape = [room, -1, *tensor.shape[1:]]
    if "GPU" in tensor.device:  # only what is asked for is brought here
        return seen(tf.reshape(tensor, shape)[:, steps])
    return seen(tensor).reshape(shape)[:, steps]
