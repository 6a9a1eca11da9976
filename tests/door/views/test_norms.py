"""The norms of gradients under the curve: where they lie, what is clipped, and what the crosshair
reads."""

from __future__ import annotations

import numpy as np
import pytest

from echornn import EchoConfig
from tests.door.views.stage import LARGE, PLOT_X, Screen, seen, staged

CLIPPED = EchoConfig(clip_norm=1.0)


def strip(screen: Screen) -> list[str]:
    """The lines of the norms, with the labels of their axis."""
    first = screen.lines.index(screen.line("  norm"))
    last = screen.lines.index(screen.line(" errors"))
    return list(screen.lines[first:last])


def height(lines: list[str], column: int) -> float:
    """Where the line of means is in a column, from 0 at the bottom to 1."""
    signs = [line.ljust(LARGE[0])[PLOT_X + column] for line in lines]
    assert signs.count("*") == 1
    return 1 - (signs.index("*") + 0.5) / len(lines)


async def test_norms_lie_at_their_powers_of_ten_and_the_key_takes_them_away() -> None:
    norms = np.repeat([10.0, 0.1, 0.001], 40)
    async with staged(windows=120, norms=norms, size=LARGE, ascii_only=True) as stage:
        before = stage.screen
        screen = await stage.after("c")
        lines = strip(screen)
        for window, share in (("20", 1), ("60", 0.5), ("100", 0)):
            assert height(lines, screen.windows[window]) == pytest.approx(share, abs=0.3)
        assert "1e-3" in lines[-1]
        assert "clipped" not in screen.text
        assert (await stage.after("c")).lines == before.lines


async def test_clip_norm_is_drawn_and_clipped_windows_are_counted() -> None:
    norms = np.full(1000, 0.01)
    run = {"losses": [0.5] * 1000, "config": CLIPPED}
    never = await seen("c", **run, norms=norms)
    assert "0 clipped above 1.000" in never.text, "the axis reaches to the limit"
    norms[500:537] = 3.0
    screen = await seen("c", **run, norms=norms)
    assert "37 clipped above 1.000" in screen.text


async def test_the_crosshair_reads_the_norm_and_whether_it_was_clipped() -> None:
    norms = np.linspace(0.1, 3, 30)
    async with staged("left", windows=30, norms=norms, config=CLIPPED) as stage:
        assert "norm" not in stage.reading
        await stage.press("c")
        assert "norm 3.0000" in stage.reading
        assert "100.0% clipped" in stage.reading
        await stage.press("home")
        assert "norm 0.1000" in stage.reading
        assert "clipped" not in stage.reading


async def test_of_several_seeds_the_selected_one_is_drawn() -> None:
    seeds = EchoConfig(replicas=3)
    losses = np.full((60, 3), 0.5)
    norms = np.tile([0.01, 0.01, 100.0], (60, 1))
    screen = await seen("c left", losses=losses, norms=norms, config=seeds, replica=2)
    assert "norm 100.00" in screen.reading


@pytest.mark.parametrize(("norm", "is_recorded"), [(None, False), (np.inf, True), (0.0, True)])
async def test_norms_that_no_axis_holds_break_nothing(
    norm: float | None, is_recorded: bool
) -> None:
    norms = None if norm is None else np.full(50, norm)
    screen = await seen("c l left", windows=50, norms=norms, config=CLIPPED)
    assert ("not recorded" not in screen.text) == is_recorded
    assert "loss 0.5000" in screen.reading
