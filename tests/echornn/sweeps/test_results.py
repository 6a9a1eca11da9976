"""Reading the folder of a sweep, complete or in progress."""

from __future__ import annotations

import json
import math
import os
from dataclasses import replace
from pathlib import Path

import pytest

from echornn.config import EchoConfig
from echornn.files import own_files
from echornn.files.run_error import RunError
from echornn.sweeps import folder as files
from echornn.sweeps.axis import Axis
from echornn.sweeps.folder import RequestedGrid, Result
from echornn.sweeps.grid import Grid
from echornn.sweeps.results import SweepResults

VERSIONS = {"echornn-tui": "1", "tensorflow": "2"}
GRID = Grid((Axis("echo_step", (3, 1)), Axis("cell", ("rnn", "gru"))), {"state_size": 8, "seed": 5}, seeds=2)
RESULT = Result(120, 0.04, 120, 0.5)


def begin(folder: Path, *grids: Grid) -> tuple[RequestedGrid, ...]:
    asked = tuple(RequestedGrid(grid, VERSIONS) for grid in grids)
    for name in (files.RESULTS, files.FAILED):
        (folder / name).mkdir(exist_ok=True)
    files.write_requests(folder, asked)
    return asked


def put(folder: Path, asked: RequestedGrid, config: EchoConfig, result: Result = RESULT) -> Path:
    file = folder / files.RESULTS / f"{asked.key(config)}.json"
    own_files.write_whole(file, files.result_bytes(config, result))
    return file


def test_what_is_asked_for_is_read_as_it_was_written(tmp_path: Path) -> None:
    asked = begin(tmp_path, GRID, replace(GRID, seeds=3, until="all"))
    assert files.read_requests(tmp_path) == asked


def test_results_come_in_as_they_are_known(tmp_path: Path) -> None:
    (asked,) = begin(tmp_path, GRID)
    results = SweepResults.read(tmp_path)
    assert results.axes == {"echo_step": (1, 3), "cell": ("rnn", "gru")}
    assert (results.seeds, results.trainings, results.known) == ((5, 6), 8, 0)
    assert results.refresh() is results

    config = EchoConfig(state_size=8, seed=6, echo_step=3, cell="gru")
    put(tmp_path, asked, config)
    newer = results.refresh()
    assert (newer.known, results.known) == (1, 0)
    point = newer.points[1]
    assert point.config == replace(config, seed=5)
    assert (point.results, point.missing, point.solved) == ({6: RESULT}, (5,), 1)
    assert newer.refresh() is newer


def test_a_loss_that_is_not_finite_comes_back_as_no_number(tmp_path: Path) -> None:
    (asked,) = begin(tmp_path, GRID)
    file = put(tmp_path, asked, EchoConfig(state_size=8, seed=5, echo_step=3), Result(None, math.inf, 12, 0.1))
    assert "null" in file.read_text()
    result = SweepResults.read(tmp_path).points[0].results[5]
    assert math.isnan(result.final_loss)
    assert (result.solved_at, result.windows) == (None, 12)


def test_a_failed_point_says_why_until_its_results_are_there(tmp_path: Path) -> None:
    (asked,) = begin(tmp_path, GRID)
    config = EchoConfig(state_size=8, seed=5, echo_step=3)
    failed = tmp_path / files.FAILED / f"{asked.key(files.point_of(config))}.json"
    own_files.write_whole(failed, files.failed_bytes(config, "the worker was killed"))
    results = SweepResults.read(tmp_path)
    assert [point.failed for point in results.points] == ["the worker was killed", None, None, None]
    for seed in (5, 6):
        put(tmp_path, asked, replace(config, seed=seed))
    assert results.refresh().points[0].failed is None


def test_several_grids_are_one_map(tmp_path: Path) -> None:
    more = Grid((Axis("echo_step", (2, 3)),), {"state_size": 16, "cell": "lstm", "seed": 6}, seeds=2)
    begin(tmp_path, GRID, more)
    results = SweepResults.read(tmp_path)
    assert results.axes == {"echo_step": (1, 2, 3), "cell": ("rnn", "gru", "lstm"), "state_size": (8, 16)}
    assert results.seeds == (5, 6, 7)
    assert [point.seeds for point in results.points] == [(5, 6)] * 4 + [(6, 7)] * 2


def test_a_setting_that_only_some_tasks_have_is_an_axis_if_it_varies(tmp_path: Path) -> None:
    tasks, strides = Axis("task", ("echo", "two_coins")), Grid((Axis("echo_step", (3,)),), {"stride": 5}, seeds=1)
    begin(tmp_path, Grid((tasks,), {"far_lag": 9}, seeds=1))
    assert SweepResults.read(tmp_path).axes == {"task": ("echo", "two_coins")}
    begin(tmp_path, Grid((tasks, Axis("far_lag", (8, 9))), seeds=1), strides)
    results = SweepResults.read(tmp_path)
    assert results.axes == {
        "task": ("echo", "two_coins"),
        "far_lag": (8, 9, None),
        "echo_step": (3, None),
        "stride": (None, 5),
    }
    assert len(results.impossible) == 2


def test_what_is_asked_for_later_is_seen(tmp_path: Path) -> None:
    begin(tmp_path, GRID)
    results = SweepResults.read(tmp_path)
    begin(tmp_path, GRID, replace(GRID, seeds=4))
    assert results.refresh().trainings == 16


def test_results_of_other_versions_are_kept_apart(tmp_path: Path) -> None:
    """A grid of four seeds; then another version computes two of them, and only one point."""
    (before,) = begin(tmp_path, replace(GRID, seeds=4))
    now = RequestedGrid(
        replace(GRID, axes=(Axis("echo_step", (3,)), Axis("cell", ("gru",)))), {**VERSIONS, "engine": "new"}
    )
    files.write_requests(tmp_path, (before, now))
    config = EchoConfig(state_size=8, echo_step=3, cell="gru")
    for seed in (5, 6, 7, 8):
        put(tmp_path, before, replace(config, seed=seed))
    newer = replace(RESULT, solved_at=90, windows=90)
    put(tmp_path, now, replace(config, seed=6), newer)
    results = SweepResults.read(tmp_path)
    assert results.versions == (before.versions, now.versions)
    point, untouched = results.points[1], results.points[0]
    assert (point.versions, point.seeds, point.results) == (now.versions, (5, 6), {6: newer})
    assert (untouched.versions, untouched.seeds) == (before.versions, (5, 6, 7, 8))
    (earlier,) = results.earlier
    assert (earlier.versions, earlier.results) == (before.versions, dict.fromkeys((5, 6, 7, 8), RESULT))
    assert (results.trainings, results.known) == (3 * 4 + 2, 1)

    put(tmp_path, before, EchoConfig(state_size=8, echo_step=1, seed=5))
    files.write_requests(tmp_path, (now, before))  # the earlier version computes again
    again = results.refresh()
    assert again.points[0].results == earlier.results
    assert again.earlier[0].results == {6: newer}


def test_grids_of_one_version_are_one_point(tmp_path: Path) -> None:
    asked = begin(tmp_path, replace(GRID, seeds=4), GRID)
    put(tmp_path, asked[0], EchoConfig(state_size=8, seed=8, echo_step=3))
    results = SweepResults.read(tmp_path)
    assert (results.earlier, results.points[0].seeds, results.known) == ((), (5, 6, 7, 8), 1)


def test_a_damaged_result_is_missing(tmp_path: Path) -> None:
    (asked,) = begin(tmp_path, GRID)
    file = put(tmp_path, asked, EchoConfig(state_size=8, seed=5, echo_step=3))
    for damage in (b"", b"{", b'{"solved_at": -1, "final_loss": 1, "windows": 1, "seconds": 1}', b"[" * 100_000):
        file.write_bytes(damage)
        assert SweepResults.read(tmp_path).known == 0


@pytest.mark.parametrize(
    "change",
    [
        {"solved_at": 0},
        {"solved_at": 121},
        {"solved_at": 66_601, "windows": 66_601},
        {"windows": 66_601},
        {"solved_at": None, "windows": -1},
        {"final_loss": -0.1},
        {"final_loss": math.inf},
        {"seconds": math.nan},
        {"config": {"state_size": 8, "seed": 6}},
        {"config": {"seed": 5}},
        {"config": 3},
    ],
    ids=str,
)
def test_a_result_that_no_training_has_is_missing(tmp_path: Path, change: dict[str, object]) -> None:
    (asked,) = begin(tmp_path, GRID)
    file = put(tmp_path, asked, EchoConfig(state_size=8, seed=5))
    results = SweepResults.read(tmp_path)
    assert results.known == 1
    assert results.points[0].config.windows_per_epoch * 100 == 66_600
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    assert SweepResults.read(tmp_path).known == 0


@pytest.mark.parametrize("seed", [7, 2**128 - 1])
def test_a_result_of_any_seed_is_read(tmp_path: Path, seed: int) -> None:
    (asked,) = begin(tmp_path, Grid((Axis("learning_rate", (0.1,)),), {"seed": seed, "stride": 5}, seeds=1))
    put(tmp_path, asked, EchoConfig(learning_rate=0.1, seed=seed, stride=5))
    assert SweepResults.read(tmp_path).points[0].results == {seed: RESULT}


@pytest.mark.parametrize(
    "damage",
    ["", "{}", '{"format": 1, "grids": []}', '{"format": 2, "grids": []}', '{"format": 1, "grids": [{"axes": 3}]}'],
)
def test_what_is_no_sweep_is_refused_in_a_line(tmp_path: Path, damage: str) -> None:
    with pytest.raises(RunError, match="there is no sweep in"):
        SweepResults.read(tmp_path)
    (tmp_path / files.SWEEP_FILE).write_text(damage)
    with pytest.raises(RunError, match=r"sweep\.json is ") as refused:
        SweepResults.read(tmp_path)
    assert "\n" not in str(refused.value)
    with pytest.raises(RunError, match=rf"^{tmp_path / files.SWEEP_FILE} is not a folder$"):
        SweepResults.read(tmp_path / files.SWEEP_FILE)


def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    begin(elsewhere, GRID)
    os.symlink(elsewhere / files.SWEEP_FILE, tmp_path / files.SWEEP_FILE)
    with pytest.raises(RunError, match="cannot be read"):
        SweepResults.read(tmp_path)


def test_a_key_tells_apart_all_that_decides_a_result() -> None:
    config = EchoConfig()
    keys = {
        files.key_of(config, "solved", VERSIONS),
        files.key_of(config, "all", VERSIONS),
        files.key_of(config, "solved", {**VERSIONS, "tensorflow": "3"}),
        files.key_of(replace(config, seed=8), "solved", VERSIONS),
        files.key_of(replace(config, learning_rate=0.1), "solved", VERSIONS),
    }
    assert len(keys) == 5
