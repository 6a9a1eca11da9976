"""Gradient by lag: how far back the gradient of a step's loss reaches, and how much of it truncation cuts off."""

from __future__ import annotations

import numpy as np

from echornn.config import EchoConfig
from echornn.probes.gradients.following import Some, tails
from echornn.probes.gradients.noise import ratios
from echornn.probes.prepared import Prepared, states_before
from echornn.probes.series import TargetSeries
from echornn.probes.task_data import d_loss
from echornn.readings import Gradient


def gradient(prepared: Prepared) -> Gradient:
    """The reading: gradients of the last losses of each row in the target series, followed back through all lags.

    The bias is defined in "Adaptively truncating backpropagation through time to control gradient bias" (Aicher, Foti
    and Fox 2019), relative to the gradient through all measured lags. It is that of tbptt, whatever the learning rule.
    There is no dropout. In trials, the losses of the last scored steps are followed back, at most to the trial's first
    step.
    """
    series, ran = prepared.targets, prepared.on_targets
    targets, rows = series.y.shape[:2]
    d_logits = d_loss(prepared.config, ran.outputs[-targets:], series.y, series.scored)
    some = _some_of(prepared.config, series)
    before = states_before(prepared.first_state(rows), ran.states)
    cut = tails(prepared.config, prepared.weights, series.x, before, d_logits, series.steps_back, series.groups, some)
    sizes, spreads = ratios(np.concatenate([cut.beyond[1:], cut.beyond_windows[np.newaxis]]), cut.beyond[0])
    if prepared.config.truncated_backprop_length >= series.steps_back and not series.is_complete:
        sizes[-1], spreads[-1] = np.nan, np.inf  # windows reach back as far as the lags, or farther
    bias, spread = sizes.astype(np.float32), spreads.astype(np.float32)
    samples = targets * rows if series.scored is None else int(series.scored.sum())
    ends = (float(sizes[-1]), spread[:-1], float(spreads[-1]))
    return Gradient(cut.norms, bias[:-1], *ends, samples, series.is_complete)


def _some_of(config: EchoConfig, series: TargetSeries) -> Some | None:
    """The errors that exist at each lag; None if all targets of a stream are scored."""
    if series.scored is None:
        return None
    length, lags = config.truncated_backprop_length, np.arange(series.steps_back)[:, np.newaxis]
    there = np.repeat(series.scored[np.newaxis], len(lags), axis=0)
    if series.of_trials:
        steps = len(series.x) - len(series.y) + np.arange(len(series.y))
        there &= (lags <= steps)[..., np.newaxis]
        cut = (lags > (steps if length >= config.window_steps else steps % length)).astype(np.float64)
    else:
        cut = np.minimum(lags, length) / length * np.ones(len(series.y))
    each = np.repeat(cut[..., np.newaxis], there.shape[2], axis=2)
    return Some(*(one.reshape(len(lags), -1).astype(np.float32) for one in (there, each)))
