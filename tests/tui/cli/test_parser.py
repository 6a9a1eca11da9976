"""The command line as scripts see it; in a separate process if the promise needs one."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from echornn.config import EchoConfig
from echornn.runs import run_dir
from echornn.runs.states import checkpoint
from tests.answered import answered
from tests.patience import PATIENCE, wait_for
from tui.cli.program import exit_code_of
from tui.cli.training import parse_speed
from tui.commands import bench
from tui.commands.front_end import UsageError
from tui.commands.training import headless

pytestmark = pytest.mark.slow

TWO_STEPS = ["--total-series-length", "400", "--truncated-backprop-length", "2"]
SMALL = [*TWO_STEPS, "--batch-size", "5", "--num-epochs", "2", "--init", "glorot", "--seed", "3"]
"""40 windows per epoch; few time steps, to compile quickly."""


PROGRAM = [sys.executable, "-m", "tui"]
SCRIPTED = [sys.executable, "-m", "tests.scripted_program"]
"""The command without training, for tests that do not depend on it."""


def run(*arguments: str, program: list[str] = PROGRAM, **options: object) -> subprocess.CompletedProcess[str]:
    command = [*program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False, **options)  # type: ignore[call-overload,no-any-return]


def test_help_names_every_field_and_flag() -> None:
    done = run("--help")
    assert done.returncode == 0
    for field in dataclasses.fields(EchoConfig):
        assert f"--{field.name.replace('_', '-')[:20]}" in done.stdout
    for flag in ("--speed", "--fps", "--headless", "--json", "--ascii", "--theme", "--run", "--resume"):
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
        (["--rule", "snap1", "--cell", "gru"], "rule = 'snap1' cannot be used: the cell must be one of rnn"),
        (["--rule", "rtrl", "--state-size", "100000"], "state_size = 100000 cannot be used: it needs about"),
        (["--batch-size", "x"], "--batch-size"),
        (["--sede", "3"], "Did you mean --seed?"),
        (["stray"], "stray is not understood here"),
        (["export", "run", ""], "an empty word is not understood here"),
        (["tuor"], "tuor is not understood here; did you mean echornn-tui tour?"),
        (["--ascii", "tour"], "the subcommand comes first: echornn-tui tour, then its flags"),
        (["--seed", "3", "list"], "the subcommand comes first: echornn-tui list, then its flags"),
        (["--speed", "0"], "speed = '0' cannot be used"),
        (["--speed", "fast"], "or max"),
        (["--speed", "1e-11"], "speed = '1e-11' cannot be used: 0.01 to 1,000,000 windows a second, or max"),
        (["--fps", "1e-320"], "cannot be used: 0.1 to 60"),
        (["--resume", "x" * 5000], "cannot be read: File name too long"),
        (["export", "x" * 5000], "cannot be read: File name too long"),
        (["--run", "x" * 5000], "File name too long"),
        (["list", "x" * 5000], "cannot be read: File name too long"),
        (["--fps", "0"], "fps = 0.0 cannot be used"),
        (["--fps", "nan"], "fps = nan cannot be used"),
        (["--theme", "blue"], "blue"),
        (["--resume", "/nowhere"], "/nowhere holds no run"),
        (["--resume", "/nowhere", "--run", "/else"], "resume = '/nowhere' cannot be used with --run"),
        (["prune"], "--keep"),
        (["prune", "--keep", "-1"], "keep = -1 cannot be used: 0 or more"),
        (["prune", "--keep", "many"], "--keep"),
        (["--run", "/proc/run"], "/proc/run cannot hold a run"),
    ],
)
def test_bad_usage_is_one_clear_line_and_exit_code_2(
    arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(headless, "print_training", None)  # it must not be called
    is_clear_bad_usage(answered(*arguments), words)


def is_clear_bad_usage(done: subprocess.CompletedProcess[str], words: str) -> None:
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr) < 1000
    assert done.stderr.count("\n") <= 2
    assert done.stdout == ""


def test_bad_usage_of_the_program() -> None:
    is_clear_bad_usage(run("--seed", "-1"), "seed = -1 cannot be used: 0 or more")


def test_a_device_that_is_not_there_is_bad_usage(capfd: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["--headless", "--device", "gpu", *SMALL]) == 2
    said = capfd.readouterr().err
    assert "device = 'gpu' cannot be used: TensorFlow sees no GPU" in said
    assert "Traceback" not in said


def test_divergence_ends_it_at_its_window_and_keeps_the_curve(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rate = ["--learning-rate", "1e38", "--optimizer", "sgd"]
    assert exit_code_of(["--json", *SMALL, *rate, "--run", str(tmp_path / "run")]) == 1
    said = capfd.readouterr()
    diverged = [json.loads(line) for line in said.out.splitlines()][-1]
    assert (diverged["event"], diverged["loss"]) == ("diverged", None)
    assert f"in window {diverged['window']} of epoch {diverged['epoch']}: paused there" in said.err
    assert (tmp_path / "run" / run_dir.LOSS_FILE).stat().st_size == 8 * diverged["window"]


def test_without_a_terminal_it_prints_lines_and_exits_0() -> None:
    done = run(*SMALL, program=SCRIPTED)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].startswith("start  num_epochs 2  total_series_length 400")
    assert "epoch 1/2  window 1/40" in done.stdout
    assert re.search(r"^epoch 2/2 done  mean loss \d\.\d{4}  accuracy \d+\.\d%", done.stdout, re.MULTILINE)
    assert lines[-1].startswith("finished  windows 80")


@pytest.mark.usefixtures("shared_programs")
def test_json_lines_and_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert exit_code_of(["--json", *SMALL]) == 0
    assert list(tmp_path.iterdir()) == []
    records = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [record["event"] for record in records] == ["start", "window", "epoch", "window", "epoch", "finished"]
    assert records[0]["total_series_length"] == 400
    assert records[-1]["windows"] == 80
    assert 0 < records[-1]["final_loss"] < 1
    assert "solved_at" in records[-1]


def test_steps_that_are_never_trained_are_told() -> None:
    done = run("--json", "--total-series-length", "3004", "--num-epochs", "1", program=SCRIPTED)
    assert {"event": "note", "unused_steps_per_epoch": 4} in [json.loads(line) for line in done.stdout.splitlines()]


def test_a_reader_that_leaves_early_is_no_disaster() -> None:
    command = [*SCRIPTED, "--json", "--num-epochs", "100000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
        assert process.wait(PATIENCE) == 1


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_at_the_next_safe_point_and_it_goes_on_from_there(signal_number: int, tmp_path: Path) -> None:
    folder = str(tmp_path / "my run")
    command = [*SCRIPTED, "--json", "--num-epochs", "1000000", "--run", folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            if json.loads(line)["event"] == "epoch":
                break
        process.send_signal(signal_number)
        lines = process.stdout.read().splitlines()
        assert f"go on with: echornn-tui --resume '{folder}'" in process.stderr.read()
        assert process.wait(PATIENCE) == 42
        assert all(json.loads(line) for line in lines)
    trained = run_dir.read(tmp_path / "my run").trained
    assert trained >= 666
    if signal_number != signal.SIGTERM:
        return  # how a run continues does not depend on what ended it
    with subprocess.Popen([*command[:4], "--resume", folder], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["trained"] == trained
        later = next(record for line in process.stdout if "epoch" in (record := json.loads(line)))
        assert (later["epoch"] - 1) * 666 + later.get("window", 666) > trained
        process.terminate()
        process.stdout.read()
        assert process.wait(PATIENCE) == 42


def test_speed() -> None:
    assert parse_speed("max") == float("inf")
    assert parse_speed("2.5") == 2.5
    for bad in ("", "-1", "0", "nan", "fast", "1e-11", "1e-320", "1e7", "9" * 300):
        with pytest.raises(UsageError):
            parse_speed(bad)


def test_a_finished_run_resumed_is_finished_and_the_newest_is_found_by_itself(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    done = run("--resume", "newest", env=environment)
    assert (done.returncode, done.stderr.split(" in ")[0]) == (2, "echornn-tui: there is no run")
    assert run("--json", *SMALL, program=SCRIPTED, env=environment).returncode == 0
    done = run("--json", "--resume", program=SCRIPTED, env=environment)
    assert done.returncode == 0
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["event"] for record in records] == ["start", "finished"]
    assert (records[0]["trained"], records[1]["windows"]) == (80, 80)
    assert records[0]["run"].startswith(str(tmp_path / "echornn-tui" / "runs"))


def test_a_run_goes_on_with_the_fields_given_and_no_others(tmp_path: Path) -> None:
    folder = str(tmp_path / "run")
    assert run("--json", *SMALL, "--run", folder, program=SCRIPTED).returncode == 0
    done = run("--json", "--resume", folder, "--num-epochs", "3", "--learning-rate", "0.1", program=SCRIPTED)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["event"] for record in records] == ["start", "window", "epoch", "finished"]
    start = records[0]
    assert (start["num_epochs"], start["learning_rate"], start["seed"], start["trained"]) == (3, 0.1, 3, 80)
    assert records[-1]["windows"] == 120
    assert [command.cause for command in run_dir.read(tmp_path / "run").commands] == ["start", "edit"]


def test_a_run_that_cannot_go_on_with_the_fields_given_is_not_touched(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert run("--json", *SMALL, "--run", str(folder), program=SCRIPTED).returncode == 0
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    for fields, words in (
        (["--num-epochs", "1"], "num_epochs = 1 cannot be used: at least 2, as trained"),
        (["--dropout", "0.5"], "dropout = 0.5 cannot be used: 0, since num_layers = 1"),
        (["--echo-step", "700"], "echo_step = 700 cannot be used: 0 to 79"),
    ):
        done = answered("--resume", str(folder), *fields)
        assert (done.returncode, done.stdout) == (2, "")
        assert words in done.stderr
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before


def test_without_a_place_for_it_training_goes_on_and_says_that_it_is_not_saved() -> None:
    done = run("--json", *SMALL, program=SCRIPTED, env={**os.environ, "XDG_STATE_HOME": "/proc/nowhere"})
    assert done.returncode == 0
    assert "not saved: /proc/nowhere" in done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["windows"] == 80


def test_a_second_interrupt_forces_it_and_a_user_signal_saves(tmp_path: Path) -> None:
    command = [*SCRIPTED, "--json", "--run", str(tmp_path / "run"), "--speed", "0.01"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        assert any('"window": 1,' in line for line in process.stdout)
        serial = serial_after_a_window(tmp_path / "run")
        process.send_signal(signal.SIGUSR1)
        wait_for(lambda: newest(tmp_path / "run").serial != serial)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) in (42, 130)


def newest(folder: Path) -> checkpoint.Checkpoint:
    return checkpoint.load(folder)[0][0]


def serial_after_a_window(folder: Path) -> int:
    """The serial number of the checkpoint with the first window; after it nothing is unsaved."""
    wait_for(lambda: checkpoint.load(folder)[0] and newest(folder).losses.length)
    return newest(folder).serial


@pytest.mark.usefixtures("shared_programs")
def test_bench_measures_every_program_that_knows_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, least in {"ROUNDS": 1, "ROUND_SECONDS": 0.02, "WATCHED_SECONDS": 0.2}.items():
        monkeypatch.setattr(bench, name, least)
    done = answered("bench", "--json", *TWO_STEPS)
    assert done.returncode == 0, done.stderr
    *rows, split = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["program"] for row in rows] == ["the tutorial's session loop", "plain NumPy"] + ["echornn"] * 5
    assert rows[0]["speedup"] == 1
    assert rows[-1]["windows_per_call"] == 4096
    assert all(row["microseconds"] > 0 for row in rows)
    assert sum(split["split"][part] for part in ("compute", "python", "screen")) == pytest.approx(1, abs=0.01)


def test_bench_prints_a_table_for_people(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    rows = [bench.BenchRow("plain NumPy", 200, 277.0, 1.0), bench.BenchRow("echornn", 4096, 4.625, 59.89)]
    bench.show(rows, bench.Split(0.8125, 0.0625, 0.125, 175_000.4), as_json=False)
    printed = capsys.readouterr().out
    assert "times plain NumPy" in printed
    cells = [[cell.strip() for cell in line.split("│")] for line in printed.splitlines() if "│" in line]
    assert ["", "plain NumPy", "200", "277.0", "3,610", "-", ""] in cells
    assert ["", "echornn", "4096", "4.6", "216,216", "59.9", ""] in cells
    assert "175,000 windows/s; compute 81%, Python 6%, screen 12%" in printed
