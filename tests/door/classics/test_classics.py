"""`classics`: what it lists, trains, measures and says."""

from __future__ import annotations

import csv
import io
import json
import math
import statistics
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.answered import answered, records
from tests.door.classics.stage import NAME, all_classics, small_classic, steps_of, trained_in

USAGE = 2


def test_the_list_has_each_with_its_source() -> None:
    listed = records(answered("classics", "--json"))
    assert len(listed) >= 1
    for row in listed:
        assert row["classic"] in answered("classics").stdout
        assert row["title"]
        assert row["source"]


@pytest.mark.slow  # one has a cell that computes with TensorFlow
def test_each_says_what_it_trains_and_claims() -> None:
    for classic in all_classics():
        assert classic.differs, classic.name
        for is_quick in (True, False):
            assert classic.grids(is_quick), classic.name
            for claim in classic.claims:
                classic.config_of(claim, is_quick)  # exactly one point is the claim's


def test_each_has_a_lesson_of_five_steps() -> None:
    for classic in all_classics():
        *steps, end = steps_of(classic)
        assert len(steps) == 5, classic.name
        assert end.text, classic.name


def test_an_unknown_name_is_refused_with_the_list() -> None:
    answer = answered("classics", "elman_1890")
    assert answer.returncode == USAGE
    assert "classic = 'elman_1890'" in answer.stderr
    assert "r2rt_2016" in answer.stderr


def test_a_lesson_needs_a_terminal() -> None:
    answer = answered("classics", "r2rt_2016", "--watch")
    assert answer.returncode == USAGE
    assert "--watch needs a terminal" in answer.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    here = tmp_path_factory.mktemp("classics")
    with small_classic(here):
        yield here / "trained"


def table(folder: Path) -> dict[str, dict[str, Any]]:
    return {row["claim"]: row for row in records(trained_in(folder, "--quick", "--json"))}


def results(folder: Path, echo_step: int) -> dict[str, dict[str, Any]]:
    """The records of the networks with this echo step, by their keys."""
    records = {}
    for file in (folder / "results").iterdir():
        record = json.loads(file.read_text())
        if record["config"]["echo_step"] == echo_step:
            records[file.stem] = record
    return records


@pytest.mark.slow
def test_a_share_has_wilsons_interval_and_a_median_the_range(folder: Path) -> None:
    row = table(folder)["echo 1: solved"]
    trained = results(folder, 1).values()
    solved = sum(bool(result["solved_at"]) for result in trained)
    n, z = 2, 1.959964
    p = solved / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    assert row["seeds"] == n
    assert row["ours"] == p
    assert row["low"] == pytest.approx(max(0, middle - half), abs=1e-6)
    assert row["high"] == pytest.approx(min(1, middle + half), abs=1e-6)

    row = table(folder)["echo 1: last loss"]
    losses = [result["final_loss"] for result in trained]
    found = row["ours"], row["low"], row["high"]
    assert found == pytest.approx((statistics.median(losses), min(losses), max(losses)), rel=1e-5)


@pytest.mark.slow
def test_a_mean_over_sizes_is_of_the_kept_weights_on_fresh_data(folder: Path) -> None:
    row = table(folder)["echo 2: accuracy at echo 1, 5"]
    accuracies = accuracies_on_bits(folder, 2, (1, 5))
    assert row["ours"] == pytest.approx(statistics.fmean(accuracies), abs=0.01)
    spread = 2 * statistics.stdev(accuracies) / math.sqrt(2)
    assert row["high"] - row["ours"] == pytest.approx(spread, abs=0.01)


@pytest.mark.slow
def test_networks_that_have_become_the_automaton_of_the_echo_are_counted(folder: Path) -> None:
    row = table(folder)["echo 1: the automaton"]
    rights = [accuracy >= 0.99 for accuracy in accuracies_on_bits(folder, 1, (1,))]
    assert row["ours"] == np.mean(rights) > 0


def accuracies_on_bits(folder: Path, trained: int, echo_steps: tuple[int, ...]) -> list[float]:
    """Of each kept network that was trained with this echo step."""
    accuracies = []
    for key in results(folder, trained):
        weights = np.load(folder / "weights" / f"{key}.npz")
        accuracies.append(accuracy_on_bits(weights, echo_steps))
    return accuracies


def accuracy_on_bits(weights: Any, echo_steps: tuple[int, ...]) -> float:
    """Of the tutorial's network in NumPy, on bits of its own: the mean over echo steps."""
    rows, steps, first = 500, 220, 20  # from which the state at the beginning no longer matters
    bits = np.random.default_rng(1).integers(0, 2, (rows, steps))
    state = np.zeros((rows, 6))
    said = np.empty_like(bits)
    for t in range(steps):
        state = np.tanh(np.hstack([bits[:, t : t + 1], state]) @ weights["W"] + weights["b"])
        said[:, t] = np.argmax(state @ weights["W2"] + weights["b2"], axis=1)
    right = [np.mean(said[:, first:] == bits[:, first - step : -step]) for step in echo_steps]
    return float(np.mean(right))


@pytest.mark.slow
def test_misses_are_said_and_make_it_partly(folder: Path) -> None:
    rows = table(folder)
    assert [row["holds"] for row in rows.values()] == [True, True, False, True, True]
    text = trained_in(folder, "--quick").stdout
    assert "MISSED" in text
    assert "reproduces: partly" in text
    assert "differs in: It is small, and new." in text


@pytest.mark.slow
def test_it_trains_nothing_again_the_map_opens_it_and_csv_has_the_same_numbers(
    folder: Path,
) -> None:
    rows = table(folder)
    before = {file: file.stat().st_mtime_ns for file in (folder / "results").iterdir()}
    text = trained_in(folder, "--quick", "--csv").stdout
    for row in csv.DictReader(io.StringIO(text)):
        assert float(row["ours"]) == pytest.approx(rows[row["claim"]]["ours"], rel=1e-8)
        assert row["classic"] == NAME
    assert {file: file.stat().st_mtime_ns for file in (folder / "results").iterdir()} == before
    assert "echo_step" in answered("map", folder, "--once").stdout


@pytest.mark.slow
def test_the_whole_has_more_seeds_in_the_same_folder(folder: Path) -> None:
    table(folder)
    rows = records(trained_in(folder, "--json"))
    assert {row["seeds"] for row in rows} == {4}
