"""Sweeps on Dask clusters. The workers are real processes, and their networks follow a script."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from echornn.config import EchoConfig
from echornn.sweeps.axis import Axis
from echornn.sweeps.engine import EngineError
from echornn.sweeps.folder import Result
from echornn.sweeps.grid import Grid
from echornn.sweeps.part import Began, Done, Part, Trained
from echornn.sweeps.results import SweepResults
from echornn.sweeps.status import Status
from echornn.sweeps.sweep import Sweep
from tests.echornn.sweeps.scripted import KILLS, result_of, train, train_slowly
from tests.patience import PATIENCE, wait_for

pytest.importorskip("distributed", reason="Dask is an extra")

from echornn.sweeps import on_dask

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # of Dask's own sockets and threads, when processes are killed
]

GRID = Grid((Axis("echo_step", (3, 4, 10)),), {"num_epochs": 1}, seeds=40)


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[tuple[Path, list[subprocess.Popen[bytes]]]]:
    """A scheduler and workers, started as from a shell: the file that the scheduler wrote, and the processes."""
    file = folder / "scheduler.json"
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    commands = [
        [sys.executable, "-m", "dask", "scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)],
        *(
            [sys.executable, "-m", "dask", "worker", "--nthreads", "1", "--no-dashboard", "--scheduler-file", str(file)]
            for _ in range(workers)
        ),
    ]
    processes: list[subprocess.Popen[bytes]] = []
    with ExitStack() as stack:
        for command in commands:
            process = subprocess.Popen(command, **quiet)
            stack.callback(process.wait, PATIENCE)
            stack.callback(process.kill)
            processes.append(process)
        wait_for(file.exists)
        yield file, processes


@pytest.fixture(scope="module")
def local() -> Iterator[Callable[[], on_dask.OnDask]]:
    """Clients of one cluster on this machine, so that its processes start once."""
    engine = on_dask.on_this_machine(2)
    address = engine._client.scheduler.address

    def another() -> on_dask.OnDask:
        one = on_dask.of_scheduler(address)
        one._train = train
        return one

    yield another
    engine.close()


def computed(folder: Path, engine: on_dask.OnDask, grid: Grid = GRID) -> Status:
    sweep = Sweep(folder, grid)
    try:
        sweep.run(engine)
    finally:
        sweep.close()
    return sweep.status


def test_all_is_trained_and_known_where_it_is_asked_for(tmp_path: Path, local: Callable[[], on_dask.OnDask]) -> None:
    engine = local()
    assert (engine.workers, engine.room) == (2, 0.5)
    status = computed(tmp_path, engine)
    assert (status.known, status.where) == (120, ("cpu of nowhere",))
    for point in SweepResults.read(tmp_path).points:
        networks = {seed: replace(point.config, seed=seed) for seed in point.seeds}
        assert point.results == {seed: result_of(network) for seed, network in networks.items()}


def test_a_point_that_kills_its_workers_is_given_up_and_the_rest_completes(
    tmp_path: Path, local: Callable[[], on_dask.OnDask]
) -> None:
    grid = Grid((Axis("echo_step", (3, KILLS)),), {"num_epochs": 1}, seeds=4)
    status = computed(tmp_path, local(), grid)
    assert (status.known, status.given_up) == (4, 4)
    ((config, reason),) = status.failed
    assert config.echo_step == KILLS
    assert "died" in reason


def test_workers_with_other_versions_are_refused_by_name(
    tmp_path: Path, local: Callable[[], on_dask.OnDask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_dask, "versions_here", lambda: {"echornn-tui": "0", "tensorflow": "0"})
    status = computed(tmp_path, local(), Grid((Axis("echo_step", (3,)),), seeds=1))
    assert "and not echornn-tui 0, tensorflow 0" in status.failed[0][1]


def test_a_worker_started_from_a_shell_may_be_killed(tmp_path: Path) -> None:
    with cluster(tmp_path) as (file, (_, first, _)):
        engine = on_dask.of_scheduler(None, file)
        wait_for(lambda: len(engine.idle()) == 2)
        engine._train = train_slowly
        sweep = Sweep(tmp_path / "map", GRID)

        def kill(status: Status) -> None:
            if status.known and first.poll() is None:
                first.kill()

        sweep.run(engine, kill)
        sweep.close()
        assert (sweep.status.known, sweep.status.failed) == (120, ())
        assert first.poll() is not None


def test_when_the_scheduler_dies_what_is_known_stays(tmp_path: Path) -> None:
    with cluster(tmp_path, workers=1) as (file, (scheduler, _)):
        engine = on_dask.of_scheduler(None, file)
        engine._train = train_slowly
        sweep = Sweep(tmp_path / "map", GRID)

        def kill(status: Status) -> None:
            if status.known:
                scheduler.kill()

        with pytest.raises(EngineError, match="the Dask scheduler is gone"):
            sweep.run(engine, kill)
        sweep.close()
    assert 0 < SweepResults.read(tmp_path / "map").known == sweep.status.known < 120


def test_a_scheduler_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_dask, "SECONDS_TO_CONNECT", 0.1)
    with pytest.raises(EngineError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1: "):
        on_dask.of_scheduler("tcp://127.0.0.1:1")
    with pytest.raises(EngineError, match=r"no Dask scheduler answers at .*none\.json: "):
        on_dask.of_scheduler(None, tmp_path / "none.json")


def test_news_are_told_as_plain_values() -> None:
    part = Part(3, (EchoConfig(seed=1), EchoConfig(seed=2)), "solved")
    numbers = {config: number for number, config in enumerate(part.configs)}
    for news in (Began("cpu of here"), Trained(64, 0.5, ((part.configs[1], Result(None, 0.5, 64, 0.1)),))):
        assert on_dask.from_message(on_dask.as_message(news, numbers), part) == news
    with pytest.raises(ValueError, match="Done"):
        on_dask.as_message(Done(), numbers)
