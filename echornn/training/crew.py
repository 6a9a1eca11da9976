"""Those who train the shares of a population: a compiled call for each processor, on a thread of its own."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.model import carried_size, initial_weights
from echornn.progress import Floats
from echornn.training.bptt import Trained, call_numbers, dropout_key
from echornn.training.population_data import Block
from echornn.training.programs import Programs
from echornn.training.shares import Shares

RATES = 1
"""Which of the optimizer's variables are the learning rates; the one before it counts its steps."""


class Values(NamedTuple):
    """All that training changes, replicas on the first axis."""

    weights: dict[str, Floats]
    optimizer: tuple[npt.NDArray[Any], ...]
    carried_state: Floats


class Call(NamedTuple):
    """What all replicas are to train next."""

    block: Block
    first: int
    """Window of the block, from 0."""
    windows: int


class Crew:
    """Seats, on each of which shares take turns.

    Attributes:
        shares: how the replicas are shared out.
        devices: TensorFlow's name of each seat's.

    Args:
        configs: what each replica trains.
        devices: TensorFlow's names of where, one for each call that can run beside the others.
        programs: where the compiled loops come from, and go when the crew is gone.
    """

    def __init__(self, configs: Sequence[EchoConfig], devices: Sequence[str], programs: Programs) -> None:
        self.configs = tuple(configs)
        self.shares = Shares.of(configs[0], len(configs), len(devices))
        self.devices = list(devices[: self.shares.seats])
        self._seats = [programs.borrow_turns(configs[0], device, self.shares) for device in self.devices]
        for device, seat in zip(self.devices, self._seats, strict=True):
            weakref.finalize(self, programs.give_back_turns, configs[0], device, self.shares, seat)
        self._threads = ThreadPoolExecutor(len(self._seats), "population")
        weakref.finalize(self, self._threads.shutdown, wait=False)

    @property
    def compilations(self) -> int:
        """How often a loop was traced and compiled so far."""
        return sum(seat.compilations for seat in self._seats)

    def start(self, draw: int) -> None:
        """All that training changes as at the start, with the weights of this draw."""
        config, replicas = self.configs[0], len(self.configs)
        each = [initial_weights(one, draw) for one in self.configs]
        iteration, _, *slots = self._seats[0].loop.fresh_optimizer
        fresh = [np.stack([slot[..., 0] if self.shares.places else slot] * replicas) for slot in slots]
        self.load(
            Values(
                {name: np.stack([one[name] for one in each]) for name in each[0]},
                (np.full(replicas, iteration), self._rates, *fresh),
                np.zeros((replicas, config.batch_size, carried_size(config)), np.float32),
            )
        )

    def train(self, call: Call, draw: int) -> Trained:
        """Train every replica, each seat's shares one after the other, the seats at once.

        Returns:
            Numpy arrays, replicas last; losses and errors of the windows trained.
        """
        before = call.block.first_epoch * self.configs[0].windows_per_epoch
        keys = self.shares.filled([dropout_key(config, draw) for config in self.configs])

        def work(number: int) -> list[npt.NDArray[Any]]:
            numbers = [call_numbers(call.first, call.windows, before, *places) for places in keys[number]]
            with tf.device(self.devices[number]):
                x, y = call.block.x[number], call.block.y[number]
                losses, errors, *shown = self._seats[number](x, y, tf.constant(numbers))
                parts = [losses[:, : call.windows], errors[:, : call.windows], *shown]
            return [part.numpy() for part in parts]

        done = list(self._threads.map(work, range(len(self._seats))))
        return Trained(*map(self.shares.last, zip(*done, strict=True)))

    @property
    def values(self) -> Values:
        """A copy of all that training changes."""
        of_seats = ([variable.numpy() for variable in seat.values] for seat in self._seats)
        *weights_and_optimizer, carried = map(self._first, zip(*of_seats, strict=True))
        names = list(self._seats[0].loop.model.weights)
        weights = dict(zip(names, weights_and_optimizer, strict=False))
        return Values(weights, tuple(weights_and_optimizer[len(names) :]), carried)

    def load(self, values: Values) -> None:
        """Go on from these values."""
        iteration, *others = values.optimizer
        each = [*map(self.shares.placed, [*values.weights.values(), iteration, *others, values.carried_state])]
        if self.shares.places:  # all side by side have made the same number of steps
            each[len(values.weights)] = [steps[..., 0] for steps in each[len(values.weights)]]
        for number, seat in enumerate(self._seats):
            seat.assign([of_seats[number] for of_seats in each])

    def edit(self, configs: Sequence[EchoConfig]) -> None:
        """Train these from now on, which differ in live fields only."""
        self.configs = tuple(configs)
        for seat, rates in zip(self._seats, self.shares.placed(self._rates), strict=True):
            seat.values[len(seat.loop.model.weights) + RATES].assign(rates)

    @property
    def _rates(self) -> Floats:
        return np.array([config.learning_rate for config in self.configs], np.float32)

    def _first(self, of_seats: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
        """Replicas first; one number for a whole share is each one's."""
        if self.shares.places and of_seats[0].ndim == 1:
            of_seats = [np.repeat(steps[:, np.newaxis], self.shares.places, axis=1) for steps in of_seats]
        return self.shares.first(of_seats)
