"""The printed probe readings of a network."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import echornn
from echornn.config import EchoConfig
from echornn.readings import Gradient, Matrices, Memory, Question, Readings, Recurrent, Reliance, Units
from echornn.replay.snapshot_of_run import snapshot_of_run
from echornn.runs import run_dir
from echornn.runtime import quiet
from echornn.session import probing
from echornn.snapshot import Snapshot
from echornn.training.any_trainer import tensorflow_trainers
from tests.recorded import contents, record_branches
from tests.scripted import SMALL_POPULATION, ScriptedTrainer
from tui.cli.program import exit_code_of
from tui.commands.kept_runs import examined, probe
from tui.commands.kept_runs.probe import lines, record_of

CONFIG = EchoConfig(truncated_backprop_length=4, echo_step=2)

MEMORY = np.array([1, 0.9, 0.5, 0.02, 0], np.float32)
GRADIENT = np.array([0.2, 0.02, 0.002, 0, 1e-6, 1e-9], np.float32)
TURNED = np.array([0, 0, 0.75, 0.25, 0], np.float32)
BIAS = np.array([0.8, 0.5, 0.2, 0.15, 0.05, 0], np.float32)


def readings(config: EchoConfig = CONFIG) -> Readings:
    none = np.zeros((0, 0, 4), np.float32)
    one = np.ones(4, np.float32)
    return Readings(
        config,
        0,
        1330,
        ("h",),
        memory=Memory("h", MEMORY, 4, samples=2048),
        units=Units("h", none, none.astype(bool), 0.25, one, one.astype(np.int32), one, samples=4096),
        gradient=Gradient(GRADIENT, BIAS, 0.3, samples=16_384),
        reliance=Reliance(TURNED, TURNED / np.float32(2), 512),
        weights=Matrices({}, {}, {}, {}, (Recurrent("W", np.array([-1.25, 0.5], np.complex64)),)),
        lyapunov=np.array([-0.25, -1.5], np.float32),
        lyapunov_samples=1024,
    )


def test_the_record() -> None:
    record = record_of(readings())
    assert list(record)[:7] == [
        "window",
        "memory",
        "gradient_by_lag",
        "truncation_bias",
        "spectral_radius",
        "saturated",
        "lyapunov",
    ]
    assert record["window"] == 1330
    assert record["memory"] == [1, 0.9, 0.5, 0.02, 0]
    assert record["truncation_bias"] == 0.15
    assert record["spectral_radius"] == 1.25
    assert record["saturated"] == 0.25
    assert record["lyapunov"] == [-0.25, -1.5]
    assert record["memory_total"] == pytest.approx(2.42)
    assert record["memory_independent"] is True
    assert record["shift_register"] == 3
    assert (record["turned_by_lag"], record["moved_by_lag"]) == ([0, 0, 0.75, 0.25, 0], [0, 0, 0.375, 0.125, 0])
    samples = {name: value for name, value in record.items() if name.endswith("_samples")}
    assert samples == {
        "memory_samples": 2048,
        "gradient_samples": 16_384,
        "turned_samples": 512,
        "saturated_samples": 4096,
        "lyapunov_samples": 1024,
    }
    assert json.loads(json.dumps(record)) == record


def with_gradient(config: EchoConfig = CONFIG, **changes: Any) -> Readings:
    one = readings(config)
    assert one.gradient is not None
    return replace(one, gradient=replace(one.gradient, **changes))


def bias_lines(one: Readings) -> list[str]:
    """The lines between the bars and the spectral radius."""
    printed = list(lines(one))
    end = next(index for index, line in enumerate(printed) if line.startswith("spectral"))
    return printed[max(index for index, line in enumerate(printed) if not line) + 1 : end]


@pytest.mark.parametrize("length", [6, 900])
def test_what_longer_windows_than_are_looked_at_cut_off_is_not_known(length: int) -> None:
    one = readings(EchoConfig(truncated_backprop_length=length))
    assert record_of(one)["truncation_bias"] is None
    assert bias_lines(one)[0] == f"errors were followed through 6 steps: what T {length} cuts off is not known"


def test_what_is_no_number_is_null_and_said() -> None:
    sizes = np.array([1, 1e20, np.inf, np.nan, np.nan, np.nan], np.float32)
    nothing = np.full(6, np.nan, np.float32)
    one = with_gradient(by_lag=sizes, bias=nothing, bias_of_windows=np.nan, bias_spread=nothing + np.inf)
    text = json.dumps(record_of(one), allow_nan=False)
    assert json.loads(text)["gradient_by_lag"] == [1, 1e20, None, None, None, None]
    printed = list(lines(one))
    assert "    2   too big  " + "#" * 40 + "  echo" in printed
    assert bias_lines(one) == ["from lag 2 on errors are too big for float32: nothing tells what T 4 cuts off"]


def test_a_cell_without_a_fixed_matrix_from_state_to_state_has_no_radius() -> None:
    one = replace(readings(), weights=Matrices({}, {}, {}, {}, ()))
    assert (record_of(one)["spectral_radius"], record_of(one)["spectral_radii"]) == (None, {})
    assert "spectral radius unknown: no fixed matrix leads from state to state" in lines(one)


@pytest.mark.parametrize(
    ("bias", "spread", "words"),
    [
        (0.004, 0.013, "T 4 biases the gradient by at most 1.7%; 4 would do for 10%"),
        (0.0, 0.3, "T 4 biases the gradient by 0 to 30%, too little gradient to tell"),
        (0.15, 0.04, "T 4 biases the gradient by 15.0% (to 19.0%)"),
        (np.nan, np.inf, "too little gradient to tell what T 4 cuts off: it is no larger than its sampling noise"),
    ],
)
def test_a_bias_is_told_as_surely_as_it_is_known(bias: float, spread: float, words: str) -> None:
    biases = np.array([0.8, 0.5, 0.2, bias, bias, 0], np.float32)
    spreads = np.array([0, 0, 0, spread, spread, spread], np.float32)
    one = with_gradient(bias=biases, bias_spread=spreads)
    assert bias_lines(one)[0] == words
    known = record_of(one)
    assert known["truncation_bias_spread"] == (pytest.approx(spread) if np.isfinite(spread) else None)
    assert known["truncation_bias_by_steps_spread"][:3] == [0, 0, 0]


def test_of_another_branch_than_the_first_the_letter_is_told() -> None:
    assert next(lines(replace(readings(), branch=1))) == "after window 1,330 of branch b"


def test_of_a_population_the_network_is_told() -> None:
    one = replace(readings(), config=replace(CONFIG, seed=9))
    assert next(lines(one, 2)) == "after window 1,330, replica 2: seed 9"
    record = record_of(one, 2)
    assert (record["seed"], record["replica"]) == (9, 2)


def test_a_network_of_a_population_is_chosen_or_is_the_one_that_goes_on_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Snapshot] = []

    def examine(snapshot: Snapshot, question: Question) -> Readings:
        seen.append(snapshot)
        return replace(readings(), config=snapshot.state.config, window=snapshot.window)

    monkeypatch.setattr(quiet, "import_tensorflow", lambda *_: None)
    monkeypatch.setattr(examined, "examine", examine)
    monkeypatch.setattr(examined, "snapshot_of_run", partial(snapshot_of_run, make_trainer=ScriptedTrainer))
    story = (60, "choose 2", "alone", 30)
    record_branches(tmp_path / "run", *story, config=SMALL_POPULATION, make_trainer=ScriptedTrainer)
    for words, seed, replica in (
        ([], 9, 2),
        (["--replica", "2"], 9, 2),
        (["--at", "50"], 9, 2),
        (["--at", "50", "--replica", "4"], 11, 4),
        (["--branch", "a"], 7, 0),
        (["--branch", "a", "--replica", "5"], 12, 5),
    ):
        assert exit_code_of(["probe", str(tmp_path / "run"), "--json", *words]) == 0
        read = json.loads(capsys.readouterr().out)
        assert (read["seed"], read["replica"]) == (seed, replica)
        assert seen[-1].state.config == SMALL_POPULATION.of(seed - 7)
        assert seen[-1].state.weights["W"].shape == (1,)
    for words, allowed in ((["--replica", "0"], "only 2, a single network"), (["--replica=-1"], "only 2")):
        assert exit_code_of(["probe", str(tmp_path / "run"), *words]) == 2
        assert f"cannot be used: {allowed}" in capsys.readouterr().err
    assert exit_code_of(["probe", str(tmp_path / "run"), "--branch", "a", "--replica", "6"]) == 2
    assert "replica = 6 cannot be used: 0 to 5" in capsys.readouterr().err


def test_the_lines() -> None:
    assert list(lines(readings())) == [
        "after window 1,330",
        "",
        "memory by lag: r2, of 2,048 steps, fitted on as many others",
        "2.4 of 4 numbers used; a linear shift register for echo 2 needs 3",
        "    0      1.00  " + "#" * 40,
        "    1      0.90  " + "#" * 36,
        "    2      0.50  " + "#" * 20 + " " * 22 + "echo",
        "    3      0.02  #",
        "    4      0.00" + " " * 44 + "T 4",
        "",
        "predictions that turn when only the input at that lag is changed, of 512",
        "    0      0.0%",
        "    1      0.0%",
        "    2     75.0%  " + "#" * 30 + " " * 12 + "echo",
        "    3     25.0%  " + "#" * 10,
        "    4      0.0%" + " " * 44 + "T 4",
        "",
        "gradient by lag, nats for a unit of state, on a log scale, of 16,384 losses",
        "    0   2.0e-01  " + "#" * 40,
        "    1   2.0e-02  " + "#" * 30,
        "    2   2.0e-03  " + "#" * 20 + " " * 22 + "echo",
        "    3   0.0e+00",
        "    4   1.0e-06" + " " * 44 + "T 4",
        "    5   1.0e-09",
        "",
        "T 4 biases the gradient by 15.0%; 5 would do for 10%",
        "windows of 4 steps, whose first targets reach less far: 30.0%",
        "spectral radius 1.25 (W)",
        "saturated 25% of the top layer's states, of 4,096 steps",
        "Lyapunov exponents, nats a step, of 1,024 steps: -0.25, -1.50",
    ]


def test_many_exponents_go_on_on_lines_of_their_own() -> None:
    printed = list(lines(replace(readings(), lyapunov=np.linspace(-0.2, -3, 16, dtype=np.float32))))
    assert max(map(len, printed)) <= 80
    assert printed[-3].startswith("Lyapunov exponents, nats a step, of 1,024 steps: -0.20, -0.39")
    assert printed[-1].endswith(" -3.00")


def test_where_no_error_reaches_the_source_it_is_said_that_the_state_may_keep_it() -> None:
    printed = list(lines(readings(replace(CONFIG, truncated_backprop_length=2))))
    assert printed[4] == "tbptt stops before t-2 (T 2): only what the state keeps of it can be used"
    assert max(map(len, printed)) <= 80
    assert not any("stops before" in line for line in lines(readings()))
    uncut = readings(replace(CONFIG, truncated_backprop_length=2, rule="rtrl"))
    printed = list(lines(uncut))
    assert not any("stops before" in line for line in printed)
    assert "rtrl's gradient goes back past T 2; a cut there, as by tbptt:" in printed
    assert (record_of(uncut)["rule"], record_of(readings())["rule"]) == ("rtrl", "tbptt")


def test_where_no_error_travels_there_is_no_bias_and_what_is_gone_in_a_step_is_minus_infinity() -> None:
    lost = np.full(6, np.nan, np.float32)
    gone = Gradient(np.array([0.2, 0, 0, 0, 0, 0], np.float32), lost, math.nan)
    saturated = replace(readings(), gradient=gone, lyapunov=np.array([-87.34], np.float32))
    record = record_of(saturated)
    assert (record["truncation_bias"], record["truncation_bias_of_windows"]) == (None, None)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    printed = list(lines(saturated))
    assert "no error gets even one step back: nothing tells what T 4 cuts off" in printed
    assert printed[-1] == "Lyapunov exponents, nats a step, of 1,024 steps: -inf"


def test_a_network_that_is_too_large_is_a_line_and_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(config: EchoConfig) -> None:
        raise MemoryError(f"state_size = {config.state_size} needs 9.0 GiB, but only 1.0 GiB are free")

    record_branches(tmp_path / "run", 5)
    monkeypatch.setattr(quiet, "import_tensorflow", lambda *_: None)
    monkeypatch.setattr(probing, "require_room", refuse)
    assert exit_code_of(["probe", str(tmp_path / "run")]) == 1
    said = capsys.readouterr()
    assert said.err == "echornn-tui: nothing could be read: state_size = 4 needs 9.0 GiB, but only 1.0 GiB are free\n"
    assert said.out == ""


@pytest.mark.slow
@pytest.mark.usefixtures("shared_programs")
def test_of_a_run_on_disk_at_any_moment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from echornn.probes import memory_by_lag
    from tests.compiled import SMALL

    config = replace(SMALL, init="glorot", device="cpu")
    record_branches(tmp_path / "run", 30, "reset", 40, config=config, make_trainer=tensorflow_trainers())
    before = contents(tmp_path / "run")
    found = {}
    for at in (40, 0):
        words = [] if at == 40 else ["--at", str(at)]
        assert exit_code_of(["probe", str(tmp_path / "run"), "--json", *words]) == 0
        found[at] = json.loads(capsys.readouterr().out)
    assert [found[at]["window"] for at in found] == [40, 0]
    assert exit_code_of(["probe", str(tmp_path / "run"), "--json", "--branch", "a"]) == 0
    of_first = json.loads(capsys.readouterr().out)
    assert of_first["window"] == 30
    assert of_first["memory"] != found[40]["memory"]
    assert exit_code_of(["probe", str(tmp_path / "run"), "--branch", "a", "--at", "31"]) == 2
    assert (
        "at = 31 cannot be used: it must be 0 to 30, the windows along the path of branch a" in capsys.readouterr().err
    )
    assert exit_code_of(["probe", str(tmp_path / "run"), "--branch", "c"]) == 2
    assert "branch = 'c' cannot be used: a to b, or 0 to 1" in capsys.readouterr().err
    assert found[0]["memory"] != found[40]["memory"]
    assert all(math.isfinite(one) for one in found[0]["lyapunov"])
    checkpoint = run_dir.read(tmp_path / "run").checkpoint
    assert checkpoint is not None
    np.testing.assert_allclose(found[40]["memory"], memory_by_lag(checkpoint.state.of(0).weights, config), atol=0.05)
    assert exit_code_of(["probe", str(tmp_path / "run"), "--at", "41"]) == 2
    assert "at = 41 cannot be used: it must be 0 to 40" in capsys.readouterr().err
    run = echornn.read(tmp_path / "run")
    assert {at: record_of(run.probe(probe.QUESTION.kinds, at, retrain=True)) for at in (40, 0)} == found
    figure = tmp_path / "a.svg"
    assert exit_code_of(["figure", str(tmp_path / "run"), "memory", "--at", "0", "-o", str(figure)]) == 0
    rows = (tmp_path / "a.svg.csv").read_text().splitlines()[1:]
    assert [float(np.float32(row.split(",")[1])) for row in rows] == np.array(found[0]["memory"], np.float32).tolist()
    again = run.weights(17, "a", retrain=True)
    newest = tensorflow_trainers()(config)
    newest.advance(17)
    assert {name: values.tolist() for name, values in again.items()} == {
        name: values.tolist() for name, values in newest.state.of(0).weights.items()
    }
    assert contents(tmp_path / "run") == before
