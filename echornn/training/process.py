"""Prepares a process for training, before its first network is made."""

from __future__ import annotations

import warnings

import tensorflow as tf

from echornn.config import EchoConfig
from echornn.runtime import small_loops
from echornn.training import threads
from echornn.training.device import use_threads

TOO_LATE = (
    "TensorFlow was used in this process before the first network was made, and keeps the settings it had then: small"
    " and middle networks train up to twice as slowly. Make the first network, or call echornn.use_one_thread(), before"
    " anything else uses TensorFlow."
)

_is_prepared = False


def prepare(config: EchoConfig, replicas: int) -> None:
    """Prepare this process for its first network, unless it is already prepared; see `begin`.

    Args:
        config: the configuration of the network.
        replicas: the number of networks that train together.
    """
    begin(threads.threads_for(config, replicas == 1))


def begin(number: int) -> None:
    """Set up TensorFlow to train at full speed: ``number`` threads per operation, and small loops as single kernels.

    Both settings hold for the whole process, so only the first call has an effect. Threads that the program itself has
    set are kept. If TensorFlow has been used before, a `RuntimeWarning` says once what can no longer be set.
    """
    global _is_prepared
    if _is_prepared:
        return
    _is_prepared = True
    wanted = threads.threads_if_asked(number)
    is_told = tf.config.threading.get_intra_op_parallelism_threads() != 0
    if not is_told and use_threads(wanted):
        return  # nothing has run, so nothing was compiled
    # for one thread, setting the number is not enough: see `use_one_thread`
    is_in_time = is_told or 1 < number == wanted
    if small_loops.was_asked_late() and not _is_one_kernel():
        small_loops.asked_in_vain()
        is_in_time = False
    if not is_in_time:
        warnings.warn(TOO_LATE, RuntimeWarning, stacklevel=2)


def _is_one_kernel() -> bool:
    """Whether XLA compiles small loops as single kernels in this process, tested with a loop, which takes 0.1 s."""
    numbers = tf.range(1024)

    def loop(numbers: tf.Tensor) -> tf.Tensor:
        return tf.while_loop(lambda turn, _: turn < 3, lambda turn, kept: (turn + 1, kept * 2), (0, numbers))[1]

    with tf.device("/CPU:0"):
        compiled = tf.function(loop, jit_compile=True).experimental_get_compiler_ir(numbers)
        return "xla_cpu_small_call" in compiled(stage="optimized_hlo")
