"""Probes: measure what a network remembers, and how far back its gradient reaches.

All share ``prepared``, the network run over their own data (``series``) and over the newest window. To add a probe, add
a file, a kind and a field in `echornn.readings`, and a line in ``examine``.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.runtime import quiet
from echornn.state import Snapshot, TrainerState


def snapshot_of(weights: Mapping[str, npt.ArrayLike], config: EchoConfig) -> Snapshot:
    """A snapshot of a network from its weights alone, by name as in `Trainer.weights`, without a window of data.

    Raises:
        ValueError: the weights do not fit the configuration, or are NaN or infinite.
    """
    quiet.import_tensorflow()
    from echornn.network.model import checked_weights
    from echornn.network.shapes import carried_size

    arrays = checked_weights(weights, config, "examined")
    carried = np.zeros((config.batch_size, carried_size(config)), np.float32)
    return Snapshot(TrainerState(config, 0, 0, 0, 0, arrays, carried, ()))
