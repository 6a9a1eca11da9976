"""Where networks train: devices, and the threads of TensorFlow, which it fixes with its first
operation.

One thread per operation trains all networks except large ones faster. With another number, large
products are summed in another order, which changes the last digits; so a run keeps its number.
Importing this does not import TensorFlow.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
import warnings
from collections.abc import Callable

from echornn.config import ConfigError, EchoConfig
from echornn.network import shapes

CPU, GPU = "/CPU:0", "/GPU:0"
# Which the last call takes at least, by which a device is measured; chosen by eye
TRIAL_SECONDS = 0.2

Train = Callable[[str, int], None]
"""Trains so many windows on a device."""


def chosen_device(config: EchoConfig, train: Train, before: str | None = None) -> str:
    """TensorFlow's name of the device to use; a `ConfigError` if TensorFlow does not find the
    requested one. With ``auto``, that chosen ``before`` (cpu or gpu) is chosen again if it works;
    otherwise both are measured. Small networks often train faster on the CPU: a GPU needs
    microseconds to start each kernel.
    """
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if config.device == "gpu" and not gpus:
        allowed = "TensorFlow sees no GPU here; use cpu or auto (TF_CPP_MIN_LOG_LEVEL=0 shows why)"
        raise ConfigError("device", config.device, allowed)
    if config.device == "cpu" or not gpus:
        return CPU
    # Leave memory that is not needed to other programs, unless TensorFlow was used before
    for gpu in gpus:
        with contextlib.suppress(RuntimeError, ValueError):
            tf.config.experimental.set_memory_growth(gpu, True)
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


def faster(first: str, second: str, train: Train) -> str:
    """The faster device, or the one that can train the network at all; if none can, the first one's
    error is raised."""
    import tensorflow as tf

    failed = tf.errors.OpError, MemoryError  # also if libraries of its compiler are missing
    rates: dict[str, float] = {}
    failures: list[Exception] = []
    for device in (first, second):
        try:
            rates[device] = windows_per_second(device, train)
        except failed as error:
            failures.append(error)
    if not rates:
        raise failures[0]
    return max(rates, key=rates.__getitem__)


def windows_per_second(device: str, train: Train) -> float:
    train(device, 1)  # may compile
    windows, seconds = 1, 0.0
    while seconds < TRIAL_SECONDS:
        windows *= 4
        begun = time.perf_counter()
        train(device, windows)
        seconds = time.perf_counter() - begun
    return windows / seconds


# ---- threads

MOST_MULTIPLICATIONS = 4_000_000
"""Of a product; two threads took 0.94 of the time of one with 3.3 million, 0.87 with 4.2, and 0.63
with 6.6."""

MOST_THREADS = 1024  # TensorFlow is never asked for more, whatever a record says; chosen by eye

TOO_LATE = (
    "TensorFlow was used in this process before the first network was made, and keeps its "
    "threads: most networks train"
    " up to twice as slowly. Make the first network, or call echornn.use_one_thread(), before."
)


def usable_processors() -> int:
    """The processors that this process may use; TensorFlow's default number of threads."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads_for(config: EchoConfig, is_alone: bool) -> int:
    """The threads of a process whose first network is this one: all processors for a single large
    one."""
    if is_alone and shapes.largest_product(config) > MOST_MULTIPLICATIONS:
        return usable_processors()
    return 1


def effective_threads(number: int) -> int:
    """The threads that TensorFlow has or will have if it is asked for ``number``: those that the
    program or the user has set; all if it has begun already; else ``number``."""
    # TensorFlow's own function for this looks for devices, with which XLA would read its flags too
    # early
    module = sys.modules.get("tensorflow.python.eager.context")
    context = getattr(module, "_context", None)
    by_program = getattr(context, "_intra_op_parallelism_threads", None)
    if by_program:
        return int(by_program)
    by_user = os.environ.get("TF_NUM_INTRAOP_THREADS", "").strip()
    if by_user.isdecimal() and int(by_user) > 0:
        return int(by_user)
    if getattr(context, "_context_handle", None) is not None:
        return usable_processors()
    return min(number, MOST_THREADS)


def use_one_thread() -> bool:
    """Run each TensorFlow operation on one thread, with which all networks except large ones train
    faster.

    The first network of a process makes this setting; a program that uses TensorFlow before can
    call this function first. Returns whether it could still be made: TensorFlow fixes its threads
    with its first operation.
    """
    return use_threads(1)


def use_threads(number: int) -> bool:
    """As `use_one_thread`; several threads are shared by simultaneous calls."""
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(number)
        if number == 1:
            # All CPU devices share one pool of threads. Once a loop has passed a kernel to this
            # pool, it stays there, and so do the loops of other calls: they would run one after the
            # other. So each processor gets its own device, and each device its own pool.
            os.environ["TF_OVERRIDE_GLOBAL_THREADPOOL"] = "1"
            devices = [tf.config.LogicalDeviceConfiguration() for _ in range(usable_processors())]
            cpu = tf.config.list_physical_devices("CPU")[0]
            tf.config.set_logical_device_configuration(cpu, devices)
    except RuntimeError:
        return False
    return True


def processors() -> list[str]:
    """The devices of calls at the same time: one a processor after `use_one_thread`, else the same
    as often."""
    import tensorflow as tf

    most = usable_processors()
    cpu = tf.config.list_physical_devices("CPU")[0]
    devices = tf.config.get_logical_device_configuration(cpu)
    if devices and len(devices) > 1:
        return [f"/CPU:{number}" for number in range(min(len(devices), most))]
    threads = tf.config.threading.get_intra_op_parallelism_threads()  # 0 means one per processor
    return [CPU] * min(most, threads or most)


# TensorFlow fixes its threads once in a process, so this is asked once in a process too
_has_begun = False


def begin(number: int) -> None:
    """Let TensorFlow use ``number`` threads, unless the program has set them, or it is not the
    first call."""
    import tensorflow as tf

    global _has_begun
    if _has_begun:
        return
    _has_begun = True
    effective = effective_threads(number)
    is_set = tf.config.threading.get_intra_op_parallelism_threads() != 0
    if is_set or use_threads(effective):
        return
    # Too late. TensorFlow may have this number all the same, but that is no help with one thread,
    # for which it would need several devices too: see `use_threads`.
    is_slower = number == 1 or number != effective
    if is_slower:
        warnings.warn(TOO_LATE, RuntimeWarning, stacklevel=2)
