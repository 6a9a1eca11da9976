"""The data view: the tutorial's small example as in its figures, and any matrix on any screen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.session.pictures.frame import Frame, State
from tests.scripted import make_progress
from tui.app.drawings.matrix import laid
from tui.app.drawings.misses import HEIGHT, bracket_lines, sentence, target_line
from tui.app.drawings.time_steps import TimeSteps, counted, read
from tui.app.views import data
from tui.app.views.data import LINES_OF_A_ROW, Data, share
from tui.kit.cells import Cells

LITTLE = EchoConfig(total_series_length=36, batch_size=3, truncated_backprop_length=3, echo_step=3)
"""The tutorial's example ("Variables and placeholders")."""

SERIES = np.array([int(sign) for sign in "0101001110101001010111001001110101001110"[:36]], np.uint8)


def drawn(
    config: EchoConfig, window: int, width: int, height: int, ascii_only: bool = False, cursor: tuple[int, int] = (9, 9)
) -> list[str]:
    view = Data(ascii_only)
    progress = make_progress(config, 0, window)
    view._frame = Frame(State.PAUSED, config, epoch=1, window=window + 1, progress=progress)
    view._cursor = None if cursor == (9, 9) else cursor
    cells = Cells(width, height, view.STYLES)
    view.draw(cells)
    return [cells.text(y).rstrip() for y in range(height)]


@pytest.fixture
def known_series(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "symbols_of", lambda *_: SERIES)


def numbers(line: str) -> list[int]:
    """The numbers on a line of the matrix, without its symbols."""
    return [int(word) for word in "".join(sign if sign.isdigit() else " " for sign in line[8:]).split()]


@pytest.mark.usefixtures("known_series")
def test_the_little_example_is_the_tutorials_figure() -> None:
    lines = drawn(LITTLE, 1, 118, 17)
    rows = [lines[2], lines[5], lines[8]]
    windows = [[int(word.strip("▁█ ")) for word in row.split("╎")[1].split()] for row in rows]
    assert windows == [[4, 5, 6], [16, 17, 18], [28, 29, 30]], "steps 4 to 6, 16 to 18 and 28 to 30"
    assert [line.split("╎")[2].strip() for line in (lines[3], lines[6], lines[9])] == [
        "4 to 6",
        "16 to 18",
        "28 to 30",
    ]
    assert [numbers(row) for row in rows] == [
        list(range(1, 14)),
        list(range(10, 26)),
        list(range(22, 37)),
    ], "each row joined to the end of the row above, and to the beginning of the row below"
    assert [row.count("→") for row in rows] == [1, 2, 1]
    assert rows[0].index("→") == rows[1].rindex("→")
    assert rows[1].index("→") == rows[2].index("→")


@pytest.mark.usefixtures("known_series")
def test_each_time_step_of_the_little_example_has_its_symbol_and_each_target_what_it_echoes() -> None:
    steps = TimeSteps(LITTLE, 1, laid(LITTLE, 1, 118), SERIES, None)
    for row, begin in enumerate((3, 15, 27)):
        for step in range(3):
            one = "▁█"[SERIES[begin + step]]
            assert steps.input(row, 3 + step) == f"{one}{str(begin + step + 1).rjust(2, one)}{one} "
            echoed = "▁█"[SERIES[begin + step - 3]]
            assert steps.target(row, 3 + step) == (
                f"‹{str(begin + step - 2).rjust(2, echoed)}{echoed} ",
                "data--before",
            )
    assert steps.input(0, -1).strip() == "", "nothing comes before the first row"
    assert steps.input(1, -1) == f"{'▁█'[SERIES[11]]}12{'▁█'[SERIES[11]]} ", "the end of the row above"
    first = TimeSteps(LITTLE, 0, laid(LITTLE, 0, 118), SERIES, None)
    assert first.target(0, 0) == ("---- ", "data--blank")
    assert first.target(1, 0)[0].startswith("↑10")
    assert first.target(1, 0)[1] == "data--above"


def targets(config: EchoConfig, window: int, width: int) -> str:
    return "".join(sign for sign, _ in target_line(config, window, width))


def test_the_misses_of_the_tutorials_figure() -> None:
    assert sentence(LITTLE) == "all are misses ×: tbptt stops before t-3; only what the state keeps is used"
    assert bracket_lines(LITTLE, 1, 8 + 12) == ["windows ├─┤   ├─┤   ", "           ╞═╡   ├─┤"]
    assert targets(LITTLE, 0, 8 + 6) == "targets ××××××"
    uncut = replace(LITTLE, rule="rtrl")
    assert sentence(uncut) == "no misses: rtrl's gradient goes back past T 3"
    assert targets(uncut, 0, 8 + 6) == "targets ······"
    assert sentence(EchoConfig()) == "misses ×: 3 of each 15 targets lie in no window together with the source (20%)"
    assert targets(EchoConfig(), 0, 8 + 18) == "targets ×××············×××"
    assert sentence(EchoConfig(stride=12)).startswith("no misses")
    assert sentence(EchoConfig(), ascii_only=True).startswith("misses x:")
    assert bracket_lines(EchoConfig(truncated_backprop_length=4, stride=3), 0, 8 + 10, ascii_only=True) == [
        "windows [==]  |--|",
        "           |--|  |",
    ]


def test_the_misses_are_of_the_windows_that_there_are_and_mark_the_one_shown() -> None:
    for window, marked in enumerate(["╞═╡", "   ╞═╡", "      ╞═╡", "         ╞═╡"]):
        lines = bracket_lines(LITTLE, window, 118)
        assert max(map(len, lines)) == len(targets(LITTLE, window, 118)) == 8 + 12, "a row has 12 steps"
        assert sum(line.count("├") for line in lines) == 3
        assert lines[window % 2][8:].rstrip().replace("├─┤", "   ").rstrip() == marked
    assert bracket_lines(EchoConfig(), 665, 118)[1].rstrip().endswith("╞═════════════╡"), "it follows the window"
    assert bracket_lines(replace(LITTLE, truncated_backprop_length=1), 2, 118)[0].count("║") == 1


def test_what_the_targets_echo_is_counted_and_read_out() -> None:
    assert counted(EchoConfig(), 0) == "75 targets and their sources: 60 this window, 12 the row above ↑, 3 blank -"
    assert counted(LITTLE, 1, True) == "9 targets and their sources: 9 before this window <"
    tutorial = EchoConfig()
    assert read(tutorial, 0, 0, 2) == "row 1, step 3 of the series: its target is blank, no echo"
    assert read(tutorial, 0, 1, 0) == (
        "row 2, step 10,001 of the series echoes 9,998, in the row above: the state begins at zero"
    )
    assert read(tutorial, 2, 0, 1) == "row 1, step 32 of the series echoes 29, before this window: the error is cut off"
    assert read(replace(tutorial, rule="rtrl"), 2, 0, 1).endswith("29, before this window: the error goes on to it")
    assert read(LITTLE, 1, 2, 0) == "row 3, step 28 of the series echoes 25, before this window: the error is cut off"
    assert read(tutorial, 2, 0, 3) == "row 1, step 34 of the series echoes 31, in this window: the error reaches it"


def test_where_there_is_no_room_for_numbers_blocks_are_as_in_the_rows() -> None:
    lines = drawn(EchoConfig(), 0, 78, 12)
    assert lines[0].startswith("matrix █")
    assert lines[0].endswith("1 to 15 of 10,000, rows 1 to 3 of 5")
    assert lines[2].startswith("echo")
    assert "╎------" in lines[2]
    assert lines[2].endswith("1 to 15")
    assert "→╎" in lines[3]
    assert lines[4].count("↑") == 3
    assert lines[-1].startswith("targets ×××····")


def test_more_than_two_classes_are_told_by_their_symbol() -> None:
    config = replace(LITTLE, num_classes=36)
    steps = TimeSteps(config, 1, laid(config, 1, 200), np.arange(36, dtype=np.uint8), None)
    assert [steps.input(0, position) for position in (3, 10)] == ["3 ", "a "]
    assert steps.target(1, 3)[0] == "‹c"


def test_each_of_256_classes_has_a_symbol_of_its_own_beside_the_mark() -> None:
    config = EchoConfig(num_classes=256, total_series_length=256, batch_size=1, truncated_backprop_length=8)
    steps = TimeSteps(config, 1, laid(config, 1, 200), np.arange(256, dtype=np.uint8), None)
    inputs = [steps.input(0, position) for position in range(256)]
    assert len(set(inputs)) == 256
    assert [inputs[symbol] for symbol in (3, 18, 198)] == ["3  ", "i  ", "c6 "]
    far = TimeSteps(config, 5, laid(config, 5, 200), np.arange(256, dtype=np.uint8), None)
    assert [far.target(0, position) for position in (40, 43)] == [("‹25", "data--before"), ("28 ", "data--target")]


def test_the_cursor_stays_in_sight_where_the_window_is_wider_than_the_screen() -> None:
    config = EchoConfig(truncated_backprop_length=100)
    for step in (0, 40, 99):
        matrix = laid(config, 3, 78, step)
        assert 300 + step in matrix.shown
        drawn(config, 3, 78, 12, cursor=(0, step))


def test_of_a_series_too_long_to_draw_the_window_is_shown() -> None:
    config = EchoConfig(total_series_length=data.MOST_SYMBOLS + 5)
    progress = make_progress(replace(config, total_series_length=50_000), 0, 0)
    steps = TimeSteps(config, 0, laid(config, 0, 78), data.symbols_of(config, 0, 0), progress)
    assert steps.input(0, 20) == "░░"
    assert steps.input(0, 1) == ("██" if progress.x[0, 1] else "▁▁")


CONFIGS = st.builds(
    lambda length, stride, echo, rows, more, classes: EchoConfig(
        truncated_backprop_length=length,
        stride=min(stride, length),
        echo_step=min(echo, length + more - 1),
        batch_size=rows,
        total_series_length=rows * (length + more),
        num_classes=classes,
    ),
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(0, 50),
    st.integers(1, 12),
    st.integers(0, 60),
    st.sampled_from([2, 3, 256]),
)


@given(CONFIGS, st.integers(0, 50), st.integers(1, 260), st.integers(0, 40))
def test_positions_stand_in_order_and_nothing_over_them(config: EchoConfig, window: int, width: int, step: int) -> None:
    window = min(window, config.windows_per_epoch - 1)
    matrix = laid(config, window, width, min(step, config.truncated_backprop_length - 1))
    assert matrix.start <= matrix.shown.start < matrix.shown.stop <= matrix.end
    assert -config.echo_step <= matrix.first
    assert matrix.last <= matrix.row_length + 1
    taken: list[int] = [*matrix.sides, *matrix.joins]
    for first, last in matrix.stretches():
        assert matrix.x(last - 1) == matrix.x(first) + (last - 1 - first) * matrix.cell, "they stand together"
        taken += range(matrix.x(first), matrix.x(last - 1) + matrix.cell)
    assert len(taken) == len(set(taken))
    assert sorted(taken) == list(range(min(taken), max(taken) + 1)), "without gaps"
    assert max(taken) < max(width, matrix.label + 4 + matrix.cell)


@given(
    CONFIGS,
    st.integers(0, 50),
    st.integers(1, 250),
    st.integers(1, 70),
    st.booleans(),
    st.tuples(st.integers(0, 20), st.integers(0, 60)),
)
def test_any_matrix_is_drawn_on_any_screen(
    config: EchoConfig, window: int, width: int, height: int, ascii_only: bool, cursor: tuple[int, int]
) -> None:
    lines = drawn(config, min(window, config.windows_per_epoch - 1), width, height, ascii_only, cursor)
    assert all(len(line) <= width for line in lines)
    assert not ascii_only or "".join(lines).isascii()


@given(CONFIGS, st.integers(0, 50), st.integers(9, 260))
def test_of_any_window_a_part_is_marked_among_the_misses(config: EchoConfig, window: int, width: int) -> None:
    window = min(window, config.windows_per_epoch - 1)
    lines = bracket_lines(config, window, width)
    assert any(sign in "╞═╡║" for line in lines for sign in line)
    assert len(targets(config, window, width)) == len(lines[0]) <= width


@given(st.integers(1, 80), st.integers(1, 300))
def test_lines_are_shared(height: int, rows: int) -> None:
    shares = share(height, rows)
    apart = shares.rows - 1 if shares.apart else 0
    used = 2 + LINES_OF_A_ROW * shares.rows + apart + 2 * shares.framed + shares.misses
    assert used <= max(height, 4)
    assert 1 <= shares.rows <= rows
    assert shares.misses in (0, 1, HEIGHT)
