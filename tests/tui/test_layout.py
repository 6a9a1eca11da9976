"""The division of the screen: everything shown can be read, at any size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from tui.app.session_app import LEAST_PLOT_HEIGHT, STATUS_AND_FOOTER, WIDE, is_large, layout
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
    shown, lines, lines_of_panel = layout(config, width, height, panel_open, choice)
    assert bool(shown) == bool(lines)
    if is_large(width, height):
        assert height - STATUS_AND_FOOTER - lines - lines_of_panel >= LEAST_PLOT_HEIGHT
        assert bool(lines_of_panel) == (panel_open and width < WIDE)
        assert lines or panel_open
