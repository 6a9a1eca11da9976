"""Trains the shards of a population: one compiled call for each processor, each on its own thread."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.model import initial_weights
from echornn.network.shapes import carried_size
from echornn.progress import Floats
from echornn.training.bptt import LoopOutput, call_numbers, dropout_key
from echornn.training.population_data import Block
from echornn.training.programs import Programs
from echornn.training.seen import seen
from echornn.training.shards import Shards


class Values(NamedTuple):
    """Everything that training changes, with replicas on the first axis."""

    weights: dict[str, Floats]
    optimizer: tuple[npt.NDArray[Any], ...]
    carried_state: Floats


class Call(NamedTuple):
    """The windows that all replicas train next."""

    block: Block
    first: int
    """The first window to train, counted from 0 in the block."""
    windows: int


class ShardThreads:
    """Trains shards on seats; a seat is a compiled program and a thread, on which its calls are made.

    Attributes:
        shards: the division of the replicas into shards.
        devices: TensorFlow's name of the device of each call.

    Args:
        configs: the configuration of each replica.
        devices: TensorFlow's names of the devices, one for each call that can run at the same time.
        programs: lends the compiled programs, and takes them back when the threads are gone.
    """

    def __init__(self, configs: Sequence[EchoConfig], devices: Sequence[str], programs: Programs) -> None:
        self.configs = tuple(configs)
        self.shards = Shards.of(configs[0], len(configs), len(devices))
        devices = devices[: self.shards.calls]
        self.devices = [devices[call % len(devices)] for call in range(self.shards.calls)]
        self._seats = [programs.borrow_turns(configs[0], device, self.shards) for device in devices]
        for device, seat in zip(devices, self._seats, strict=True):
            weakref.finalize(self, programs.give_back_turns, configs[0], device, self.shards, seat)
        self._threads = ThreadPoolExecutor(len(self._seats), "population")
        weakref.finalize(self, self._threads.shutdown, wait=False)
        self._values: list[list[tf.Tensor]] = []  # for each call, in the order of `ShardsInTurn`
        self._keys: tuple[int, list[npt.NDArray[np.int32]]] | None = None  # of a draw; see `_keys_of`

    @property
    def compilations(self) -> int:
        """How often a loop was traced and compiled so far."""
        return sum(seat.compilations for seat in self._seats)

    def start(self, draw: int) -> None:
        """Set everything that training changes to its start, with the weights of this draw."""
        self._keys = None
        config, replicas = self.configs[0], len(self.configs)
        each = [initial_weights(one, draw) for one in self.configs]
        iteration, _, *slots = self._seats[0].loop.fresh_optimizer
        one = [slot[..., 0] if self.shards.places and slot.ndim else slot for slot in slots]
        fresh = [np.stack([slot] * replicas) for slot in one]
        self.load(
            Values(
                {name: np.stack([one[name] for one in each]) for name in each[0]},
                (np.full(replicas, iteration), self._rates, *fresh),
                np.zeros((replicas, config.batch_size, carried_size(config)), np.float32),
            )
        )

    def train(self, call: Call, draw: int) -> LoopOutput:
        """Train every replica: the seats work at the same time, each makes its calls one after the other.

        Returns:
            Numpy arrays, replicas last; losses and errors of the windows that were trained.
        """
        before = call.block.first_epoch * self.configs[0].windows_per_epoch
        shared = np.array(call_numbers(call.first, call.windows, before), np.int32)
        keys = self._keys_of(draw)
        done: list[list[npt.NDArray[Any]]] = [[] for _ in keys]

        def work(seat: int) -> None:
            for number in range(seat, len(keys), len(self._seats)):
                numbers = np.concatenate([np.broadcast_to(shared, (len(keys[number]), 3)), keys[number]], 1)
                numbers[self.shards.turns :, 1] = 0  # unused shards train nothing
                with tf.device(self.devices[number]):
                    x, y = call.block.x[number], call.block.y[number]
                    calls = tf.constant(numbers)
                    self._values[number], trained = self._seats[seat](self._values[number], x, y, calls)
                losses, errors, *shown = map(seen, trained)
                done[number] = [losses[:, : call.windows], errors[:, : call.windows], *shown]

        list(self._threads.map(work, range(len(self._seats))))
        return LoopOutput(*map(self.shards.last, zip(*done, strict=True)))

    @property
    def values(self) -> Values:
        """A copy of everything that training changes."""
        of_calls = ([value.numpy() for value in values] for values in self._values)
        *weights_and_optimizer, carried = map(self._first, zip(*of_calls, strict=True))
        names = list(self._seats[0].loop.model.weights)
        weights = dict(zip(names, weights_and_optimizer, strict=False))
        return Values(weights, tuple(weights_and_optimizer[len(names) :]), carried)

    def load(self, values: Values) -> None:
        """Go on from these values."""
        each = [*map(self.shards.placed, [*values.weights.values(), *values.optimizer, values.carried_state])]
        # the networks of a shard have made the same number of steps, so they share these numbers
        if self.shards.places:
            for index, fresh in enumerate(self._seats[0].loop.fresh_optimizer, len(values.weights)):
                if not fresh.ndim:
                    each[index] = [number[:, 0] for number in each[index]]
        self._values = []
        for device, of_call in zip(self.devices, zip(*each, strict=True), strict=True):
            with tf.device(device):
                self._values.append([tf.constant(value) for value in of_call])

    def edit(self, configs: Sequence[EchoConfig]) -> None:
        """Train these configurations from now on; they differ from the earlier ones in live fields only."""
        self.configs = tuple(configs)
        rate = len(self._seats[0].loop.model.weights) + 1  # after the weights, and the optimizer's steps
        for device, values, rates in zip(self.devices, self._values, self.shards.placed(self._rates), strict=True):
            with tf.device(device):
                values[rate] = tf.constant(rates)

    def _keys_of(self, draw: int) -> list[npt.NDArray[np.int32]]:
        """Dropout's keys for each call, [room, places]; they stay the same for all calls until the next draw."""
        if self._keys is None or self._keys[0] != draw:
            keys = np.array([call_numbers(0, 0, 0, dropout_key(config, draw))[3] for config in self.configs], np.int32)
            self._keys = draw, [one.reshape(self.shards.room, -1) for one in self.shards.placed(keys)]
        return self._keys[1]

    @property
    def _rates(self) -> Floats:
        return np.array([config.learning_rate for config in self.configs], np.float32)

    def _first(self, of_calls: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
        """The calls' values with replicas first; a number that a whole shard has in common is repeated for each
        replica.
        """
        if self.shards.places and of_calls[0].ndim == 1:
            of_calls = [np.repeat(steps[:, np.newaxis], self.shards.places, axis=1) for steps in of_calls]
        return self.shards.first(of_calls)
