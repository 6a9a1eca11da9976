"""Sweeps trained by worker processes, here and on Dask: real processes, and results by rule but in
one test."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from echornn import EchoConfig, Trainer
from tests.answered import Answer, records
from tests.compiled import plain
from tests.door.classics.stage import TrainsHere
from tests.door.sweeps.scripted import KILLS
from tests.door.sweeps.stage import dask_engine, last_record, rows, scripted_processes, swept
from tests.patience import wait_for
from tests.program import children_of, gone

pytestmark = pytest.mark.slow

FLAGS = ["--seeds", "8", "--num-epochs", "1", "--json"]


def all_gone(pids: list[int]) -> bool:
    return all(map(gone, pids))


def test_a_networks_result_is_that_of_training_it_alone(tmp_path: Path) -> None:
    """The real command is killed as soon as something is known; the rest is trained here."""
    flags = (
        "--headless --json --workers 1 --grid echo_step=1,4 --seeds 5 --num-epochs 3 --init glorot"
        " --total-series-length 3000 --truncated-backprop-length 2 --state-size 3 --seed 0"
    )
    command = [sys.executable, "-m", "tui", "sweep", "--out", str(tmp_path), *flags.split()]
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    wait_for(lambda: (tmp_path / "results.csv").exists() and rows(tmp_path))
    workers = []
    for server in children_of(first.pid):
        workers += children_of(server)
    first.kill()
    first.wait()
    wait_for(lambda: all_gone(workers))
    known = by_network(tmp_path)
    assert known
    with plain():
        start, *_, end = records(swept(tmp_path, *flags.split(), engine=TrainsHere()))
    assert start["known"] >= len(known)
    assert end["known"] == end["networks"] == 10
    table = by_network(tmp_path)
    assert known.items() <= table.items()
    assert len(table) == 10
    for (echo_step, _), row in table.items():
        assert (row["solved_at"] != "") == (echo_step == "1")
    config = EchoConfig(
        num_epochs=3,
        total_series_length=3000,
        truncated_backprop_length=2,
        state_size=3,
        init="glorot",
        seed=3,
        echo_step=1,
    )
    with plain():
        losses = Trainer(config).advance(10**6).losses
    row = table["1", "3"]
    solved_at = int(row["solved_at"])
    final_loss = float(row["final_loss"])
    assert final_loss == pytest.approx(losses[solved_at - 50 : solved_at].mean(), rel=1e-3)
    assert losses[solved_at - 51 : solved_at - 1].mean() > final_loss


def by_network(folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    networks = {}
    for row in rows(folder):
        networks[row["echo_step"], row["seed"]] = row
    return networks


def require_scripted_rows(folder: Path) -> None:
    """Echo steps 3 and 4, eight seeds each, solved when the script says."""
    networks = product((3, 4), range(7, 15))
    for row, (echo_step, seed) in zip(rows(folder), networks, strict=True):
        assert row["echo_step"] == str(echo_step)
        assert row["seed"] == str(seed)
        assert row["solved_at"] == str(10 * echo_step + seed)


def require_end(answer: Answer, code: int, known: int, failed: int) -> None:
    """The exit code, how many networks are known, and how many points could not be trained."""
    end = last_record(answer)
    assert answer.returncode == code
    assert end["known"] == known
    assert end["points_failed"] == failed


def test_workers_that_die_are_replaced_and_a_point_that_kills_is_given_up(tmp_path: Path) -> None:
    grid = f"echo_step=3,4,{KILLS}"
    answer = swept(tmp_path, "--grid", grid, *FLAGS, engine=scripted_processes())
    require_end(answer, code=1, known=16, failed=1)
    require_scripted_rows(tmp_path)


def test_no_process_is_left_when_whoever_started_them_is_killed() -> None:
    program = [sys.executable, "-m", "tests.door.sweeps.scripted"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        server, *workers = map(int, process.stdout.readline().split())
        assert len(workers) == 2
        for pid in (server, *workers):
            assert not gone(pid)
        process.kill()
        wait_for(lambda: all_gone([server, *workers]))


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
    answer = swept(tmp_path, "--grid", "echo_step=3,4", *FLAGS, engine=engine)
    require_end(answer, code=0, known=16, failed=0)
    assert last_record(answer)["where"] == ["cpu of nowhere"]
    require_scripted_rows(tmp_path)
    file = tmp_path / "scheduler.json"
    file.write_text(json.dumps({"type": "Scheduler", "address": scheduler}))
    grid = f"--grid echo_step=3,{KILLS} --seeds 4 --num-epochs 1 --json"
    answer = swept(tmp_path, *grid.split(), engine=dask_engine(None, file))
    require_end(answer, code=1, known=4, failed=1)
