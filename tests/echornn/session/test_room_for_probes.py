"""Probes that need more memory than available are refused."""

from __future__ import annotations

import pytest

from echornn.config import EchoConfig
from echornn.probes import series
from echornn.session.room_for_probes import bytes_needed, require_room

LARGE = EchoConfig(state_size=8000)


def test_a_network_that_is_too_large_is_refused_with_what_it_needs() -> None:
    with pytest.raises(MemoryError, match=r"^state_size = 8000 needs \d+\.\d GiB, but only 4\.0 GiB are free$"):
        require_room(LARGE, lambda: 4 << 30)
    require_room(LARGE, lambda: 10 << 40)
    require_room(LARGE, lambda: None)


def test_the_tutorials_needs_next_to_nothing_and_more_units_need_more() -> None:
    assert bytes_needed(EchoConfig()) < 32 << 20
    needs = [bytes_needed(EchoConfig(state_size=size)) for size in (4, 64, 1024)]
    assert needs == sorted(needs)
    assert bytes_needed(EchoConfig(batch_size=3000)) > bytes_needed(EchoConfig())
    assert bytes_needed(EchoConfig(num_classes=256)) > 4 * bytes_needed(EchoConfig())


def test_a_window_that_is_too_large_is_named_and_what_its_predictions_hang_on_is_bounded() -> None:
    wide = EchoConfig(batch_size=5000, truncated_backprop_length=10_000, total_series_length=10**8)
    with pytest.raises(
        MemoryError, match=r"^a window of batch_size = 5000 x T = 10000 needs \d+\.\d GiB, but only 1\.0 GiB are free$"
    ):
        require_room(wide, lambda: 1 << 30)
    long = EchoConfig(truncated_backprop_length=10_000, total_series_length=10**6)
    assert bytes_needed(EchoConfig(truncated_backprop_length=512)) < bytes_needed(long) < 1 << 28


def test_nothing_is_drawn_to_tell_what_an_echo_from_long_ago_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "draw", None)
    assert bytes_needed(EchoConfig(echo_step=5_000_000, total_series_length=10**8)) < 1 << 28


def test_of_an_echo_from_long_ago_no_more_is_drawn_than_is_run() -> None:
    config = EchoConfig(echo_step=5_000_000, total_series_length=10**8)
    drawn = series.targets_for(config)
    sizes = series.target_sizes_for(config)
    assert drawn.x.shape == (sizes.steps, sizes.rows)
    assert drawn.y.shape == (sizes.targets, sizes.rows)
    assert drawn.x.base is not None
    assert len(drawn.x.base) == sizes.steps + sizes.targets
