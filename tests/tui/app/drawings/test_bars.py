"""Bars by lag: heights in eighths, marks in place, and more lags than columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tui.app.drawings.lag_chart import Columns, LagChart, arrange, bar_picture, draw_lag_chart, sample_texts
from tui.app.views.probe_view import ProbeView
from tui.kit.cells import Cells
from tui.kit.paint import Box, beside


def chart(heights: list[float], echo: int, wall: int) -> LagChart:
    lags = len(heights)
    return LagChart(
        np.array(heights),
        tuple(f"{height:.1f}" for height in heights),
        ("view--bar",) * lags,
        np.arange(lags) <= echo,
        ((0.0, "0"), (1.0, "1")),
        (echo,),
        wall,
        (f"T {wall}",),
    )


def lines_of(shown: LagChart, width: int, height: int, ascii_only: bool = False) -> list[str]:
    cells = Cells(width, height, ProbeView.STYLES)
    draw_lag_chart(cells, Box(0, 0, width, height), shown, ascii_only)
    return [cells.text(line).rstrip() for line in range(height)]


def test_heights_are_eighths_of_a_line() -> None:
    heights = np.array([0, 0.001, 1 / 16, 0.5, 0.75, 1, np.nan, 7, -1])
    assert ["".join(line) for line in bar_picture(heights, 2, ascii_only=False)] == ["    ▄█ █ ", " ▁▁███ █ "]
    assert ["".join(line) for line in bar_picture(heights, 1, ascii_only=True)] == [" .._:# # "]


def test_a_chart() -> None:
    assert lines_of(chart([1.0, 0.5, 0.0, 0.25], 1, 3), 33, 7) == [
        "     1.0",
        "   1 █████ ░░░░░       ┊",
        "     █████ 0.5░░       ┊",
        "     █████ █████       ┊ 0.2",
        "   0 █████ █████ 0.0   ┊ █████",
        "lag  0     1     2     ┊ 3",
        "           ▲ echo 1    ┊ T 3",
    ]


@pytest.mark.parametrize(
    ("lags", "wall", "width", "expected"),
    [
        (16, 15, 40, Columns(1, 16, 2, 15, 2)),
        (16, 20, 40, Columns(1, 16, 2, 20, 0)),
        (4, 3, 200, Columns(1, 4, 7, 3, 2)),
        (128, 100, 50, Columns(3, 43, 1, 34, 2)),
        (1, 1, 1, Columns(1, 1, 1, 1, 0)),
    ],
)
def test_columns_of_bars(lags: int, wall: int, width: int, expected: Columns) -> None:
    columns = arrange(lags, wall, width)
    assert columns == expected
    assert columns.width <= max(width, 1)
    assert columns.x_of(columns.bars - 1) + columns.bar_width <= max(width, 1)


def test_more_lags_than_columns_show_the_highest_of_each_stretch_and_say_so() -> None:
    heights = [0.0] * 100
    heights[50] = 1.0
    lines = lines_of(chart(heights, 50, 80), 45, 8)
    assert "a bar: the highest of 3 lags" in lines[0]
    assert lines[2].count("█") == 1
    assert lines[-1].index("▲") == lines[2].index("█")
    assert lines[-2].split()[:4] == ["lag", "0", "15", "30"]


def test_an_echo_beyond_the_lags_is_said_at_the_right() -> None:
    assert lines_of(chart([0.5] * 4, 9, 12), 40, 5)[-1].split() == ["T", "12", ">", "echo", "9", ">"]


def test_two_boxes_side_by_side() -> None:
    box = Box(1, 2, 60, 9)
    assert beside(box, 30, 90, [40, 20]) == (Box(1, 2, 38, 9), Box(41, 2, 20, 9))
    assert beside(box, 30, 32, [40, 20]) == (Box(1, 2, 32, 9), Box(35, 2, 26, 9))
    assert beside(box, 50, 90, [40, 20]) is None


@pytest.mark.parametrize(
    ("width", "marks"),
    [
        (47, "            ▲ echo 1      ┊ T 3  of 2,048 steps"),
        (45, "            ▲ echo 1      ┊ T 3      of 2,048"),
        (33, "           ▲ echo 1    ┊ T 3"),
    ],
)
def test_the_sample_is_said_where_it_is_in_nobodys_way(width: int, marks: str) -> None:
    one = replace(chart([1.0, 0.5, 0.0, 0.25], 1, 3), sample=sample_texts(2048, "steps"))
    assert lines_of(one, width, 7)[-1] == marks
    assert sample_texts(0, "steps") == ()


@pytest.mark.parametrize(
    ("sources", "marks"),
    [
        ((3, 8), "           ▲ 3       ▲ source 8"),
        ((3, 12), "           ▲ source 3        ▲ 12"),
        ((3, 4), "           ▲ ▲ source 4"),
        ((3, 30), "           ▲ source 3                30 >"),
        ((), ""),
    ],
)
def test_as_many_sources_are_marked_as_fit_and_one_of_them_has_the_name(sources: tuple[int, ...], marks: str) -> None:
    wall = "a wall for which there is no room here"
    narrow = replace(chart([0.5] * 17, 3, 17), sources=sources, source_name="source", wall_texts=(wall,))
    assert lines_of(narrow, 41, 7)[-1] == marks


@pytest.mark.parametrize(
    ("source", "wall", "foot"),
    [
        (1, 1, "      T 1 ┊ ▲ source 1"),
        (1, 2, "          ▲ source 1"),
        (4, 3, "                    ┊ T 3  ▲ source 4"),
    ],
)
def test_the_sign_of_the_wall_is_drawn_below_the_wall_alone(source: int, wall: int, foot: str) -> None:
    one = replace(chart([0.5] * 6, source, wall), sources=(source,), source_name="source", wall_texts=(f"T {wall}",))
    lines = lines_of(one, 41, 7)
    assert lines[-1] == foot
    assert "┊" not in foot or foot.index("┊") == lines[2].index("┊")
