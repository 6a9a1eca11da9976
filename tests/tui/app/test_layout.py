"""The screen is shared so that all that is shown can be read, at any size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from tui.app.layout import LEAST_HEIGHT, LEAST_PLOT_HEIGHT, LEAST_WIDTH, STATUS_AND_FOOTER, layout

TUTORIAL = EchoConfig()


@given(st.integers(0, 400), st.integers(0, 200), st.booleans(), st.integers(1, 300), st.integers(1, 100))
def test_the_curve_keeps_its_lines_wherever_it_is_shown(
    width: int, height: int, settings_open: bool, batch: int, length: int
) -> None:
    config = EchoConfig(batch_size=batch, truncated_backprop_length=length)
    shares = layout(config, width, height, settings_open)
    assert bool(shares.too_small) == (width < LEAST_WIDTH or height < LEAST_HEIGHT)
    if not shares.too_small:
        assert height - STATUS_AND_FOOTER - shares.rows - shares.settings >= LEAST_PLOT_HEIGHT
        assert bool(shares.settings) == (settings_open and not shares.wide)
        assert shares.rows or settings_open


@pytest.mark.parametrize(
    ("size", "beside", "rows"),
    [((120, 40), True, 20), ((80, 24), False, 4), ((60, 16), False, 0), ((200, 60), True, 20)],
)
def test_settings_leave_rows_in_view_where_there_is_room(size: tuple[int, int], beside: bool, rows: int) -> None:
    shares = layout(TUTORIAL, *size, settings_open=True)
    assert (shares.wide, shares.rows) == (beside, rows)
