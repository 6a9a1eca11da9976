"""The division of the screen: everything shown can be read, at any size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from tui.app.keys import LEFT_OUT
from tui.app.layout import LEAST_HEIGHT, LEAST_PLOT_HEIGHT, LEAST_WIDTH, STATUS_AND_FOOTER, layout
from tui.app.views.choice import ViewChoice
from tui.app.views.table import VIEWS
from tui.kit.key_line import kept

TUTORIAL = EchoConfig()


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


@pytest.mark.parametrize(
    ("size", "beside", "lines"),
    [((120, 40), True, 20), ((80, 24), False, 4), ((60, 16), False, 0), ((200, 60), True, 20)],
)
def test_a_panel_leaves_views_in_sight_where_there_is_room(size: tuple[int, int], beside: bool, lines: int) -> None:
    shares = layout(TUTORIAL, *size, panel_open=True, choice=ViewChoice(before=""))
    assert (shares.wide, shares.views) == (beside, lines)


def test_on_80_columns_the_footer_keeps_the_speed_in_a_first_run() -> None:
    """Branches and earlier windows matter only when there are some."""
    first = {
        "send('resume')": "space Resume ",
        "send('step')": ". Step ",
        "send('faster')": "+/- Speed ",
        "settings": "s Set ",
    }
    rest = {
        "send('window_back')": "[] Back ",
        "branches": "b Tree ",
        "view('1')": "1-7 View ",
        "send('seeds')": "L Seeds ",
    }
    always = {"help": "? Help ", "quit": "q Quit "}
    named = {**first, **rest, **always}
    widths = [(action, len(text)) for action, text in named.items()]
    assert named.keys() - kept(widths, 81, LEFT_OUT) == {"branches"}
    assert named.keys() - kept([*widths, ("advice", len("a Advice "))], 81, LEFT_OUT) == {
        "branches",
        "send('window_back')",
    }
