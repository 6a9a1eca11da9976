"""`probe --solutions` and `figure RUN solutions` of real networks: distances are computed again
from the states that are written."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.answered import answered, json_rows
from tests.compiled import plain

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_programs", "one_processor")]

SEEDS = Path("tests/data/docs/seeds-run").resolve()

KEYS = """
window as_recorded distance samples shown silhouette silhouette_by_chance networks distances
"""
KEYS_OF_A_NETWORK = """
replica seed x y cluster is_medoid loss longer_loss resting_states solved_at
"""
KEYS_ALONG = """
window as_recorded networks mean_distance solved mean_distance_solved shown clusters
"""


@pytest.fixture(autouse=True, scope="module")
def _nothing_is_compiled() -> Iterator[None]:
    with plain():
        yield


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def probed(*words: object) -> dict[str, Any]:
    (record,) = json_rows(" ".join(map(str, ("probe", SEEDS, "--solutions", *words))))
    return record


def of_networks(record: dict[str, Any], key: str) -> list[Any]:
    return [network[key] for network in record["networks"]]


def text(*words: object) -> str:
    done = answered("probe", SEEDS, "--solutions", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def columns(file: str) -> dict[str, list[str]]:
    head, *rows = csv.reader(Path(file).read_text().splitlines())
    return dict(zip(head, map(list, zip(*rows, strict=True)), strict=True))


def distance_by_hand(name: str, x: np.ndarray, y: np.ndarray) -> float:
    """The angle by the chord to the other cloud turned; or 1 - CKA by products of samples."""
    x = x - x.mean(axis=0)
    y = y - y.mean(axis=0)
    if name == "cka":
        k, m = x @ x.T, y @ y.T
        return float(1 - (k * m).sum() / math.sqrt((k * k).sum() * (m * m).sum()))
    x, y = x / np.linalg.norm(x), y / np.linalg.norm(y)
    left, _, right = np.linalg.svd(y.T @ x)
    return 2 * math.asin(float(np.linalg.norm(x - y @ left @ right)) / 2)


@pytest.mark.parametrize("name", ["procrustes", "cka"])
def test_distances_follow_from_the_states_in_the_file(name: str) -> None:
    record = probed("--distance", name, "--npz", "a.npz")
    assert {*record} == {*KEYS.split()}
    assert {*record["networks"][0]} == {*KEYS_OF_A_NETWORK.split()}
    assert record["distance"] == name
    with np.load("a.npz") as file:
        saved = dict(file)
    states = saved["states"]
    assert states.dtype == np.float32
    assert states.shape == (8, record["samples"], 4)
    assert saved["seed"].tolist() == [*map(str, of_networks(record, "seed"))]
    distances = np.array(record["distances"])
    for first in range(8):
        for second in range(first):
            x, y = states[[first, second]].astype(np.float64)
            expected = distance_by_hand(name, x, y)
            assert distances[first, second] == pytest.approx(expected, abs=1e-6)
    np.testing.assert_allclose(saved["distances"], distances, rtol=1e-6)
    places = np.column_stack([of_networks(record, "x"), of_networks(record, "y")])
    np.testing.assert_allclose(saved["places"], places, rtol=1e-6)
    names = {"losses": "loss", "longer_losses": "longer_loss", "clusters": "cluster"}
    for key, column in {**names, "resting_states": "resting_states"}.items():
        np.testing.assert_allclose(saved[key], of_networks(record, column), rtol=1e-6)


def test_text_has_a_line_for_each_seed() -> None:
    record = probed()
    printed = text()
    assert of_networks(record, "solved_at")[3] is None
    seeds = of_networks(record, "seed")
    (middle,) = [row["seed"] for row in record["networks"] if row["is_medoid"]]
    title, mean, clusters, _, _, *rows = printed.splitlines()
    assert title == "after window 666: angle of Procrustes between 8 networks, by 512 states"
    assert f"{record['shown']:.0%}" in mean
    assert clusters.startswith(f"no clusters seen; in the middle seed {middle};")
    assert [int(row.split()[0]) for row in rows] == seeds
    assert rows[3].split()[-3:] == ["0.6931", "1", "-"]
    assert [row.split()[0] for row in rows if "middle" in row] == [str(middle)]
    assert max(map(len, printed.splitlines())) <= 80


def test_distances_along_the_run_end_with_those_there() -> None:
    first, last = json_rows(f"probe {SEEDS} --solutions --along 2")
    assert (first["window"], last["window"]) == (0, 666)
    assert {*first} == {*KEYS_ALONG.split()}
    there = probed()
    distances = np.array(there["distances"])
    pairs = np.triu_indices(8, 1)
    assert last["mean_distance"] == pytest.approx(distances[pairs].mean(), abs=1e-6)
    solved = [number for number, at in enumerate(of_networks(there, "solved_at")) if at]
    among = distances[np.ix_(solved, solved)]
    mean = among[np.triu_indices(len(solved), 1)].mean()
    assert last["mean_distance_solved"] == pytest.approx(mean, abs=1e-6)
    assert first["mean_distance_solved"] is None

    head, *lines = text("--along", 2, "--at", 30, "--csv").splitlines()
    assert head == ",".join(first)
    assert len(lines) == 2
    _, *rows = text("--along", 2, "--at", 30).splitlines()
    assert [row.split()[0] for row in rows] == ["0", "30"]


def test_a_figure_has_the_places_and_the_distances_along_the_run() -> None:
    record = probed()
    assert answered("figure", SEEDS, "solutions", "-o", "a.svg").returncode == 0
    table = columns("a.svg.csv")
    assert {*table} == {*KEYS_OF_A_NETWORK.split()}
    for key in ("seed", "x", "y", "loss"):
        numbers = np.array(table[key], float)
        np.testing.assert_allclose(numbers, of_networks(record, key), rtol=1e-6)
    solved_at = [at and str(at) for at in of_networks(record, "solved_at")]
    assert [at or None for at in table["solved_at"]] == solved_at

    place = ("--at", 30)
    figure = answered("figure", SEEDS, "solutions", *place, "--along", 2, "-o", "b.svg")
    assert figure.returncode == 0
    along = columns("b.svg.csv")
    assert along["window"] == ["0", "30"]
    mean = np.array(probed(*place)["distances"])[np.triu_indices(8, 1)].mean()
    assert float(along["mean_distance"][1]) == pytest.approx(mean, abs=1e-6)
