"""A sweep as a table: averaged, held, filtered; the limits of theory; and the texts about cells."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from echornn.config import EchoConfig
from echornn.maps.cell_words import cell_text, compared, name_of, told_apart
from echornn.maps.kept_values import FilterError, example_of, kept_values
from echornn.maps.overview import overview_of
from echornn.maps.ranking_words import beside_the_best, ranking_told
from echornn.maps.seed_counts import SeedCounts, SeedResult
from echornn.maps.table import Choice, Overview, Table, first_choice, table_of
from echornn.maps.theory import LIMITS
from echornn.sweeps.axis import Axis
from echornn.sweeps.folder import Result
from echornn.sweeps.grid import Grid
from echornn.sweeps.results import SweepResults
from tests.swept import CLIFF, SMALL, WIDE_STATE, keep, results_of, with_a_cliff

LAG_IS_T, STATE_IS_FULL, _ = LIMITS


def overview(grid: Grid) -> Overview:
    return overview_of(results_of(grid))


@pytest.fixture(scope="module")
def cliff() -> Table:
    everything = overview(CLIFF)
    return table_of(everything, first_choice(everything.axes))


def three_axes() -> Overview:
    axes = (Axis.parse("learning_rate=0.01,0.1"), Axis.parse("cell=rnn,gru"), Axis.parse("echo_step=1..5"))
    return overview(Grid(axes, {}, 4))


def test_the_longer_of_the_first_two_fields_lies_across(cliff: Table) -> None:
    assert (cliff.choice.across, cliff.choice.down) == ("echo_step", "cell")
    assert cliff.columns == tuple(range(1, 21))
    assert cliff.rows == ("rnn", "gru", "lstm")
    assert cliff.counts.trained == 960
    assert first_choice({"cell": ("rnn",), "echo_step": (1, 2)}) == Choice("echo_step", "cell")
    assert first_choice({"echo_step": (1, 2)}) == Choice("echo_step", None)


def test_each_cell_has_its_points_seeds(cliff: Table) -> None:
    cell = cliff.cells[1][4]
    assert cell.points == ((5, "gru"),)
    (config,) = cell.configs.values()
    assert (config.echo_step, config.cell, config.state_size, config.seed) == (5, "gru", 16, 0)
    assert [one.seed for one in cell.counts.trained] == list(range(16))
    assert [one.solved_at for one in cell.counts.trained[:2]] == [
        with_a_cliff(config).solved_at,
        with_a_cliff(EchoConfig(**{**vars(config), "seed": 1})).solved_at,
    ]


def test_other_fields_are_averaged_over_or_held() -> None:
    everything = three_axes()
    averaged = table_of(everything, Choice("echo_step", "cell"))
    held = table_of(everything, Choice("echo_step", "cell", {"learning_rate": 0.1}))
    assert averaged.cells[0][0].counts.finished == 8
    assert held.cells[0][0].counts.finished == 4
    assert {config.learning_rate for config in held.cells[0][0].configs.values()} == {0.1}
    line = table_of(everything, Choice("learning_rate", None))
    assert line.rows == (None,)
    assert [cell.counts.finished for cell in line.cells[0]] == [40, 40]


def test_a_filter_leaves_values_of_shown_and_of_averaged_fields() -> None:
    everything = three_axes()
    kept = kept_values("echo=2..3 gru learning_rate=0.1", everything.axes)
    assert kept == {"echo_step": {2, 3}, "cell": {"gru"}, "learning_rate": {0.1}}
    table = table_of(everything, Choice("echo_step", "cell", {}, kept))
    assert (table.columns, table.rows, table.counts.trained) == ((2, 3), ("gru",), 8)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", {}),
        ("echo=4..", {"echo_step": {4, 5}}),
        ("echo-step=..2,5", {"echo_step": {1, 2, 5}}),
        ("cell=rnn cell=rnn,gru", {"cell": {"rnn"}}),
        ("cell=rnn,", {"cell": {"rnn"}}),
        ("echo=4..99", {"echo_step": {4, 5}}),
        ("0.01", {"learning_rate": {0.01}}),
        ("learning=1e-2", {"learning_rate": {0.01}}),
    ],
)
def test_words_of_a_filter(text: str, kept: dict[str, set[object]]) -> None:
    assert kept_values(text, three_axes().axes) == kept


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "ehco=1",
            "filter = 'ehco=1' cannot be used: it must be FIELD=VALUES, with a field of learning_rate, cell, echo_step",
        ),
        ("=1", "filter = '=1' cannot be used: it must be FIELD=VALUES, with a field of learning_rate, cell, echo_step"),
        ("cell=lstm", "filter = 'cell=lstm' cannot be used: cell has rnn, gru"),
        ("lstm", "filter = 'lstm' cannot be used: no field has this value; FIELD=VALUES, as learning_rate=0.01"),
        ("echo=9..x", "filter = 'echo=9..x' cannot be used: echo_step has 1, 2, 3, 4, 5"),
        ("cell=gru,lstm", "filter = 'cell=gru,lstm' cannot be used: cell has rnn, gru"),
        ("echo=2,99", "filter = 'echo=2,99' cannot be used: echo_step has 1, 2, 3, 4, 5"),
        ("cell=,", "filter = 'cell=,' cannot be used: cell has rnn, gru"),
        ("rnn gru", "filter = 'gru' cannot be used: no value of cell would be left"),
    ],
)
def test_words_that_are_no_filter_are_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(FilterError) as refused:
        kept_values(text, three_axes().axes)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("axes", "example"),
    [
        ({"cell": ("rnn", "gru")}, "cell=rnn"),
        ({"cell": ("rnn", "gru", "lstm")}, "cell=rnn,gru"),
        ({"echo_step": (1, 3, 5, 7)}, "echo_step=1..5"),
        ({"echo_step": (3,)}, "echo_step=3"),
        ({}, "echo_step=3,4"),
    ],
)
def test_an_example_of_a_filter_is_one(axes: dict[str, tuple[int | str, ...]], example: str) -> None:
    assert example_of(axes) == example
    assert not axes or kept_values(example, axes)


def test_theory_parts_the_map_where_the_lag_is_t_and_where_the_state_is_full(cliff: Table) -> None:
    assert cliff.limits == [LAG_IS_T, STATE_IS_FULL]
    assert cliff.beyond(LAG_IS_T) == ((False,) * 14 + (True,) * 6,) * 3
    full = (False,) * 15 + (True,) * 5
    assert cliff.beyond(STATE_IS_FULL) == (full, full, (False,) * 20), "an LSTM's c holds as many again"


def test_where_points_of_a_cell_disagree_no_line_is_drawn() -> None:
    axes = (Axis.parse("echo_step=3,6"), Axis.parse("truncated_backprop_length=5,10"), Axis.parse("state_size=4,8"))
    everything = overview(Grid(axes, {}, 1))
    averaged = table_of(everything, Choice("echo_step", "state_size"))
    assert averaged.beyond(LAG_IS_T) == ((False, None), (False, None))
    assert averaged.limits == [STATE_IS_FULL]
    held = table_of(everything, Choice("echo_step", "state_size", {"truncated_backprop_length": 5}))
    assert held.beyond(LAG_IS_T) == ((False, True), (False, True))


def test_what_is_missing_failed_or_impossible_is_told() -> None:
    axes = (Axis.parse("echo_step=1,2,3,40"), Axis.parse("cell=rnn,gru"))
    grid = Grid(axes, {"total_series_length": 200, "truncated_backprop_length": 10}, 2)

    def rule(config: EchoConfig) -> Result | None:
        return None if config.echo_step > 1 or config.seed > 7 else with_a_cliff(config)

    failed = "out of memory"
    everything = overview_of(results_of(grid, rule, lambda config: failed if config.echo_step == 3 else None))
    table = table_of(everything, first_choice(everything.axes))
    all_counts = [cell.counts for cell in table.cells[0]]
    assert [(one.finished, one.missing, one.failed, one.left_out) for one in all_counts] == [
        (1, 1, 0, 0),
        (0, 2, 0, 0),
        (0, 0, 2, 0),
        (0, 0, 0, 1),
    ]
    assert cell_text(table, 0, 1) == ("cell rnn, echo_step 2: not trained yet, 2 to come", "")
    assert cell_text(table, 0, 2) == ("cell rnn, echo_step 3: 2 failed", "out of memory")
    assert cell_text(table, 0, 3)[0] == "cell rnn, echo_step 40: impossible, so it was left out"
    assert "0 to 39" in cell_text(table, 0, 3)[1]
    assert cell_text(table, 0, 0)[1].endswith("1 to come")


def test_of_a_cell_whose_other_points_cannot_be_it_is_told_which_one_is_there() -> None:
    axes = (Axis.parse("echo_step=1,30"), Axis.parse("cell=rnn"), Axis.parse("total_series_length=100,1000"))
    everything = overview_of(results_of(Grid(axes, {}, 4)))
    table = table_of(everything, first_choice(everything.axes))
    assert not table.cells[0][1].counts.is_pooled
    first, second = cell_text(table, 0, 1)
    assert first == "cell rnn, echo_step 30, total_series_length 1000: 0 of 4 solved (0 to 49 %), median at chance"
    assert second.startswith("none in 1,300 windows; least loss ")
    assert second.endswith("; 1 other impossible point")
    assert cell_text(table, 0, 0)[0].startswith("cell rnn, echo_step 1: 8 of 8 solved over 2 points, ")


def test_a_cell_in_words(cliff: Table) -> None:
    assert cell_text(cliff, 0, 4)[0] == "cell rnn, echo_step 5: 16 of 16 solved (81 to 100 %)"
    assert cell_text(cliff, 0, 4)[1].startswith("half by window 113; seed ")
    assert cell_text(cliff, 2, 16) == (
        "cell lstm, echo_step 17: 0 of 16 solved (0 to 19 %), median at chance",
        "least loss 0.693 of seed 0; median loss 0.693",
    )
    assert all(len(part) <= 78 for row in range(3) for column in range(20) for part in cell_text(cliff, row, column))


def test_of_points_of_which_some_are_to_come_it_is_not_told_how_far_they_differ() -> None:
    everything = overview_of(results_of(CLIFF, lambda config: with_a_cliff(config) if config.cell == "rnn" else None))
    first, second = cell_text(table_of(everything, Choice("echo_step", None)), 0, 0)
    assert first == "echo_step 1: 16 of 48 solved by now over 3 points"
    assert second == "seed 2 first, at 51, cell rnn; 32 to come"


def test_the_best_of_a_cell_is_one_training() -> None:
    everything = three_axes()
    cell = table_of(everything, Choice(None, None)).cells[0][0]
    best = cell.best
    assert best is not None
    assert len(cell.points) == 20
    assert with_a_cliff(best).solved_at == min(one.solved_at or 1000 for one in cell.counts.trained)
    untrained = table_of(overview_of(results_of(CLIFF, lambda _: None)), Choice("cell", "echo_step")).cells[19][0]
    assert untrained.best is not None


def test_one_cell_beside_another(cliff: Table) -> None:
    rnn, lstm = cliff.cells[0][8].counts, cliff.cells[2][8].counts
    assert (rnn.solved, lstm.solved) == (14, 3)
    other = name_of(cliff, 2, 8)
    assert compared(rnn, lstm, other) == (
        "more than luck, p < 0.001: 69 more (35 to 84) of 100 than cell lstm, echo_step 9"
    )
    assert compared(lstm, rnn, name_of(cliff, 0, 8)) == (
        "more than luck, p < 0.001: 69 fewer (35 to 84) of 100 than cell rnn, echo_step 9"
    )
    assert "may be luck, p 0." in compared(rnn, cliff.cells[1][8].counts, "gru")


def test_a_compared_cell_is_named_by_what_differs() -> None:
    """This keeps all of a comparison within 80 columns."""
    assert told_apart("state_size 3, echo_step 4", "state_size 8, echo_step 4") == "state_size 3"
    assert told_apart("state_size 3, echo_step 4", "state_size 8, echo_step 5") == "state_size 3, echo_step 4"
    assert told_apart("the point", "the point") == "the point"
    mine = compared(
        of_seeds(3, 100), of_seeds(12, 100), told_apart("state_size 8, echo_step 4", "state_size 4, echo_step 3")
    )
    assert mine.endswith("than state_size 8, echo_step 4")
    assert len(mine) <= 80


def of_seeds(solved: int, count: int) -> SeedCounts:
    return SeedCounts(tuple(SeedResult(seed, 100 if seed < solved else None, 0.1) for seed in range(count)))


def test_words_and_numbers_of_a_comparison_agree() -> None:
    """If a difference is claimed, zero is outside its interval and p is below 0.05, also as printed."""
    assert compared(of_seeds(2, 2), of_seeds(0, 2), "x") == (
        "beside x: fewer would be luck; 4 seeds or more of both are needed"
    )
    assert compared(of_seeds(3, 16), of_seeds(3, 16), "x") == ("equal: 0 (-27 to 27) of 100 more than x")
    for count in (5, 9, 16, 40):
        for solved in range(count + 1):
            for other in range(count + 1):
                text = compared(of_seeds(solved, count), of_seeds(other, count), "x")
                if solved == other:
                    assert re.fullmatch(r"equal: 0 \(-\d+ to \d+\) of 100 more than x", text)
                    continue
                found = re.fullmatch(
                    r"(.*), p (?:< )?(\S+): [\d.]+ (?:more|fewer) \((\S+) to (\S+)\) of 100 than x", text
                )
                assert found is not None, text
                low, high, p = float(found[3]), float(found[4]), float(found[2])
                assert (found[1] == "more than luck") == (low > 0 and p <= 0.05 and "p 0.05" not in text), text
                assert low < high


def test_nothing_is_compared_on_few_seeds(cliff: Table) -> None:
    one = SeedCounts(cliff.cells[0][0].counts.trained[:1])
    assert "fewer would be luck" in compared(one, cliff.cells[2][8].counts, "lstm")
    assert "nothing is trained" in compared(SeedCounts(), one, "lstm")


def test_nothing_is_compared_of_which_some_seeds_are_unknown() -> None:
    """Seeds that solve the echo finish first, so early shares would be too high."""
    early, late = SeedCounts(of_seeds(11, 11).trained, missing=13), of_seeds(2, 24)
    for there, back in ((early, late), (late, early)):
        assert compared(there, back, "x") == (
            "beside x: 13 to come; squares are compared once all their seeds are known"
        )
    assert compared(SeedCounts(late.trained, failed=2), late, "x").startswith("beside x: 2 failed; squares are")
    grid = Grid((Axis.parse("echo_step=3,4,5,20"),), {"seed": 0}, 16)

    def rule(config: EchoConfig) -> Result | None:
        return None if (config.echo_step, config.seed) == (3, 15) else with_a_cliff(config)

    everything = overview_of(results_of(grid, rule))
    table = table_of(everything, Choice("echo_step", None))
    assert cell_text(table, 0, 0)[0] == "echo_step 3: 15 of 16 solved by now (72 to 100 %)"
    assert cell_text(table, 0, 0)[1].startswith("half by window ")
    assert " or before; " in cell_text(table, 0, 0)[1]
    assert ranking_told(table)[0] == (
        "solved most often: 2 squares tie at 16 of 16; soonest among them: echo_step 4, half by window 90; "
        "without 1 whose seeds are not all known"
    )
    assert beside_the_best(table, (0, 3)) == ""
    nothing = overview_of(results_of(grid, lambda config: with_a_cliff(config) if config.seed < 9 else None))
    assert ranking_told(table_of(nothing, Choice("echo_step", None))) == [
        "squares are compared once all their seeds are known"
    ]


def test_the_same_networks_trained_for_longer_are_no_more_networks(tmp_path: Path) -> None:
    """Two sweeps write to a folder, the second with more epochs: a cell uses the networks of only one."""
    shorter = Grid((Axis.parse("echo_step=1..3"),), {**WIDE_STATE, "seed": 0, "num_epochs": 2}, 4)
    longer = replace(shorter, fields={**shorter.fields, "num_epochs": 4})
    everything = overview_of(SweepResults.read(keep(tmp_path, [longer, shorter])))
    assert everything.axes["num_epochs"] == (2, 4)
    table = table_of(everything, Choice("echo_step", None))
    assert [(cell.counts.finished, cell.counts.is_pooled, cell.points) for cell in table.cells[0]] == [
        (4, False, ((echo, 4),)) for echo in (1, 2, 3)
    ]
    assert name_of(table, 0, 0) == "echo_step 1, num_epochs 4"
    held = table_of(everything, Choice("echo_step", None, {"num_epochs": 2}))
    assert name_of(held, 0, 0) == "echo_step 1, num_epochs 2"
    assert held.cells[0][0].points == ((1, 2),)
    kept = table_of(everything, Choice("echo_step", None, {}, kept_values("num_epochs=2", everything.axes)))
    assert kept.cells[0][0].points == ((1, 2),)
    apart = table_of(everything, Choice("echo_step", "num_epochs"))
    assert [row[0].points for row in apart.cells] == [((1, 2),), ((1, 4),)]


def test_what_is_known_already_is_not_made_anew() -> None:
    before = overview_of(results_of(CLIFF, lambda config: with_a_cliff(config) if config.seed < 4 else None))
    more = results_of(CLIFF, lambda config: with_a_cliff(config) if config.seed < 4 or config.cell == "gru" else None)
    after = overview_of(more, before)
    assert after.all_counts[(3, "rnn")] is before.all_counts[(3, "rnn")]
    assert (before.all_counts[(3, "gru")].finished, after.all_counts[(3, "gru")].finished) == (4, 16)
    more_seeds = overview_of(
        results_of(replace(CLIFF, seeds=20), lambda config: None), overview_of(results_of(CLIFF, lambda _: None))
    )
    assert more_seeds.all_counts[(3, "rnn")].missing == 20


def test_a_folder_is_read_as_it_fills(tmp_path: Path) -> None:
    results = SweepResults.read(keep(tmp_path, [SMALL], lambda config: with_a_cliff(config) if config.seed else None))
    before = overview_of(results)
    assert (before.all_counts[(13, "rnn")].finished, before.all_counts[(13, "rnn")].missing) == (1, 1)
    keep(tmp_path, [SMALL])
    after = overview_of(results.refresh(), before)
    assert (after.all_counts[(13, "rnn")].finished, after.all_counts[(13, "rnn")].missing) == (2, 0)
    assert after.configs[(13, "rnn")].state_size == 16
