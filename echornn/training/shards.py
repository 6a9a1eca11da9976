"""Divides the replicas of a population into calls of a compiled program, makes their data, and
trains them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from echornn.config import MAX_LAYERS, EchoConfig
from echornn.data import data_side_by_side
from echornn.network.shapes import is_trained_alone
from echornn.training.loop import LARGEST, Call, Trained, Values
from echornn.training.memory import MAX_WINDOWS_PER_CALL, epochs_in_a_block
from echornn.training.programs import Programs

# Replicas of a shard side by side. Measured with the tutorial's sizes on one core: a window costs
# 10 us, and 1 us for each replica; fewer are faster one by one, with more, cache misses cancel the
# gain.
LEAST, MOST = 8, 128
# The replicas that a vector operation of the processor computes; a shard is filled up to a multiple
# of this
VECTOR = 8
TURNS = 8  # the most shards of a call: enough to make the fixed cost of a call, 0.4 ms, negligible
# The most that it returns: it allocates memory for all, however few windows it trains
LOSSES_PER_CALL = 1 << 16
# Between the random keys of two seeds, for the initial weights of each; chosen by eye
SEED_STEP = 1_000_003

Array = npt.NDArray[Any]


class Division(NamedTuple):
    """Calls at the same time, shards of each in turn, replicas side by side; unused places repeat
    the last."""

    replicas: int
    calls: int
    turns: int  # the shards that each call trains
    # The replicas side by side in a shard; 0 if each is trained alone, without an axis of replicas
    places: int

    @classmethod
    def fastest(cls, config: EchoConfig, replicas: int, at_once: int) -> Division:
        """For so many calls at once. Large networks, or few, gain nothing side by side."""
        if is_trained_alone(config) or divided(replicas, at_once) < LEAST:
            return cls._one_by_one(replicas, at_once)
        return cls._side_by_side(replicas, at_once)

    @classmethod
    def _one_by_one(cls, replicas: int, at_once: int) -> Division:
        """100 replicas, 4 calls at once: 25 for each processor, in 4 rounds of at most 8. In 16
        calls, each would train 7 or fewer; with 7 in each, 15 calls are enough.
        """
        rounds = divided(divided(replicas, at_once), TURNS)
        turns = divided(replicas, at_once * rounds)
        calls = divided(replicas, turns)
        return cls(replicas, calls, turns, places=0)

    @classmethod
    def _side_by_side(cls, replicas: int, at_once: int) -> Division:
        """1100 replicas, 4 calls at once: 275 for each processor, in 3 shards of at most 128, which
        one call trains. Each of the 12 shards gets 92 replicas, and 96 places.
        """
        shards = divided(divided(replicas, at_once), MOST)  # of each processor
        rounds = divided(shards, TURNS)
        turns = divided(shards, rounds)
        places = VECTOR * divided(replicas, at_once * rounds * turns * VECTOR)
        # Where places were filled up, fewer calls may hold all
        calls = divided(replicas, turns * places)
        return cls(replicas, calls, turns, places)

    @property
    def capacity(self) -> int:
        """The shards in the arrays of a call: a power of two, so that few programs are compiled for
        all sizes."""
        return 1 << (self.turns - 1).bit_length()

    @property
    def windows_per_call(self) -> int:
        return min(MAX_WINDOWS_PER_CALL, LOSSES_PER_CALL // (self.capacity * (self.places or 1)))

    @property
    def numbers(self) -> npt.NDArray[np.intp]:
        """The replica at each place, [calls, capacity, places, at least 1]."""
        places = self.places or 1
        numbers = np.minimum(np.arange(self.calls * self.turns * places), self.replicas - 1)
        turns = np.minimum(np.arange(self.capacity), self.turns - 1)
        return numbers.reshape(self.calls, self.turns, places)[:, turns]

    def placed(self, values: Array) -> list[Array]:
        """Values of the replicas, [replicas, ...], for each call: [capacity, ..., places]."""
        whole = values[self.numbers]
        return list(np.moveaxis(whole, 2, -1) if self.places else whole[:, :, 0])

    def together(self, calls: Sequence[Array]) -> Array:
        """The values of the calls, [capacity, ..., places], with replicas last: [..., replicas]."""
        whole = np.concatenate([values[: self.turns] for values in calls])
        if self.places == 0:
            return np.moveaxis(whole[: self.replicas], 0, -1)
        turns, *shape, places = whole.shape
        whole = np.moveaxis(whole, 0, -2).reshape(*shape, turns * places)
        return whole[..., : self.replicas]


def divided(number: int, by: int) -> int:
    """The quotient, rounded up."""
    return -(-number // by)


class Block(NamedTuple):
    """The data of some epochs, on the devices."""

    data_version: int
    first_epoch: int
    epochs: int
    # For each the `EpochData` of its shards end to end: [shards * epochs * row length]
    calls: list[list[tf.Tensor]]

    def holds(self, data_version: int, epoch: int) -> bool:
        return self.data_version == data_version and 0 <= epoch - self.first_epoch < self.epochs


class Shards:
    """The replicas' values and data, and the threads that train them, one for each device of calls
    at the same time."""

    def __init__(
        self, configs: Sequence[EchoConfig], devices: Sequence[str], programs: Programs
    ) -> None:
        config = configs[0]
        self.configs = tuple(configs)
        self.division = Division.fastest(config, len(configs), len(devices))
        self.epochs = epochs_in_a_block(config, len(configs))
        self.program = programs.program(config, self.division, self.epochs, "CPU" in devices[0])
        self._at_once = min(len(devices), self.division.calls)
        self._devices = [devices[call % self._at_once] for call in range(self.division.calls)]
        self._values: list[Values] = []  # of each call, on its device
        self._block: Block | None = None
        self._ahead: Future[Block] | None = None
        self._data_thread = ThreadPoolExecutor(1, "data")
        self._threads = ThreadPoolExecutor(self._at_once, "calls")

    def take_data(self, other: Shards) -> None:
        """Take the data of the same networks with other live fields, unless it changes."""
        has_same_data = all(map(EchoConfig.same_data, other.configs, self.configs))
        if has_same_data and self.division == other.division:
            self._block = other._block
            self._ahead = other._ahead

    @property
    def values(self) -> Values:
        """In arrays, [replicas, ...]."""

        def replicas_first(*calls: tf.Tensor) -> Array:
            whole = self.division.together([values.numpy() for values in calls])
            return np.ascontiguousarray(np.moveaxis(whole, -1, 0))

        values: Values = tf.nest.map_structure(replicas_first, *self._values)
        return values

    @values.setter
    def values(self, values: Values) -> None:
        arrays = list(map(self.division.placed, tf.nest.flatten(values)))
        self._values = []
        for call, device in enumerate(self._devices):
            with tf.device(device):
                tensors = [tf.constant(calls[call]) for calls in arrays]
            self._values.append(tf.nest.pack_sequence_as(values, tensors))

    def block(self, data_version: int, epoch: int) -> Block:
        """The data with this epoch.

        The next is made in advance, except for a lone network: its series may be long.
        """
        block = self._block
        if block is None or not block.holds(data_version, epoch):
            # Release it first, so that two blocks do not take memory at the same time
            block = self._block = None
            block = self._block = self._block_made_ahead(data_version, epoch)
        if block is None:
            block = self._block = self._make_block(data_version, epoch)

        following = block.first_epoch + self.epochs
        is_wanted = len(self.configs) > 1 and following < self.configs[0].num_epochs
        if is_wanted and self._ahead is None and self.program.compilations:
            self._ahead = self._data_thread.submit(self._make_block, data_version, following)
        return block

    def _block_made_ahead(self, data_version: int, epoch: int) -> Block | None:
        """None if other data are wanted now, or with an error, which is raised again if it is of
        these data."""
        ahead = self._ahead
        self._ahead = None
        if ahead is None or ahead.exception() is not None:
            return None
        block = ahead.result()
        return block if block.holds(data_version, epoch) else None

    def _make_block(self, data_version: int, first_epoch: int) -> Block:
        epochs = range(first_epoch, first_epoch + self.epochs)
        calls = []
        for device, shards in zip(self._devices, self.division.numbers, strict=True):
            drawn: list[list[Array]] = []
            for replicas in shards[: self.division.turns]:
                drawn += [self._draw(replicas, data_version, epoch) for epoch in epochs]
            # Unused shards train nothing, but a program has room for them
            unused = self.division.capacity - self.division.turns
            drawn += drawn[-1:] * (unused * self.epochs)
            with tf.device(device):
                calls.append(list(map(tf.constant, map(end_to_end, *drawn))))
        return Block(data_version, first_epoch, self.epochs, calls)

    def _draw(self, replicas: npt.NDArray[np.intp], data_version: int, epoch: int) -> list[Array]:
        """x, y, and perhaps scored, of a shard: [row length, batch, ..., places]."""
        # Unused places repeat the last replica's data, which is drawn once
        used, places = np.unique(replicas, return_inverse=True)
        configs = [self.configs[replica] for replica in used]
        data = data_side_by_side(configs, data_version, epoch)
        arrays = [array for array in data if array is not None]
        if self.division.places == 0:
            return [array[..., 0] for array in arrays]
        if len(used) == len(replicas):
            return arrays
        return [array[..., places] for array in arrays]

    def window(self, block: Block, steps: slice) -> list[Array]:
        """Inputs, targets and which of them count, of some time steps, [steps, batch, ...,
        replicas]."""
        shards = self.division.capacity

        def steps_of(tensor: tf.Tensor) -> Array:
            shape = [shards, -1, *tensor.shape[1:]]
            if "GPU" in tensor.device:  # only these steps are copied
                return view(tf.reshape(tensor, shape)[:, steps])
            return view(tensor).reshape(shape)[:, steps]

        calls = [map(steps_of, data) for data in block.calls]
        arrays = list(map(self.division.together, zip(*calls, strict=True)))
        if len(arrays) == 2:
            shape = steps.stop - steps.start, self.configs[0].batch_size, len(self.configs)
            arrays.append(np.broadcast_to(np.True_, shape))
        return arrays

    def train(self, block: Block, first: int, windows: int, init_index: int) -> Trained:
        """Train windows in every replica, from the ``first`` of the block on; arrays with replicas
        as the last axis."""
        config, division = self.configs[0], self.division
        windows_before = block.first_epoch * config.windows_per_epoch
        call = Call.packed(config, first, windows, windows_before)
        keys = division.placed(self._random_keys(init_index))
        results: list[Any] = [None] * division.calls

        def train_call(number: int) -> None:
            # A row for each shard: what all have in common, then its own keys
            common = np.broadcast_to(call, (division.capacity, len(call)))
            own = keys[number].reshape(division.capacity, -1)
            rows = np.concatenate([common, own], axis=1)
            rows[division.turns :, 1] = 0  # unused shards train no window
            self._values[number], trained = self.program(
                self._devices[number], self._values[number], rows, block.calls[number]
            )
            losses, errors, norms, *last_window = map(view, trained)
            of_windows = [array[:, :windows] for array in (losses, errors, norms)]
            results[number] = [*of_windows, *last_window]

        def train_calls(thread: int) -> None:
            for number in range(thread, division.calls, self._at_once):
                train_call(number)

        if self._at_once == 1:
            train_calls(0)  # without another thread
        else:
            list(self._threads.map(train_calls, range(self._at_once)))  # raises their errors
        return Trained(*map(division.together, zip(*results, strict=True)))

    def _random_keys(self, init_index: int) -> npt.NDArray[np.int32]:
        """Of dropout and noise, [replicas]; the loop adds the number of the window. 0 if there is
        neither."""
        config = self.configs[0]
        if not config.dropout and not config.the_cell.noise:
            return np.zeros(len(self.configs), np.int32)
        seeds = [config.seed * SEED_STEP + init_index for config in self.configs]
        # In Python's whole numbers, since seeds are large: each layer adds its number to the key
        return np.array([seed * MAX_LAYERS & LARGEST for seed in seeds], np.int32)


def end_to_end(*parts: Array) -> Array:
    """One array, not copied if it is alone."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def view(tensor: tf.Tensor) -> Array:
    """The numbers of a tensor, which cannot be changed.

    On the CPU nothing is copied, and the view keeps the tensor alive.
    """
    return np.asarray(memoryview(tensor))
