"""Compiled training programs and chosen devices by structure, so that no structure is compiled
twice."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from echornn.config import EchoConfig
from echornn.training import kept_programs
from echornn.training.device import begin, chosen_device, threads_for
from echornn.training.loop import EpochSeries, Trained, Values, nothing_trained, train
from echornn.training.structure import NO_DEVICES, Devices, program_key, structure
from echornn.training.traced import Traced

if TYPE_CHECKING:
    from echornn.training.shards import Division

MAPPINGS_USED_AT_MOST = 0.8
"""The share of the system's memory mappings that compiled programs may use. A compilation keeps 230
to 360 of them and 27 to 37 MiB until the process ends; Linux allows 65 530, then native code aborts
the process.
"""


class OutOfMappingsError(RuntimeError):
    """A program would have to be compiled, and too many memory mappings are in use."""


class Programs:
    """The programs and devices that trainers share, from the devices on which another process
    trained networks."""

    def __init__(self, devices: Devices = NO_DEVICES) -> None:
        self._devices_before = devices
        self._devices: dict[EchoConfig, str] = {}
        self._programs: dict[object, Program] = {}

    def device_for(
        self, config: EchoConfig, replicas: int, train: Callable[[str, int], None]
    ) -> str:
        """The device of a structure is chosen once, so that windows that are trained again have the
        same bits."""
        begin(threads_for(config, replicas == 1))
        key = replace(program_key(config), replicas=replicas)
        if key not in self._devices:
            self._devices[key] = chosen_device(config, train, self._devices_before.get(key))
        return self._devices[key]

    def program(self, config: EchoConfig, division: Division, epochs: int, on_cpu: bool) -> Program:
        key = structure(config), division.places, division.capacity, epochs, on_cpu
        return self._programs.setdefault(key, Program(config, division, on_cpu, repr(key)))


# One compilation at a time: for the numbers of a trace, the mappings, and the folder of programs
_compiling = Lock()


class Program:
    """The compiled call that trains some shards one after the other, for all calls, trainers and
    devices."""

    def __init__(self, config: EchoConfig, division: Division, on_cpu: bool, name: str) -> None:
        self._config = config
        self._division = division
        self._on_cpu = on_cpu
        self._name = name
        self._traced: Traced | None = None
        self._devices: set[str] = set()  # on which it is compiled
        self.compilations = 0

    def __call__(
        self, device: str, values: Values, calls: npt.NDArray[np.int32], data: list[tf.Tensor]
    ) -> tuple[Values, Trained]:
        """Train windows of each shard; the first call on a device compiles.

        Args:
            values: of the shards, [capacity, ..., places].
            calls: for each shard a packed `Call`, int32 [capacity, numbers].
            data: x, y, and perhaps scored, of all shards end to end.
        """
        if device in self._devices:
            return self._call(device, values, calls, data)
        with _compiling:
            _require_mappings()
            try:
                results = self._call(device, values, calls, data)
            except tf.errors.OpError as error:
                folder = kept_programs.folder_at_fault(error)
                if folder is None:
                    raise
                self._traced = None  # XLA would repeat this error
                with kept_programs.replaced_by_memory(folder, error):
                    results = self._call(device, values, calls, data)
        self._devices.add(device)
        return results

    def _call(
        self, device: str, values: Values, calls: npt.NDArray[np.int32], data: list[tf.Tensor]
    ) -> tuple[Values, Trained]:
        if self._traced is None:
            arguments = values, tf.constant(calls), *data
            # The name does not say what a user's cell computes
            is_kept = isinstance(self._config.cell, str)
            self._traced = Traced(self._name, self._train_shards, *arguments, is_kept=is_kept)
            self.compilations += 1
        with tf.device(device):
            results = self._traced(values, tf.constant(calls), *data)
        count = len(tf.nest.flatten(values))
        return tf.nest.pack_sequence_as(values, results[:count]), Trained(*results[count:])

    def _train_shards(
        self, values: Values, calls: tf.Tensor, x: tf.Tensor, y: tf.Tensor, *scored: tf.Tensor
    ) -> Any:
        places, capacity = self._division.places, self._division.capacity
        replicas = [places] if places else []

        # Made within the loop over shards: TensorFlow numbers the constants that a loop gets from
        # outside in a random order, and the program would hardly ever be found on disk
        def nothing() -> Trained:
            return nothing_trained(self._config, self._division.windows_per_call, replicas)

        def train_shard(
            shard: tuple[Values, tf.Tensor, tf.Tensor | int],
        ) -> tuple[Values, Trained]:
            values, call, begin = shard
            series = EpochSeries(x, y, scored[0] if scored else None, begin)
            return train(self._config, values, nothing(), series, call, self._on_cpu)

        if capacity == 1:
            values = tf.nest.map_structure(lambda array: tf.squeeze(array, 0), values)
            results = train_shard((values, calls[0], 0))
            return tf.nest.map_structure(lambda array: tf.expand_dims(array, 0), results)

        def form(array: tf.Tensor) -> tf.TensorSpec:
            return tf.TensorSpec(array.shape, array.dtype)

        def shard_form(array: tf.Tensor) -> tf.TensorSpec:
            return tf.TensorSpec(array.shape[1:], array.dtype)

        forms = (
            tf.nest.map_structure(shard_form, values),
            tf.nest.map_structure(form, nothing()),
        )
        begins = tf.range(capacity) * (x.shape[0] // capacity)
        return tf.map_fn(train_shard, (values, calls, begins), fn_output_signature=forms)


def _require_mappings() -> None:
    with contextlib.suppress(OSError), open("/proc/self/maps", "rb") as mappings:
        allowed = int(Path("/proc/sys/vm/max_map_count").read_text())
        used = sum(1 for _ in mappings) / allowed
        if used > MAPPINGS_USED_AT_MOST:
            raise OutOfMappingsError(
                f"compiled programs use {used:.0%} of this process's memory mappings: start the "
                "program again to go on"
            )
