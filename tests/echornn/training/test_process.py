"""A process is prepared for training when its first network is made, as far as TensorFlow allows."""

from __future__ import annotations

import pytest

from echornn.runtime.small_loops import DEFAULT_THRESHOLD, THRESHOLD
from echornn.training.process import TOO_LATE
from echornn.training.threads import usable_processors
from tests.own_process import printed_by

pytestmark = pytest.mark.slow

MAKE_A_NETWORK = """
import warnings
with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    from echornn import EchoConfig, Trainer
    from echornn.runtime import small_loops
    for seed in (1, 2):
        Trainer(EchoConfig(seed=seed))
from echornn.training.process import _is_one_kernel
import tensorflow as tf
threads = tf.config.threading.get_intra_op_parallelism_threads()
print(threads, small_loops.threshold_if_asked(0), _is_one_kernel(), sep="|")
print(*[one.message for one in warned if one.category is RuntimeWarning], sep="|")
"""

A_LARGE_NETWORK = "from echornn import EchoConfig, Trainer; Trainer(EchoConfig(state_size=300, batch_size=50))"

COMPILE_WITH_TWO_THREADS = """
import tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads(2)
tf.function(lambda x: x + 1, jit_compile=True)(tf.zeros(3))
"""


@pytest.mark.parametrize(
    ("before", "settings", "warnings"),
    [
        ("import tensorflow", f"1|{THRESHOLD}|True", ""),
        ("import tensorflow as tf; tf.zeros(3) + 1", f"0|{THRESHOLD}|True", TOO_LATE),
        (A_LARGE_NETWORK, f"{usable_processors()}|{THRESHOLD}|True", ""),
        (COMPILE_WITH_TWO_THREADS, f"2|{DEFAULT_THRESHOLD}|False", TOO_LATE),
    ],
    ids=["imported", "used", "large", "compiled"],
)
def test_what_ran_before_says_what_can_be_set(before: str, settings: str, warnings: str) -> None:
    assert printed_by(before + MAKE_A_NETWORK) == [settings, warnings]
