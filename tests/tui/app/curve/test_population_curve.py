"""The curve of several networks: median, band, extremes, the selected network's line, and how many are solved."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.progress import Floats
from echornn.session.pictures.ghosts import MOST_GHOSTS, curve_under, ghosts_of
from echornn.timeline.branch import Position
from echornn.timeline.timeline import Timeline
from tests.record_population import recorded_population
from tests.trees import branch_off, grow
from tests.tui.app.scenes import NOTHING, Line
from tui.app.curve.loss_plot import LossPlot
from tui.app.curve.plot_axes import GUTTER
from tui.app.curve.viewport import Viewport
from tui.kit.cells import Cells
from tui.kit.fitting import wrapped

CONFIG = EchoConfig(replicas=64)


def drawn(
    timeline: Timeline,
    size: tuple[int, int] = (80, 8),
    viewport: Viewport | None = None,
    replica: int = 0,
    ascii_only: bool = True,
    line: int = 0,
) -> tuple[Cells, str]:
    """The plot of a branch, and the text about the crosshair."""
    replica = min(replica, timeline.branch(line).config.replicas - 1)
    plot = LossPlot(NOTHING, ascii_only)
    plot.viewport = Viewport() if viewport is None else viewport
    cells = Line(timeline, line, replica=replica).draw(plot, *size, ghosts=MOST_GHOSTS)
    return cells, plot.reading


def lines_of(cells: Cells) -> list[str]:
    return [cells.text(y).rstrip() for y in range(cells.height)]


def grown(losses: Floats, config: EchoConfig) -> Timeline:
    timeline = Timeline()
    grow(timeline, branch_off(timeline, config), losses)
    return timeline


def columns_of(cells: Cells, style: str) -> dict[int, list[int]]:
    """For each column, the lines that have cells of a style."""
    lines, columns = np.nonzero(cells.styles == cells.names.index(f"plot--{style}"))
    found: dict[int, list[int]] = {}
    for line, column in zip(lines.tolist(), columns.tolist(), strict=True):
        found.setdefault(column, []).append(line)
    return found


def recorded(windows: int = 700) -> Timeline:
    return grown(recorded_population()[:windows], CONFIG)


def three_kinds(windows: int = 400) -> Timeline:
    """Ten networks: one at 0.1, eight at 0.4, and one at 0.7 nats; of the eight, the last is at 0.55."""
    losses = np.full((windows, 10), 0.4, np.float32)
    losses[:, 0], losses[:, 7], losses[:, 9] = 0.1, 0.55, 0.7
    return grown(losses, dataclasses.replace(CONFIG, replicas=10))


@pytest.mark.parametrize("ascii_only", [True, False])
def test_median_band_extremes_and_the_chosen_line_lie_where_they_should(ascii_only: bool) -> None:
    cells, _ = drawn(three_kinds(), (80, 24), replica=7, ascii_only=ascii_only)
    height = 24 - (3 if ascii_only else 6)

    def line_of(loss: float) -> float:
        return height * (1 - loss / 0.8)

    middle = GUTTER + 30
    near = 1.2
    for style, loss in (("mean", 0.55), ("median", 0.4)):
        found = columns_of(cells, style)[middle]
        assert all(abs(line + 0.5 - line_of(loss)) < near for line in found), style
    extremes = {line for column in range(middle, middle + 4) for line in columns_of(cells, "extreme").get(column, [])}
    assert min(abs(line + 0.5 - line_of(0.7)) for line in extremes) < near
    assert min(abs(line + 0.5 - line_of(0.1)) for line in extremes) < near


def test_the_words_tell_lines_apart_without_colour() -> None:
    cells, _ = drawn(three_kinds(), (120, 24), replica=7)
    text = "\n".join(lines_of(cells))
    for words in ("** seed 14, chosen", "== median of 10", ":. 10 to 90 % of them", "'  best and worst"):
        assert words in text
    assert "** seed 14  == median  :. 10 to 90 %" in "\n".join(lines_of(drawn(three_kinds(), replica=7)[0]))


def test_at_80_columns_the_strip_takes_one_line_and_says_how_many_with_the_interval() -> None:
    timeline = recorded()
    population = timeline.seed_stats(Position(0, 700))
    assert population is not None
    cells, _ = drawn(timeline)
    *curve, strip, base = lines_of(cells)
    assert len(curve) == 6
    assert strip.startswith("solved")
    low, high = (round(100 * share) for share in population.interval)
    assert strip.endswith(f" {population.solved}/64 ({low}-{high} %)")
    assert base.startswith("window")


def test_on_a_higher_screen_there_are_both_strips_and_the_interval_over_the_windows() -> None:
    timeline = recorded()
    assert [line[:6] for line in lines_of(drawn(timeline, (100, 12))[0])][-3:] == ["solved", "errors", "window"]
    cells, _ = drawn(timeline, (100, 30), ascii_only=False)
    assert [line[:6].strip() for line in lines_of(cells)][-7:] == ["", "", "solved", "", "", "errors", "window"]
    assert len(columns_of(cells, "interval")) > 30
    assert len(columns_of(cells, "solved")) > 60


@pytest.mark.parametrize(
    ("cursor", "reading"),
    [
        (
            30,
            "window 31 · epoch 1, window 31 · median loss 0.4000 (10 to 90 %: 0.3700 to 0.5650) · 0 of 10 solved · "
            "seed 14: 0.5500, 0.0% wrong",
        ),
        (None, ""),
    ],
)
def test_the_crosshair_reads_what_is_so_of_all_and_of_the_chosen_one(cursor: int | None, reading: str) -> None:
    viewport = Viewport(span=50, end=60, cursor=cursor)
    assert drawn(three_kinds(), viewport=viewport, replica=7)[1] == reading


def test_what_the_crosshair_reads_of_many_networks_fits_on_two_lines() -> None:
    config = dataclasses.replace(CONFIG, replicas=4096)
    timeline = grown(np.full((300, 4096), 0.04, np.float32), config)
    _, reading = drawn(timeline, viewport=Viewport(cursor=250), replica=4095)
    assert reading == (
        "windows 249 to 256 · epoch 1 · median loss 0.0400 (10 to 90 %: 0.0400 to 0.0400) · 4,096 of 4,096 solved · "
        "seed 4102: 0.0400, 0.0% wrong"
    )
    assert len(wrapped(reading, 78, 3)) == 2


def test_a_few_wild_losses_do_not_flatten_the_others() -> None:
    losses = np.full((300, 64), math.log(2), np.float32)
    losses[100:, :3] = 1e30
    losses[200:, 5] = math.nan
    cells, _ = drawn(grown(losses, CONFIG), (80, 12), replica=8)
    assert lines_of(cells)[0].strip().startswith("0.8")
    assert lines_of(cells)[0].count("^") > 8
    assert not any("!" in line for line in lines_of(cells))
    cells, _ = drawn(grown(losses, CONFIG), (80, 12), replica=5)
    assert "!" in lines_of(cells)[0]


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("size", [(80, 8), (12, 3), (3, 1), (120, 30), (8, 20)])
def test_no_loss_and_no_size_takes_the_plot_down(size: tuple[int, int], ascii_only: bool, log: bool) -> None:
    config = dataclasses.replace(CONFIG, replicas=3)
    for value in (0.0, 0.5, math.nan, math.inf, 3e38):
        for windows in (1, 300):
            losses = np.full((windows, 3), 0.3, np.float32)
            losses[windows // 2 :, 1:] = value
            drawn(grown(losses, config), size, Viewport(log=log, cursor=0), 1, ascii_only)
    drawn(grown(np.empty((0, 3), np.float32), config), size, Viewport(log=log, cursor=0), 1, ascii_only)
    drawn(grown(np.full((40, 3), math.nan, np.float32), config), size, Viewport(log=log, cursor=7), 1, ascii_only)


def test_where_one_goes_on_alone_the_band_ends_and_its_extremes_are_drawn() -> None:
    timeline = three_kinds(200)
    alone = branch_off(timeline, CONFIG.of(7), "alone", (0, 200))
    grow(timeline, alone, np.tile([0.5, 0.6], 100))
    cells, reading = drawn(timeline, (100, 24), Viewport(cursor=300), replica=7, line=alone)
    middle = GUTTER + (100 - GUTTER) // 2
    assert max(columns_of(cells, "median")) <= middle + 1
    assert min(columns_of(cells, "raw")) >= middle - 2
    assert "solved" not in reading


def test_several_seeds_are_a_ghost_by_their_median_alone() -> None:
    timeline = three_kinds(200)
    alone = branch_off(timeline, dataclasses.replace(CONFIG, replicas=1, seed=1), "preset", (0, 0))
    grow(timeline, alone, [0.6] * 200)
    (ghost,) = ghosts_of(timeline, alone)
    curve = curve_under(timeline, 0, 100, ghost.first, ghost.last)
    assert curve.mean == pytest.approx(np.full(len(curve.mean), 0.4), rel=1e-4)
    assert np.array_equal([curve.low, curve.high], [curve.mean, curve.mean]), "no second line beside it"
    cells, _ = drawn(timeline, (100, 24), line=alone)
    assert columns_of(cells, "ghost")
    assert not columns_of(cells, "band")
