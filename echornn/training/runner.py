"""The values that pass in and out of `LoneLoop` and `ShardThreads`, which train the replicas of a population."""

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
from echornn.training.rules import engine_of
from echornn.training.seen import seen
from echornn.training.shards import Shards


class Values(NamedTuple):
    """Everything that training changes, with replicas on the first axis."""

    weights: dict[str, Floats]
    optimizer: tuple[npt.NDArray[Any], ...]
    carried_state: Floats
    influence: dict[str, Floats]


class Call(NamedTuple):
    """The windows that all replicas train next."""

    block: Block
    first: int
    """The first window to train, counted from 0 in the block of data."""
    windows: int


def start_values(configs: Sequence[EchoConfig], init_index: int, optimizer: tuple[npt.NDArray[Any], ...]) -> Values:
    """The values at the start of training.

    Args:
        configs: the configuration of each replica.
        init_index: the number of the initial weights.
        optimizer: the optimizers' variables at the start.
    """
    each = [initial_weights(config, init_index) for config in configs]
    weights = {name: np.stack([one[name] for one in each]) for name in each[0]}
    shape = (len(configs), configs[0].batch_size, carried_size(configs[0]))
    return Values(weights, optimizer, np.zeros(shape, np.float32), no_influence(configs))


def no_influence(configs: Sequence[EchoConfig]) -> dict[str, Floats]:
    """What the learning rule carries at the start: zeros, float32 [replicas, ...] by name."""
    shapes = engine_of(configs[0]).carried(configs[0])
    return {name: np.zeros((len(configs), *shape), np.float32) for name, shape in shapes.items()}


def rates_of(configs: Sequence[EchoConfig]) -> Floats:
    """The learning rates, float32 [replicas]."""
    return np.array([config.learning_rate for config in configs], np.float32)


def fresh(of_one: Sequence[npt.NDArray[Any]], configs: Sequence[EchoConfig]) -> tuple[npt.NDArray[Any], ...]:
    """The optimizers' variables at the start, [replicas, ...].

    Args:
        of_one: the variables of one network's optimizer: iteration count, learning rate, slots.
        configs: the configuration of each replica.
    """
    iteration, _, *slots = of_one
    each = [np.broadcast_to(value, (len(configs), *np.shape(value))) for value in (iteration, *slots)]
    return each[0], rates_of(configs), *each[1:]


class LoneLoop:
    """Trains one network. No values are passed in or out of a call, so a call costs less than one of `ShardThreads`.

    Attributes:
        shards: the division of the replicas into shards.
        devices: TensorFlow's name of the device of each call.

    Args:
        config: the network's configuration.
        device: TensorFlow's name of the device.
        programs: lends the compiled loop, and takes it back when this object is deleted.
    """

    def __init__(self, config: EchoConfig, device: str, programs: Programs) -> None:
        self.shards = Shards.of(config, 1, 1)
        self.devices = [device]
        self._config = config
        self._device = device
        self._loop = programs.borrow(config, device)
        weakref.finalize(self, programs.give_back, config, device, self._loop)

    @property
    def compilations(self) -> int:
        """How many times a loop has been traced and compiled."""
        return self._loop.compilations

    def train(self, call: Call, init_index: int) -> LoopOutput:
        """Train every replica.

        Returns:
            NumPy arrays with replicas as the last axis; losses and errors of the windows that were trained.
        """
        before = call.block.first_epoch * self._config.windows_per_epoch
        numbers = np.array(
            call_numbers(call.first, call.windows, before, dropout_key(self._config, init_index)), np.int32
        )
        with tf.device(self._device):
            x, y, scored = call.block.of_call(0)
            trained = self._loop(x, y, tf.constant(numbers), *scored)
        losses, errors, *shown = (one.numpy()[..., np.newaxis] for one in trained)
        return LoopOutput(losses[: call.windows], errors[: call.windows], *shown)

    @property
    def values(self) -> Values:
        """A copy of everything that training changes."""
        return Values(
            {name: variable.numpy()[np.newaxis] for name, variable in self._loop.model.weights.items()},
            tuple(np.asarray(variable.numpy())[np.newaxis] for variable in self._loop.optimizer_variables),
            self._loop.carried_state.numpy()[np.newaxis],
            {name: variable.numpy()[np.newaxis] for name, variable in self._loop.influence.items()},
        )

    @property
    def fresh_optimizer(self) -> tuple[npt.NDArray[Any], ...]:
        """The optimizer's variables at the start, [replicas, ...]."""
        return fresh(self._loop.fresh_optimizer, [self._config])

    def load(self, values: Values) -> None:
        """Continue from these values."""
        each = [*values.weights.values(), *values.optimizer, values.carried_state, *values.influence.values()]
        for variable, value in zip(self._loop.changing, each, strict=True):
            variable.assign(value[0])

    def edit(self, configs: Sequence[EchoConfig]) -> None:
        """Train these configurations from now on, with their learning rates, by the same compiled program."""
        (self._config,) = configs
        self._loop.optimizer.learning_rate.assign(self._config.learning_rate)


class ShardThreads:
    """Trains several replicas, as `echornn.training.runner.LoneLoop` one. It trains shards on seats; a seat is a
    compiled program with a thread that makes its calls.

    Args:
        configs: the configuration of each replica.
        devices: TensorFlow's names of the devices, one for each call that can run at the same time.
        programs: lends the compiled programs, and takes them back when the threads have ended.
    """

    def __init__(self, configs: Sequence[EchoConfig], devices: Sequence[str], programs: Programs) -> None:
        self._configs = tuple(configs)
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
        """See `LoneLoop.compilations`."""
        return sum(seat.compilations for seat in self._seats)

    @property
    def fresh_optimizer(self) -> tuple[npt.NDArray[Any], ...]:
        """See `LoneLoop.fresh_optimizer`."""
        of_a_shard = self._seats[0].loop.fresh_optimizer
        of_one = [value[..., 0] if self.shards.places and value.ndim else value for value in of_a_shard]
        return fresh(of_one, self._configs)

    def train(self, call: Call, init_index: int) -> LoopOutput:
        """See `LoneLoop.train`. The seats work at the same time, and each makes its calls one after the other."""
        before = call.block.first_epoch * self._configs[0].windows_per_epoch
        shared = np.array(call_numbers(call.first, call.windows, before), np.int32)
        keys = self._keys_of(init_index)
        done: list[list[npt.NDArray[Any]]] = [[] for _ in keys]

        def work(seat: int) -> None:
            for number in range(seat, len(keys), len(self._seats)):
                numbers = np.concatenate([np.broadcast_to(shared, (len(keys[number]), 3)), keys[number]], 1)
                numbers[self.shards.turns :, 1] = 0  # unused shards train nothing
                with tf.device(self.devices[number]):
                    x, y, scored = call.block.of_call(number)
                    calls = tf.constant(numbers)
                    self._values[number], trained = self._seats[seat](self._values[number], x, y, calls, *scored)
                losses, errors, *shown = map(seen, trained)
                done[number] = [losses[:, : call.windows], errors[:, : call.windows], *shown]

        list(self._threads.map(work, range(len(self._seats))))
        return LoopOutput(*map(self.shards.last, zip(*done, strict=True)))

    @property
    def values(self) -> Values:
        """See `LoneLoop.values`."""
        of_calls = ([value.numpy() for value in values] for values in self._values)
        loop, every = self._seats[0].loop, map(self._first, zip(*of_calls, strict=True))
        weights = {name: next(every) for name in loop.model.weights}
        optimizer = tuple(next(every) for _ in loop.optimizer_variables)
        carried = next(every)
        return Values(weights, optimizer, carried, dict(zip(loop.influence, every, strict=True)))

    def load(self, values: Values) -> None:
        """See `LoneLoop.load`."""
        arrays = [*values.weights.values(), *values.optimizer, values.carried_state, *values.influence.values()]
        each = [*map(self.shards.placed, arrays)]
        # the networks of a shard have made the same number of steps, so they share this number
        if self.shards.places:
            steps = len(values.weights)
            each[steps] = [number[:, 0] for number in each[steps]]
        self._values = []
        for device, of_call in zip(self.devices, zip(*each, strict=True), strict=True):
            with tf.device(device):
                self._values.append([tf.constant(value) for value in of_call])

    def edit(self, configs: Sequence[EchoConfig]) -> None:
        """See `LoneLoop.edit`."""
        self._configs, self._keys = tuple(configs), None
        rate = len(self._seats[0].loop.model.weights) + 1  # after the weights, and the optimizer's steps
        placed = self.shards.placed(rates_of(configs))
        for device, values, rates in zip(self.devices, self._values, placed, strict=True):
            with tf.device(device):
                values[rate] = tf.constant(rates)

    def _keys_of(self, init_index: int) -> list[npt.NDArray[np.int32]]:
        """The keys of dropout: an array for each call, int32 [shards, replicas in a shard]. They stay the same until
        the initial weights change.
        """
        if self._keys is None or self._keys[0] != init_index:
            keys = np.array(
                [call_numbers(0, 0, 0, dropout_key(config, init_index))[3] for config in self._configs], np.int32
            )
            self._keys = init_index, [one.reshape(self.shards.room, -1) for one in self.shards.placed(keys)]
        return self._keys[1]

    def _first(self, of_calls: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
        """The values of all calls, with replicas as the first axis; a number that all networks of a shard share is
        repeated for each replica.
        """
        if self.shards.places and of_calls[0].ndim == 1:
            of_calls = [np.repeat(steps[:, np.newaxis], self.shards.places, axis=1) for steps in of_calls]
        return self.shards.first(of_calls)
