"""Colours of the map on simple terminals: shades are visible, and lines differ from them."""

from __future__ import annotations

from itertools import combinations

import pytest
from rich.color import ColorSystem

from tests.swept import SMALL, results_of
from tui.map.app import MapApp
from tui.map.drawing import COLOURS
from tui.map.follower import Follower
from tui.map.widgets import MapGrid

SHADES = ["map--none", *(f"map--shade{number}" for number in range(COLOURS))]
APART = [
    ["map--shade0", "map--shade7", "map--limit0", "map--limit1", "map--lacking"],
    ["map--shade0", "map--shade4", "map--shade7"],
]


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_shades_are_seen_in_each_number_of_colours(theme: str) -> None:
    app = MapApp(Follower(results_of(SMALL)), theme="light" if theme == "light" else "dark")
    async with app.run_test() as pilot:
        await pilot.pause()
        grid = app.query_one(MapGrid)
        styles = {name: grid.get_component_rich_style(name) for name in grid.STYLES}
        for system in (ColorSystem.STANDARD, ColorSystem.EIGHT_BIT, ColorSystem.TRUECOLOR):
            for name in [*SHADES, *APART[0], "map--side"]:
                colour, background = styles[name].color, styles[name].bgcolor
                assert colour is not None
                assert background is not None
                assert colour.downgrade(system) != background.downgrade(system), (name, system)
            for names in APART:
                for one, other in combinations(names, 2):
                    first, second = styles[one].color, styles[other].color
                    assert first is not None
                    assert second is not None
                    assert first.downgrade(system) != second.downgrade(system), (one, other, system)


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_the_better_the_farther_from_the_background(theme: str) -> None:
    app = MapApp(Follower(results_of(SMALL)), theme="light" if theme == "light" else "dark")
    async with app.run_test() as pilot:
        await pilot.pause()
        grid = app.query_one(MapGrid)
        far = []
        for number in range(COLOURS):
            style = grid.get_component_rich_style(f"map--shade{number}")
            assert style.color is not None
            assert style.bgcolor is not None
            far.append(abs(_light(*style.color.get_truecolor()) - _light(*style.bgcolor.get_truecolor())))
        assert far == sorted(far)


def _light(red: int, green: int, blue: int) -> float:
    """The lightness of a colour, 0 to 255 (Rec. 709)."""
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
