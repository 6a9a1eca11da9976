"""What is printed of a network."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from echornn import quiet
from echornn.config import EchoConfig
from echornn.readings import Gradient, Matrices, Memory, Readings, Recurrent, Units
from echornn.runs import run_dir
from echornn.session import probing
from echornn.training.any_trainer import tensorflow_trainers
from tests.recorded import contents, record_branches
from tui.cli import exit_code_of
from tui.commands.probe import lines, record_of

CONFIG = EchoConfig(truncated_backprop_length=4, echo_step=2)

MEMORY = np.array([1, 0.9, 0.5, 0.02, 0], np.float32)
GRADIENT = np.array([0.2, 0.02, 0.002, 0, 1e-6, 1e-9], np.float32)
BIAS = np.array([0.8, 0.5, 0.2, 0.15, 0.05, 0], np.float32)


def readings(config: EchoConfig = CONFIG) -> Readings:
    none = np.zeros((0, 0, 4), np.float32)
    one = np.ones(4, np.float32)
    return Readings(
        config,
        0,
        1330,
        ("h",),
        memory=Memory("h", MEMORY, 4),
        units=Units("h", none, none.astype(bool), 0.25, one, one.astype(np.int32), one),
        gradient=Gradient(GRADIENT, BIAS, 0.3),
        weights=Matrices({}, {}, {}, {}, (Recurrent("W", np.array([-1.25, 0.5], np.complex64)),)),
        lyapunov=np.array([-0.25, -1.5], np.float32),
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
    assert json.loads(json.dumps(record)) == record


def test_a_window_longer_than_what_is_looked_at_has_the_bias_of_the_last() -> None:
    assert record_of(readings(EchoConfig(truncated_backprop_length=900)))["truncation_bias"] == 0


def test_the_lines() -> None:
    assert list(lines(readings())) == [
        "after window 1,330",
        "",
        "memory by lag, r2: 2.4 of 4 numbers used; the echo needs 3",
        "    0      1.00  " + "#" * 40,
        "    1      0.90  " + "#" * 36,
        "    2      0.50  " + "#" * 20 + " " * 22 + "echo",
        "    3      0.02  #",
        "    4      0.00" + " " * 44 + "T 4",
        "",
        "gradient by lag, nats for a unit of state, on a log scale",
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
        "saturated 25% of the top layer's states",
        "Lyapunov exponents, nats a step: -0.25, -1.50",
    ]


def test_where_no_error_travels_there_is_no_bias_and_what_is_gone_in_a_step_is_minus_infinity() -> None:
    lost = np.full(6, np.nan, np.float32)
    gone = Gradient(np.array([0.2, 0, 0, 0, 0, 0], np.float32), lost, math.nan)
    saturated = replace(readings(), gradient=gone, lyapunov=np.array([-87.34], np.float32))
    record = record_of(saturated)
    assert (record["truncation_bias"], record["truncation_bias_of_windows"]) == (None, None)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    printed = list(lines(saturated))
    assert "no error gets even one step back: nothing tells what T 4 cuts off" in printed
    assert printed[-1] == "Lyapunov exponents, nats a step: -inf"


def test_errors_beyond_float32_are_no_numbers_of_a_record() -> None:
    lost = np.full(6, np.nan, np.float32)
    huge = replace(readings(), gradient=Gradient(np.array([1, np.inf, np.nan, 0, 1, 1], np.float32), lost, math.nan))
    record = record_of(huge)
    assert record["gradient_by_lag"] == [1, None, None, 0, 1, 1]
    json.dumps(record, allow_nan=False)
    assert "errors of no size that float32 can hold: nothing tells what T 4 cuts off" in list(lines(huge))


def test_a_network_that_is_too_large_is_a_line_and_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(config: EchoConfig) -> None:
        raise MemoryError(f"state_size = {config.state_size} needs 9.0 GiB, 1.0 are free")

    record_branches(tmp_path / "run", 5)
    monkeypatch.setattr(quiet, "import_tensorflow", lambda: None)
    monkeypatch.setattr(probing, "require_room", refuse)
    assert exit_code_of(["probe", str(tmp_path / "run")]) == 1
    said = capsys.readouterr()
    assert said.err == "echornn-tui: nothing could be read: state_size = 4 needs 9.0 GiB, 1.0 are free\n"
    assert said.out == ""


@pytest.mark.slow
def test_of_a_run_on_disk_at_any_moment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from echornn.probes import memory_by_lag

    config = EchoConfig(num_epochs=1, total_series_length=3000, init="glorot", device="cpu")
    record_branches(tmp_path / "run", 40, config=config, make_trainer=tensorflow_trainers())
    before = contents(tmp_path / "run")
    found = {}
    for at in (None, 40, 0):
        words = [] if at is None else ["--at", str(at)]
        assert exit_code_of(["probe", str(tmp_path / "run"), "--json", *words]) == 0
        found[at] = json.loads(capsys.readouterr().out)
    assert found[None] == found[40]
    assert found[0]["window"] == 0
    assert found[0]["memory"] != found[40]["memory"]
    assert all(math.isfinite(one) for one in found[0]["lyapunov"])
    checkpoint = run_dir.read(tmp_path / "run").checkpoint
    assert checkpoint is not None
    np.testing.assert_allclose(found[40]["memory"], memory_by_lag(checkpoint.state.weights, config), atol=0.05)
    assert exit_code_of(["probe", str(tmp_path / "run"), "--at", "41"]) == 2
    assert "at = 41 cannot be used: 0 to 40" in capsys.readouterr().err
    assert contents(tmp_path / "run") == before
