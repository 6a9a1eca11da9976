"""Those who train the shares of a population: a compiled loop for each processor, on a thread of its own."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from echornn.config import EchoConfig
from echornn.training.bptt import Trained, call_of, dropout_key
from echornn.training.population_data import Block
from echornn.training.programs import Programs
from echornn.training.shares import Seat, Share, Values, share_size


class Call(NamedTuple):
    """What all shares are to train next."""

    block: Block
    first: int
    """Window of the block, from 0."""
    windows: int


class Crew:
    """Shares, and seats that they take turns on.

    Attributes:
        shares: in the order of the replicas.

    Args:
        configs: what each replica trains.
        devices: TensorFlow's names of where, one for each call that can run beside the others.
        programs: where the compiled loops come from, and go when the crew is gone.
    """

    def __init__(self, configs: Sequence[EchoConfig], devices: Sequence[str], programs: Programs) -> None:
        places = share_size(configs[0], len(configs), len(devices))
        each = places or 1
        self._slices = [slice(begin, begin + each) for begin in range(0, len(configs), each)]
        self._devices = devices[: len(self._slices)]
        self.shares = [
            Share(configs[which], places, self._devices[number % len(self._devices)])
            for number, which in enumerate(self._slices)
        ]
        loops = [programs.borrow(configs[0], device, places) for device in self._devices]
        for loop, device in zip(loops, self._devices, strict=True):
            weakref.finalize(self, programs.give_back, configs[0], device, loop, places)
        self._seats = [Seat(loop) for loop in loops]
        self._threads = ThreadPoolExecutor(len(loops), "population")
        weakref.finalize(self, self._threads.shutdown, wait=False)

    @property
    def compilations(self) -> int:
        """How often a loop was traced and compiled so far."""
        return sum(seat.loop.compilations for seat in self._seats)

    def start(self, draw: int) -> None:
        """All that training changes as at the start, with the weights of this draw."""
        fresh = self._seats[0].loop.fresh_optimizer
        for share in self.shares:
            share.values = share.start(draw, fresh)

    def train(self, call: Call, draw: int) -> Trained:
        """Train every share, each seat's one after the other, the seats at once.

        Returns:
            Numpy arrays, replicas last; losses and errors of the windows trained.
        """
        done: list[list[npt.NDArray[Any]]] = [[] for _ in self.shares]

        def work(number: int) -> None:
            seat = self._seats[number]
            for index in range(number, len(self.shares), len(self._seats)):
                share = self.shares[index]
                seat.hold(share)
                keys = [dropout_key(config, draw) for config in share.filled]
                before = call.block.first_epoch * share.configs[0].windows_per_epoch
                with tf.device(share.device):
                    numbers = call_of(call.first, call.windows, before, *keys)
                    losses, errors, *shown = seat.loop(call.block.x[index], call.block.y[index], numbers)
                    parts = [losses[: call.windows], errors[: call.windows], *shown]
                done[index] = [part.numpy() for part in parts]

        list(self._threads.map(work, range(len(self._seats))))
        return Trained(*(self.joined(parts) for parts in zip(*done, strict=True)))

    def joined(self, parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
        """Arrays of all shares side by side, replicas last, without the places left over."""
        if not self.shares[0].places:
            return np.stack(parts, axis=-1)
        taken = [part[..., : len(share.configs)] for part, share in zip(parts, self.shares, strict=True)]
        return np.concatenate(taken, axis=-1)

    @property
    def values(self) -> Values:
        """A copy of all that training changes."""
        seats = self._seats
        each = [seats[index % len(seats)].read(share) for index, share in enumerate(self.shares)]
        return Values(
            {name: np.concatenate([one.weights[name] for one in each]) for name in each[0].weights},
            tuple(np.concatenate(parts) for parts in zip(*(one.optimizer for one in each), strict=True)),
            np.concatenate([one.carried_state for one in each]),
        )

    def load(self, values: Values) -> None:
        """Go on from these values."""
        for share, which in zip(self.shares, self._slices, strict=True):
            share.values = Values(
                {name: value[which] for name, value in values.weights.items()},
                tuple(value[which] for value in values.optimizer),
                values.carried_state[which],
            )

    def edit(self, configs: Sequence[EchoConfig]) -> None:
        """Train these from now on, which differ in live fields only."""
        values = self.values
        for share, which in zip(self.shares, self._slices, strict=True):
            share.configs = tuple(configs[which])
        iteration, _, *slots = values.optimizer
        rates = np.concatenate([share.rates for share in self.shares])
        self.load(values._replace(optimizer=(iteration, rates, *slots)))
