"""Figures of runs on disk, with their numbers beside them, which are the run's."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.answered import answered

RECORDED = Path(__file__).parents[2] / "data" / "docs"
"""A run of one network with two branches, one of eight seeds, and a sweep."""


@pytest.fixture(autouse=True)
def _recorded_runs_are_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(RECORDED, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)


def printed(*words: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answered(*words).stdout)))


def drawn(*words: str, out: str = "a.svg") -> list[dict[str, str]]:
    done = answered("figure", *words, "--out", out)
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(Path(f"{out}.csv").read_text().splitlines()))


def numbers(rows: list[dict[str, str]], *names: str) -> np.ndarray:
    return np.array([[row[name] or "nan" for name in names] for row in rows], float)


def means(losses: np.ndarray, spans: np.ndarray) -> np.ndarray:
    return np.array([losses[int(first) - 1 : int(last)].mean(axis=0) for first, last in spans])


def test_the_curve_of_a_network_in_each_format() -> None:
    for name, begins in (("a.svg", b"<?xml"), ("a.pdf", b"%PDF-"), ("a.png", b"\x89PNG")):
        rows = drawn("echo-run", "curve", out=name)
        assert Path(name).read_bytes().startswith(begins)
    losses = numbers(printed("export", "echo-run", "--path"), "loss")[:, 0]
    spans = numbers(rows, "first_window", "last_window")
    assert (spans[0, 0], spans[-1, 1], {row["line"] for row in rows}) == (1, 1332, {"network"})
    np.testing.assert_array_equal(spans[1:, 0], spans[:-1, 1] + 1)
    np.testing.assert_allclose(numbers(rows, "mean")[:, 0], means(losses, spans), rtol=1e-6)
    lows = [losses[int(first) - 1 : int(last)].min() for first, last in spans]
    np.testing.assert_allclose(numbers(rows, "low")[:, 0], lows, rtol=1e-6)


def test_the_curve_of_seeds_has_their_quantiles_and_one_of_them_its_losses() -> None:
    rows = drawn("seeds-run", "curve", "--replica", "3")
    losses = numbers(printed("export", "seeds-run"), "loss").reshape(666, 8)
    band = [row for row in rows if row["line"] == "all networks"]
    quantiles = np.quantile(losses, [0.1, 0.5, 0.9], axis=1).T
    expected = means(quantiles, numbers(band, "first_window", "last_window"))
    np.testing.assert_allclose(numbers(band, "q10", "median", "q90"), expected, rtol=2e-5)
    assert {row["networks"] for row in band} == {"8"}
    assert [row["solved"] for row in band][-1] == "7"


def test_seeds_are_those_of_the_summary_and_branches_and_runs_have_their_losses() -> None:
    seeds, summary = drawn("seeds-run", "seeds"), printed("export", "seeds-run", "--summary")
    for name in ("replica", "seed", "solved_at", "lost_at", "final_loss"):
        assert [row[name] for row in seeds] == [row[name] for row in summary]
    for branch, rows in (("a", drawn("echo-run", "branches")), ("", drawn("echo-run", "runs", "seeds-run"))):
        mine = [row for row in rows if row.get("branch", row.get("run")) == (branch or "echo-run")]
        losses = numbers(printed("export", "echo-run", *(["--branch", "a"] if branch else ["--path"])), "loss")[:, 0]
        spans = numbers(mine, "first_window", "last_window")
        np.testing.assert_allclose(numbers(mine, "loss")[:, 0], means(losses, spans), rtol=1e-6)


def test_a_map_has_the_numbers_of_the_sweep() -> None:
    squares, sweep = drawn("echo-sweep", "map"), printed("map", "echo-sweep", "--csv")
    for name in ("echo_step", "cell", "trained", "solved", "half_solved", "failed", "missing"):
        assert [row[name] for row in squares] == [row[name] for row in sweep]


def test_a_window_of_a_branch_and_sizes_can_be_chosen() -> None:
    words = ("echo-run", "curve", "--branch", "a", "--at", "400", "--width", "7", "--height", "2", "--log")
    rows = drawn(*words)
    assert rows[-1]["last_window"] == "400"
    picture = Path("a.svg").read_text()
    assert 'width="504pt" height="144pt"' in picture
    drawn(*words)
    assert Path("a.svg").read_text() == picture, "there is no date in it"
