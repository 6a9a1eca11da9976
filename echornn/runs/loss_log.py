"""What a run's loss log holds of each window."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig

WINDOW = np.dtype([("loss", "<f4"), ("errors", "<i4")])
"""A window in the loss log: mean cross-entropy in nats, and wrong predictions among batch_size * T."""

LOST_WINDOW = np.array([(np.nan, -1)], WINDOW).tobytes()
"""Stands for a window that was trained while nothing could be saved, for longer than memory could hold."""


def error_rates(windows: npt.NDArray[Any], config: EchoConfig) -> npt.NDArray[np.float64]:
    """Wrong predictions per prediction, 0 to 1, of these windows (`WINDOW` [n]); NaN where one was lost."""
    errors = windows["errors"]
    return np.where(errors < 0, np.nan, errors / float(config.predictions_per_window))
