"""Sweeps trained by worker processes, here and on Dask: real processes, and results by rule but in
one test."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from echornn import EchoConfig, Trainer
from tests.answered import Answer
from tests.door.sweeps.scripted import KILLS, children
from tests.door.sweeps.stage import dask_engine, rows, scripted_processes, swept
from tests.patience import wait_for

pytestmark = pytest.mark.slow

FLAGS = ["--seeds", "8", "--num-epochs", "1", "--json"]


def is_running(pid: int) -> bool:
    """Whether a process exists and is not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def running(pids: list[int]) -> list[bool]:
    return [is_running(pid) for pid in pids]


def last_record(answer: Answer) -> dict[str, Any]:
    """What is known at the end, with the exit code."""
    record: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return {**record, "code": answer.returncode}


def test_a_networks_result_is_that_of_training_it_alone(tmp_path: Path) -> None:
    """The real command, in two goes, of which the first is killed as soon as something is known."""
    flags = (
        "--headless --json --workers 1 --grid echo_step=1,4 --seeds 5 --num-epochs 3 --init glorot"
        " --total-series-length 3000 --truncated-backprop-length 2 --state-size 3 --seed 0"
    )
    command = [sys.executable, "-m", "tui", "sweep", "--out", str(tmp_path), *flags.split()]
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    wait_for(lambda: (tmp_path / "results.csv").exists() and rows(tmp_path))
    workers = [worker for server in children(first.pid) for worker in children(server)]
    first.kill()
    first.wait()
    wait_for(lambda: not any(running(workers)))
    known = by_network(tmp_path)
    assert known
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    start, *_, end = map(json.loads, done.stdout.splitlines())
    assert start["known"] >= len(known)
    assert (end["known"], end["networks"]) == (10, 10)
    table = by_network(tmp_path)
    assert {network: table[network] for network in known} == known
    solved = [network for network, row in table.items() if row["solved_at"]]
    assert solved == [("1", "0"), ("1", "1"), ("1", "2"), ("1", "3"), ("1", "4")]
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
    row = table["1", "3"]
    solved_at, final_loss = int(row["solved_at"]), float(row["final_loss"])
    assert final_loss == pytest.approx(losses[solved_at - 50 : solved_at].mean(), rel=1e-3)
    assert losses[solved_at - 51 : solved_at - 1].mean() > final_loss


def by_network(folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    return {(row["echo_step"], row["seed"]): row for row in rows(folder)}


def require_scripted_rows(folder: Path) -> None:
    """Echo steps 3 and 4, eight seeds each, solved when the script says."""
    table = [(row["echo_step"], row["seed"], row["solved_at"]) for row in rows(folder)]
    three = [("3", str(seed), str(30 + seed)) for seed in range(7, 15)]
    four = [("4", str(seed), str(40 + seed)) for seed in range(7, 15)]
    assert table == [*three, *four]


def test_workers_that_die_are_replaced_and_a_point_that_kills_is_given_up(tmp_path: Path) -> None:
    grid = f"echo_step=3,4,{KILLS}"
    end = last_record(swept(tmp_path, "--grid", grid, *FLAGS, engine=scripted_processes()))
    assert (end["code"], end["known"], end["points_failed"]) == (1, 16, 1)
    require_scripted_rows(tmp_path)


@pytest.mark.parametrize("ends", [signal.SIGKILL, signal.SIGTERM])
def test_no_process_is_left_when_whoever_started_them_is_gone(ends: signal.Signals) -> None:
    program = [sys.executable, "-m", "tests.door.sweeps.scripted"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pids = [int(word) for word in process.stdout.readline().split()]
        assert running(pids) == [True, True, True]
        process.send_signal(ends)
        wait_for(lambda: not any(running(pids)))


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
    engine = dask_engine(scheduler)
    end = last_record(swept(tmp_path, "--grid", "echo_step=3,4", *FLAGS, engine=engine))
    assert (end["code"], end["known"], end["where"]) == (0, 16, ["cpu of nowhere"])
    require_scripted_rows(tmp_path)
    file = tmp_path / "scheduler.json"
    file.write_text(json.dumps({"type": "Scheduler", "address": scheduler}))
    grid = f"--grid echo_step=3,{KILLS} --seeds 4 --num-epochs 1 --json"
    end = last_record(swept(tmp_path, *grid.split(), engine=dask_engine(None, file)))
    assert (end["code"], end["known"], end["points_failed"]) == (1, 4, 1)
