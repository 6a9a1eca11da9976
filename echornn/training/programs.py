"""Compiled training programs and selected devices by structure, so that no structure is compiled
twice; also on disk.

The keys of XLA's cache contain neither its flags nor the processor, so each kind of process has its
own folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Lock, get_ident
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorflow.python.framework import ops

from echornn.config import EchoConfig
from echornn.runtime import small_loops
from echornn.runtime.user_folders import cache_folder
from echornn.training.device import begin, chosen_device, threads_for, usable_processors
from echornn.training.loop import Trained, Values, nothing_trained, train
from echornn.training.structure import NO_DEVICES, Devices, program_key, structure

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
        self._made: dict[object, Program] = {}
        self._devices_here: dict[EchoConfig, str] = {}

    def device_for(
        self, config: EchoConfig, replicas: int, train: Callable[[str, int], None]
    ) -> str:
        """The device of a structure is selected once, so that windows that are trained again have
        the same bits."""
        begin(threads_for(config, replicas == 1))
        program = replace(program_key(config), replicas=replicas)
        if program not in self._devices_here:
            self._devices_here[program] = chosen_device(
                config, train, self._devices_before.get(program)
            )
        return self._devices_here[program]

    def of(self, config: EchoConfig, division: Division, epochs: int, on_cpu: bool) -> Program:
        key = structure(config), division.places, division.capacity, epochs, on_cpu
        return self._made.setdefault(key, Program(config, division, on_cpu, repr(key)))


_compiling = Lock()
_traced: Counter[str] = Counter()


class Program:
    """The compiled call that trains some shards one after the other, for all calls, trainers and
    devices."""

    def __init__(self, config: EchoConfig, division: Division, on_cpu: bool, name: str) -> None:
        self._config, self._division, self._on_cpu, self._name = config, division, on_cpu, name
        self.compilations = 0
        self._compiled: Any = None
        self._devices: set[str] = set()

    def __call__(
        self, device: str, values: Values, numbers: npt.NDArray[np.int32], data: list[tf.Tensor]
    ) -> tuple[Values, Trained]:
        """Train windows of each shard, compiled by the first call on a device: values are
        [capacity, ..., places], numbers, int32 [capacity, 3 + keys], the ``call`` of `train` for
        each, and data those of the shards end to end.
        """
        if device in self._devices:
            return self._called(device, values, numbers, data)
        with _compiling:
            _refuse_when_mappings_run_out()
            try:
                results = self._called(device, values, numbers, data)
            except tf.errors.OpError as error:
                if _descriptor is None or not _is_about_kept_programs(error, _descriptor):
                    raise
                _remove_unreadable(error, _descriptor)
                self._compiled = None  # XLA would repeat this error
                with _kept_in_memory(_descriptor):
                    results = self._called(device, values, numbers, data)
        self._devices.add(device)
        return results

    def _called(
        self, device: str, values: Values, numbers: npt.NDArray[np.int32], data: list[tf.Tensor]
    ) -> tuple[Values, Trained]:
        if self._compiled is None:
            function = tf.function(self._run, jit_compile=True, autograph=False)
            with _names_of_its_own(self._name):
                self._compiled = function.get_concrete_function(values, tf.constant(numbers), *data)
            self.compilations += 1
        with tf.device(device):  # called as a user would, it takes 0.3 ms to look at the tensors
            tensors = tf.nest.flatten((values, tf.constant(numbers), data))
            results: tuple[Values, Trained] = self._compiled._call_flat(
                tensors, self._compiled.captured_inputs
            )
        return results

    def _run(
        self, values: Values, numbers: tf.Tensor, x: tf.Tensor, y: tf.Tensor, *scored: tf.Tensor
    ) -> Any:
        places, capacity = self._division.places, self._division.capacity
        nothing = nothing_trained(
            self._config, self._division.windows_per_call, [places] if places else []
        )

        def shard(its: tuple[Values, tf.Tensor, tf.Tensor | int]) -> tuple[Values, Trained]:
            values, call, begin = its
            return train(
                self._config, values, nothing, x, y, call, begin, *scored, on_cpu=self._on_cpu
            )

        if capacity == 1:
            trained = shard((tf.nest.map_structure(lambda one: one[0], values), numbers[0], 0))
            return tf.nest.map_structure(lambda one: one[tf.newaxis], trained)
        begins = tf.range(capacity) * (x.shape[0] // capacity)
        after = tf.nest.map_structure(lambda one: tf.TensorSpec(one.shape[1:], one.dtype), values)
        shown = tf.nest.map_structure(lambda one: tf.TensorSpec(one.shape, one.dtype), nothing)
        return tf.map_fn(shard, (values, numbers, begins), fn_output_signature=(after, shown))


@contextlib.contextmanager
def _names_of_its_own(program: str) -> Iterator[None]:
    """Let TensorFlow number what it traces by the program alone: XLA finds a program on disk by the
    names in it."""
    ops.get_default_graph()  # is made, and numbered, at its first use in a thread
    _traced[program] += 1
    name = f"{program} {_traced[program]}".encode()
    numbers = itertools.count(int.from_bytes(hashlib.sha256(name).digest()[:5]) << 20)
    thread, uid = get_ident(), ops.uid
    ops.uid = lambda: next(numbers) if get_ident() == thread else uid()
    try:
        yield
    finally:
        ops.uid = uid


def _refuse_when_mappings_run_out() -> None:
    with contextlib.suppress(OSError), open("/proc/self/maps", "rb") as lines:
        used = sum(1 for _ in lines) / int(Path("/proc/sys/vm/max_map_count").read_text())
        if used > MAPPINGS_USED_AT_MOST:
            raise OutOfMappingsError(
                f"compiled programs use {used:.0%} of this process's memory mappings: start the "
                "program again to go on"
            )


MOST_FILES = 200  # of a folder; if there are more, it begins again
LEAST_FREE = 256 << 20  # bytes of the disk
FLAGS, DESCRIPTORS = "TF_XLA_FLAGS", Path("/proc/self/fd")
MEMORY = Path("/dev/shm")

_descriptor: int | None = None  # of the folder in which XLA keeps programs, by which XLA knows it


def keep(threads: int) -> None:
    """Keep programs in the user's cache folder, unless ``ECHORNN_KEEP_PROGRAMS`` is 0. Call this
    before TensorFlow's threads are set, or its devices are looked for, since XLA then reads its
    flags; they are removed from the environment again, since other processes lack the descriptor.
    Flags of the user's own are kept.
    """
    global _descriptor
    has_own_flags = FLAGS in os.environ or small_loops.are_a_file(
        os.environ.get(small_loops.VARIABLE, "")
    )
    is_off = os.environ.get("ECHORNN_KEEP_PROGRAMS") == "0" or not DESCRIPTORS.is_dir()
    if _descriptor is not None or has_own_flags or is_off:
        return
    with contextlib.suppress(OSError):
        folder = cache_folder() / "programs" / kind_of_programs(threads)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)  # fails if it is not the user's
        if shutil.disk_usage(folder).free < LEAST_FREE:
            return
        if len([*folder.iterdir()]) > MOST_FILES:
            _empty(folder)
        _descriptor = os.open(folder, os.O_RDONLY)
        cache = f"--tf_xla_persistent_cache_directory={DESCRIPTORS / str(_descriptor)}"
        os.environ[FLAGS] = f"{cache} --tf_xla_persistent_cache_device_types=CPU"
        try:
            tf.config.list_physical_devices("CPU")
        finally:
            del os.environ[FLAGS]


# The names of XLA's files, in errors of reading and writing them
KEPT_FILE = re.compile(r"xla_compile_cache\w+\.pb")
# XLA's words for a damaged file of which it does not say the name, by TensorFlow 2.21: of files
# that were cut off, emptied, or overwritten at eight places
DAMAGED = (
    "Read less bytes than requested",
    "Serialized cache key does not match",
    "Serialized HLO does not match",
    "No binary found in serialized entry",
    "Failed to parse serialized CpuAotCompilationResult",
    "Failed to add object file",
)


def _is_about_kept_programs(error: tf.errors.OpError, descriptor: int) -> bool:
    if f"{DESCRIPTORS / str(descriptor)}/" in error.message:
        return True
    return any(words in error.message for words in DAMAGED)


def _remove_unreadable(error: tf.errors.OpError, descriptor: int) -> None:
    """Remove the file that the error names, also one that was written in part; all if it names
    none."""
    folder, named = DESCRIPTORS / str(descriptor), KEPT_FILE.search(error.message)
    with contextlib.suppress(OSError):
        _empty(folder, f"{named[0]}*" if named else "*")


@contextlib.contextmanager
def _kept_in_memory(descriptor: int) -> Iterator[None]:
    """Let XLA keep its programs in a folder in memory in the ``with`` block, as the disk may be
    full."""
    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="echornn-tui-", dir=memory) as folder:
        before, other = os.dup(descriptor), os.open(folder, os.O_RDONLY)
        os.dup2(other, descriptor, inheritable=False)
        os.close(other)
        try:
            yield
        finally:
            os.dup2(before, descriptor, inheritable=False)
            os.close(before)


def _empty(folder: Path, pattern: str = "*") -> None:
    for file in folder.glob(pattern):
        file.unlink(missing_ok=True)


def kind_of_programs(threads: int) -> str:
    environment = sorted(
        one for one in os.environ.items() if one[0].startswith(("TF_", "XLA_", "ONEDNN_", "DNNL_"))
    )
    processor = Path("/proc/cpuinfo").read_text(errors="replace").split("\n\n")[0].splitlines()
    features = [
        line for line in processor if line.startswith(("model name", "flags", "Features", "CPU "))
    ]
    known = (
        tf.version.VERSION,
        tf.version.GIT_VERSION,
        environment,
        usable_processors(),
        threads,
        features,
    )
    return hashlib.sha256(repr(known).encode()).hexdigest()[:16]
