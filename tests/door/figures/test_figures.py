"""`figure`: the numbers beside a picture are those of exports, of `probe` and of `map`; and what
the files hold."""

from __future__ import annotations

import csv
import json
import math
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.answered import answered
from tests.recorded import record_branches
from tests.scripted import SMALL_POPULATION
from tests.swept import SMALL as SWEPT
from tests.swept import keep

RUNS = Path("tests/data/docs").resolve()

pytestmark = pytest.mark.slow

Columns = dict[str, list[str]]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def figure(*words: object) -> Columns:
    """The columns beside the figure ``a.svg`` that the command makes."""
    answer = answered("figure", *map(str, words), "-o", "a.svg")
    assert (answer.returncode, Path("a.svg").read_text()[:5]) == (0, "<?xml"), answer.stderr
    return columns_of(Path("a.svg.csv").read_text())


def columns_of(text: str) -> Columns:
    head, *rows = csv.reader(text.splitlines())
    return {name: [row[number] for row in rows] for number, name in enumerate(head)}


def exported(*words: object) -> Columns:
    answer = answered("export", *map(str, words))
    assert answer.returncode == 0, answer.stderr
    return columns_of(answer.stdout)


def floats(column: list[str]) -> list[float]:
    return [float(cell) for cell in column]


def test_a_curve_has_mean_and_extremes_of_the_exported_losses() -> None:
    found, losses = (
        figure(RUNS / "echo-run", "curve"),
        floats(exported(RUNS / "echo-run", "--path")["loss"]),
    )
    first, last = ([int(one) for one in found[name]] for name in ("first_window", "last_window"))
    assert (first[0], last[-1]) == (1, len(losses))
    assert first[1:] == [one + 1 for one in last[:-1]]
    parts = [losses[a - 1 : b] for a, b in zip(first, last, strict=True)]
    assert floats(found["mean"]) == pytest.approx(
        [math.fsum(part) / len(part) for part in parts], rel=1e-6
    )
    assert floats(found["low"]) == pytest.approx([min(part) for part in parts], rel=1e-6)
    assert floats(found["high"]) == pytest.approx([max(part) for part in parts], rel=1e-6)
    assert float(found["level chance"][0]) == pytest.approx(math.log(2))
    assert float(found["level least at epoch starts"][0]) == pytest.approx(0.2 * 0.8 * math.log(2))
    part_of_it = figure(RUNS / "echo-run", "curve", "--at", 35)
    assert floats(part_of_it["mean"]) == pytest.approx(losses[:35], rel=1e-6)


@pytest.mark.usefixtures("shared_programs")
def test_figures_along_a_run_have_the_numbers_of_probe() -> None:
    where = (RUNS / "echo-run", "--branch", "a", "--at", 40, "--along", 2)
    answer = answered("probe", *where, "--csv")
    assert answer.returncode == 0, answer.stderr
    probed = columns_of(answer.stdout)
    for kind, keys in (
        ("along", ("loss", "spectral_radii W", "saturation h")),
        ("gradient", ("gradient_by_lag 3",)),
    ):
        found = figure(where[0], kind, *where[1:])
        assert found["window"] == ["0", "40"]
        for key in keys:
            known = [number for number in probed[key] if number]
            assert floats([one for one in found[key] if one != "nan"]) == pytest.approx(
                floats(known), rel=1e-6
            ), key


def test_norms_are_those_of_the_export_and_a_run_from_before_has_none() -> None:
    config = SMALL_POPULATION.with_fields({"clip_norm": 1.0})
    record_branches(Path("run"), 40, config=config)
    found, norms = (
        figure("run", "norms", "--replica", 1),
        floats(exported("run", "--replica", 1)["grad_norm"]),
    )
    assert floats(found["mean"]) == floats(found["high"]) == pytest.approx(norms, rel=1e-6)
    assert floats(found["clipped"]) == [float(norm > 1) for norm in norms]
    assert len(set(found["clipped"])) == 2
    refused = answered("figure", str(RUNS / "echo-run"), "norms", "-o", "a.svg")
    assert (refused.returncode, "no norms" in refused.stderr) == (2, True)


def test_a_band_has_the_quantiles_of_the_exported_losses() -> None:
    record_branches(Path("run"), 40, config=SMALL_POPULATION)
    found, rows = figure("run", "curve"), exported("run")
    each = np.array(floats(rows["loss"])).reshape(40, 6)
    assert found["networks"] == ["6"] * 40
    assert floats(found["median"]) == pytest.approx(np.sort(each)[:, 2:4].mean(axis=1), rel=0.02)
    assert floats(found["high"]) == pytest.approx(each.max(axis=1), rel=0.01)
    assert floats(found["low"]) == pytest.approx(each.min(axis=1), rel=0.01)
    with_one = figure("run", "curve", "--replica", 2)
    own = [
        float(mean)
        for mean, line in zip(with_one["mean"], with_one["line"], strict=True)
        if line == "seed 9"
    ]
    assert own == pytest.approx(each[:, 2], rel=1e-6)


def test_branches_and_runs_are_told_apart_by_name() -> None:
    record_branches(
        Path("one/run"), 15, {"learning_rate": 0.1}, 10, (0, 5), {"learning_rate": 0.5}, 8
    )
    record_branches(Path("two/run"), 25, config=SMALL_POPULATION)
    found = figure("one/run", "branches")
    losses = {letter: exported("one/run", "--branch", letter)["loss"] for letter in "bc"}
    assert list(dict.fromkeys(found["branch"])) == ["b", "c"]
    assert [found["first_window"][found["branch"].index(one)] for one in "bc"] == ["6", "1"], (
        "from where they part"
    )
    of_c = [
        loss for loss, letter in zip(found["loss"], found["branch"], strict=True) if letter == "c"
    ]
    assert floats(of_c) == pytest.approx(floats(losses["c"]), rel=1e-6)
    compared = figure("one/run", "runs", "two/run")
    assert list(dict.fromkeys(compared["run"])) == ["one/run", "two/run"]
    assert compared["run"].count("two/run") == 25
    assert [bool(cell) for cell in compared["q10"]] == [
        name == "two/run" for name in compared["run"]
    ]


def test_seeds_are_those_of_the_summary() -> None:
    summary, found = exported(RUNS / "seeds-run", "--summary"), figure(RUNS / "seeds-run", "seeds")
    assert {name: summary[name] for name in found} == found
    assert found["seed"][0] == "7"
    assert found["solved_at"][0] == "369"


@pytest.mark.parametrize("measure", ["success", "windows", "loss"])
def test_a_map_has_the_squares_of_the_map(measure: str) -> None:
    keep(Path("sweep"), [SWEPT])
    found = figure("sweep", "map", "--show", measure)
    squares = columns_of(answered("map", "sweep", "--csv").stdout)
    for name in (
        "echo_step",
        "cell",
        "points",
        "trained",
        "solved",
        "half_solved",
        "failed",
        "missing",
    ):
        assert found[name] == squares[name], name
    for name in ("success", "low", "high", "median_loss"):
        assert floats(found[name]) == pytest.approx(floats(squares[name]), rel=1e-3, abs=1e-4)


def test_what_probes_measure_has_the_numbers_of_probe_and_of_exported_weights() -> None:
    run = RUNS / "echo-run"
    printed = json.loads(answered("probe", str(run), "--json").stdout)
    memory, gradient = figure(run, "memory"), figure(run, "gradient")
    assert floats(memory["r2"]) == pytest.approx(printed["memory"], rel=1e-6)
    assert [lag for lag, source in enumerate(memory["source"]) if source == "1"] == [3]
    assert floats(gradient["gradient"]) == pytest.approx(printed["gradient_by_lag"], rel=1e-6)
    assert floats(gradient["bias"]) == pytest.approx(printed["truncation_bias_by_steps"], rel=1e-6)
    assert answered("export", str(run), "--weights", "w.npz").returncode == 0
    found, (number, *_) = figure(run, "weights"), [0]
    with np.load("w.npz") as weights:
        for number, part in enumerate(found["part"]):
            if part == "weight":
                at = int(found["row"][number]), int(found["column"][number])
                assert float(found["value"][number]) == pytest.approx(
                    weights[found["matrix"][number]][at], rel=1e-6
                )
        assert found["part"].count("weight") == sum(one.size for one in weights.values())
        eigenvalues = np.linalg.eigvals(weights["W"][1:])
    shown = [
        complex(float(real), float(imaginary))
        for real, imaginary, part in zip(
            found["value"], found["imaginary"], found["part"], strict=True
        )
        if part != "weight"
    ]
    assert sorted(map(abs, shown)) == pytest.approx(sorted(abs(eigenvalues)), rel=1e-5)
    plane = figure(run, "plane")
    assert {*plane["part"]} >= {"state"}
    assert {"0", "1"} <= {*plane["group"]}


def test_the_same_command_writes_the_same_bytes_and_the_metadata_names_it() -> None:
    run = RUNS / "echo-run"
    for name in ("a.svg", "a.pdf", "a.png"):
        assert (
            answered("figure", str(run), "curve", "--log", "-o", name, "--at", "40").returncode == 0
        )
    command = f"echornn-tui figure {run} curve --out {{}} --at 40 --log"
    svg, pdf = Path("a.svg").read_bytes(), Path("a.pdf").read_bytes()
    assert command.format("a.svg").encode() in svg
    assert b"<dc:date>" not in svg
    assert command.format("a.pdf").encode() in pdf
    assert b"/FontFile2" in pdf
    with Image.open("a.png") as picture:
        assert picture.text["Description"] == command.format("a.png")  # type: ignore[attr-defined]
        assert picture.size == (990, 720)
    os.remove("a.svg")
    assert (
        answered("figure", str(run), "curve", "--log", "-o", "a.svg", "--at", "40").returncode == 0
    )
    assert Path("a.svg").read_bytes() == svg
    assert (
        answered(
            "figure", str(run), "curve", "-o", "b.png", "--width", "2", "--height", "1.5"
        ).returncode
        == 0
    )
    with Image.open("b.png") as picture:
        assert picture.size == (600, 450)
