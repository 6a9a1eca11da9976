"""Sweeps trained by worker processes, here and on Dask: real processes, and results by rule but in
one test."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from echornn import EchoConfig, Trainer
from tests.door.sweeps.stage import KILLS, children, dask_engine, rows, scripted_processes, swept
from tests.patience import wait_for

pytestmark = pytest.mark.slow

GRID = ["--grid", "echo_step=3,4", "--seeds", "8", "--num-epochs", "1"]


def is_running(pid: int) -> bool:
    """Whether a process exists and is not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_networks_result_is_that_of_training_it_alone_whatever_is_trained_beside_it(
    tmp_path: Path,
) -> None:
    """The real command, in two goes, of which the first is killed as soon as something is known."""
    flags = [
        "--total-series-length",
        "3000",
        "--truncated-backprop-length",
        "2",
        "--state-size",
        "3",
        "--seed",
        "0",
    ]
    sweep = [
        sys.executable,
        "-m",
        "tui",
        "sweep",
        "--headless",
        "--json",
        "--out",
        str(tmp_path),
        "--workers",
        "1",
    ]
    command = [
        *sweep,
        "--grid",
        "echo_step=1,4",
        "--seeds",
        "5",
        "--num-epochs",
        "3",
        "--init",
        "glorot",
        *flags,
    ]
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    wait_for(lambda: (tmp_path / "results.csv").exists() and rows(tmp_path))
    workers = [worker for server in children(first.pid) for worker in children(server)]
    first.kill()
    first.wait()
    wait_for(lambda: not any(map(is_running, workers)))
    known = {(one["echo_step"], one["seed"]): one for one in rows(tmp_path)}
    assert known
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    start, *_, end = map(json.loads, done.stdout.splitlines())
    assert start["known"] >= len(known)
    assert (end["known"], end["networks"]) == (10, 10)
    table = {(one["echo_step"], one["seed"]): one for one in rows(tmp_path)}
    assert {key: table[key] for key in known} == known
    assert [key for key, one in table.items() if one["solved_at"]] == [
        ("1", str(seed)) for seed in range(5)
    ]
    config = EchoConfig(
        num_epochs=3,
        total_series_length=3000,
        truncated_backprop_length=2,
        state_size=3,
        init="glorot",
        seed=3,
        echo_step=1,
    )
    losses = Trainer(config).advance(10**6).losses
    solved_at = int(table["1", "3"]["solved_at"])
    assert float(table["1", "3"]["final_loss"]) == pytest.approx(
        losses[solved_at - 50 : solved_at].mean(), rel=1e-3
    )
    assert losses[solved_at - 51 : solved_at - 1].mean() > float(table["1", "3"]["final_loss"])


def test_workers_that_die_are_replaced_and_a_point_that_kills_is_given_up(tmp_path: Path) -> None:
    grid = ["--grid", f"echo_step=3,4,{KILLS}", "--seeds", "8", "--num-epochs", "1"]
    answer = swept(tmp_path, *grid, "--json", engine=scripted_processes())
    end = json.loads(answer.stdout.splitlines()[-1])
    assert (answer.returncode, end["known"], end["points_failed"]) == (1, 16, 1)
    assert [(one["echo_step"], one["seed"], one["solved_at"]) for one in rows(tmp_path)] == [
        (echo, str(seed), str(10 * int(echo) + seed))
        for echo in ("3", "4")
        for seed in range(7, 15)
    ]


@pytest.mark.parametrize("ends", [signal.SIGKILL, signal.SIGTERM])
def test_no_process_is_left_when_whoever_started_them_is_gone(ends: signal.Signals) -> None:
    program = [sys.executable, "-m", "tests.door.sweeps.scripted"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pids = [int(word) for word in process.stdout.readline().split()]
        assert [is_running(pid) for pid in pids] == [True, True, True]
        process.send_signal(ends)
        wait_for(lambda: not any(map(is_running, pids)))


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a Dask scheduler with two workers on this machine."""
    distributed = pytest.importorskip("distributed", reason="Dask is an extra")
    with distributed.LocalCluster(
        2, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster.scheduler_address


# About Dask's own sockets and threads, when processes are killed
@pytest.mark.filterwarnings("ignore")
def test_on_dask_the_same_rows_and_a_point_that_kills_is_given_up(
    tmp_path: Path, scheduler: str
) -> None:
    answer = swept(tmp_path, *GRID, "--json", engine=dask_engine(scheduler))
    end = json.loads(answer.stdout.splitlines()[-1])
    assert (answer.returncode, end["known"], end["where"]) == (0, 16, ["cpu of nowhere"])
    assert [(one["echo_step"], one["seed"], one["solved_at"]) for one in rows(tmp_path)] == [
        (echo, str(seed), str(10 * int(echo) + seed))
        for echo in ("3", "4")
        for seed in range(7, 15)
    ]
    file = tmp_path / "scheduler.json"
    file.write_text(json.dumps({"type": "Scheduler", "address": scheduler}))
    grid = ["--grid", f"echo_step=3,{KILLS}", "--seeds", "4", "--num-epochs", "1"]
    answer = swept(tmp_path, *grid, "--json", engine=dask_engine(None, file))
    end = json.loads(answer.stdout.splitlines()[-1])
    assert (answer.returncode, end["known"], end["points_failed"]) == (1, 4, 1)
