"""The rows: which blocks are drawn for which numbers."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from echornn.config import EchoConfig
from echornn.progress import Progress
from tests.scripted import SMALL, make_progress
from tui.widgets.sample_rows import (
    ASCII_BLOCKS,
    BLOCKS,
    PANEL_HEIGHT,
    SampleRows,
    arrange,
    lines_needed,
    panel_cells,
    shade,
    title,
)


def by_hand() -> Progress:
    """One row of four steps: targets 0 1 1 0; class 1 predicted with 0.02, 0.97, 0.3, 0.6."""
    p = np.array([[0.02, 0.97, 0.3, 0.6]], np.float32)
    return replace(
        make_progress(SMALL),
        x=np.array([[1, 1, 0, 1]], np.uint8),
        y=np.array([[0, 1, 1, 0]], np.uint8),
        probabilities=np.stack([1 - p, p], axis=-1),
    )


def line(progress: Progress, number: int, blocks: dict[str, str] = BLOCKS) -> str:
    return "".join(text for text, _ in panel_cells(progress, 0, number, blocks))


def test_blocks_of_a_row() -> None:
    assert line(by_hand(), 0) == "████▁▁██"
    assert line(by_hand(), 1) == "▁▁████▁▁"
    assert line(by_hand(), 2) == "▁▁██><><"
    assert title(by_hand(), 0, 4) == "row 1: 2/4"
    assert title(make_progress(EchoConfig()), 2, 15) == "row 3: 15 of 15 right"
    wide = make_progress(EchoConfig(truncated_backprop_length=40))
    assert title(wide, 2, 30) == "row 3: 40 of 40 right, steps 11 to 40"
    assert title(make_progress(EchoConfig()), 2, 14) == "row 3: 15/15"
    assert title(make_progress(EchoConfig()), 2, 1) == "row 3"


def test_ascii_blocks_are_ascii() -> None:
    assert line(by_hand(), 0, ASCII_BLOCKS) == "####..##"
    assert all(block.isascii() for block in ASCII_BLOCKS.values())


def test_colour_is_never_the_only_sign() -> None:
    for blocks in (BLOCKS, ASCII_BLOCKS):
        assert len(set(blocks.values())) == len(blocks)
        assert all(len(block) == 2 for block in blocks.values())


@pytest.mark.parametrize(
    ("probability", "name"),
    [
        (0, "zero"),
        (0.12, "zero"),
        (0.2, "maybe"),
        (0.49, "maybe"),
        (0.5, "unsure"),
        (0.7, "unsure"),
        (0.75, "likely"),
        (0.94, "likely"),
        (0.95, "one"),
        (1, "one"),
        (math.nan, "unsure"),
    ],
)
def test_shades(probability: float, name: str) -> None:
    assert shade(probability) == name


def test_more_than_two_classes_are_told_by_their_symbol() -> None:
    config = replace(SMALL, num_classes=40)
    progress = replace(make_progress(config), x=np.array([[0, 9, 10, 35, 36]], np.uint8))
    assert line(progress, 0) == "0 9 a z 24"
    wrong = make_progress(config, wrong_every=1)
    assert all(text.endswith("<") for text, _ in panel_cells(wrong, 0, 2, BLOCKS))


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 300), st.integers(1, 100))
def test_panels_fit_their_screen(rows: int, length: int, width: int, height: int) -> None:
    panels = arrange((rows, length), width, height)
    assert 1 <= panels.steps <= length
    assert 1 <= panels.shown <= rows
    if width >= 10:
        assert panels.columns * panels.width <= width + 2
    if height >= lines_needed((rows, length), width):
        assert panels.shown == rows
    assert -(-panels.shown // panels.columns) * PANEL_HEIGHT <= max(PANEL_HEIGHT, height + 1)


class OneWidget(App[None]):
    def __init__(self, rows: SampleRows) -> None:
        super().__init__()
        self.rows = rows

    def compose(self) -> ComposeResult:
        yield self.rows


async def drawn(progress: Progress | None, width: int, height: int, message: str = "") -> list[str]:
    app = OneWidget(SampleRows())
    async with app.run_test(size=(width, height)):
        app.rows.styles.height = height
        app.rows.show(progress, message)
        strips = [app.rows.render_line(y) for y in range(height)]
        assert all(strip.cell_length == app.rows.size.width for strip in strips)
        return [strip.text.rstrip() for strip in strips]


async def test_two_rows_side_by_side() -> None:
    config = replace(SMALL, truncated_backprop_length=4)
    progress = replace(
        make_progress(config),
        x=np.array([[1, 0, 1, 1], [0, 0, 1, 0]], np.uint8),
        y=np.array([[0, 0, 1, 0], [0, 1, 0, 0]], np.uint8),
        probabilities=np.array([[[1, 0], [1, 0], [0, 1], [1, 0]], [[1, 0], [1, 0], [1, 0], [0.8, 0.2]]], np.float32),
    )
    assert await drawn(progress, 60, 4) == [
        "row 1: 4/4      row 2: 3/4",
        "input ██▁▁████  input ▁▁▁▁██▁▁",
        "echo  ▁▁▁▁██▁▁  echo  ▁▁██▁▁▁▁",
        "pred  ▁▁▁▁██▁▁  pred  ▁▁><▁▁░░",
    ]


async def test_before_the_first_window_the_message_is_shown() -> None:
    assert await drawn(None, 40, 2, "press . to train a window") == ["press . to train a window", ""]


@pytest.mark.parametrize(("width", "height"), [(20, 3), (9, 1), (200, 60)])
async def test_any_size_draws(width: int, height: int) -> None:
    config = EchoConfig(batch_size=7, truncated_backprop_length=40, total_series_length=7 * 80)
    await drawn(make_progress(config, wrong_every=5), width, height)
