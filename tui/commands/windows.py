"""Reads losses and errors of windows from a run's loss log, for one network or several."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.history.packed import unpack
from echornn.progress import Floats

Errors = npt.NDArray[np.int32]


def losses_and_errors(windows: npt.NDArray[Any], config: EchoConfig) -> tuple[Floats, Errors]:
    """Losses in nats, float32 [n, replicas], and wrong predictions, int32 [n, replicas]; NaN and -1 for missing
    windows.

    Args:
        windows: the windows as `Run.windows` returns them: `echornn.runs.run_dir.WINDOW` [n] for one network, uint32
            [n, replicas] for several.
        config: the configuration under which they were trained.
    """
    if config.replicas > 1:
        return unpack(windows, config)
    return windows["loss"][:, np.newaxis], windows["errors"][:, np.newaxis]


def own_replica(before: EchoConfig, after: EchoConfig) -> int:
    """The index in ``before`` of the first network of ``after``, on the same path: a network that continues alone need
    not be the first of its group.
    """
    return after.seed - before.seed
