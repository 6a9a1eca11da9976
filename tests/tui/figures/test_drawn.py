"""What is drawn: all values are inside the axes or marked, and names cover no values."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from tui.figures.drawn import curve, lags, paper, plane, seeds, weights

FACTS: dict[str, Any] = {"y": "loss", "log": False, "marks": [], "solved": 0, "lost": 0}


def drawn(draw: Any, columns: dict[str, list[Any]], facts: dict[str, Any] = FACTS, width: float = 3.3) -> Figure:
    figure = Figure(figsize=(width, 2.4), layout="constrained")
    draw(figure, {name: [str(cell) for cell in cells] for name, cells in columns.items()}, facts)
    figure.draw_without_rendering()
    return figure


def curve_of(high: list[float]) -> Figure:
    windows = list(range(1, len(high) + 1))
    none = [""] * len(high)
    columns: dict[str, list[Any]] = {
        "line": ["network"] * len(high),
        "first_window": windows,
        "last_window": windows,
        "mean": [0.5] * len(high),
        "low": [0.0] * len(high),
        "high": high,
        "q10": none,
        "median": none,
        "q90": none,
        "level chance": [0.69] * len(high),
    }
    return drawn(curve.draw, columns)


def test_the_band_is_inside_the_axis_or_its_top_is_said() -> None:
    (axes,) = curve_of([0.6, 1.9, 0.6]).axes
    low, high = axes.get_ylim()
    assert low < 0
    assert high > 1.9
    assert not any("beyond" in label for label in axes.get_legend_handles_labels()[1])
    (axes,) = curve_of([0.6, 40, 0.6]).axes
    assert axes.get_ylim()[1] < 2
    assert "beyond, to 40" in axes.get_legend_handles_labels()[1]


def test_the_name_of_a_level_is_beside_the_axes() -> None:
    figure = curve_of([0.6, 0.7, 0.8])
    (axes,) = figure.axes
    (name,) = axes.texts
    assert name.get_text() == "chance 0.69"
    box = Text.get_window_extent(name)
    assert axes.get_window_extent().x1 < box.x0
    assert box.x1 <= figure.bbox.x1


def test_names_of_levels_that_are_near_each_other_do_not_meet() -> None:
    figure = Figure(figsize=(3.3, 2.4))
    axes = figure.add_subplot()
    paper.level_lines(axes, [("one", 0.5), ("two", 0.51), ("three", 0.52)])
    figure.draw_without_rendering()
    boxes = sorted((box.y0, box.y1) for box in map(Text.get_window_extent, axes.texts))
    assert len(boxes) == 3
    assert all(below[1] <= above[0] for below, above in pairwise(boxes))
    assert paper.apart([0, 99, 100], [10, 10, 10], 100) == [0, 88.75, 98.75]


def test_a_legend_is_inside_the_figure() -> None:
    figure = Figure(figsize=(3.3, 2.4), layout="constrained")
    axes = figure.add_subplot()
    for label in ("smallest to largest", "mean", "beyond, to 1e+06", "solved at 357", "lost at 676"):
        axes.plot([0, 1], [0, 1], label=label)
    paper.legend_above(figure, axes)
    figure.draw_without_rendering()
    (legend,) = figure.legends
    assert legend.get_window_extent().x0 >= 0
    assert legend.get_window_extent().x1 <= figure.bbox.x1


@pytest.mark.parametrize("width", [3.3, 6.9])
def test_lags_are_whole_numbers(width: float) -> None:
    columns: dict[str, list[Any]] = {"lag": [*range(6)], "r2": [0.5] * 6, "source": [0] * 6}
    (axes,) = drawn(lags.draw_memory, columns, {"T": 20, "source": "echo"}, width).axes
    texts = [label.get_text().replace("\N{MINUS SIGN}", "-") for label in axes.get_xticklabels()]
    assert len(texts) > 2
    assert all(float(text).is_integer() for text in texts)
    assert len(set(texts)) == len(texts)
    assert all(float(tick).is_integer() for tick in axes.get_xticks())


def test_seeds_say_their_interval_and_are_inside_the_axes() -> None:
    facts = {"y": "loss", "log": False, "windows": 9, "interval": [0.1, 0.8], "levels": []}
    upper, lower = drawn(seeds.draw, {"solved_at": [4, ""], "final_loss": [0.0, 0.7]}, facts).axes
    assert upper.get_title() == "1 of 2 solved it; 95 % interval (Wilson) 10 to 80 %"
    assert upper.get_xlim()[1] > 9
    assert lower.get_ylim()[0] < 0


def weights_of(with_eigenvalues: bool) -> Figure:
    rows = [("W", row, column, "x", f"{gate} {column % 8 + 1}", 0.1) for row in range(1) for column, gate in GATES]
    rows += [("W2", row, 0, f"h{row + 1}", "output 1", -0.5) for row in range(12)]
    rows += [("nu", 0, column, "nu", f"unit {column + 1}", 3.0) for column in range(8)]
    names = ("matrix", "row", "column", "from", "to", "value")
    columns: dict[str, list[Any]] = {name: [row[number] for row in rows] for number, name in enumerate(names)}
    columns |= {"part": ["weight"] * len(rows), "imaginary": [""] * len(rows)}
    if with_eigenvalues:
        one = {"part": "eigenvalue", "matrix": "W", "row": 0, "value": 0.5, "imaginary": 0.1}
        columns = {name: [*cells, one.get(name, "")] for name, cells in columns.items()}
    return drawn(weights.draw, columns, {})


GATES = [(column, ("input", "forget", "value", "output")[column // 8]) for column in range(32)]


def test_rows_and_columns_of_weights_have_names() -> None:
    w, w2, nu, _bar = weights_of(with_eigenvalues=False).axes
    assert [label.get_text() for label in w.get_xticklabels()] == ["input", "forget", "value", "output"]
    assert list(w.get_xticks()) == [3.5, 11.5, 19.5, 27.5]
    assert [label.get_text() for label in w2.get_yticklabels()] == ["h1 … 12"]
    assert [label.get_text() for label in nu.get_xticklabels()] == ["unit 1 … 8"]


def test_weights_of_units_have_their_own_shades_and_an_empty_panel_is_left_out() -> None:
    w, w2, nu, _bar = weights_of(with_eigenvalues=False).axes
    assert [axes.images[0].get_clim() for axes in (w, w2, nu)] == [(-0.5, 0.5), (-0.5, 0.5), (-3.0, 3.0)]
    assert [axes.get_title() for axes in (w, w2, nu)] == ["W", "W2", "nu, ±3"]
    assert weights_of(with_eigenvalues=True).axes[3].get_title() == "eigenvalues"


def test_a_plane_has_a_border_between_two_classes_and_marks_of_fixed_points() -> None:
    columns: dict[str, list[Any]] = {
        "part": ["state", "state", "fixed point", "fixed point"],
        "group": ["0", "1", "stable", "saddle"],
        "z1": [-1, 1, -1, 0],
        "z2": [0, 0.5, 0, 0],
    }
    facts = {
        "groups": ["0", "1"],
        "of": "target",
        "borders": [],
        "shares": [0.6, 0.3],
        "readout": [[0, -4, 0], [0, 4, 0]],
        "held": "input 0",
    }
    figure = drawn(plane.draw, columns, facts)
    (axes,) = figure.axes
    assert axes.get_xlabel() == "component 1 (60% of variance)"
    assert axes.get_legend_handles_labels()[1] == ["0", "1", "1 stable", "1 saddle"]
    lines = np.concatenate([path.vertices for shape in axes.collections for path in shape.get_paths()])
    assert len(lines) > 10
    assert float(np.abs(lines[:, 0]).max()) < 1e-6
    (legend,) = figure.legends
    assert legend.get_title().get_text() == "target; fixed points under input 0"


def test_a_plane_of_numbers_has_borders_at_their_values_and_one_without_a_readout_none() -> None:
    columns: dict[str, list[Any]] = {"part": ["state"] * 2, "group": ["-", "+"], "z1": [-1, 1], "z2": [0, 1]}
    facts = {"groups": ["-", "+"], "of": "target", "borders": [[0.5]], "shares": [0.6, 0.3], "held": ""}
    for readout, count in (([[0.5, 1, 0]], 1), ([], 0)):
        (axes,) = drawn(plane.draw, columns, {**facts, "readout": readout}).axes
        assert sum(bool(shape.get_paths()) for shape in axes.collections) == count
