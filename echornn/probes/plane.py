"""The states from which the network answers, in the plane of their principal components."""

from __future__ import annotations

import numpy as np

from echornn.probes.prepared import Prepared
from echornn.readings import MOST_COMPONENTS, CellPart, Doubles, StatePlane, parts_of
from echornn.tasks.task import Numbers

MOST_SAMPLES = 512
"""The most states whose components are computed, and that are drawn: enough to see clusters, and few to send."""


def principal_components(states: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """The mean, the principal components (rows, orthonormal), and the share of the variance along each, 0 to 1, of
    states, float64 [samples, units], finite.

    The components are eigenvectors of the covariance; with fewer states than units they are computed from the products
    of the states with each other, which is faster. At most `MOST_COMPONENTS`, and none beyond the states' own number.
    """
    count, units = states.shape
    mean = states.mean(axis=0) if count else np.zeros(units)
    centred = states - mean
    kept = min(MOST_COMPONENTS, units)
    _, directions = np.linalg.eigh(centred.T @ centred if units <= count else centred @ centred.T)
    leading: Doubles = directions[:, ::-1][:, :kept].T
    if units > count:  # each without the part along those before it, filled up with other directions
        q, r = np.linalg.qr(np.concatenate([leading @ centred, np.eye(kept, units)]).T)
        leading = (q * np.where(np.diag(r) < 0, -1, 1)).T[:kept]
    largest = np.take_along_axis(leading, np.abs(leading).argmax(axis=1)[:, np.newaxis], axis=1)
    components: Doubles = leading * np.where(largest < 0, -1, 1)
    variance = float(np.square(centred).sum())
    along = np.square(centred @ components.T).sum(axis=0)
    return mean, components, along / variance if variance > 0 else np.zeros(kept)


def state_plane(prepared: Prepared, part: CellPart) -> StatePlane:
    """The principal components of a part's states on the probes' own data, and the newest window's rows in them."""
    series, read = prepared.series, prepared.read(part)
    chosen = np.flatnonzero(np.ones(read.shape[:2], np.bool_) if series.scored is None else series.scored)
    chosen = chosen[np.linspace(0, len(chosen) - 1, min(MOST_SAMPLES, len(chosen))).round().astype(int)]
    states = read.reshape(-1, read.shape[-1])[chosen]
    mean, components, shares = principal_components(states.astype(np.float64))
    weights, outputs, form = prepared.weights, prepared.config.output_size, prepared.config.the_task.outputs
    answers = prepared.on_series.outputs[series.steps_back :].reshape(-1, outputs)[chosen]
    y = series.y.reshape(-1, *series.y.shape[2:])
    readout = np.zeros((0, 1 + len(components)))
    if part.name == next(iter(parts_of(prepared.config))):
        at_mean = mean @ weights["W2"] + weights["b2"][0]
        readout = np.concatenate([at_mean.reshape(outputs, 1), (components @ weights["W2"]).T], axis=1)
    rows = np.zeros((0, 0, len(components)))
    with np.errstate(all="ignore"):  # states may be infinite, or too large for float32
        if prepared.window is not None:
            rows = (np.swapaxes(prepared.on_window.of(part), 0, 1) - mean) @ components.T
        return StatePlane(
            part.name,
            mean.astype(np.float32),
            components.astype(np.float32),
            shares.astype(np.float32),
            ((states - mean) @ components.T).astype(np.float32),
            y[chosen] if len(y) else y,
            answers if isinstance(form, Numbers) else answers.argmax(axis=-1).astype(np.uint8),
            rows.astype(np.float32),
            readout.astype(np.float32),
        )
