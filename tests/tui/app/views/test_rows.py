"""The rows view: the blocks for given numbers."""

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
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import Picture
from echornn.tasks.task import Symbols
from tests.scripted import SMALL, make_progress
from tui.app.drawings.blocks import ASCII_BLOCKS, BLOCKS, Block, shade
from tui.app.drawings.row_cells import ECHO_LINES, RowData, cell_text, cells_of
from tui.app.drawings.tape import lay_tape
from tui.app.views.rows import PANEL_HEIGHT, Rows, arrange
from tui.app.views.rows_words import read, title

TUTORIAL = EchoConfig()


def by_hand() -> Progress:
    """One row of four steps: targets 0 1 1 0; class 1 predicted with 0.02, 0.97, 0.3, 0.6."""
    p = np.array([[0.02, 0.97, 0.3, 0.6]], np.float32)
    return replace(
        make_progress(SMALL),
        x=np.array([[1, 1, 0, 1]], np.uint8),
        y=np.array([[0, 1, 1, 0]], np.uint8),
        outputs=np.stack([1 - p, p], axis=-1),
        scored=np.ones((1, 4), np.bool_),
    )


LABEL_WIDTH = 6


def blocks_of(progress: Progress, row: int, number: int, blocks: dict[str, str]) -> list[Block]:
    config = EchoConfig(num_classes=progress.probabilities.shape[-1])
    return cells_of(config, RowData.of(progress, row), ECHO_LINES[number], (1, 1), blocks, False)


def line(progress: Progress, number: int, blocks: dict[str, str] = BLOCKS) -> str:
    return "".join(text for text, _ in blocks_of(progress, 0, number, blocks))


def test_blocks_of_a_row() -> None:
    assert line(by_hand(), 0) == "████▁▁██"
    assert line(by_hand(), 1) == "▁▁████▁▁"
    assert line(by_hand(), 2) == "▁▁██><><"
    assert title(by_hand(), 0, 0, 14) == "row 1: 2/4"
    assert title(make_progress(TUTORIAL), 2, 0, 36) == "row 3: 15 of 15 right"
    wide = make_progress(EchoConfig(truncated_backprop_length=40))
    assert title(wide, 2, 10, 66) == "row 3: 40 of 40 right, steps 11 to 40"
    assert title(make_progress(TUTORIAL), 2, 0, 14) == "row 3: 15/15"
    assert title(make_progress(TUTORIAL), 2, 0, 8) == "row 3"


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
    wrong = make_progress(replace(SMALL, num_classes=36), wrong_every=1)
    assert all(text.endswith("<") for text, _ in blocks_of(wrong, 0, 2, BLOCKS))


def test_a_wrong_prediction_of_two_digits_keeps_both() -> None:
    config = replace(SMALL, num_classes=256)
    progress = make_progress(config)
    y = np.full_like(progress.y, 0xC6)
    probabilities = np.zeros((*y.shape, 256), np.float32)
    probabilities[:, 0, 0xC6] = probabilities[:, 1, 0xC7] = probabilities[:, 2:, 0xC] = 1
    shown = replace(progress, y=y, outputs=probabilities)
    assert line(shown, 1).startswith("c6c6c6")
    assert line(shown, 2).startswith("c6c7c<")
    assert blocks_of(shown, 0, 2, BLOCKS)[1][1] == "rows--wrong"


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 300), st.integers(1, 100))
def test_panels_fit_their_screen(rows: int, length: int, width: int, height: int) -> None:
    panels = arrange(rows, width, height, length)
    assert 1 <= panels.shown <= rows
    assert panels.columns * (panels.width + 2) <= width + 2 or panels.columns == 1
    assert -(-panels.shown // panels.columns) * PANEL_HEIGHT <= max(PANEL_HEIGHT, height + 1)
    config = EchoConfig(batch_size=rows, truncated_backprop_length=length, total_series_length=rows * (length + 3))
    lines = Rows.height_for(config, width, max(4, height))
    assert 4 <= lines <= max(4, height)


@given(st.integers(1, 40), st.integers(1, 200), st.integers(0, 6), st.integers(1, 40))
def test_the_tape_ends_with_the_newest_window_and_never_overlaps(
    length: int, width: int, before: int, stride: int
) -> None:
    stride = min(stride, length)
    config = EchoConfig(truncated_backprop_length=length, batch_size=1, total_series_length=2000, stride=stride)
    pieces = lay_tape(config, tuple(make_progress(config, 0, window) for window in range(before + 1)), width)
    assert pieces[-1].progress.window == before
    column = 0
    for piece in pieces:
        assert piece.x >= column
        column = piece.x + 2 * (piece.end - piece.begin) + len(piece.seam[:1])
    assert column <= max(width, 0)
    shown = [piece.progress.x[0, piece.begin : piece.end] for piece in pieces]
    series = np.concatenate(
        [make_progress(config, 0, window).x[0, :stride] for window in range(before)] or [shown[0][:0]]
    )
    series = np.concatenate([series, make_progress(config, 0, before).x[0]])
    np.testing.assert_array_equal(np.concatenate(shown), series[len(series) - sum(map(len, shown)) :])


class OneWidget(App[None]):
    CSS_PATH = "../../../../tui/app/app.tcss"

    def __init__(self, rows: Rows) -> None:
        super().__init__()
        self.rows = rows

    def compose(self) -> ComposeResult:
        yield self.rows


async def drawn(
    progress: Progress | None,
    width: int,
    height: int,
    message: str = "",
    config: EchoConfig = SMALL,
    tape: tuple[Progress, ...] = (),
    keys: tuple[str, ...] = (),
) -> list[str]:
    app = OneWidget(Rows())
    async with app.run_test(size=(width + 2, height)) as pilot:
        app.rows.styles.height = height
        app.rows.focus()
        await pilot.pause()
        app.rows.show(Picture(Frame(State.PAUSED, config, progress=progress, tape=tape)), message)
        await pilot.press(*keys)
        strips = [app.rows.render_line(y) for y in range(height)]
        assert all(strip.cell_length == app.rows.size.width for strip in strips)
        return [strip.text.rstrip() for strip in strips]


def four_steps(window: int) -> Progress:
    return replace(
        make_progress(FOUR, 0, window),
        x=np.array([[1, 0, 1, 1], [0, 0, 1, 0]], np.uint8),
        y=np.array([[0, 0, 1, 0], [0, 1, 0, 0]], np.uint8),
        outputs=np.array([[[1, 0], [1, 0], [0, 1], [1, 0]], [[1, 0], [1, 0], [1, 0], [0.8, 0.2]]], np.float32),
    )


FOUR = replace(SMALL, truncated_backprop_length=4, echo_step=2)


async def test_two_rows_side_by_side() -> None:
    assert await drawn(four_steps(0), 30, 4, config=FOUR) == [
        ">row 1: 4/4     row 2: 3/4",
        "input ██▁▁████  input ▁▁▁▁██▁▁",
        "echo  ▁▁▁▁██▁▁  echo  ▁▁██▁▁▁▁",
        "pred  ▁▁▁▁██▁▁  pred  ▁▁><▁▁░░",
    ]


@pytest.mark.parametrize(("width", "height"), [(58, 4), (78, 7), (118, 20), (118, 8), (158, 24), (198, 8)])
async def test_rows_that_do_not_fit_are_counted(width: int, height: int) -> None:
    config = EchoConfig(batch_size=50)
    first, *_ = await drawn(make_progress(config), width, height, config=config)
    shown = arrange(50, width, height, 15).shown
    assert shown < 50
    assert f"1 to {shown} of 50" in first


async def test_windows_before_scroll_by_with_their_seams() -> None:
    lines = await drawn(four_steps(5), 34, 8, config=FOUR, tape=(four_steps(1), four_steps(4)))
    assert lines[:2] == ["                          row 1:", "input ▁▁████┆  ██▁▁████│██▁▁████"] or (
        lines[1].count("│") == 1 and lines[1].endswith("██▁▁████│██▁▁████")
    )
    assert "┆" in lines[1]


async def test_the_cursor_lights_up_the_input_that_a_target_echoes() -> None:
    lines = await drawn(four_steps(0), 14, 8, config=FOUR, keys=("left", "left"))
    assert lines[1:4] == ["input  1▁▁████", "echo  ▁▁▁▁ 1▁▁", "pred  ▁▁▁▁ 1▁▁"]
    lines = await drawn(four_steps(5), 30, 8, config=FOUR, tape=(four_steps(4),), keys=("left", "left", "left"))
    assert lines[1].endswith("██▁▁██ 1│██▁▁████"), "the source lies in the window before"


async def test_of_windows_that_overlap_each_step_is_shown_once() -> None:
    config = replace(FOUR, stride=2)
    lines = await drawn(
        four_steps(5), 30, 8, config=config, tape=(four_steps(4),), keys=("left", "left", "left", "left")
    )
    tape = [line[LABEL_WIDTH:].strip() for line in lines[1:4]]
    assert tape == ["1▁▁│██▁▁████", "▁▁▁▁│ 0▁▁██▁▁", "▁▁▁▁│ 0▁▁██▁▁"]


def test_of_many_classes_the_targets_probability_is_read_out_first_under_the_names_in_the_rows() -> None:
    twelve = replace(FOUR, num_classes=12, echo_step=0)
    probabilities = np.array([0.3, 0.2, 0.01, 0.05, 0.04, 0.03, 0.02, 0.02, 0.02, 0.01, 0.05, 0.25], np.float32)
    progress = make_progress(twelve)
    y = np.full_like(progress.y, 4)
    shown = replace(progress, y=y, outputs=np.broadcast_to(probabilities, (*y.shape, 12)))
    assert read(twelve, shown, 0, 0).endswith("target 4 echoes step 1; p(4) 0.040, p(0) 0.300, p(b) 0.250, p(1) 0.200")
    eleven = replace(shown, y=np.full_like(y, 11))
    assert "target b echoes step 1; p(b) 0.250, p(0) 0.300" in read(twelve, eleven, 0, 0)


@pytest.mark.parametrize(
    ("symbol", "two_classes", "mark", "text"),
    [
        (1, True, " ", " 1"),
        (3, False, " ", "3 "),
        (11, False, "<", "b<"),
        (90, False, " ", "5a"),
        (90, False, "<", "5a"),
    ],
)
def test_a_symbol_under_the_cursor_stands_where_the_others_do(
    symbol: int, two_classes: bool, mark: str, text: str
) -> None:
    assert cell_text(symbol, Symbols(2 if two_classes else 100 if symbol > 35 else 30), mark) == text


def test_a_target_is_read_out() -> None:
    assert read(FOUR, four_steps(5), 1, 3) == "row 2, step 4: target 0 echoes step 2; p(0) 0.800, p(1) 0.200"
    assert "echoes the row above" in read(FOUR, four_steps(0), 1, 0)
    assert "is blank" in read(FOUR, four_steps(0), 0, 0)
    assert "echoes 1 steps before this window" in read(FOUR, four_steps(1), 0, 1)


async def test_rows_scroll_where_they_do_not_fit() -> None:
    config = EchoConfig(batch_size=7, total_series_length=7 * 80)
    progress = make_progress(config)
    assert (await drawn(progress, 40, 8, config=config))[0].startswith(">row 1")
    assert (await drawn(progress, 40, 8, config=config, keys=("down", "down")))[0].startswith(">row 3")
    assert (await drawn(progress, 40, 8, config=config, keys=("pagedown", "pagedown")))[4].startswith("row 7")


async def test_before_the_first_window_the_message_is_shown() -> None:
    lines = await drawn(None, 40, 2, "press . to train a window")
    assert lines == ["press . to train a window", "input ▁▁██▁▁▁▁██▁▁████████"]


@pytest.mark.parametrize(("width", "height"), [(20, 3), (9, 1), (200, 60)])
async def test_any_size_draws(width: int, height: int) -> None:
    config = EchoConfig(batch_size=7, truncated_backprop_length=40, total_series_length=7 * 80)
    progress = make_progress(config, wrong_every=5)
    await drawn(progress, width, height, config=config, tape=(progress,) * 3, keys=("left", "up", "right"))


async def test_a_window_wider_than_the_screen_shows_its_newest_steps() -> None:
    config = EchoConfig(truncated_backprop_length=40)
    lines = await drawn(make_progress(config), 40, 20, config=config)
    assert lines[0] == ">row 1: 40 of 40 right, steps 24 to 40"
    assert len(lines[1]) == LABEL_WIDTH + 34


def test_each_of_several_classes_has_a_colour_as_well_as_a_digit() -> None:
    progress = replace(make_progress(replace(SMALL, num_classes=8)), x=np.arange(8, dtype=np.uint8)[None])
    blocks = blocks_of(progress, 0, 0, BLOCKS)
    assert [text for text, _ in blocks] == [f"{symbol} " for symbol in range(8)]
    assert len({style for _, style in blocks}) == 8
    assert {style for _, style in blocks} <= set(Rows.STYLES)
