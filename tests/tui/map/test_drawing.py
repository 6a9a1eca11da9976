"""The map on a grid of characters."""

from __future__ import annotations

import pytest

from echornn.config import EchoConfig
from echornn.maps.measures import Measure
from echornn.maps.overview import overview_of
from echornn.sweeps.axis import Axis
from echornn.sweeps.folder import Result
from echornn.sweeps.grid import Grid
from echornn.sweeps.results import SweepResults
from tests.swept import CLIFF, WIDE_STATE, results_of, with_a_cliff
from tui.kit.cells import Cells
from tui.kit.paint import Box
from tui.map.drawing import STYLES, draw_map
from tui.map.frame import MapFrame
from tui.map.signs import ASCII, BLOCKS, Signs
from tui.map.state import MapState, MarkedCell

EDGE = Grid((Axis.parse("echo_step=11..16"), Axis.parse("cell=rnn,lstm")), {**WIDE_STATE, "seed": 0}, 16)


def drawn(
    results: SweepResults, width: int, height: int, signs: Signs = BLOCKS, state: MapState | None = None
) -> list[str]:
    everything = overview_of(results)
    frame = MapFrame.of(state or MapState.first(everything.axes), everything)
    cells = Cells(width, height, STYLES)
    box = Box(0, 0, width, height)
    draw_map(cells, box, frame, signs)
    return [cells.text(line).rstrip() for line in range(height)]


def test_shades_numbers_lines_and_the_cursor() -> None:
    assert drawn(results_of(EDGE), 40, 8) == [
        "        11   12   13   14   15   16",
        "      ▐▓▓▓▓▌▒▒▒▒ ▒▒▒▒ ░░░░┃····┊····",
        "> rnn ▐ 75 ▌ 62   44   25 ┃ 0  ┊ 0",
        "      ▐▓▓▓▓▌▒▒▒▒ ▒▒▒▒ ░░░░┃····┊····",
        "                          ┃    ┊┄┄┄┄",
        "       ···· ···· ···· ····┃···· ····",
        "  lstm  0    0    0    0  ┃ 0    0",
        "       ···· ···· ···· ····┃···· ····",
    ]


def test_where_there_is_one_line_a_row_the_number_stands_in_the_shade() -> None:
    assert drawn(results_of(EDGE), 40, 4) == [
        "        11   12   13   14   15   16",
        "> rnn ▐▓▓75▌▒▒62 ▒▒44 ░░25┃···0┊···0",
        "                          ┃    ┊┄┄┄┄",
        "  lstm ···0 ···0 ···0 ···0┃···0 ···0",
    ]


def test_where_there_is_little_room_only_theorys_lines_have_a_place() -> None:
    assert drawn(results_of(EDGE), 16, 4, ASCII) == [
        "     11    16",
        "> rn @++~|.:.",
        "         | :-",
        "  ls ....|. .",
    ]


@pytest.fixture(scope="module")
def broken() -> SweepResults:
    grid = Grid((Axis.parse("echo_step=1,2,3,40"),), {"total_series_length": 200, "truncated_backprop_length": 10}, 2)

    def rule(config: EchoConfig) -> Result | None:
        return with_a_cliff(config) if config.echo_step == 1 or (config.echo_step, config.seed) == (2, 7) else None

    return results_of(grid, rule, lambda config: "killed" if config.echo_step == 3 else None)


def test_what_lacks_is_marked(broken: SweepResults) -> None:
    assert drawn(broken, 26, 4) == [
        "       1    2    3    40",
        "     ▐████▌▒▒▒?",
        "> all▐100 ▌ 50   !    ×",
        "     ▐████▌▒▒▒▒",
    ]


def test_the_marked_cell_is_told_from_the_others(broken: SweepResults) -> None:
    state = MapState(**{**vars(MapState.first(broken.axes)), "mark": MarkedCell(((2,),), "there"), "column": 40})
    lines = drawn(broken, 26, 4, ASCII, state)
    assert lines[1] == "      #### M++?     [    ]"
    assert lines[2] == "> all 100   50   !  [ x  ]"


def test_in_wide_cells_the_interval_stands_below_the_number() -> None:
    lines = drawn(results_of(EDGE), 70, 16)
    assert "  75  " in lines[4]
    assert " 51-90 " in lines[5]
    other = drawn(results_of(EDGE), 70, 16, state=MapState("echo_step", "cell", measure=Measure.WINDOWS))
    assert not any("51-90" in line for line in other)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (5, 3), (12, 30), (300, 1), (300, 100)])
def test_any_size_can_be_drawn(size: tuple[int, int]) -> None:
    state = MapState("echo_step", "cell", row="lstm", column=20)
    for signs in (BLOCKS, ASCII):
        assert len(drawn(results_of(CLIFF), *size, signs, state)) == size[1]


def test_of_more_columns_than_have_room_those_around_the_cursor_are_shown() -> None:
    lines = drawn(results_of(CLIFF), 14, 5, state=MapState("echo_step", "cell", row="rnn", column=20))
    assert lines[:2] == ["   <    16  20", "> r ▒░┃·┊····◉"]


def test_ascii_is_ascii() -> None:
    assert "".join(drawn(results_of(CLIFF), 120, 40, ASCII)).isascii()
