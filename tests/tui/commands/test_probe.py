"""What is printed of a network."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.readings import Gradient, Matrices, Memory, Readings, Recurrent, Units
from echornn.runs import run_dir
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
