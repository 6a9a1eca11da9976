"""The tables of `tests.benchmarks.speed`: made from a record, and equal to those in the documentation."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks.speed.__main__ import PAGES as SHOWN_ON
from tests.benchmarks.speed.__main__ import RECORDED
from tests.benchmarks.speed.measure import ALLOWED_DIFFERENCE, Settings, compared, measure_row
from tests.benchmarks.speed.network import Network
from tests.benchmarks.speed.pages import measured_parts, with_parts
from tests.benchmarks.speed.problem import Problem
from tests.benchmarks.speed.record import Record, Result
from tests.benchmarks.speed.rows import BEFORE, PROGRAMS, QUICK, SHEETS, Program, Row, Sheet, before, measured_rows
from tests.benchmarks.speed.table import left_out, markdown, number, parts
from tests.docs.pages import PAGES

OURS = Result((4e-6, 5e-6, 8e-6), (4e-6, 4e-6, 4e-6), difference=0.0, digest="a")

RECORD = Record(
    {"processor": "a processor", "instructions": "avx2", "cores": "2", "memory": "8 GiB"},
    {"Python": "3.11", "NumPy": "2.3 and 2.4"},
    (0.5, 1.0),
    {
        "4,5,15": {
            "app": OURS,
            "app before": Result((8e-6, 5e-6, 16e-6), digest="b"),
            "jax": Result((36e-6, 30e-6, 72e-6), difference=1e-7),
            "torch": Result(left_out="PyTorch is not installed"),
            "c": Result(left_out="its losses differ from ours by 0.2 nats", difference=0.2),
        },
        "picture": {"start": Result((1.0, 0.9)), "imports": Result((0.5, 0.3))},
    },
)
"""Measurements as the benchmark takes them; the machine was busy during the last."""

TABLES = """\
Measured on a processor (avx2), 2 cores, 8 GiB of memory, with a load of 0.5 to 1.0. Python 3.11, NumPy 2.3 and 2.4.

| one network: S, B, T | echornn, as the app | echornn, as the app, before | JAX `lax.scan` |
| --- | --- | --- | --- |
| 4, 5, 15 (the tutorial) | **5.00** (4.00–8.00) | 8.00 (5.00–16.0), ×2.00, other bits | 36.0 (30.0–72.0), ×9.00 |

| networks | echornn, as the app | echornn, as the app, before |
| --- | --- | --- |
| 1 | **5.00** (4.00–8.00) | 8.00 (5.00–16.0), ×2.00, other bits |

| from the start | echornn | the imports alone |
| --- | --- | --- |
| to the first picture; NumPy and Textual | 0.95 (0.90–1.00), ×2.50 | **0.40** (0.30–0.50) |

| trained at once | echornn, as the app | echornn, as the app, before |
| --- | --- | --- |
| one network | **5.00** (4.00–8.00) | 8.00 (5.00–16.0), ×2.00, other bits |"""


def test_the_tables_have_medians_spreads_and_ratios() -> None:
    assert "\n\n".join(parts(RECORD).values()) == TABLES


def test_same_bits_are_said() -> None:
    rows = {"4,5,15": {"app": OURS, "app before": replace(OURS, difference=0.0)}}
    assert "×1.00, same bits" in parts(replace(RECORD, rows=rows))["one"]


def test_time_of_the_processors_in_its_place() -> None:
    assert "| 4.00 (4.00–4.00) |" in parts(RECORD.of_the_processors())["one"]


def test_what_was_left_out_is_named_with_its_reason() -> None:
    assert left_out(RECORD) == (
        "PyTorch (4,5,15): PyTorch is not installed\nC (4,5,15): its losses differ from ours by 0.2 nats"
    )


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    RECORD.write(tmp_path / "record.json")
    assert Record.read(tmp_path / "record.json") == RECORD


def test_the_version_before_can_be_left_out() -> None:
    assert RECORD.without(BEFORE).rows["4,5,15"].keys() == {"app", "jax", "torch", "c"}


def test_rows_that_are_measured_anew_replace_those_before() -> None:
    anew = replace(RECORD, loads=(3.0,), rows={"4,5,15": {"app": OURS}})
    together = RECORD.with_rows_of(anew)
    assert together.rows == {"4,5,15": {"app": OURS}, "picture": RECORD.rows["picture"]}
    assert together.loads == (0.5, 1.0, 3.0)


@pytest.mark.parametrize(
    ("value", "words"), [(0.876, "0.88"), (9.99, "9.99"), (9.996, "10.0"), (99.96, "100"), (1234.5, "1,234")]
)
def test_numbers_have_three_digits(value: float, words: str) -> None:
    assert number(value) == words


@pytest.mark.parametrize(
    ("losses", "is_wrong"),
    [
        ([0.7, 0.5], False),
        ([0.7, 0.5 + ALLOWED_DIFFERENCE / 2], False),
        ([0.7, 0.5 + ALLOWED_DIFFERENCE * 2], True),
        ([0.7, float("nan")], True),
        ([0.7], True),
        ([[0.7], [0.5]], True),
    ],
)
def test_a_program_that_trains_something_else_is_not_measured(losses: list[float], is_wrong: bool) -> None:
    result = compared({"losses": losses, "digest": ""}, {"losses": [0.7, 0.5]})
    assert result.is_wrong == is_wrong
    assert bool(result.left_out) == is_wrong


def test_a_problem_is_read_as_it_was_written(tmp_path: Path) -> None:
    network = Network(batch=2, steps=3, windows=2)
    symbols = np.arange(12, dtype=np.uint8).reshape(1, 2, 6)
    Problem(network, symbols, symbols[:, ::-1], {"W": np.ones((1, 5, 4), np.float32)}).write(tmp_path / "problem.npz")
    read = Problem.read(tmp_path / "problem.npz")
    assert read.network == network
    assert read.one["W"].shape == (5, 4)
    assert read.in_windows(read.x).tolist() == [[[[0, 6], [1, 7], [2, 8]], [[3, 9], [4, 10], [5, 11]]]]


@pytest.mark.slow
def test_programs_are_compared_and_measured_in_processes_of_their_own(tmp_path: Path) -> None:
    network, dice = Network(windows=20), np.random.default_rng(0)
    x = dice.integers(0, 2, (1, 5, 300), np.uint8)
    shapes = {"W": (5, 4), "b": (1, 4), "W2": (4, 2), "b2": (1, 2)}
    weights = {name: dice.uniform(-0.5, 0.5, (1, *shape)).astype(np.float32) for name, shape in shapes.items()}
    Problem(network, x, x, weights).write(tmp_path / "problem.npz")
    failing = {"c before": Program("a program that fails", "no_such_program")}
    settings = Settings(2, sys.executable, failing, lambda words: None)
    versions: dict[str, dict[str, None]] = {}
    results = measure_row(Row("", ("numpy", "c", "jax")), str(tmp_path / "problem.npz"), settings, versions)
    assert len(results["numpy"].clock) == len(results["numpy"].processors) == 2
    assert versions["NumPy"] == {np.__version__: None}
    assert "No module named" in results["c before"].left_out
    for name, missing in (("c", "there is no C compiler, cc, on this machine"), ("jax", "JAX is not installed")):
        assert len(results[name].clock) == 2 or results[name].left_out == missing


def test_rows_name_programs_that_there_are() -> None:
    rows = measured_rows()
    assert {program for row in rows.values() for program in row.programs} == PROGRAMS.keys()
    assert set(QUICK) <= rows.keys()


def test_the_version_before_stands_beside_this_one() -> None:
    there = before(PROGRAMS, "elsewhere")
    assert there.keys() == {"app before", "library before", "threads before", "start before"}
    assert all(program.options["checkout"] == "elsewhere" for program in there.values())


def test_the_pages_show_what_was_measured() -> None:
    pages, measured = [page.read_text(encoding="utf-8") for page in SHOWN_ON], parts(Record.read(RECORDED))
    shown = {name: part for page in pages for name, part in measured_parts(page).items()}
    assert shown == measured, "python -m tests.benchmarks.speed --from FILE --write mends it"
    assert [with_parts(page, measured) for page in pages] == pages


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
def test_the_tables_of_the_pages_are_tables(sheet: Sheet) -> None:
    (shown,) = [table for page in PAGES.values() for table in page.tables(sheet.first)]
    assert all(len(row) == len(shown.head) for row in shown.rows)


def test_parts_that_were_not_measured_stay() -> None:
    page = "<!-- measured: one -->\n<!-- end -->\n\n<!-- measured: many -->\nold\n<!-- end -->\n"
    assert with_parts(page, {"many": "new"}) == page.replace("old", "new")
    assert with_parts(page, {"one": "new"}) == page.replace("one -->\n", "one -->\nnew\n")
    assert markdown([("a", "b"), ("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
