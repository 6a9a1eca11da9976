"""The engine, compared with two independent programs, and these with each other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from echornn import EchoConfig, batch_of
from tests.compiled import make_trainer, plain, trainer_of
from tests.door.oracles.probes.numpy_network import doubles
from tests.door.oracles.reference import numpy_bptt
from tests.door.oracles.reference.tutorial import TutorialSession

pytestmark = pytest.mark.slow

WINDOWS = 700
LENGTH = 15


def epochs(config: EchoConfig, count: int) -> Iterator[tuple[npt.NDArray[np.uint8], ...]]:
    for epoch in range(count):
        batch = batch_of(config, epoch=epoch)
        yield batch.x, batch.y


def assert_agree(losses: npt.NDArray[np.float32], expected: npt.NDArray[np.floating]) -> None:
    """Float32 rounding errors grow while the loss falls steeply; over 700 windows they stay
    invisible."""
    assert len(losses) == len(expected) == WINDOWS
    np.testing.assert_allclose(losses[:50], expected[:50], rtol=0, atol=1e-5)
    np.testing.assert_allclose(losses, expected, rtol=0, atol=5e-3)


def test_losses_are_those_of_the_tutorials_program() -> None:
    """From other initial weights training is chaotic, and the tutorial's own program differs from
    its double-precision version by 0.6 nats (seed 11)."""
    config = EchoConfig(seed=7, truncated_backprop_length=LENGTH)
    trainer = make_trainer(config)
    with TutorialSession(trainer.weights, config.batch_size, LENGTH) as tutorial:
        expected = tutorial.train(epochs(config, 2), WINDOWS)
    assert_agree(trainer.advance(WINDOWS).losses, expected)


def test_losses_are_those_of_the_numpy_program() -> None:
    config = EchoConfig(seed=6, init="glorot", truncated_backprop_length=LENGTH)
    trainer = make_trainer(config)
    windows = numpy_bptt.Windows(LENGTH)
    expected, _ = numpy_bptt.train(trainer.weights, epochs(config, 2), WINDOWS, windows)
    assert_agree(trainer.advance(WINDOWS).losses, expected)


def test_the_tutorials_run_learns_the_echo_exactly() -> None:
    progress = make_trainer(EchoConfig()).advance(666 * 2)
    assert progress.losses[0] > 0.6
    assert not progress.errors[700:].any()
    assert progress.errors[666] > 0, "the first window of an epoch cannot be known"


def test_strides_carry_the_state_after_so_many_steps() -> None:
    """TBPTT(k1, k2) over three epochs, compared with NumPy in double precision."""
    config = EchoConfig(
        seed=3,
        stride=3,
        num_classes=3,
        truncated_backprop_length=4,
        total_series_length=150,
        batch_size=3,
        echo_step=2,
        learning_rate=0.05,
        num_epochs=3,
    )
    with plain() as programs:
        trainer = trainer_of(config, programs)
        weights = doubles(trainer.weights)
        count = 3 * config.windows_per_epoch
        losses = trainer.advance(count).losses
    windows = numpy_bptt.Windows(4, 3)
    expected, after = numpy_bptt.train(weights, epochs(config, 3), count, windows, 0.05)
    np.testing.assert_allclose(losses, expected, rtol=0, atol=1e-4)
    for name, weight in trainer.weights.items():
        np.testing.assert_allclose(weight, after[name], atol=1e-3)
