"""Pictures of the map, compared character by character; see `tests.tui.app.test_pictures`."""

from __future__ import annotations

import pytest

from echornn.config import EchoConfig
from echornn.sweeps.folder import Result
from tests.record_sweep import recorded
from tests.swept import CLIFF, results_of, with_a_cliff
from tests.tui.app.test_pictures import compare, pinned
from tui.map.app import MapApp
from tui.map.follower import Follower

RECORDS = {"map": "cliff", "map_of_tasks": "tasks"}


def half_way(config: EchoConfig) -> Result | None:
    """Results of some seeds of the first echo steps only."""
    known = config.echo_step * 3 + config.seed < 48
    return with_a_cliff(config) if known else None


@pytest.mark.parametrize(
    ("name", "size", "keys"),
    [
        ("map", (120, 30), ["down", *["right"] * 11, "space", "up"]),
        ("map_of_tasks", (80, 24), ["right"]),
        ("map_ascii", (80, 24), ["down"]),
    ],
)
async def test_picture(name: str, size: tuple[int, int], keys: list[str]) -> None:
    is_ascii = name.endswith("ascii")
    results = results_of(CLIFF, half_way, _failed) if is_ascii else recorded(RECORDS[name])
    app = MapApp(Follower(results), ascii_only=is_ascii)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()
        svg = pinned(app.export_screenshot(title=""))
    compare(name, svg)


def _failed(config: EchoConfig) -> str | None:
    return "killed by SIGKILL" if (config.cell, config.echo_step) == ("lstm", 19) else None
