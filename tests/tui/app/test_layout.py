"""The division of the screen: everything shown can be read, at any size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from tui.app.session_app import LEAST_HEIGHT, LEAST_PLOT_HEIGHT, LEAST_WIDTH, STATUS_AND_FOOTER, layout
from tui.views.table import VIEWS, ViewChoice


@given(
    st.integers(0, 400),
    st.integers(0, 200),
    st.booleans(),
    st.integers(1, 300),
    st.integers(1, 100),
    st.lists(st.sampled_from([view.key for view in VIEWS]), max_size=4),
)
def test_the_curve_keeps_its_lines_wherever_it_is_shown(
    width: int, height: int, panel_open: bool, batch: int, length: int, pressed: list[str]
) -> None:
    config = EchoConfig(batch_size=batch, truncated_backprop_length=length)
    choice = ViewChoice()
    for key in pressed:
        choice = choice.pressed(key)
    shares = layout(config, width, height, panel_open, choice)
    assert bool(shares.too_small) == (width < LEAST_WIDTH or height < LEAST_HEIGHT)
    assert bool(shares.shown) == bool(shares.views)
    if not shares.too_small:
        assert height - STATUS_AND_FOOTER - shares.views - shares.panel >= LEAST_PLOT_HEIGHT
        assert bool(shares.panel) == (panel_open and not shares.wide)
        assert shares.views or panel_open
