"""Gradient by lag: how far the error of a time step travels back, and what truncation cuts off of it."""

from __future__ import annotations

import numpy as np

from echornn.probes.following import tails
from echornn.probes.prepared import Prepared, states_before
from echornn.readings import Gradient


def gradient(prepared: Prepared) -> Gradient:
    """Each row of the probes' own series brings the losses of its last steps, followed back through all the lags.

    The bias is that of "Adaptively truncating backpropagation through time to control gradient bias" (Aicher, Foti and
    Fox 2019), relative to the gradient through all lags that are looked at.
    """
    series, ran = prepared.series, prepared.on_series
    targets, rows = series.y.shape
    d_logits = ran.probabilities[-targets:] - np.eye(prepared.config.num_classes, dtype=np.float32)[series.y]
    before = states_before(prepared.first_state(rows), ran.states)
    found = tails(prepared.config, prepared.weights, series.x, before, d_logits, series.steps_back)
    whole = found.beyond[0] or np.float32(np.nan)
    return Gradient(found.norms, found.beyond[1:] / whole, float(found.beyond_windows / whole))
