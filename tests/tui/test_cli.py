"""The command line, in processes of its own: what scripts see."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from echornn.config import EchoConfig
from tui.cli import UsageError, parse_speed

SMALL = ["--total-series-length", "3000", "--batch-size", "5", "--num-epochs", "2", "--init", "glorot", "--seed", "3"]


def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tui", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)  # type: ignore[call-overload,no-any-return]


def test_help_names_every_field_and_flag() -> None:
    done = run("--help")
    assert done.returncode == 0
    for field in dataclasses.fields(EchoConfig):
        assert f"--{field.name.replace('_', '-')[:20]}" in done.stdout
    for flag in ("--speed", "--fps", "--headless", "--json", "--ascii"):
        assert flag in done.stdout


def test_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", run("--version").stdout)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seed", "-1"], "seed = -1 cannot be used: 0 or more"),
        (["--learning-rate", "nan"], "learning_rate = nan cannot be used: a finite number above 0"),
        (["--echo-step", "10000"], "echo_step = 10000 cannot be used: 0 to 9999"),
        (["--total-series-length", "10"], "total_series_length = 10 cannot be used"),
        (["--optimizer", "lbfgs"], "lbfgs"),
        (["--batch-size", "x"], "--batch-size"),
        (["--sede", "3"], "Did you mean --seed?"),
        (["stray"], "stray"),
        (["--speed", "0"], "speed = '0' cannot be used"),
        (["--speed", "fast"], "or max"),
        (["--fps", "0"], "fps = 0.0 cannot be used"),
        (["--fps", "nan"], "fps = nan cannot be used"),
        (["--device", "gpu", *SMALL], "device = 'gpu' cannot be used: TensorFlow sees no GPU"),
    ],
)
def test_bad_usage_is_one_clear_line_and_exit_code_2(arguments: list[str], words: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    if "gpu" not in arguments:
        assert done.stdout == ""


def test_without_a_terminal_it_prints_lines_and_exits_0() -> None:
    done = run(*SMALL)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].startswith("start  num_epochs 2  total_series_length 3000")
    assert "epoch 1/2  window 1/40" in done.stdout
    assert re.search(r"^epoch 2/2 done  mean loss \d\.\d{4}  accuracy \d+\.\d%", done.stdout, re.MULTILINE)
    assert lines[-1].startswith("finished  windows 80")


def test_json_lines() -> None:
    done = run("--json", *SMALL)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["event"] for record in records] == ["start", "window", "epoch", "window", "epoch", "finished"]
    assert records[0]["total_series_length"] == 3000
    assert records[-1]["windows"] == 80


def test_steps_that_are_never_trained_are_told() -> None:
    done = run("--json", "--total-series-length", "3004", "--num-epochs", "1")
    assert {"event": "note", "unused_steps_per_epoch": 4} in [json.loads(line) for line in done.stdout.splitlines()]


def test_a_reader_that_leaves_early_is_no_disaster() -> None:
    command = [sys.executable, "-m", "tui", "--json", "--num-epochs", "100000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
        assert process.wait(60) == 1


@pytest.mark.parametrize(("signal_number", "code"), [(2, 130), (15, 143), (1, 129)])
def test_a_signal_ends_it_at_the_next_safe_point(signal_number: int, code: int) -> None:
    command = [sys.executable, "-m", "tui", "--json", "--num-epochs", "1000000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["event"] == "epoch":
                break
        process.send_signal(signal_number)
        begun = time.monotonic()
        lines = process.stdout.read().splitlines()
        assert process.wait(60) == code
        assert time.monotonic() - begun < 30
        assert all(json.loads(line) for line in lines)


def test_speed() -> None:
    assert parse_speed("max") == float("inf")
    assert parse_speed("2.5") == 2.5
    for bad in ("", "-1", "0", "nan", "fast"):
        with pytest.raises(UsageError):
            parse_speed(bad)


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    run(*SMALL, cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_bench_measures_every_program_that_knows_the_configuration() -> None:
    done = run("bench", "--json", "--total-series-length", "3000")
    assert done.returncode == 0, done.stderr
    *rows, split = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["program"] for row in rows] == ["the tutorial's session loop", "plain NumPy"] + ["echornn"] * 5
    assert rows[0]["speedup"] == 1
    assert rows[-1]["windows_per_call"] == 4096
    assert rows[-1]["microseconds"] < rows[0]["microseconds"]
    assert sum(split["split"][part] for part in ("compute", "python", "screen")) == pytest.approx(1, abs=0.01)


def test_bench_prints_a_table_for_people() -> None:
    done = run("bench", "--total-series-length", "3000", "--cell", "gru", env={**os.environ, "COLUMNS": "100"})
    assert done.returncode == 0, done.stderr
    assert "us/window" in done.stdout
    assert "compute" in done.stdout
    assert "NumPy" not in done.stdout
