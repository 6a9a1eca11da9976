"""The norms of gradients under the curve: where they lie, what is clipped, and what the crosshair
reads."""

from __future__ import annotations

import numpy as np
import pytest

from echornn import EchoConfig
from tests.door.views.stage import PLOT_X, Branch, Screen, seen, staged

CLIPPED = EchoConfig(clip_norm=1.0)
LARGE = (120, 40)


def strip(screen: Screen) -> list[str]:
    """The lines of the norms, with the labels of their axis."""
    at = screen.lines.index(screen.line("  norm"))
    return [*screen.lines[at : screen.lines.index(screen.line(" errors"))]]


def height(lines: list[str], column: int) -> float:
    """Where the line of means is in a column, from 0 at the bottom to 1."""
    (at,) = [
        y for y, line in enumerate(lines) if line[PLOT_X + column : PLOT_X + column + 1] == "*"
    ]
    return 1 - (at + 0.5) / len(lines)


async def test_norms_lie_at_their_powers_of_ten_and_the_key_takes_them_away() -> None:
    norms = np.repeat([10.0, 0.1, 0.001], 40)
    async with staged([Branch([0.5] * 120, norms=norms)], size=LARGE, ascii_only=True) as stage:
        before = await stage.put()
        screen = await stage.press("c")
        lines = strip(screen)
        assert [height(lines, screen.windows[at]) for at in ("20", "60", "100")] == pytest.approx(
            [1, 0.5, 0], abs=0.3
        )
        assert "1e-3" in lines[-1]
        assert "clipped" not in screen.text
        assert (await stage.press("c")).lines == before.lines


@pytest.mark.parametrize("size", [(60, 16), (80, 24), LARGE])
async def test_clip_norm_is_drawn_and_clipped_windows_are_counted(size: tuple[int, int]) -> None:
    norms = np.full(1000, 0.01)
    norms[500:537] = 3.0
    screen = await seen(
        "c", branches=[Branch([0.5] * 1000, norms=norms)], config=CLIPPED, size=size
    )
    assert "37 clipped above 1.000" in screen.text
    assert len(screen.lines) == size[1]
    never = await seen(
        "c", branches=[Branch([0.5] * 1000, norms=[0.01] * 1000)], config=CLIPPED, size=size
    )
    assert "0 clipped above 1.000" in never.text, "the axis reaches to the limit"


async def test_the_crosshair_reads_the_norm_and_whether_it_was_clipped() -> None:
    async with staged([Branch([0.5] * 30, norms=np.linspace(0.1, 3, 30))], CLIPPED) as stage:
        await stage.put()
        assert "norm" not in (await stage.press("left")).reading
        assert "norm 3.0000" in (await stage.press("c")).reading
        assert "100.0% clipped" in stage.screen.reading
        assert "norm 0.1000" in (await stage.press("home")).reading
        assert "clipped" not in stage.screen.reading


async def test_of_several_seeds_the_selected_one_is_drawn() -> None:
    norms = np.tile(np.array([0.01, 0.01, 100.0], np.float32), (60, 1))
    seeds, losses = EchoConfig(replicas=3), np.full((60, 3), 0.5)
    for replica, norm in ((1, "norm 0.0100"), (2, "norm 100.00")):
        branch = Branch(losses, norms=norms)
        screen = await seen(
            "c", "left", branches=[branch], config=seeds, size=LARGE, replica=replica
        )
        assert norm in screen.reading


@pytest.mark.parametrize("norms", [None, np.full(50, np.inf), np.zeros(50)])
async def test_norms_that_no_axis_holds_break_nothing(
    norms: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> None:
    screen = await seen(
        "c", "l", "left", branches=[Branch([0.5] * 50, norms=norms)], config=CLIPPED
    )
    assert ("not recorded" in screen.text) == (norms is None)
    assert "loss 0.5000" in screen.reading
