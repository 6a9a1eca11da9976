"""What theory says of the cells of a map, and the rungs that their losses are at, for tasks of all kinds."""

from __future__ import annotations

import math
import re

import pytest

from echornn.config import EchoConfig
from echornn.data.read_out import least_error
from echornn.maps.cell_words import cell_text
from echornn.maps.overview import overview_of
from echornn.maps.rungs import rung_text
from echornn.maps.table import Choice, Table, table_of
from echornn.maps.theory import LIMITS, Limit, excluded, theory_text
from echornn.sweeps.axis import Axis
from echornn.sweeps.grid import Grid
from echornn.tasks.settings import settings_of
from echornn.tasks.table import TASKS
from tests.swept import OF_TASKS, on_a_rung, results_of

LAG_IS_T, STATE_IS_FULL, TRIAL_IS_T = LIMITS


def test_lines_fit_and_call_nothing_impossible() -> None:
    """Some seeds beyond both limits solve the echo."""
    for limit in LIMITS:
        assert len(limit.words) <= 78
        assert not re.search(r"cannot|no room|too small|nothing|hold", limit.words)


FIELDS: dict[str, dict[str, object]] = {
    "far_lag=4,5 truncated_backprop_length=5": {"task": "two_coins"},
    "far_lag=4,5 state_size=4,5,6": {"task": "delayed_xor", "truncated_backprop_length": 20},
    "lag=1,2 truncated_backprop_length=1,2": {"task": "delayed_xor"},
    "length=10,20 truncated_backprop_length=10": {"task": "adding"},
    "blank=1,2 truncated_backprop_length=2": {"task": "copy_memory", "items": 1},
    "bits=1,3 state_size=2": {"task": "flip_flop", "truncated_backprop_length": 1},
    "task=echo,two_coins,temporal_order,flip_flop": {"truncated_backprop_length": 5},
    "cell=rnn,mingru,lru task=parity,echo": {},
    "far_lag=4,5 rule=tbptt,rtrl,snap1": {"task": "two_coins", "truncated_backprop_length": 5},
    "length=10,20 rule=tbptt,rtrl": {"task": "adding", "truncated_backprop_length": 10},
}
"""Grids of tasks, as the words of their axes, each with its other fields."""


def of_tasks(words: str) -> Table:
    settings = {known.name: known for kind in TASKS.values() for known in settings_of(kind)}
    axes = tuple(Axis.parse(word, settings) for word in words.split())
    everything = overview_of(results_of(Grid(axes, FIELDS[words], 1)))
    return table_of(everything, Choice(axes[0].field, axes[1].field if len(axes) > 1 else None))


@pytest.mark.parametrize(
    ("words", "limit", "beyond"),
    [
        ("far_lag=4,5 truncated_backprop_length=5", LAG_IS_T, [[False, True]]),
        ("lag=1,2 truncated_backprop_length=1,2", LAG_IS_T, [[True, True], [True, True]]),
        ("blank=1,2 truncated_backprop_length=2", LAG_IS_T, [[True, True]]),
        ("far_lag=4,5 state_size=4,5,6", STATE_IS_FULL, [[True, True], [False, True], [False, False]]),
        ("length=10,20 truncated_backprop_length=10", TRIAL_IS_T, [[False, True]]),
        ("bits=1,3 state_size=2", LAG_IS_T, [[False, False]]),
        ("task=echo,two_coins,temporal_order,flip_flop", LAG_IS_T, [[False, True, False, False]]),
        ("task=echo,two_coins,temporal_order,flip_flop", STATE_IS_FULL, [[False, True, False, False]]),
        ("task=echo,two_coins,temporal_order,flip_flop", TRIAL_IS_T, [[False, False, True, False]]),
        ("far_lag=4,5 rule=tbptt,rtrl,snap1", LAG_IS_T, [[False, True], [False, False], [False, False]]),
        ("length=10,20 rule=tbptt,rtrl", TRIAL_IS_T, [[False, True], [False, False]]),
    ],
)
def test_theory_parts_the_map_of_any_task(words: str, limit: Limit, beyond: list[list[bool]]) -> None:
    """Which lag counts is what the task says of itself; no axis has a name that counts."""
    assert [list(row) for row in of_tasks(words).beyond(limit)] == beyond


def test_what_is_beyond_a_limit_is_said_with_its_lag() -> None:
    def texts(**fields: object) -> list[str]:
        config = EchoConfig.from_fields(fields)
        return [limit.text(config) for limit in LIMITS if limit.is_beyond(config)]

    assert texts(task="two_coins", truncated_backprop_length=5) == [
        "lag 8 >= T 5: tbptt's gradient stops short; only the state may keep it",
        "lag 8 + 1 > 4 numbers of state: a linear shift register does not fit",
    ]
    assert texts(task="delayed_xor", truncated_backprop_length=1) == [
        "lags 1, 3 >= T 1: tbptt's gradient stops short; only the state may keep it"
    ]
    assert texts(task="two_coins", cell="lstm") == [
        "lag 8 + 1 > 8 numbers of state: a linear shift register does not fit"
    ]
    assert texts(task="temporal_order", truncated_backprop_length=20) == [
        "trial 60 > T 20: tbptt cuts within a trial; only the state goes on"
    ]
    for of_any_size in ({"task": "flip_flop"}, {"task": "adding"}, {"num_classes": 3}):
        assert not texts(**of_any_size)
    both = [EchoConfig.from_fields({"task": "two_coins", "state_size": size}) for size in (2, 3, 9)]
    assert STATE_IS_FULL.of_all(both[:2]) == STATE_IS_FULL.words
    assert not STATE_IS_FULL.of_all(both)
    assert not STATE_IS_FULL.of_all([])


def test_fewer_units_than_outputs_cannot_solve_a_task_of_numbers() -> None:
    """Flip-flop's bits are independent, so each that has no unit leaves its whole variance, 1; the read-out of one unit
    is a line. Of 8 seeds, 2 units end at 0.33 with 3 bits, and 3 units with 4 bits at 0.25.
    """

    def config(bits: int, units: int, **fields: object) -> EchoConfig:
        return EchoConfig.from_fields({"task": "flip_flop", "bits": bits, "state_size": units, **fields})

    for bits, units in ((2, 1), (3, 1), (3, 2), (4, 3), (64, 63)):
        for fields in ({}, {"cell": "lstm"}, {"num_layers": 2}):
            least = least_error(config(bits, units, **fields))
            assert 0.8 * (bits - units) / bits < least < (bits - units) / bits
    assert theory_text([config(4, 3)]) == "4 outputs, 3 units: no linear read-out has a squared error below 0.24"
    assert not theory_text([config(3, 3)])
    assert not theory_text([config(3, 2), config(3, 3)])
    assert not excluded(EchoConfig(num_classes=9, state_size=2)), "of symbols, one unit can say any number"
    cells = table_of(overview_of(results_of(OF_TASKS, on_a_rung)), Choice("task", "cell")).cells
    assert [[cell.counts.excluded for cell in row] for row in cells] == [[0, 0, 1]] * 3


def test_a_theorem_about_all_lengths_is_said_of_its_cells_and_excludes_no_length() -> None:
    """A square with the mark may well be solved; what is said of it is the theorem, with its source."""
    table = of_tasks("cell=rnn,mingru,lru task=parity,echo")
    counts = [[cell.counts for cell in row] for row in table.cells]
    assert [[one.not_every_length for one in row] for row in counts] == [[0, 1, 1], [0, 0, 0]]
    assert not any(one.excluded for row in counts for one in row)
    mingru, rnn = (EchoConfig(task="parity", cell=cell) for cell in ("mingru", "rnn"))
    assert theory_text([mingru]) == "no mingru solves every length: gates never turn a sign (Sarrof et al. 2024)"
    assert not theory_text([rnn])
    assert not theory_text([mingru, rnn])


def test_the_rung_is_that_of_the_cells_own_task() -> None:
    table = table_of(overview_of(results_of(OF_TASKS, on_a_rung)), Choice("task", "cell"))
    assert cell_text(table, 0, 2) == (
        "cell rnn, task flip_flop: 8 of 8 solved (68 to 100 %)",
        "half by window 99; seed 0 first, at 99; median squared error 0.000",
    )
    firsts = [[cell_text(table, row, column)[0] for column in range(3)] for row in (1, 2)]
    assert [[text[text.index(")") + 1 :] for text in row] for row in firsts] == [
        [", median at chance", ", median at knows t-3", ", median at knows 16 back"],
        [", median at chance"] * 3,
    ]
    seconds = [cell_text(table, 1, column)[1] for column in range(3)]
    assert seconds == [
        "least loss 0.693 of seed 0; median loss 0.693",
        "least loss 0.519 of seed 0; median loss 0.519",
        "least squared error 0.028 of seed 0; median squared error 0.028",
    ]
    config = table.cells[0][1].configs[table.cells[0][1].points[0]]
    losses = {
        0.7: "above chance",
        0.66: "at chance",
        0.62: "at knows t-8",
        0.56: "below knows t-8",
        0.48: "below knows t-3",
    }
    assert {loss: rung_text(config, loss) for loss in losses} == losses
    assert rung_text(config, math.inf) == "above chance"
    assert rung_text(config, math.nan) == ""
