"""The map as text, as CSV and as a picture."""

from __future__ import annotations

import csv
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from echornn.config import EchoConfig
from echornn.sweeps.axis import Axis
from echornn.sweeps.folder import Result
from echornn.sweeps.grid import Grid
from echornn.sweeps.measures import Measure
from echornn.sweeps.results import SweepResults
from echornn.sweeps.survey import surveyed
from tests.swept import CLIFF, results_of, with_a_cliff
from tui.front_end import UsageError
from tui.map.chosen import chosen
from tui.map.picture import picture_of
from tui.map.seen import Seen
from tui.map.signs import ASCII, BLOCKS
from tui.map.state import MapState
from tui.map.text import csv_lines, lines_of
from tui.map.what_is_trained import common_to_all


def seen_of(
    results: SweepResults, words: str = "", across: str | None = None, measure: Measure = Measure.SUCCESS
) -> Seen:
    everything = surveyed(results)
    return Seen.of(chosen(everything.axes, across, None, measure, words), everything)


@pytest.fixture(scope="module")
def cliff() -> SweepResults:
    return results_of(CLIFF)


@pytest.fixture(scope="module")
def broken() -> SweepResults:
    """Of four echoes one is there, one is half there, one failed, one cannot be."""
    grid = Grid((Axis.parse("echo_step=1,2,3,40"),), {"total_series_length": 200, "truncated_backprop_length": 10}, 2)

    def rule(config: EchoConfig) -> Result | None:
        return with_a_cliff(config) if config.echo_step == 1 or (config.echo_step, config.seed) == (2, 7) else None

    reason = "killed by SIGKILL"
    return results_of(grid, rule, lambda config: reason if config.echo_step == 3 else None)


def test_as_text(cliff: SweepResults) -> None:
    assert list(lines_of(seen_of(cliff, "echo=12.."), BLOCKS)) == [
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
        "┃ echo = T  ┊ echo + 1 = state",
        "solved most often: cell rnn, echo_step 12, 10 of 16",
        "with 95 % confidence the best is one of 4 cells (also cell rnn, echo_step 13;",
        "cell rnn, echo_step 14; cell gru, echo_step 12); the other 23 are ruled out",
        "(each beside the best: Fisher's exact test, one-sided; Bonferroni over 26)",
    ]


def test_as_text_the_other_way_round_in_ascii(cliff: SweepResults) -> None:
    assert list(lines_of(seen_of(cliff, "echo=14..15 cell=rnn,gru", "cell", Measure.WINDOWS), ASCII)) == [
        "window by which half had solved it, across cell, down echo_step",
        "state_size 16, T 15, init glorot",
        "until solved or 1 epoch, 666 windows, seeds 0 to 15",
        "",
        "    rnn   gru",
        "14    -     -",
        "    ===   ===",
        "15    -     -",
        "",
        "| echo = T",
    ]


def test_as_text_what_lacks_is_marked(broken: SweepResults) -> None:
    assert list(lines_of(seen_of(broken), ASCII)) == [
        "seeds that solved it, %, across echo_step",
        "state_size 4, T 10, init tutorial, total_series_length 200",
        "until solved or 100 epochs, 400 windows, seeds 7 to 8",
        "",
        "       1     2   3   40",
        "all  100   50?   !    x",
        "",
        "? to come  ! failed  x cannot be",
        "cells are compared when all of their seeds are known",
    ]


def test_as_csv(cliff: SweepResults, broken: SweepResults) -> None:
    rows = list(csv.DictReader(csv_lines(seen_of(cliff))))
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
    }
    assert with_a_cliff(EchoConfig(echo_step=9, cell="lstm", seed=14)).solved_at == int(one["best_solved_at"])
    lacking = list(csv.DictReader(csv_lines(seen_of(broken))))
    told = [(row["trained"], row["failed"], row["missing"], row["success"], row["best_seed"]) for row in lacking]
    assert told == [
        ("2", "0", "0", "1.0000", "7"),
        ("1", "0", "1", "0.5000", "7"),
        ("0", "2", "0", "", ""),
        ("0", "0", "0", "", ""),
    ]


def test_a_cell_of_several_points_has_no_interval_and_ranks_nothing(cliff: SweepResults) -> None:
    everything = surveyed(cliff)
    pooled = Seen.of(MapState("cell", None), everything)
    row = next(csv.DictReader(csv_lines(pooled)))
    assert (row["cell"], row["points"], row["low"], row["high"]) == ("rnn", "20", "", "")
    assert float(row["success"]) > 0
    assert list(lines_of(pooled, ASCII))[-2:] == [
        "cells of several points each are not compared: hold the other fields by",
        "--filter FIELD=VALUE",
    ]


@pytest.mark.parametrize("measure", Measure)
def test_as_a_picture(cliff: SweepResults, broken: SweepResults, measure: Measure) -> None:
    for results in (cliff, broken):
        picture = ET.fromstring(picture_of(seen_of(results, measure=measure)))
        assert picture.tag == "{http://www.w3.org/2000/svg}svg"
        texts = [one.text for one in picture.iter("{http://www.w3.org/2000/svg}text")]
        assert {"1", "2", "3"} <= set(texts)
    assert "? to come   ! failed   × cannot be" in texts


def test_a_field_may_be_shortened_and_is_refused_by_name(cliff: SweepResults) -> None:
    axes = cliff.axes
    assert chosen(axes, "cell", None, Measure.LOSS, "").down == "echo_step"
    assert chosen(axes, None, "echo", Measure.LOSS, "").across == "cell"
    one_row = {"echo_step": (1, 2)}
    assert chosen(one_row, None, None, Measure.LOSS, "").down is None
    for arguments, message in [
        (("state_size", None, ""), "across = 'state_size' cannot be used: one of echo_step, cell, the sweep's fields"),
        ((None, "", ""), "down = '' cannot be used: one of echo_step, cell, the sweep's fields"),
        (("cell", "cell", ""), "down = 'cell' cannot be used: it is the field across"),
        ((None, None, "cell=x"), "filter = 'cell=x' cannot be used: cell has rnn, gru, lstm"),
    ]:
        with pytest.raises(UsageError) as refused:
            chosen(axes, arguments[0], arguments[1], Measure.LOSS, arguments[2])
        assert str(refused.value) == message


def test_what_is_common_to_all_leaves_out_what_is_swept() -> None:
    grid = Grid((Axis.parse("truncated_backprop_length=5,10"),), {"learning_rate": 0.1, "num_epochs": 2}, 1, "all")
    swept = surveyed(results_of(grid))
    common = common_to_all(swept)
    assert str(common) == (
        "state_size 4, init tutorial, learning_rate 0.1; 2 epochs, 2,000 windows at T 10 to 4,000 at T 5, seed 7"
    )
    of_a_cell = Seen.of(MapState.first(swept.axes), swept).reading[0]
    assert of_a_cell == "truncated_backprop_length 5: 1 of 1 solved within 4,000 windows (21 to 100 %)"
    assert common_to_all(surveyed(SweepResults.of(Path("nowhere"), ()))) is None
