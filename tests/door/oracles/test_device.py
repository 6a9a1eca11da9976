"""The choice of the device: by measurement, with a message."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import tensorflow as tf

from echornn.training.device import faster

pytestmark = pytest.mark.slow

EXHAUSTED = tf.errors.ResourceExhaustedError(None, None, "OOM when allocating")


def failing_on(device_that_fails: str, error: Exception) -> Callable[[str, int], None]:
    def train(device: str, n: int) -> None:
        if device == device_that_fails:
            raise error
        sum(range(n * 100))

    return train


@pytest.mark.parametrize("error", [EXHAUSTED, MemoryError()])
@pytest.mark.parametrize(("fails", "chosen"), [("/GPU:0", "/CPU:0"), ("/CPU:0", "/GPU:0")])
def test_a_device_that_cannot_train_this_leaves_it_to_the_other(
    fails: str, chosen: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing is compared with the other, which is measured all the same
    monkeypatch.setattr("echornn.training.device.TRIAL_SECONDS", 1e-3)
    assert faster("/CPU:0", "/GPU:0", failing_on(fails, error)) == chosen
