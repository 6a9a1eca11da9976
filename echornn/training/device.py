"""Where networks train: memory, devices, and the threads of TensorFlow, which it fixes with its
first operation.

One thread per operation trains all networks except large ones faster. With another number, large
products are summed in another order, which changes the last digits; so a run keeps its number.
Importing this does not import TensorFlow.
"""

from __future__ import annotations

import contextlib
import math
import os
import sys
import time
import warnings
from collections.abc import Callable

import psutil

from echornn.config import ConfigError, EchoConfig
from echornn.network import shapes
from echornn.tasks.task import Numbers, Symbols
from echornn.training.optimizers import OPTIMIZERS

MAX_WINDOWS_PER_CALL = 4096  # in each network; the size of the buffers that return the losses
MAX_BLOCK_BYTES = 1 << 24  # of inputs in a block with more than one epoch
FLOAT = 4  # bytes


def epochs_in_a_block(config: EchoConfig, replicas: int) -> int:
    """The epochs that are copied to the device at once: a power of two, since each number needs its
    own program."""
    by_windows = MAX_WINDOWS_PER_CALL // config.windows_per_epoch
    by_size = MAX_BLOCK_BYTES // (
        bytes_of_a_step(config.the_task.inputs) * config.total_series_length * replicas
    )
    return max(1, min(by_windows, 1 << by_size.bit_length() >> 1))


def bytes_of_a_step(form: Symbols | Numbers) -> int:
    return FLOAT * form.count if isinstance(form, Numbers) else 1


COMPILED = 150 << 20  # bytes of TensorFlow's compiler
# The same for each step and product of a rule whose influence is compiled too
COMPILED_PRODUCT = 10 << 20
# Of data (drawn, sorted, on the device, made in advance), and of each number that a window computes
COPIES = 4
# Also of slots and influence: in the trainer, its gradient, and states that are kept or written
COPIES_OF_WEIGHTS = 12
OF_A_REPLICA = 256 << 10  # bytes of a replica's losses, in calls and in the curve
PROBES = 700  # bytes for each pair of units of a layer: read-outs and gradients of groups of rows


def bytes_needed(config: EchoConfig, replicas: int = 1, at_once: int | None = None) -> int:
    return sum(_terms(config, replicas, at_once).values())


def _terms(config: EchoConfig, replicas: int, at_once: int | None = None) -> dict[str, int]:
    """The parts of `bytes_needed`, each by the field that it depends on most."""
    calls = min(replicas, at_once or usable_processors())
    together = calls if shapes.is_trained_alone(config) else replicas
    task, influence, carried = (
        config.the_task,
        shapes.influence_size(config),
        shapes.carried_size(config),
    )
    weights = sum(map(math.prod, shapes.weight_shapes(config).values()))
    numbers = (1 + OPTIMIZERS[config.optimizer].slots) * weights + influence
    compiled = (
        len(config.the_cell.products)
        * config.num_layers
        * shapes.block_length(config.window_stride)
    )
    of_a_step = (
        bytes_of_a_step(task.inputs) + bytes_of_a_step(task.outputs) + (not task.scores_every_step)
    )
    data = of_a_step * epochs_in_a_block(config, replicas) * config.total_series_length
    steps, columns = config.predictions_per_window, _columns(config) * (carried if influence else 1)
    shown = steps * (carried + config.input_size + config.output_size)
    # Than the tutorial's
    is_long = config.is_stream and config.truncated_backprop_length > 3 * config.batch_size
    of_a_window = "truncated_backprop_length" if is_long else "batch_size"
    return {
        "replicas": calls * (COMPILED + bool(influence) * compiled * COMPILED_PRODUCT)
        + replicas * OF_A_REPLICA,
        "total_series_length": COPIES * replicas * data,
        "state_size": FLOAT * COPIES_OF_WEIGHTS * replicas * numbers,
        of_a_window: FLOAT * COPIES * (replicas * shown + together * steps * columns),
    }


def _columns(config: EchoConfig) -> int:
    columns = sum(len(one.columns) for one in config.the_cell.products)
    return config.num_layers * columns * config.state_size


def usable_bytes() -> int:
    return int(0.8 * psutil.virtual_memory().available)


def require_memory(config: EchoConfig, replicas: int, at_once: int | None = None) -> None:
    """Raise a `ConfigError` if memory is too small; it names ``replicas`` if one would fit, else
    what takes most."""
    needed, free = bytes_needed(config, replicas, at_once), usable_bytes()
    if needed > free:
        terms = _terms(config, 1)
        name = (
            "replicas"
            if replicas > 1 and sum(terms.values()) <= free
            else max(terms, key=terms.__getitem__)
        )
        value = replicas if name == "replicas" else getattr(config, name)
        raise ConfigError(name, value, f"it {_too_much(needed, free)}")


def require_room_for_probes(config: EchoConfig) -> None:
    needed = PROBES * config.num_layers * config.state_size**2
    needed += (
        FLOAT * COPIES * config.predictions_per_window * (_columns(config) + config.output_size)
    )
    require_room(f"state_size = {config.state_size}", needed)


def require_room(what: str, needed: int) -> None:
    """Raise a `MemoryError` that names ``what`` unless so many bytes are free."""
    if needed > (free := usable_bytes()):
        raise MemoryError(f"{what} {_too_much(needed, free)}")


def _too_much(needed: int, free: int) -> str:
    def words(size: int) -> str:  # 350 MB, 2.7 GB, 101 GB
        return (
            f"{size / 1e6:.0f} MB"
            if size < 10**9
            else f"{size / 1e9:,.{0 if size >= 10**10 else 1}f} GB"
        )

    return f"needs about {words(needed)}, and {words(free)} are free"


CPU, GPU = "/CPU:0", "/GPU:0"
TRIAL_SECONDS = 0.2  # which the last call takes at least, by which a device is measured


def chosen_device(
    config: EchoConfig, train: Callable[[str, int], None], before: str | None = None
) -> str:
    """TensorFlow's name of the device to use; a `ConfigError` if TensorFlow does not find the
    requested one. With ``auto``, that chosen ``before`` (cpu or gpu) is chosen again if it works;
    otherwise ``train(device, windows)`` measures both. Small networks often train faster on the
    CPU: a GPU needs microseconds to start each kernel.
    """
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if config.device == "gpu" and not gpus:
        raise ConfigError(
            "device",
            config.device,
            "TensorFlow sees no GPU here; use cpu or auto (TF_CPP_MIN_LOG_LEVEL=0 shows why)",
        )
    if config.device == "cpu" or not gpus:
        return CPU
    # Leave memory that is not needed to other programs, unless TensorFlow was used before
    for gpu in gpus:
        with contextlib.suppress(RuntimeError, ValueError):
            tf.config.experimental.set_memory_growth(gpu, True)
    if config.device == "gpu" or before == "cpu":
        return GPU if config.device == "gpu" else CPU
    if before == "gpu":
        # if it fails, measuring both devices gives the reason
        with contextlib.suppress(tf.errors.OpError, MemoryError):
            train(GPU, 1)
            return GPU
    return faster(CPU, GPU, train)


def faster(one: str, other: str, train: Callable[[str, int], None]) -> str:
    """The faster device, or the one that can train the network at all; if none can, the first one's
    error is raised."""
    import tensorflow as tf

    rates: dict[str, float] = {}
    failures: list[Exception] = []
    for device in (one, other):
        try:
            train(device, 1)  # may compile
            windows, seconds = 1, 0.0
            while seconds < TRIAL_SECONDS:
                windows, begun = windows * 4, time.perf_counter()
                train(device, windows)
                seconds = time.perf_counter() - begun
            rates[device] = windows / seconds
        except (tf.errors.OpError, MemoryError) as error:
            # Or a compiler whose libraries are missing
            failures.append(error)
    if not rates:
        raise failures[0]
    return max(rates, key=rates.__getitem__)


MOST_MULTIPLICATIONS = 4_000_000
"""Of a product; two threads took 0.94 of the time of one with 3.3 million, 0.87 with 4.2, and 0.63
with 6.6."""


def threads_for(config: EchoConfig, is_alone: bool) -> int:
    """The threads of a process whose first network is this one: all processors for a single large
    one."""
    is_large = is_alone and shapes.largest_product(config) > MOST_MULTIPLICATIONS
    return usable_processors() if is_large else 1


def threads_if_asked(number: int) -> int:
    """``number``, unless the program or the user has set TensorFlow's threads, or it has begun."""
    # TensorFlow's own function for this looks for devices, with which XLA would read its flags too
    # early
    context = getattr(sys.modules.get("tensorflow.python.eager.context"), "_context", None)
    given = os.environ.get("TF_NUM_INTRAOP_THREADS", "").strip()
    users = int(given) if given.isdecimal() else 0
    has_begun = getattr(context, "_context_handle", None) is not None
    chosen = getattr(context, "_intra_op_parallelism_threads", None) or users
    return chosen or (usable_processors() if has_begun else min(number, 1024))


def usable_processors() -> int:
    """The processors that this process may use; TensorFlow's default number of threads."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
            each = [tf.config.LogicalDeviceConfiguration() for _ in range(usable_processors())]
            tf.config.set_logical_device_configuration(
                tf.config.list_physical_devices("CPU")[0], each
            )
    except RuntimeError:
        return False
    return True


def processors() -> list[str]:
    """The devices of calls at the same time: one a processor after `use_one_thread`, else the same
    as often."""
    import tensorflow as tf

    devices = tf.config.get_logical_device_configuration(tf.config.list_physical_devices("CPU")[0])
    if devices and len(devices) > 1:
        return [f"/CPU:{number}" for number in range(min(len(devices), usable_processors()))]
    threads = tf.config.threading.get_intra_op_parallelism_threads()  # 0 means one per processor
    return [CPU] * (min(usable_processors(), threads) if threads else usable_processors())


TOO_LATE = (
    "TensorFlow was used in this process before the first network was made, and keeps its "
    "threads: most networks train"
    " up to twice as slowly. Make the first network, or call echornn.use_one_thread(), before."
)

_is_prepared = False


def begin(number: int) -> None:
    """Let TensorFlow use ``number`` threads, unless the program has set them, or it is not the
    first call."""
    import tensorflow as tf

    global _is_prepared
    if _is_prepared:
        return
    _is_prepared = True
    wanted = threads_if_asked(number)
    is_given = tf.config.threading.get_intra_op_parallelism_threads() != 0
    # for one thread, that TensorFlow has this number is not enough: see `use_threads`
    if not is_given and not use_threads(wanted) and not 1 < number == wanted:
        warnings.warn(TOO_LATE, RuntimeWarning, stacklevel=2)
