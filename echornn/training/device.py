"""Chooses the device for training: the requested one, or the faster one by measurement."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import tensorflow as tf

from echornn.config import ConfigError, EchoConfig
from echornn.training.threads import usable_processors

CPU, GPU = "/CPU:0", "/GPU:0"

TRIAL_SECONDS = 0.2
"""The seconds for which each device is measured."""


def place(config: EchoConfig, train: Callable[[str, int], None], before: str | None = None) -> str:
    """TensorFlow's name of the device to use. Small networks often train faster on the CPU: a GPU needs microseconds to
    start each kernel.

    Args:
        config: the configuration, whose ``device`` is the request.
        train: trains a number of windows on the device with this name. It is only called for ``auto`` with a GPU, to
            measure both devices, or to check that the GPU still works.
        before: the device (cpu or gpu) that ``auto`` chose earlier for such networks; it is chosen again if possible.

    Raises:
        ConfigError: a GPU was requested, and TensorFlow finds none.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if config.device == "gpu" and not gpus:
        raise ConfigError(
            "device", config.device, "TensorFlow sees no GPU here; use cpu or auto (TF_CPP_MIN_LOG_LEVEL=0 shows why)"
        )
    if config.device == "cpu" or not gpus:
        return CPU
    take_memory_as_needed(gpus)
    if config.device == "gpu":
        return GPU
    if before == "cpu":
        return CPU
    if before == "gpu":
        # if it fails, measuring both devices gives the reason
        with contextlib.suppress(tf.errors.OpError, MemoryError):
            train(GPU, 1)
            return GPU
    return faster(CPU, GPU, train)


def is_measured(config: EchoConfig) -> bool:
    """Whether `place` has to train to choose the device."""
    return config.device == "auto" and bool(tf.config.list_physical_devices("GPU"))


def take_memory_as_needed(gpus: Sequence[Any]) -> None:
    """Make TensorFlow allocate GPU memory only as needed, and leave the rest to other programs.

    If TensorFlow has been used already, its way of allocating memory is fixed, and not changed.
    """
    for gpu in gpus:
        with contextlib.suppress(RuntimeError, ValueError):
            tf.config.experimental.set_memory_growth(gpu, True)


def faster(one: str, other: str, train: Callable[[str, int], None]) -> str:
    """Measure two devices briefly, and choose the faster one; if one cannot train the network, choose the other.

    Raises:
        tf.errors.OpError, MemoryError: neither can train it; this is the first device's error.
    """
    rates: dict[str, float] = {}
    failures: list[Exception] = []
    for device in (one, other):
        try:
            rates[device] = windows_per_second(partial(train, device))
        # too little memory, or a compiler whose libraries are missing
        except (tf.errors.OpError, MemoryError) as error:
            failures.append(error)
    if not rates:
        raise failures[0]
    return max(rates, key=rates.__getitem__)


def windows_per_second(train: Callable[[int], None], clock: Callable[[], float] = time.perf_counter) -> float:
    """The rate of ``train(n)``, measured by calls that grow until they have taken `TRIAL_SECONDS`. The first call does
    not count, since it may compile.
    """
    train(1)
    windows, begun = 1, clock()
    while True:
        train(windows)
        seconds = clock() - begun
        if seconds >= TRIAL_SECONDS:
            return windows / seconds
        windows, begun = windows * 4, clock()


def use_one_thread() -> bool:
    """Run each TensorFlow operation on one thread, with which all networks except large ones train faster.

    Simultaneous calls still run at the same time, one on each processor (see `processors`). The setting holds for the
    whole process. The first network of a process makes it, see `echornn.training.process`; a program that uses
    TensorFlow before that can call this function first.

    Returns:
        Whether the setting could still be made: TensorFlow fixes its threads with its first operation.
    """
    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        # All CPU devices share one pool of threads. Once a loop has passed a kernel to this pool, it stays there, and
        # so do the loops of other calls: they would run one after the other. So each processor gets its own device, and
        # each device its own pool.
        os.environ["TF_OVERRIDE_GLOBAL_THREADPOOL"] = "1"
        each = [tf.config.LogicalDeviceConfiguration() for _ in range(usable_processors())]
        tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], each)
    except RuntimeError:
        return False
    return True


def use_threads(number: int) -> bool:
    """Run each TensorFlow operation on ``number`` threads; if there are several, simultaneous calls share them.

    Returns:
        Whether the setting could still be made; see `use_one_thread`.
    """
    if number == 1:
        return use_one_thread()
    try:
        tf.config.threading.set_intra_op_parallelism_threads(number)
    except RuntimeError:
        return False
    return True


def processors() -> list[str]:
    """TensorFlow's names of the devices for calls that run at the same time, one for each call.

    There is a call for each processor that this process may use. After `use_one_thread`, each has its own device.
    Otherwise all use the same device, and there are only as many calls as TensorFlow has threads per operation, since
    calls share the threads.
    """
    devices = tf.config.get_logical_device_configuration(tf.config.list_physical_devices("CPU")[0])
    if devices and len(devices) > 1:
        return [f"/CPU:{number}" for number in range(min(len(devices), usable_processors()))]
    threads = tf.config.threading.get_intra_op_parallelism_threads()  # 0 means one per processor
    return [CPU] * (min(usable_processors(), threads) if threads else usable_processors())
