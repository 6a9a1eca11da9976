"""Gradient by lag: how far back the gradient of a step's loss reaches, and how much of it truncation cuts off."""

from __future__ import annotations

import numpy as np

from echornn.probes.following import tails
from echornn.probes.noise import ratios
from echornn.probes.prepared import Prepared, states_before
from echornn.readings import Gradient


def gradient(prepared: Prepared) -> Gradient:
    """The reading: gradients of the last losses of each row in the target series, followed back through all lags.

    The bias is defined in "Adaptively truncating backpropagation through time to control gradient bias" (Aicher, Foti
    and Fox 2019), relative to the gradient through all measured lags. There is no dropout.
    """
    series, ran = prepared.targets, prepared.on_targets
    targets, rows = series.y.shape
    d_logits = ran.probabilities[-targets:] - np.eye(prepared.config.num_classes, dtype=np.float32)[series.y]
    before = states_before(prepared.first_state(rows), ran.states)
    cut = tails(prepared.config, prepared.weights, series.x, before, d_logits, series.steps_back, series.groups)
    sizes, spreads = ratios(np.concatenate([cut.beyond[1:], cut.beyond_windows[np.newaxis]]), cut.beyond[0])
    if prepared.config.truncated_backprop_length >= series.steps_back:
        sizes[-1], spreads[-1] = np.nan, np.inf  # windows reach back as far as the lags, or farther
    bias, spread = sizes.astype(np.float32), spreads.astype(np.float32)
    return Gradient(cut.norms, bias[:-1], float(sizes[-1]), spread[:-1], float(spreads[-1]), targets * rows)
