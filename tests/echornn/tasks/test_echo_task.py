"""The echo as a task draws the bits of `EchoSeries`, alone and side by side."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from echornn import EchoConfig, EchoSeries, seeding
from echornn.data.series_side_by_side import series_side_by_side
from echornn.tasks.checked_task import draw_rows
from echornn.tasks.echo import Echo

configs = st.builds(
    lambda classes, batch, row, rest, echo, start, seed: EchoConfig(
        num_classes=classes,
        batch_size=batch,
        total_series_length=batch * row + rest % batch,
        truncated_backprop_length=1,
        echo_step=echo % row,
        row_start=start,
        seed=seed,
    ),
    st.integers(2, 256),
    st.integers(1, 6),
    st.integers(1, 300),
    st.integers(0, 5),
    st.integers(0, 300),
    st.sampled_from(["previous_row", "zero"]),
    st.integers(0, 10**6),
)


@given(configs, st.integers(0, 3), st.integers(0, 9))
def test_the_echo_keeps_its_bits(config: EchoConfig, data_version: int, epoch: int) -> None:
    """Rows are the batch, steps the row's length; the remainder of the series was never drawn into a row."""
    task = Echo(config.echo_step, config.num_classes, config.row_start)
    rng = seeding.stream(config.seed, seeding.DATA, data_version, epoch)
    batch = draw_rows(task, rng, config.batch_size, config.row_length)
    series = EchoSeries.generate(config, data_version, epoch)
    np.testing.assert_array_equal(batch.x, series.x)
    np.testing.assert_array_equal(batch.y, series.y)
    assert batch.scored.all()
    x, y = series_side_by_side([config], data_version, epoch)
    np.testing.assert_array_equal(batch.x.T, x[..., 0])
    np.testing.assert_array_equal(batch.y.T, y[..., 0])
