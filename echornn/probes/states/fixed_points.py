"""Fixed points: the states that the network does not leave while the same input comes at every step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from echornn import seeding
from echornn.config import EchoConfig
from echornn.fixed_point_readings import MOST_CARRIED, RESTING, FixedPoints
from echornn.network.shapes import carried_size, shown_part
from echornn.probes.prepared import Prepared
from echornn.probes.states.at_rest import Rests, search
from echornn.probes.states.different_points import Visits, different_points, merged
from echornn.probes.states.one_step import OneStep
from echornn.probes.states.search_starts import LARGEST, first_starts, starts_between, starts_of
from echornn.progress import Floats
from echornn.tasks.task import Numbers

Doubles = npt.NDArray[np.float64]

MOST_ROUNDS = 6
"""The most rounds of searches; those after the first begin between the points found."""

OFTEN = 5
"""No more searches begin once so many have ended at each point: then it is unlikely that others were missed."""


def fixed_points(prepared: Prepared, held: Sequence[float] | None = None) -> FixedPoints | None:
    """The fixed points of a network under a constant input, found from many visited states; None if it carries more
    than `MOST_CARRIED` numbers.

    Args:
        held: the input as it enters the cell; zeros by default, and if it does not have the network's input size.
    """
    config, size = prepared.config, prepared.config.input_size
    carried = carried_size(config)
    if carried > MOST_CARRIED:
        return None
    inputs = np.asarray(held if held is not None and len(held) == size else np.zeros(size), np.float64)
    network, visits = OneStep(config, prepared.weights, inputs), Visits(_visited(prepared))
    found = _found(network, visits)
    points = different_points(network, visits, found)
    states = np.array([one.state for one in points]).reshape(-1, carried)
    return FixedPoints(
        states=states,
        residuals=np.array([one.residual for one in points], np.float32),
        eigenvalues=np.array([one.eigenvalues for one in points], np.complex64).reshape(-1, carried),
        kinds=tuple(one.kind for one in points),
        starts=np.array([one.starts for one in points], np.int32),
        outputs=_outputs(config, prepared.weights, states),
        held=inputs.astype(np.float32),
        searches=len(found.states),
    )


def _visited(prepared: Prepared) -> Doubles:
    """The states visited on the probes' own data and in the newest window, without those of a network that diverges;
    float64 [states, carried].
    """
    carried = carried_size(prepared.config)
    states: Floats = prepared.on_series.states.reshape(-1, carried)
    if prepared.window is not None:
        states = np.concatenate([states, prepared.on_window.states.reshape(-1, carried)])
    usual = states[(np.abs(states) <= LARGEST).all(axis=1)].astype(np.float64)
    return usual if len(usual) > 1 else np.zeros((2, carried))


def _found(network: OneStep, visits: Visits) -> Rests:
    """The results of all searches."""
    count, enough = starts_of(network.config), RESTING * visits.largest
    rng = seeding.stream(network.config.seed, seeding.PROBES, count)
    starts = first_starts(rng, visits.states, count, network.after)
    found = search(network.after, network.with_jacobian, starts, enough)
    for _ in range(MOST_ROUNDS - 1):
        indices, ended = merged(found, visits.at_rest(found) & visits.within_reach(found.states), visits.near)
        if len(indices) < 2 or min(ended) >= OFTEN:
            break
        starts = starts_between(rng, found.states[indices], count // 2)
        more = search(network.after, network.with_jacobian, starts, enough)
        found = Rests(*(np.concatenate(both) for both in zip(found, more, strict=True)))
    return found


def _outputs(config: EchoConfig, weights: Mapping[str, Floats], states: Doubles) -> Floats:
    """What the network predicts in these states: probabilities of symbols, or numbers, float32 [states, outputs]."""
    logits = states[:, shown_part(config)] @ weights["W2"] + weights["b2"]
    if isinstance(config.the_task.outputs, Numbers):
        return np.asarray(logits, np.float32)
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)
