"""Windows as they are kept: exact for a lone network, packed for several."""

from __future__ import annotations

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.history import packed
from echornn.history.kept_windows import as_stored, error_rates_of, errors_of, kept, losses_of, lost, stored_windows
from tests.scripted import SMALL, SMALL_POPULATION, ScriptedTrainer


@pytest.mark.parametrize(("replicas", "row_bytes", "exactness"), [(1, 8, 0.0), (3, 12, 8e-6)])
def test_losses_and_errors_are_kept(replicas: int, row_bytes: int, exactness: float) -> None:
    config, numbers = EchoConfig(replicas=replicas), np.random.default_rng(0)
    losses = numbers.random((20, replicas), dtype=np.float32)
    errors = numbers.integers(0, 76, (20, replicas)).astype(np.int32)
    losses[3], errors[3] = np.nan, -1
    windows = kept(losses, errors, config)
    assert len(windows.tobytes()) == 20 * row_bytes
    np.testing.assert_allclose(losses_of(windows), losses, rtol=exactness)
    np.testing.assert_array_equal(errors_of(windows, config), errors)
    rates = np.where(errors < 0, np.nan, errors / 75)
    np.testing.assert_allclose(error_rates_of(windows, config), rates, rtol=1e-6)


@pytest.mark.parametrize("replicas", [1, 3])
def test_a_lost_window_has_no_loss_and_no_error_rate(replicas: int) -> None:
    config, windows = EchoConfig(replicas=replicas), lost(2, replicas)
    assert windows.shape == (2, replicas)
    assert np.isnan(losses_of(windows)).all()
    assert np.isnan(error_rates_of(windows, config)).all()
    assert (errors_of(windows, config) == -1).all()


def test_several_networks_progress_is_packed_once_and_cut_as_its_windows_are() -> None:
    trained = ScriptedTrainer(SMALL_POPULATION).advance(9)
    progress = as_stored(trained, SMALL_POPULATION)
    assert as_stored(progress, SMALL_POPULATION).losses.tobytes() == progress.losses.tobytes()
    first = progress.until(4, 0, 3)
    assert stored_windows(progress, SMALL_POPULATION) is progress.packed
    expected = packed.pack(trained.losses[:4], trained.errors[:4], SMALL_POPULATION)
    assert stored_windows(first, SMALL_POPULATION).tobytes() == expected.tobytes()
    assert losses_of(expected).tobytes() == first.losses.tobytes()


def test_a_lone_networks_progress_is_as_it_was_trained() -> None:
    alone = ScriptedTrainer(SMALL).advance(3)
    assert as_stored(alone, SMALL) is alone
