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
from echornn.probes.state_plane import MOST_SAMPLES
from echornn.progress import Counts, Floats
from echornn.solutions import (
    Distance,
    Integers,
    Solutions,
    are_comparable,
    clustered,
    distances_between,
    scaled,
)
from echornn.state import PopulationState
from echornn.tasks.task import Batch, settings_of

# Steps of all rows, of which the states are chosen; more rows than a few, so that losses are not
# those of a few inputs. By eye
STEPS, LEAST_ROWS, MOST_ROWS = 1024, 4, 64

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
    if not are_comparable(networks, config.state_size):
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
        places=scaling.places.astype(np.float32),
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
    usual = _data(held_out_config(config, trials=rows), data_seed)
    longer_config = _longer(config, rows)
    longer = _data(longer_config, data_seed) if longer_config is not None else None
    samples = _samples(usual.batch)

    networks = FrozenPopulation(config, population.weights)
    parts = []
    for part in networks.parts(2 * usual.batch.scored.size):
        with np.errstate(all="ignore"):  # states may be infinite, or too large for float32
            outputs, states = _run(part, usual)
            visited = states[:, *samples]
            longer_losses = np.full(part.networks, np.nan, np.float32)
            if longer is not None:
                longer_losses = longer.losses(_run(part, longer)[0])
            parts.append(
                Compared(
                    visited[..., shown_part(config)],
                    usual.losses(outputs),
                    longer_losses,
                    _resting_states(part, visited),
                )
            )
    return Compared(*map(np.concatenate, zip(*parts, strict=True)))


class Data(NamedTuple):
    config: EchoConfig
    batch: Batch

    def losses(self, outputs: Floats) -> Floats:
        """Of each network, by outputs [networks, steps, rows, ...]."""
        losses = []
        for of_one in outputs.swapaxes(1, 2):
            losses.append(measured(of_one, self.batch, self.config).loss)
        return np.array(losses, np.float32)


def _data(config: EchoConfig, data_seed: int | None) -> Data:
    return Data(config, held_out_batch(config, data_seed))


def _longer(config: EchoConfig, rows: int) -> EchoConfig | None:
    """Rows with twice as many steps; or trials with the setting doubled that makes them longest,
    None if none does."""
    usual = held_out_config(config, trials=rows)
    if config.is_stream:
        twice = ("total_series_length", "truncated_backprop_length")  # the steps of windows too
        return usual.with_fields({name: 2 * getattr(usual, name) for name in twice})
    longest = usual
    for setting in settings_of(config.the_task):
        value = getattr(config.the_task, setting.name)
        if isinstance(value, int):
            with suppress(ConfigError, OwnError):
                other = held_out_config(config, {setting.name: 2 * value}, rows)
                longest = max(longest, other, key=attrgetter("row_length"))
    return longest if longest is not usual else None


def _samples(batch: Batch) -> tuple[Integers, Integers]:
    """The steps and rows of the states that are compared."""
    is_read = batch.scored.T > 0
    if is_read.sum() < MOST_SAMPLES:
        is_read = np.ones_like(is_read)
    steps, rows = np.nonzero(is_read)
    evenly = np.linspace(0, len(steps) - 1, min(MOST_SAMPLES, len(steps)))
    chosen = evenly.round().astype(int)
    return steps[chosen], rows[chosen]


def _run(networks: FrozenPopulation, data: Data) -> tuple[Floats, Floats]:
    """The outputs, and the states, both [networks, steps, rows, ...]."""
    x = np.ascontiguousarray(np.swapaxes(data.batch.x, 0, 1))
    zero = np.zeros((x.shape[1], carried_size(networks.config)), np.float32)
    ran = networks.run(x, zero)
    return ran.outputs, ran.states


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
