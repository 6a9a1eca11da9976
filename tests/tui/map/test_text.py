"""The map as text, as CSV and as a picture."""

from __future__ import annotations

import csv
import math
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from echornn.config import EchoConfig
from echornn.maps.cell_words import cell_text
from echornn.maps.measures import Measure
from echornn.maps.overview import overview_of
from echornn.sweeps.axis import Axis
from echornn.sweeps.folder import RequestedGrid, Result
from echornn.sweeps.grid import Grid
from echornn.sweeps.results import SweepResults
from tests.swept import CLIFF, OF_TASKS, VERSIONS, WIDE_STATE, on_a_rung, results_of, with_a_cliff
from tui.cli.front_ends.chosen_map import chosen
from tui.commands.front_end import UsageError
from tui.map.common_settings import common_to_all
from tui.map.frame import MapFrame
from tui.map.picture import LETTER, picture_of
from tui.map.signs import ASCII, BLOCKS, Signs
from tui.map.state import MapState
from tui.map.text import csv_lines, lines_of


def frame_of(
    results: SweepResults, words: str = "", across: str | None = None, measure: Measure = Measure.SUCCESS
) -> MapFrame:
    everything = overview_of(results)
    return MapFrame.of(chosen(everything.axes, across, None, measure, words), everything)


@pytest.fixture(scope="module")
def cliff() -> SweepResults:
    return results_of(CLIFF)


@pytest.fixture(scope="module")
def broken() -> SweepResults:
    """Four echo steps: one complete, one half complete, one failed, one impossible."""
    grid = Grid((Axis.parse("echo_step=1,2,3,40"),), {"total_series_length": 200, "truncated_backprop_length": 10}, 2)

    def rule(config: EchoConfig) -> Result | None:
        return with_a_cliff(config) if config.echo_step == 1 or (config.echo_step, config.seed) == (2, 7) else None

    reason = "killed by SIGKILL"
    return results_of(grid, rule, lambda config: reason if config.echo_step == 3 else None)


def test_as_text(cliff: SweepResults) -> None:
    assert list(lines_of(frame_of(cliff, "echo=12.."), BLOCKS)) == [
        "seeds that solved it, %, across echo_step, down cell",
        "state_size 16, T 15, init glorot",
        "until solved or 1 epoch, 666 windows, seeds 0 to 15",
        "",
        "      12   13   14   15   16   17   18   19   20",
        "rnn   62   44   25 ┃  0 ┊  0    0    0    0    0",
        "gru   19    0    0 ┃  0 ┊  0    0    0    0    0",
        "                          ┄┄   ┄┄   ┄┄   ┄┄   ┄┄",
        "lstm   0    0    0 ┃  0    0    0    0    0    0",
        "",
        "┃ lag = T (tbptt)  ┊ lag + 1 = state",
        "solved most often: cell rnn, echo_step 12, 10 of 16",
        "with 95 % confidence the best is one of 4 squares (also cell rnn, echo_step 13;",
        "cell rnn, echo_step 14; cell gru, echo_step 12); the other 23 are ruled out",
        "(each against the best: Fisher's exact test, one-sided; Bonferroni over 26)",
    ]


def test_where_networks_lost_it_again_is_said_and_marked() -> None:
    """At echo step 2, every second network ends at chance and one diverges; a mean between the levels is neither."""
    ends = {1: [0.04], 2: [0.04, 0.676], 3: [0.04, 0.1, math.nan, 0.04]}

    def rule(config: EchoConfig) -> Result:
        losses = ends[config.echo_step]
        return Result(100 + config.seed, losses[config.seed % len(losses)], 666, 0.02)

    grid = Grid((Axis.parse("echo_step=1..3"),), {**WIDE_STATE, "seed": 0, "num_epochs": 1}, 8, "all")
    frame = frame_of(results_of(grid, rule))
    assert list(lines_of(frame, ASCII))[4:8] == [
        "       1      2      3",
        "all  100   100v   100v",
        "",
        "v some lost again",
    ]
    assert list(lines_of(frame, ASCII))[8:10] == [
        "of the 24 networks that solved it 6 lost it again by the end: 4 in echo_step 2;",
        "2 in echo_step 3",
    ]
    assert cell_text(frame.table, 0, 1)[1].startswith("4 of these lost it again; half by window 103; ")
    assert "↓ some lost again" in picture_of(frame)
    kept = list(lines_of(frame_of(results_of(grid, rule), "echo_step=1"), ASCII))
    assert kept[-1] == "of the 8 networks that solved it none lost it again by the end"


def test_as_text_the_other_way_round_in_ascii(cliff: SweepResults) -> None:
    assert list(lines_of(frame_of(cliff, "echo=14..15 cell=rnn,gru", "cell", Measure.WINDOWS), ASCII)) == [
        "window by which half had solved it, across cell, down echo_step",
        "state_size 16, T 15, init glorot",
        "until solved or 1 epoch, 666 windows, seeds 0 to 15",
        "",
        "    rnn   gru",
        "14    -     -",
        "    ===   ===",
        "15    -     -",
        "",
        "| lag = T (tbptt)",
    ]


def test_as_text_what_lacks_is_marked(broken: SweepResults) -> None:
    assert list(lines_of(frame_of(broken), ASCII)) == [
        "seeds that solved it, %, across echo_step",
        "state_size 4, T 10, init tutorial, total_series_length 200",
        "until solved or 100 epochs, 400 windows, seeds 7 to 8",
        "",
        "       1     2   3   40",
        "all  100   50?   !    x",
        "",
        "? to come  ! failed  x cannot be",
        "squares are compared once all their seeds are known",
    ]


def test_losses_of_tasks_have_their_units_and_shades_of_their_ladders() -> None:
    """The loss at chance of flip-flop is far above that of the echo; both have the shade of chance."""
    frame = frame_of(results_of(OF_TASKS, on_a_rung), measure=Measure.LOSS)
    assert frame.scale.of_tasks
    assert [[frame.scale.level(frame.scale.value(cell.counts)) for cell in row] for row in frame.table.cells] == [
        [4, 4, 4],
        [0, 3, 4],
        [0, 0, 0],
    ]
    assert list(lines_of(frame, BLOCKS))[4:] == [
        "      echo   two_coins   flip_flop",
        "rnn   2e-4        0.45 ┊        0⊘",
        "gru   0.69        0.52 ┊     0.03⊘",
        "      ┄┄┄┄",
        "lstm  0.69 ┊      0.66 ┊      1.0⊘",
        "",
        "⊘ cannot be solved  ┊ lag + 1 = state",
    ]
    together = MapFrame.of(MapState("cell", None, measure=Measure.LOSS), overview_of(results_of(OF_TASKS, on_a_rung)))
    assert [math.isnan(cell.counts.loss) for cell in together.table.cells[0]] == [True] * 3
    assert [together.scale.value(cell.counts) for cell in together.table.cells[0]] == [1, pytest.approx(0.5, abs=1), 0]
    row = next(csv.DictReader(csv_lines(together)))
    assert (row["median_loss"], row["rung"], row["level"]) == ("", "", "")


def test_as_csv(cliff: SweepResults, broken: SweepResults) -> None:
    rows = list(csv.DictReader(csv_lines(frame_of(cliff))))
    assert len(rows) == 60
    one = next(row for row in rows if (row["echo_step"], row["cell"]) == ("9", "lstm"))
    assert one == {
        "echo_step": "9",
        "cell": "lstm",
        "points": "1",
        "trained": "16",
        "solved": "3",
        "success": "0.1875",
        "low": "0.0659",
        "high": "0.4301",
        "half_solved": "",
        "median_loss": "0.593",
        "best_seed": "14",
        "best_solved_at": one["best_solved_at"],
        "failed": "0",
        "missing": "0",
        "most_windows": "666",
        "until": "solved",
        "level": "0.0491266",
        "version": "1",
        "rung": "below chance",
        "not_every_length": "0",
    }
    parity = Grid((Axis.parse("cell=rnn,mingru"),), {"task": "parity"}, 1)
    of_parity = csv.DictReader(
        csv_lines(frame_of(results_of(parity, lambda config: Result(99, 0.01, 666, 0.02)), "", "cell"))
    )
    assert [(row["cell"], row["not_every_length"]) for row in of_parity] == [("rnn", "0"), ("mingru", "1")]
    assert with_a_cliff(EchoConfig(echo_step=9, cell="lstm", seed=14)).solved_at == int(one["best_solved_at"])
    lacking = list(csv.DictReader(csv_lines(frame_of(broken))))
    told = [(row["trained"], row["failed"], row["missing"], row["success"], row["best_seed"]) for row in lacking]
    assert told == [
        ("2", "0", "0", "1.0000", "7"),
        ("1", "0", "1", "0.5000", "7"),
        ("0", "2", "0", "", ""),
        ("0", "0", "0", "", ""),
    ]


def test_a_cell_of_several_points_has_no_interval_and_ranks_nothing(cliff: SweepResults) -> None:
    everything = overview_of(cliff)
    pooled = MapFrame.of(MapState("cell", None), everything)
    row = next(csv.DictReader(csv_lines(pooled)))
    assert (row["cell"], row["points"], row["low"], row["high"]) == ("rnn", "20", "", "")
    assert float(row["success"]) > 0
    assert list(lines_of(pooled, ASCII))[-2:] == [
        "squares of several points each are not compared: hold the other fields by",
        "--filter FIELD=VALUE",
    ]


def test_a_map_of_several_versions_says_so_and_compares_within_the_newest() -> None:
    """A map of two echo steps; then another version trains the second again with fewer seeds, and a third."""
    first = Grid((Axis.parse("echo_step=2,3"),), {**WIDE_STATE, "seed": 0}, 16)
    then = Grid((Axis.parse("echo_step=3,4"),), {**WIDE_STATE, "seed": 0}, 8)
    results = SweepResults.of(
        Path("nowhere"), (RequestedGrid(first, VERSIONS), RequestedGrid(then, {**VERSIONS, "engine": "new"}))
    )
    whole = [
        tuple(
            replace(point, results={seed: with_a_cliff(replace(point.config, seed=seed)) for seed in point.seeds})
            for point in points
        )
        for points in (results.points, results.earlier)
    ]
    frame = frame_of(replace(results, points=whole[0], earlier=whole[1]))
    lines = list(lines_of(frame, ASCII))
    assert "squares by 2 versions of the program, 16 older results in results.csv only" in lines
    assert "version 2 has engine new and not unset as version 1" in lines
    assert "; without 1 trained by another version" in " ".join(lines)
    assert [cell_text(frame.table, 0, column)[1][-14:] for column in range(3)] == [
        "version 1 of 2",
        *["version 2 of 2"] * 2,
    ]
    rows = csv.DictReader(csv_lines(frame))
    assert [(row["echo_step"], row["trained"], row["version"]) for row in rows] == [
        ("2", "16", "1"),
        ("3", "8", "2"),
        ("4", "8", "2"),
    ]


@pytest.mark.parametrize("measure", Measure)
def test_as_a_picture(cliff: SweepResults, broken: SweepResults, measure: Measure) -> None:
    for results in (cliff, broken):
        picture = ET.fromstring(picture_of(frame_of(results, measure=measure)))
        assert picture.tag == "{http://www.w3.org/2000/svg}svg"
        texts = [one.text for one in picture.iter("{http://www.w3.org/2000/svg}text")]
        assert {"1", "2", "3"} <= set(texts)
    assert "? to come   ! failed   × cannot be" in texts


def test_columns_of_a_picture_are_as_wide_as_their_labels() -> None:
    picture = ET.fromstring(picture_of(frame_of(results_of(OF_TASKS, on_a_rung))))
    texts = {one.text: float(one.attrib["x"]) for one in picture.iter("{http://www.w3.org/2000/svg}text")}
    assert texts["flip_flop"] - texts["two_coins"] > 9 * LETTER
    assert "⊘ cannot be solved" in texts


@pytest.mark.parametrize(("signs", "mark"), [(BLOCKS, "∞"), (ASCII, "^")])
def test_a_cell_that_does_not_solve_every_length_is_marked_beside_its_number(signs: Signs, mark: str) -> None:
    """No colour is needed; the legend has the sign, and the line below the map the theorem with its source."""
    grid = Grid((Axis.parse("cell=rnn,mingru"), Axis.parse("state_size=1,2")), {"task": "parity"}, 8)
    frame = frame_of(results_of(grid, lambda config: Result(99, 0.01, 666, 0.02)), "", "cell")
    assert [line for line in lines_of(frame, signs) if mark in line] == [
        f"1  100     100{mark}",
        f"2  100     100{mark}",
        f"{mark} not at every length",
    ]
    theorem = "no mingru solves every length: gates never turn a sign (Sarrof et al. 2024)"
    assert frame.with_state(replace(frame.state, column="mingru")).reading[2] == theorem


def test_a_field_may_be_shortened_and_is_refused_by_name(cliff: SweepResults) -> None:
    axes = cliff.axes
    assert chosen(axes, "cell", None, Measure.LOSS, "").down == "echo_step"
    assert chosen(axes, None, "echo", Measure.LOSS, "").across == "cell"
    one_row = {"echo_step": (1, 2)}
    assert chosen(one_row, None, None, Measure.LOSS, "").down is None
    for arguments, message in [
        (("state_size", None, ""), "across = 'state_size' cannot be used: one of echo_step, cell, the sweep's fields"),
        ((None, "", ""), "down = '' cannot be used: one of echo_step, cell, the sweep's fields"),
        (("cell", "cell", ""), "down = 'cell' cannot be used: this field is across already"),
        ((None, None, "cell=x"), "filter = 'cell=x' cannot be used: cell has rnn, gru, lstm"),
    ]:
        with pytest.raises(UsageError) as refused:
            chosen(axes, arguments[0], arguments[1], Measure.LOSS, arguments[2])
        assert str(refused.value) == message


def test_what_is_common_to_all_leaves_out_what_is_swept() -> None:
    grid = Grid((Axis.parse("truncated_backprop_length=5,10"),), {"learning_rate": 0.1, "num_epochs": 2}, 1, "all")
    swept = overview_of(results_of(grid))
    common = common_to_all(swept)
    assert str(common) == (
        "state_size 4, init tutorial, learning_rate 0.1; 2 epochs, 2,000 windows (T 10) to 4,000 (T 5), seed 7"
    )
    axes = (Axis.parse("task=echo,adding"), Axis.parse("cell=rnn,gru"), Axis.parse("state_size=2,3"))
    of_trials = overview_of(results_of(Grid(axes, {"num_epochs": 1, "init": "glorot"}, 1, "all")))
    told = "init glorot; 1 epoch, 200 windows (task adding) to 666 (task echo), seed 7"
    assert str(common_to_all(of_trials)) == told
    of_a_cell = MapFrame.of(MapState.first(swept.axes), swept).reading
    assert of_a_cell[0] == "truncated_backprop_length 5: 1 of 1 solved (21 to 100 %)"
    assert re.match(r"half by window \d+ of 4,000; seed 7 first, at ", of_a_cell[1])
    assert common_to_all(overview_of(SweepResults.of(Path("nowhere"), ()))) is None
