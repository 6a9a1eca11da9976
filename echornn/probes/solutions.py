"""The map of solutions: how differently the networks of a population move on the same trials."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from echornn import seeding
from echornn.config import ConfigError, EchoConfig
from echornn.data import held_out_batch, held_out_config, load_own_task
from echornn.errors import OwnError
from echornn.network.frozen import FrozenPopulation, Tensor, Tensors, Weights
from echornn.network.shapes import carried_size, shown_part
from echornn.network.step import step
from echornn.probes.held_out import measured
from echornn.probes.state_plane import MOST_SAMPLES, evenly_chosen
from echornn.progress import Counts, Floats
from echornn.solutions import (
    Distance,
    Solutions,
    clustered,
    distances_between,
    scaled,
)
from echornn.state import PopulationState
from echornn.tasks.task import Batch, values_of

# Steps of all rows, of which the states are chosen; more rows than a few, so that losses are not
# those of a few inputs. By eye
STEPS, LEAST_ROWS, MOST_ROWS = 1024, 4, 64

# Of the singular values of all pairs: networks^2 units^3, about a minute of one core
MOST_WORK = 1e11

# Searches for states at rest: of 3-bit flip-flops 64 visited states miss one of eight in one of 600
# networks; a network that has not come to rest after so many steps counts as never
STARTS, STEPS_AT_ONCE, MOST_STEPS = 64, 50, 200
# In standard deviations of visited states, the most by which a state at rest moves in a step, and
# by which two of them differ if they are the same: where a distance shrinks by a hundredth in a
# step, the end is a hundredth away
RESTING, APART = 1e-4, 0.1


class Compared(NamedTuple):
    """What networks do on the same held-out trials; the fields of `Solutions` of the same names."""

    states: Floats  # [networks, samples, units], the top layer's h
    losses: Floats
    longer_losses: Floats
    resting_states: Counts


@lru_cache(2)  # of both distances
def solutions(
    population: PopulationState, distance: Distance, data_seed: int | None
) -> Solutions | None:
    """None for networks of too many units, whose distances would take minutes."""
    config = population.configs[0]
    networks = len(population.configs)
    if networks**2 * config.state_size**3 > MOST_WORK:
        return None
    states, losses, longer_losses, resting_states = compared(population, data_seed)
    distances = distances_between(list(states.astype(np.float64)), distance)
    scaling = scaled(distances)
    rng = seeding.stream(config.seed, seeding.PROBES, networks)
    clustering = clustered(scaling, distances, rng)
    return Solutions(
        distance=distance,
        seeds=tuple(config.seed for config in population.configs),
        distances=distances.astype(np.float32),
        places=scaling.coordinates[:, :2].astype(np.float32),
        shown=scaling.shown,
        **clustering._asdict(),
        losses=losses,
        longer_losses=longer_losses,
        resting_states=resting_states,
        samples=states.shape[1],
    )


@lru_cache(1)
def compared(population: PopulationState, data_seed: int | None) -> Compared:
    """Run all networks over the same held-out data, from zero states. Of these states at most
    `MOST_SAMPLES` are compared, evenly apart in time and over the rows: those of scored steps, or
    of all, if fewer are scored."""
    config = population.configs[0]
    load_own_task(config)  # trials of another length may have other data
    steps = held_out_config(config).row_length
    rows = min(MOST_ROWS, max(LEAST_ROWS, STEPS // steps))
    usual = held_out_config(config, trials=rows)
    longer = _longer(usual)
    batch = held_out_batch(usual, data_seed)
    is_read = batch.scored.T > 0
    if is_read.sum() < MOST_SAMPLES:
        is_read = np.ones_like(is_read)
    samples = evenly_chosen(is_read)

    networks = FrozenPopulation(config, population.weights)
    parts = []
    for part in networks.parts(2 * is_read.size):
        with np.errstate(all="ignore"):  # states may be infinite, or too large for float32
            states, losses = _run(part, usual, batch)
            longer_losses = np.full_like(losses, np.nan)
            if longer is not None:
                _, longer_losses = _run(part, longer, held_out_batch(longer, data_seed))
            visited = states[:, *samples]
            h = visited[..., shown_part(config)]
            resting_states = _resting_states(part, visited)
            parts.append(Compared(h, losses, longer_losses, resting_states))
    return Compared(*map(np.concatenate, zip(*parts, strict=True)))


def _longer(usual: EchoConfig) -> EchoConfig | None:
    """Held-out rows with twice as many steps; or trials with the setting doubled that makes them
    longest, None if none does."""
    if usual.is_stream:
        twice = ("total_series_length", "truncated_backprop_length")  # the steps of windows too
        return usual.with_fields({name: 2 * getattr(usual, name) for name in twice})
    longest = usual
    for name, value in values_of(usual.the_task).items():
        if isinstance(value, int):
            with suppress(ConfigError, OwnError):
                other = held_out_config(usual, {name: 2 * value}, usual.batch_size)
                longest = max(longest, other, key=attrgetter("row_length"))
    return longest if longest is not usual else None


def _run(networks: FrozenPopulation, config: EchoConfig, batch: Batch) -> tuple[Floats, Floats]:
    """The states, [networks, steps, rows, carried], and the losses, [networks]."""
    x = np.ascontiguousarray(np.swapaxes(batch.x, 0, 1))
    zero = np.zeros((x.shape[1], carried_size(config)), np.float32)
    ran = networks.run(x, zero)
    by_network = ran.outputs.swapaxes(1, 2)
    losses = [measured(outputs, batch, config).loss for outputs in by_network]
    return ran.states, np.array(losses, np.float32)


# ---- states at rest


def _resting_states(networks: FrozenPopulation, visited: Floats) -> Counts:
    """The different states at which networks rest under zeros as they enter the cell, to which
    visited ones go, [networks, samples, carried]."""
    states = visited[:, :: max(1, visited.shape[1] // STARTS)]
    spreads = visited.std(axis=1).max(axis=-1)
    is_at_rest = np.zeros(states.shape[:2], np.bool_)
    for _ in range(MOST_STEPS // STEPS_AT_ONCE):
        left = np.flatnonzero(~is_at_rest.all(axis=1))
        if not len(left):
            break
        before, after = networks.only(left).compute(_under_zeros, states[left])
        moves = np.abs(after - before).max(axis=-1)
        is_at_rest[left] = moves <= RESTING * spreads[left, np.newaxis]
        states[left] = after

    counts = np.zeros(networks.networks, np.int32)
    for number, apart in enumerate(APART * spreads):
        ends = states[number, is_at_rest[number]]
        while len(ends):
            ends = ends[np.abs(ends - ends[0]).max(axis=1) > apart]
            counts[number] += 1
    return counts


def _under_zeros(config: EchoConfig, weights: Weights, states: Tensor) -> Tensors:
    """The states before and after the last of some steps, [starts, carried]."""
    zeros = tf.zeros([states.shape[0], config.input_size])

    def is_left(number: Tensor, *_: Tensor) -> Tensor:
        return number < STEPS_AT_ONCE

    def run_next(number: Tensor, _: Tensor, now: Tensor) -> Tensors:
        return number + 1, now, step(config, weights, zeros, now).state

    _, before, after = tf.while_loop(is_left, run_next, (tf.constant(0), states, states))
    return before, after
