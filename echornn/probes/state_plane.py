"""The plane of states: their principal components, and the states from which a network answers."""

from __future__ import annotations

import numpy as np

from echornn.probes.prepared import Prepared
from echornn.progress import Scores
from echornn.readings import MOST_COMPONENTS, CellPart, Doubles, StatePlane, parts_of
from echornn.solutions import Integers

# States whose components are computed, and that are drawn: enough to see clusters, few to send
MOST_SAMPLES = 512


def state_plane(prepared: Prepared, part: CellPart) -> StatePlane:
    config, series = prepared.config, prepared.series
    read = prepared.read(part)
    is_scored = series.scored
    if is_scored is None:
        is_scored = np.ones(read.shape[:2], np.bool_)
    samples = evenly_chosen(is_scored)

    states = read[samples]
    answers = prepared.on_series.outputs[series.steps_back :][samples]
    if config.has_classes:
        answers = answers.argmax(axis=-1).astype(np.uint8)
    mean, components, shares = principal_components(states.astype(np.float64))
    readout = np.zeros((0, 1 + len(components)))
    top_h = next(iter(parts_of(config)))
    if part.name == top_h:
        readout = _readout(prepared, mean, components)

    in_window = np.zeros((0, 0, len(components)))
    with np.errstate(all="ignore"):  # states may be infinite, or too large for float32
        if prepared.window is not None:
            by_row = np.swapaxes(prepared.on_window.of(part), 0, 1)
            in_window = (by_row - mean) @ components.T
        return StatePlane(
            part=part.name,
            mean=mean.astype(np.float32),
            components=components.astype(np.float32),
            shares=shares.astype(np.float32),
            states=((states - mean) @ components.T).astype(np.float32),
            targets=series.y[samples],
            answers=answers,
            rows=in_window.astype(np.float32),
            readout=readout.astype(np.float32),
            hidden={name: values[samples] for name, values in series.hidden.items()},
        )


def evenly_chosen(is_scored: Scores) -> tuple[Integers, Integers]:
    """The steps and rows of at most `MOST_SAMPLES` of those scored, [steps, rows]."""
    steps, rows = np.nonzero(is_scored)
    evenly = np.linspace(0, len(steps) - 1, min(MOST_SAMPLES, len(steps)))
    chosen = evenly.round().astype(int)
    return steps[chosen], rows[chosen]


def _readout(prepared: Prepared, mean: Doubles, components: Doubles) -> Doubles:
    """The logits at the mean, and how they change along each component."""
    w2, b2 = prepared.weights["W2"], prepared.weights["b2"]
    at_mean = mean @ w2 + b2[0]
    return np.column_stack([at_mean, (components @ w2).T])


def principal_components(states: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """The mean, the principal components (rows, orthonormal), and the share of the variance along
    each, 0 to 1, of states, float64 [samples, units], finite. With fewer states than units, from
    the states' products with each other.
    """
    samples, units = states.shape
    kept = min(MOST_COMPONENTS, units)
    mean = states.mean(axis=0) if samples else np.zeros(units)
    centred = states - mean
    if units <= samples:
        leading = _leading_eigenvectors(centred.T @ centred, kept)
    else:
        along = _leading_eigenvectors(centred @ centred.T, kept) @ centred
        # Each without the part along those before it, filled up with other directions
        q, r = np.linalg.qr(np.concatenate([along, np.eye(kept, units)]).T)
        leading = (q * np.where(np.diag(r) < 0, -1, 1)).T[:kept]

    largest = np.abs(leading).argmax(axis=1)
    is_turned = leading[np.arange(kept), largest] < 0
    components = leading * np.where(is_turned, -1, 1)[:, np.newaxis]
    variance = float(np.square(centred).sum())
    if variance == 0:
        return mean, components, np.zeros(kept)
    along_each = np.square(centred @ components.T).sum(axis=0)
    return mean, components, along_each / variance


def _leading_eigenvectors(matrix: Doubles, count: int) -> Doubles:
    """Those of the largest eigenvalues of a symmetric matrix, as rows, the largest first."""
    _, directions = np.linalg.eigh(matrix)
    return np.asarray(directions[:, ::-1][:, :count].T)
