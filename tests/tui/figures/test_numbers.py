"""The numbers of figures are those on the screen, in exports and of the probes."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import echornn
from echornn.arrays.run_arrays import RunArrays
from echornn.config import EchoConfig
from echornn.data.levels import boundary_floor, chance_level, ladder_of
from echornn.maps.measures import Measure
from echornn.maps.overview import overview_of
from echornn.readings import Matrices, Readings, Recurrent
from echornn.runs import run_dir
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.look import look
from echornn.session.pictures.picture import Picture
from echornn.session.pictures.queries import Query
from echornn.snapshot import Snapshot
from echornn.sweeps.results import SweepResults
from echornn.tasks.two_coins import TwoCoins
from echornn.timeline.branch import Position
from tests.echornn.runs.test_diverged_on_disk import diverge
from tests.recorded import Step, record_branches
from tests.scripted import SMALL, SMALL_POPULATION
from tests.swept import SMALL as SWEPT
from tests.swept import keep
from tests.tui.app.views.by_hand import four_corners, points_of_corners
from tests.tui.commands.kept_runs.test_probe import readings
from tui.app.curve.marks import WORDS
from tui.cli.program import exit_code_of
from tui.commands.kept_runs.probe import record_of
from tui.figures import losses
from tui.figures.data import FigureData, FigureError, FigureRequest
from tui.figures.kinds import KINDS
from tui.figures.losses import BUCKETS
from tui.map.frame import MapFrame
from tui.map.state import MapState
from tui.map.text import csv_lines

LONG = replace(SMALL, num_epochs=100)


def numbers(folder: Path, kind: str, **asked: Any) -> dict[str, list[str]]:
    """The columns of a figure's CSV file."""
    data: FigureData = KINDS[kind].numbers(FigureRequest(str(folder), kind, **asked))
    head, *rows = csv.reader(io.StringIO(data.as_csv()))
    return {name: [row[number] for row in rows] for number, name in enumerate(head)}


def floats(column: list[str]) -> list[float]:
    return [float(np.float32(cell)) for cell in column]


def picture(folder: Path, **at: int) -> Picture:
    """What the screen of a run draws at the same resolution."""
    run = run_dir.read(folder)
    position = run.position_at(**at)
    timeline = run.timeline()
    config = timeline.owner(position).config
    end = timeline.end(position.branch).window
    frame = Frame(State.PAUSED, config, trained=position.window, line=position.branch, line_end=end)
    query = Query(columns=BUCKETS, ghosts=8)
    return look(query, frame, timeline)


def test_a_curve_has_the_buckets_of_the_screen(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 500, {"learning_rate": 0.1}, 480, config=LONG)
    found, curve = numbers(tmp_path / "run", "curve"), picture(tmp_path / "run").curve
    assert list(found)[:3] == ["line", "first_window", "last_window"]
    assert [int(one) for one in found["first_window"]] == (curve.starts + 1).tolist()
    assert [int(one) for one in found["last_window"]] == curve.ends.tolist()
    for name in ("mean", "low", "high", "error_rate"):
        assert floats(found[name]) == getattr(curve, name).tolist()
    assert {found["level chance"][0], found["level floor of first windows"][0]} == {
        f"{chance_level(LONG):.17g}",
        f"{boundary_floor(LONG):.17g}",
    }
    facts = KINDS["curve"].numbers(FigureRequest(str(tmp_path / "run"), "curve")).facts
    assert facts["marks"] == [[500, "edit"]]
    assert facts["solved"] == run_dir.read(tmp_path / "run").timeline().solved_at(1)
    assert losses.WORDS == WORDS


def test_a_band_has_the_quantiles_of_the_screen_and_the_network_that_is_named(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 900, config=SMALL_POPULATION)
    found, band = numbers(tmp_path / "run", "curve"), picture(tmp_path / "run").band
    for name, values in (("q10", band.tenth), ("median", band.median), ("q90", band.ninetieth), ("high", band.high)):
        assert floats(found[name]) == values.tolist()
    assert [int(one) for one in found["solved"]] == band.solved.tolist()
    assert set(found["line"]) == {"all networks"}
    with_one = numbers(tmp_path / "run", "curve", replica=2)
    rows = [row for row, line in enumerate(with_one["line"]) if line == f"seed {SMALL_POPULATION.seed + 2}"]
    curve = run_dir.read(tmp_path / "run").timeline().curve(0, BUCKETS, replica=2)
    assert floats([with_one["mean"][row] for row in rows]) == curve.mean.tolist()
    assert len(with_one["line"]) == len(found["line"]) + len(rows)


def test_a_network_that_went_on_alone_follows_the_band(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 40, "choose 2", "alone", 30, config=SMALL_POPULATION)
    found = numbers(tmp_path / "run", "curve")
    assert found["line"] == ["all networks"] * 40 + [f"seed {SMALL_POPULATION.seed + 2}"] * 30
    before = numbers(tmp_path / "run", "curve", at=39, replica=1)
    assert before["line"] == ["all networks"] * 39 + [f"seed {SMALL_POPULATION.seed + 1}"] * 39


def test_a_part_of_a_path(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 30, {"learning_rate": 0.1}, 20, (0, 10), config=LONG)
    exported = echornn.read(tmp_path / "run").path("b", at=35).loss[:, 0]
    assert floats(numbers(tmp_path / "run", "curve", at=35, branch="b")["mean"]) == exported.tolist()
    with pytest.raises(FigureError, match="has no window there: nothing to draw"):
        numbers(tmp_path / "run", "curve", at=0)


def test_a_diverged_run_says_where_losses_are_not_finite(tmp_path: Path) -> None:
    diverge(tmp_path / "run", 20)
    found = numbers(tmp_path / "run", "curve")
    assert [math.isfinite(loss) for loss in floats(found["mean"])].index(False) == 23


def test_a_task_has_its_ladder(tmp_path: Path) -> None:
    config = replace(LONG, task=TwoCoins(), total_series_length=2000)
    record_branches(tmp_path / "run", 10, config=config)
    found = numbers(tmp_path / "run", "curve")
    levels = {name.removeprefix("level "): float(cells[0]) for name, cells in found.items() if name.startswith("level")}
    assert levels == {level.name: level.loss for level in ladder_of(config)}


def test_branches_are_those_that_the_screen_draws_under_the_curve(tmp_path: Path) -> None:
    steps: list[Step] = [300, {"learning_rate": 0.1}, 200, (0, 100), {"learning_rate": 0.5}, 50]
    record_branches(tmp_path / "run", *steps, config=LONG)
    found, shown = numbers(tmp_path / "run", "branches"), picture(tmp_path / "run")
    assert list(dict.fromkeys(found["branch"])) == [*(ghost.letter for ghost in shown.ghosts), "c"] == ["b", "c"]
    timeline = run_dir.read(tmp_path / "run").timeline()
    rows = {name: [row for row, cell in enumerate(found["branch"]) if cell == name] for name in "bc"}
    (ghost,) = shown.ghosts
    alone = timeline.curve(1, BUCKETS, ghost.first, ghost.last)
    assert floats([found["loss"][row] for row in rows["b"]]) == alone.mean.tolist()
    assert floats([found["loss"][row] for row in rows["c"]]) == shown.curve.mean.tolist()
    facts = KINDS["branches"].numbers(FigureRequest(str(tmp_path / "run"), "branches")).facts
    assert facts["levels"] == losses.levels_of(LONG)
    assert facts["legend"][0] == ["b", "b: learning_rate 0.1 from window 300"]


def test_runs_are_named_so_that_they_can_be_told_apart(tmp_path: Path) -> None:
    for name in ("one/run", "two/run", "three"):
        record_branches(tmp_path / name, 5, config=LONG)
    record_branches(tmp_path / "many", 5, config=SMALL_POPULATION)
    others = tuple(str(tmp_path / name) for name in ("two/run", "three", "many", "three"))
    found = numbers(tmp_path / "one/run", "runs", others=others)
    assert list(dict.fromkeys(found["run"])) == ["one/run", "two/run", "three (3)", "many", "three (5)"]
    rows = [row for row, name in enumerate(found["run"]) if name == "many"]
    assert floats([found["loss"][row] for row in rows]) == picture(tmp_path / "many").band.median.tolist()
    band = picture(tmp_path / "many").band
    assert floats([found["q10"][row] for row in rows]) == band.tenth.tolist()
    assert floats([found["q90"][row] for row in rows]) == band.ninetieth.tolist()
    assert {found["q10"][row] for row, name in enumerate(found["run"]) if name != "many"} == {""}
    assert "q10" not in numbers(tmp_path / "three", "runs", others=(str(tmp_path / "one/run"),))
    data = KINDS["runs"].numbers(FigureRequest(str(tmp_path / "three"), "runs", (str(tmp_path / "many"),)))
    assert data.facts["legend"] == [
        ["three", "three"],
        ["many", f"many: median of {SMALL_POPULATION.replicas}, 10 to 90 %"],
    ]
    with pytest.raises(FigureError, match="runs need several"):
        numbers(tmp_path / "three", "runs")


def test_seeds_are_those_of_the_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record_branches(tmp_path / "run", 400, config=SMALL_POPULATION)
    assert exit_code_of(["export", str(tmp_path / "run"), "--summary"]) == 0
    summary = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    found = numbers(tmp_path / "run", "seeds")
    assert {name: [row[name] for row in summary] for name in found} == found
    stats = run_dir.read(tmp_path / "run").timeline().seed_stats(Position(0, 400))
    assert stats is not None
    facts = KINDS["seeds"].numbers(FigureRequest(str(tmp_path / "run"), "seeds")).facts
    assert facts["interval"] == list(stats.interval)


@pytest.mark.parametrize("measure", list(Measure))
def test_a_map_has_the_squares_of_the_map(tmp_path: Path, measure: Measure) -> None:
    keep(tmp_path / "sweep", [SWEPT])
    overview = overview_of(SweepResults.read(tmp_path / "sweep"))
    frame = MapFrame.of(replace(MapState.first(overview.axes), measure=measure), overview)
    expected = list(csv.DictReader(csv_lines(frame)))
    found = numbers(tmp_path / "sweep", "map", show=measure)
    for name in (
        "echo_step",
        "cell",
        "points",
        "trained",
        "solved",
        "half_solved",
        "failed",
        "missing",
        "not_every_length",
    ):
        assert found[name] == [row[name] for row in expected]
    for name, form in (("success", ".4f"), ("low", ".4f"), ("high", ".4f"), ("median_loss", ".6g")):
        assert [cell and format(float(cell), form) for cell in found[name]] == [row[name] for row in expected]
    assert found["text"] == [text for row in frame.numbers for text in row]
    shades = [frame.scale.share(frame.scale.value(cell.counts)) for row in frame.table.cells for cell in row]
    assert [float(cell or "nan") for cell in found["shade"]] == pytest.approx(shades, nan_ok=True)


def test_a_sweep_of_one_square_has_a_map(tmp_path: Path) -> None:
    from echornn.sweeps.axis import Axis
    from echornn.sweeps.grid import Grid

    keep(tmp_path / "sweep", [Grid((Axis.parse("echo_step=3"),), {}, 2)])
    assert numbers(tmp_path / "sweep", "map")["trained"] == ["2"]
    facts = KINDS["map"].numbers(FigureRequest(str(tmp_path / "sweep"), "map")).facts
    assert facts["shows"] == "seeds that solved it, % (n = 2)"


@pytest.fixture
def probed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Readings:
    """Readings in place of the probes'; the run is in ``tmp_path / "run"``."""
    record_branches(tmp_path / "run", 5, config=LONG)
    rng = np.random.default_rng(0)
    weights = {"W": rng.normal(size=(5, 4)).astype(np.float32), "b": np.zeros((1, 4), np.float32)}
    names = {"W": ("x", "h1", "h2", "h3", "h4"), "b": ("bias",)}
    units = ("h1", "h2", "h3", "h4")
    eigenvalues = np.array([1 + 2j, 1 - 2j, 0.5, -0.25], np.complex64)
    matrices = Matrices(weights, names, {"W": units, "b": units}, {}, (Recurrent("W", eigenvalues),))
    config = EchoConfig(truncated_backprop_length=4, echo_step=2, state_size=2)
    plane, points = four_corners(config), points_of_corners()
    told = replace(readings(config), weights=matrices, plane=plane, fixed_points=points)
    monkeypatch.setattr(RunArrays, "examined", lambda *_: told)
    return told


def test_memory_and_gradient_are_those_of_probe(tmp_path: Path, probed: Readings) -> None:
    printed = record_of(probed)
    memory, gradient = numbers(tmp_path / "run", "memory"), numbers(tmp_path / "run", "gradient")
    assert floats(memory["r2"]) == floats(printed["memory"])
    assert [lag for lag, source in enumerate(memory["source"]) if source == "1"] == [2]
    assert floats(gradient["gradient"]) == floats(printed["gradient_by_lag"])
    assert floats(gradient["bias"]) == floats(printed["truncation_bias_by_steps"])
    assert floats(gradient["bias_spread"]) == floats(printed["truncation_bias_by_steps_spread"])
    assert gradient["steps"] == ["1", "2", "3", "4", "5", "6"]


def test_weights_and_eigenvalues_are_those_of_the_view(tmp_path: Path, probed: Readings) -> None:
    assert probed.weights is not None
    found = numbers(tmp_path / "run", "weights")
    values = [row for row, part in enumerate(found["part"]) if part == "weight"]
    for row in values:
        matrix = probed.weights.weights[found["matrix"][row]]
        at = int(found["row"][row]), int(found["column"][row])
        assert np.float32(found["value"][row]) == matrix[at]
        assert found["from"][row] == probed.weights.rows[found["matrix"][row]][at[0]]
    assert len(values) == 24
    assert floats(found["value"][24:]) == [1, 1, 0.5, -0.25]
    assert floats(found["imaginary"][24:]) == [2, -2, 0, 0]


def test_states_and_fixed_points_are_those_of_the_view(tmp_path: Path, probed: Readings) -> None:
    plane = probed.plane
    assert plane is not None
    found = numbers(tmp_path / "run", "plane")
    assert found["part"] == ["state"] * 32 + ["fixed point"] * 3
    assert found["group"] == [*map(str, plane.targets.tolist()), "stable", "stable", "saddle"]
    assert floats(found["z1"]) == [*plane.states[:, 0].tolist(), -1, -1, 0]
    assert floats(found["z2"]) == [*plane.states[:, 1].tolist(), -1, 1, 0]
    facts = KINDS["plane"].numbers(FigureRequest(str(tmp_path / "run"), "plane")).facts
    assert (facts["groups"], facts["of"], facts["held"]) == (["0", "1"], "target", "input 0")
    assert facts["readout"] == plane.readout.tolist()


def test_what_is_not_finite_is_said(tmp_path: Path, probed: Readings, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = replace(probed, memory=None, gradient=None, weights=None, plane=None)
    monkeypatch.setattr(RunArrays, "examined", lambda *_: nothing)
    for kind in ("memory", "gradient", "weights", "plane"):
        with pytest.raises(FigureError, match="the weights are not finite after window 1330"):
            numbers(tmp_path / "run", kind)


def test_the_snapshot_is_of_the_position(tmp_path: Path, probed: Readings, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Snapshot] = []

    def examined(_: RunArrays, snapshot: Snapshot, kinds: object) -> Readings:
        seen.append(snapshot)
        return probed

    monkeypatch.setattr(RunArrays, "examined", examined)
    numbers(tmp_path / "run", "memory", at=0)
    assert [(one.branch, one.window) for one in seen] == [(0, 0)]
