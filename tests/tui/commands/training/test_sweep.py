"""The subcommand that computes a sweep: its messages, and how it ends. The results are scripted."""

from __future__ import annotations

import json
import math
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import echornn.sweeps
from echornn.config import EchoConfig
from echornn.sweeps import store
from echornn.sweeps.engine import EngineError
from echornn.sweeps.folder import Result
from echornn.sweeps.processes import Processes
from echornn.sweeps.results import GridPoint, SweepResults
from tests.echornn.sweeps.scripted import ScriptedEngine
from tui.cli.program import exit_code_of
from tui.commands.training import sweep
from tui.commands.training.sweep_report import point_line, point_record
from tui.term.exit_code import ExitCode

GRID = ["--grid", "echo_step=3,9,10,20000", "cell=rnn,gru", "--seeds", "4", "--num-epochs", "1"]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> ScriptedEngine:
    """The engine of the sweep."""
    scripted = ScriptedEngine()
    monkeypatch.setattr(sweep.Workers, "engine", lambda workers: scripted)
    return scripted


def said(capfd: pytest.CaptureFixture[str]) -> list[str]:
    return capfd.readouterr().out.splitlines()


def test_it_says_what_it_will_do_then_each_point_then_what_came_of_it(
    tmp_path: Path, engine: ScriptedEngine, capfd: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(["sweep", "--out", str(tmp_path / "map"), *GRID]) == ExitCode.DONE
    first, *rest = said(capfd)
    assert first == "6 points with 4 seeds each: 24 networks"
    why = "echo_step = 20000 cannot be used: 0 to 9999, less than the row's length"
    assert rest[:2] == [f"left out: echo_step 20000, cell {cell}: {why}" for cell in ("rnn", "gru")]
    early = "more on a busy machine, less if tasks are solved early"
    assert rest[2] == f"2 structures to compile; about 8 s on 2 workers ({early})"
    assert sorted(rest[3:9]) == [
        "echo_step 10, cell gru: 0 of 4 solved (0 to 49 %), median loss 0.6931, at chance",
        "echo_step 10, cell rnn: 0 of 4 solved (0 to 49 %), median loss 0.6931, at chance",
        "echo_step 3, cell gru: 4 of 4 solved (51 to 100 %), half by window 38",
        "echo_step 3, cell rnn: 4 of 4 solved (51 to 100 %), half by window 38",
        "echo_step 9, cell gru: 4 of 4 solved (51 to 100 %), half by window 98",
        "echo_step 9, cell rnn: 4 of 4 solved (51 to 100 %), half by window 98",
    ]
    assert rest[9].startswith("finished  24 of 24 networks known, 16 solved  seconds ")
    assert rest[10] == f"see it with: echornn-tui map {tmp_path / 'map'}"
    assert all(len(line) <= 120 for line in rest)


def test_one_of_each_is_said_as_one(tmp_path: Path, engine: ScriptedEngine, capfd: pytest.CaptureFixture[str]) -> None:
    one = ["sweep", "--out", str(tmp_path), "--num-epochs", "1"]
    assert exit_code_of([*one, "--grid", "echo_step=3"]) == ExitCode.DONE
    assert said(capfd)[0] == "1 point with 16 seeds: 16 networks"
    engine._kills = [4]
    assert exit_code_of([*one, "--grid", "echo_step=4", "--seeds", "1"]) == ExitCode.FAILED
    first, *_, last, _ = said(capfd)
    assert first == "1 point with 1 seed: 1 network"
    assert last.startswith("finished  0 of 1 network known, 0 solved  1 point failed  seconds ")


def test_json_lines(tmp_path: Path, engine: ScriptedEngine, capfd: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["sweep", "--out", str(tmp_path), *GRID, "--json"]) == ExitCode.DONE
    start, *points, end = map(json.loads, said(capfd))
    assert (start["event"], start["networks"], start["known"], start["compilations"]) == ("start", 24, 0, 2)
    assert [one["echo_step"] for one in start["left_out"]] == [20000, 20000]
    assert {one["event"] for one in points} == {"point"}
    assert {(one["echo_step"], one["cell"]): (one["seeds"], one["solved"]) for one in points} == {
        (echo, cell): (4, 4 if echo < 10 else 0) for echo in (3, 9, 10) for cell in ("rnn", "gru")
    }
    tutorial = next(one for one in points if (one["echo_step"], one["cell"]) == (3, "rnn"))
    assert (tutorial["half_solved"], tutorial["median_loss"], round(tutorial["level"], 5)) == (38, 0.04, 0.04872)
    assert (end["event"], end["known"], end["solved"], end["points_failed"]) == ("finished", 24, 16, 0)
    assert end["where"] == ["cpu of worker 1", "cpu of worker 2"]


def test_what_is_told_of_a_point_are_the_numbers_of_its_cell_in_the_map() -> None:
    few = [Result(100, 0.04, 100, 0.1), *(Result(None, loss, 666, 0.1) for loss in (0.3, 0.5, math.nan))]
    point = GridPoint(EchoConfig(num_epochs=1), (7, 8, 9, 10), dict(enumerate(few, 7)))
    record = point_record(point, {"echo_step": (3,)})
    assert (record["half_solved"], record["median_loss"]) == (None, 0.3)
    assert (
        point_line(record, {"echo_step": (3,)})
        == "echo_step 3: 1 of 4 solved (5 to 70 %), median loss 0.3000, below chance"
    )
    diverged = replace(point, results=dict.fromkeys(point.seeds, few[-1]))
    told = point_line(point_record(diverged, {"echo_step": (3,)}), {"echo_step": (3,)})
    assert told == "echo_step 3: 0 of 4 solved (0 to 49 %), most diverged"


def test_the_same_again_says_that_all_is_known(
    tmp_path: Path, engine: ScriptedEngine, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        capfd.readouterr()
        assert exit_code_of(["sweep", "--out", str(tmp_path), *GRID]) == ExitCode.DONE
    lines = said(capfd)
    assert lines[0] == "6 points with 4 seeds each: 24 networks, 24 of them known already"
    assert len(lines) == 5


def test_what_another_version_has_trained_is_trained_anew_and_that_is_said(
    tmp_path: Path, engine: ScriptedEngine, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert exit_code_of(["sweep", "--out", str(tmp_path), *GRID]) == ExitCode.DONE
    monkeypatch.setattr(store, "versions_here", lambda: {"echornn-tui": "2"})
    capfd.readouterr()
    assert exit_code_of(["sweep", "--out", str(tmp_path), "--grid", "echo_step=3,4", "--num-epochs", "1"]) == 0
    first, second, *_ = said(capfd)
    assert first == "2 points with 16 seeds each: 32 networks"
    before = "4 of them another version of the program trained before"
    assert second == f"{before}: trained anew, the older results stay in results.csv"


def test_points_that_fail_are_named_and_the_code_says_so(
    tmp_path: Path, engine: ScriptedEngine, capfd: pytest.CaptureFixture[str]
) -> None:
    engine._kills = [9]
    assert exit_code_of(["sweep", "--out", str(tmp_path), *GRID]) == ExitCode.FAILED
    lines = said(capfd)
    assert "echo_step 9, cell rnn: failed: its process was killed" in lines
    assert any(line.startswith("tried again: ") and line.endswith("its process was killed") for line in lines)
    assert lines[-2].startswith("finished  16 of 24 networks known, 8 solved  2 points failed  seconds ")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_the_same_command_goes_on(
    tmp_path: Path, engine: ScriptedEngine, capfd: pytest.CaptureFixture[str], number: int
) -> None:
    engine.before = lambda part: signal.raise_signal(number)  # to this thread, before training goes on
    assert exit_code_of(["sweep", "--out", str(tmp_path), *GRID]) == ExitCode.CHECKPOINTED
    lines = said(capfd)
    assert lines[-3].startswith("stopped  ")
    assert lines[-2] == "the same command goes on where this stopped"
    engine.before = lambda part: None
    assert exit_code_of(["sweep", "--out", str(tmp_path), *GRID]) == ExitCode.DONE
    assert len(engine.trained) == len(set(engine.trained)) == 24


def test_where_nothing_can_be_trained_that_is_said(
    tmp_path: Path, engine: ScriptedEngine, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(part: object) -> None:
        raise EngineError("no training process can be started")

    engine.before = fail
    assert exit_code_of(["sweep", "--out", str(tmp_path), *GRID]) == ExitCode.FAILED
    assert capfd.readouterr().err == "echornn-tui: no training process can be started\n"
    assert SweepResults.read(tmp_path).known == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--grid", "echo=3"], "grid = 'echo' cannot be used: one of total_series_length"),
        (
            ["--grid", "echo_step=3", "--echo-step", "4"],
            "echo_step = 4 cannot be used: it is already an axis of the grid",
        ),
        (["--grid", "echo_step=3", "--seeds", "0"], "seeds = 0 cannot be used: 1 or more"),
        (["--grid", "echo_step=3", "--workers", "0"], "workers = 0 cannot be used: 1 to 1024"),
        (
            ["--grid", "echo_step=3", "--workers", "2", "--scheduler", "x"],
            "workers = '2' cannot be used with --scheduler: a sweep trains in one place",
        ),
    ],
)
def test_flags_that_cannot_be_used(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert exit_code_of(["sweep", "--out", str(tmp_path / "new"), *arguments]) == ExitCode.USAGE
    assert capfd.readouterr().err.startswith(f"echornn-tui: {message}")
    assert not (tmp_path / "new").exists()


def test_without_dask_the_flag_says_what_to_install(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    without: Any = None
    for name in ("dask", "distributed"):
        monkeypatch.setitem(sys.modules, name, without)
    monkeypatch.delitem(sys.modules, "echornn.sweeps.on_dask", raising=False)
    monkeypatch.delattr(echornn.sweeps, "on_dask", raising=False)  # another test may have imported it
    flags = ["--grid", "echo_step=3", "--scheduler", "tcp://a:1"]
    assert exit_code_of(["sweep", "--out", str(tmp_path / "new"), *flags]) == ExitCode.USAGE
    told = capfd.readouterr().err
    without_it = "scheduler = 'tcp://a:1' cannot be used without Dask: install echornn-tui[cluster]"
    assert told.startswith(f"echornn-tui: {without_it}\n")
    assert not (tmp_path / "new").exists()
    own = sweep.Workers(3).engine()
    assert isinstance(own, Processes)
    assert own.workers == 3


def test_a_setting_that_only_other_tasks_have_is_not_said_of_a_point() -> None:
    record = point_record(GridPoint(EchoConfig(), (7,), {7: Result(9, 0.04, 9, 0.1)}), {"task": (), "far_lag": ()})
    assert (record["task"], record["far_lag"]) == ("echo", None)
    assert point_line(record, {"task": (), "far_lag": ()}).startswith("task echo: 1 of 1 solved ")
