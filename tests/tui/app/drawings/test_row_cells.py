"""The lines of a row of any task: which there are, and their cells."""

from __future__ import annotations

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.tasks.adding import Adding
from echornn.tasks.flip_flop import FlipFlop
from echornn.tasks.table import TASKS
from echornn.tasks.temporal_order import TemporalOrder
from echornn.tasks.two_coins import TwoCoins
from tests.any_task import progress_of
from tui.app.drawings.blocks import ASCII_BLOCKS, BLOCKS
from tui.app.drawings.row_cells import (
    NOT_SCORED,
    RowData,
    RowLine,
    cells_of,
    left_out,
    number_text,
    row_lines,
    scales_of,
)
from tui.app.views.rows_words import read, title


def drawn(config: EchoConfig, data: RowData, line: RowLine, ascii_only: bool = False) -> list[str]:
    """The texts of the cells of a line."""
    glyphs = ASCII_BLOCKS if ascii_only else BLOCKS
    cells = cells_of(config, data, line, scales_of(config, data.x, data.y), glyphs, ascii_only)
    return [text for text, _ in cells]


def test_numbers_have_a_line_for_each_channel_as_far_as_there_is_room() -> None:
    config = EchoConfig(task=FlipFlop(bits=3))
    names = [line.label.strip() for line in row_lines(config, 9)]
    assert names == [f"{part} bit {channel}" for part in ("input", "target", "pred") for channel in (1, 2, 3)]
    assert left_out(config, row_lines(config, 9)) == ""
    assert [line.channel for line in row_lines(config, 8)] == [0, 1] * 3
    assert left_out(config, row_lines(config, 8)) == ", channels 1 to 2 of 3"
    assert left_out(config, row_lines(config, 1)) == ", channel 1 of 3"
    adding = row_lines(EchoConfig(task=Adding()), 9)
    assert [line.label for line in adding] == ["input value ", "input mark  ", "target      ", "pred        "]


@pytest.mark.parametrize("task", TASKS)
def test_the_cells_of_every_task_have_two_characters_and_tell_values_apart_without_colour(task: str) -> None:
    config = EchoConfig(task=task)
    data = RowData.of(progress_of(config, noise=0.0), 0)
    for ascii_only in (False, True):
        for line in row_lines(config, 20):
            texts = drawn(config, data, line, ascii_only)
            assert [len(text) for text in texts] == [2] * config.window_steps
            values = (data.x if line.part == "input" else data.y)[..., line.channel] if data.x.ndim == 2 else data.x
            if line.part == "input":
                assert len(set(texts)) >= min(len(np.unique(values)), 3)


def test_the_target_of_a_step_that_does_not_count_is_a_dash_and_its_prediction_is_never_wrong() -> None:
    config = EchoConfig(task=TemporalOrder(length=10))
    data = RowData.of(progress_of(config, noise=1.0), 0)
    _, target, prediction = row_lines(config, 3)
    assert drawn(config, data, target)[:-1] == [NOT_SCORED] * 9
    assert drawn(config, data, target)[-1] != NOT_SCORED
    assert not any(text.endswith("<") for text in drawn(config, data, prediction)[:-1])
    styles = [style for _, style in cells_of(config, data, prediction, (1, 1), BLOCKS, False)]
    assert styles[:-1] == ["rows--unscored"] * 9


def test_titles_and_readings_say_what_counts_and_in_which_unit() -> None:
    order, sums = EchoConfig(task=TemporalOrder(length=10)), EchoConfig(task=Adding(length=10))
    window = progress_of(order, noise=0.0)
    assert title(window, 0, 0, 80) == "row 1: 1 of 1 right"
    assert read(order, window, 0, 3).endswith("; no target counts here")
    assert "; target " in read(order, window, 0, 9)
    numbers = progress_of(sums, noise=0.0)
    assert title(numbers, 1, 4, 80, has_classes=False) == "row 2: squared error 0.0000, steps 5 to 10"
    assert "; network " in read(sums, numbers, 1, 9)


def test_a_target_is_said_to_hang_on_its_known_sources() -> None:
    config = EchoConfig(task=TwoCoins(lag=2, far_lag=5), truncated_backprop_length=10)
    assert "depends on t-2;" in read(config, progress_of(config), 0, 3)
    assert "depends on t-2, t-5;" in read(config, progress_of(config, window=1), 0, 3), "from the window before too"
    assert max(len(read(config, progress_of(config), 4, step)) for step in range(10)) <= 78


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, " 0"), (0.04, " 0"), (0.5, ".5"), (-0.5, "-."), (1, "+1"), (-1, "-1"), (8.9, "+9"), (12, "++"), (-12, "--")],
)
def test_a_number_under_the_cursor_has_two_characters(value: float, text: str) -> None:
    assert number_text(value) == text
    assert number_text(float("nan")) == "? "
