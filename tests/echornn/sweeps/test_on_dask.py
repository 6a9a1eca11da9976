"""Sweeps on Dask clusters. The workers are real processes with scripted results."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from echornn.config import EchoConfig
from echornn.sweeps.axis import Axis
from echornn.sweeps.engine import EngineError
from echornn.sweeps.folder import Result
from echornn.sweeps.grid import Grid
from echornn.sweeps.part import Began, Done, Part, Trained, as_message, from_message
from echornn.sweeps.results import SweepResults
from echornn.sweeps.status import Status
from echornn.sweeps.sweep import Sweep
from echornn.sweeps.trained_by import versions_here
from tests.echornn.sweeps.scripted import KILLS, result_of, train, train_slowly
from tests.patience import PATIENCE, wait_for

pytest.importorskip("distributed", reason="Dask is an extra")

from distributed import LocalCluster

from echornn.sweeps import on_dask

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # about Dask's own sockets and threads, when processes are killed
]

GRID = Grid((Axis("echo_step", (3, 4, 10)),), {"num_epochs": 1}, seeds=40)


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[Path, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers, started as from a shell: the scheduler's file, and the processes."""
    file = folder / "scheduler.json"
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    commands = [
        [sys.executable, "-m", "dask", "scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)],
        *(
            [sys.executable, "-m", "dask", "worker", "--nthreads", "1", "--no-dashboard", "--scheduler-file", str(file)]
            for _ in range(2)
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
    """Clients of one cluster on this machine, so that its processes start only once."""
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster:

        def another() -> on_dask.OnDask:
            one = on_dask.of_scheduler(cluster.scheduler_address)
            one._train = train
            return one

        yield another


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
    assert (status.known, status.abandoned) == (4, 4)
    ((config, reason),) = status.failed
    assert config.echo_step == KILLS
    assert "died" in reason


def test_workers_with_other_versions_are_refused_by_name(
    tmp_path: Path, local: Callable[[], on_dask.OnDask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_dask, "versions_here", lambda: {**versions_here(), "tensorflow": "0"})
    status = computed(tmp_path, local(), Grid((Axis("echo_step", (3,)),), seeds=1))
    assert re.search(r"the worker has tensorflow [\d.]+ and not 0$", status.failed[0][1])


def run_and_kill(sweep: Sweep, engine: on_dask.OnDask, process: subprocess.Popen[bytes]) -> None:
    """Run a sweep, and kill this process of its cluster as soon as there is a result."""
    engine._train = train_slowly

    def kill(status: Status) -> None:
        if status.known and process.poll() is None:
            process.kill()

    try:
        sweep.run(engine, kill)
    finally:
        sweep.close()
        process.wait(PATIENCE)


def test_started_from_a_shell_a_worker_may_be_killed_and_when_the_scheduler_dies_what_is_known_stays(
    tmp_path: Path,
) -> None:
    with cluster(tmp_path) as (file, (scheduler, first, _)):
        whole, part = (Sweep(tmp_path / name, GRID) for name in ("whole", "part"))
        engine = on_dask.of_scheduler(None, file)
        wait_for(lambda: len(engine.idle()) == 2)
        run_and_kill(whole, engine, first)
        assert (whole.status.known, whole.status.failed) == (120, ())
        with pytest.raises(EngineError, match="the connection to the Dask scheduler is lost"):
            run_and_kill(part, on_dask.of_scheduler(None, file), scheduler)
    assert 0 < SweepResults.read(tmp_path / "part").known == part.status.known < 120


def test_a_scheduler_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_dask, "SECONDS_TO_CONNECT", 0.1)
    with pytest.raises(EngineError, match=r"no Dask scheduler answers at 'tcp://127\.0\.0\.1:1': "):
        on_dask.of_scheduler("tcp://127.0.0.1:1")
    with pytest.raises(EngineError, match="the file does not exist"):
        on_dask.of_scheduler(None, tmp_path / "none.json")


@pytest.mark.parametrize("text", ["", '{"type": "Sched', "[]", "{}", '{"address": 3}', "[" * 10_000, "\0"], ids=repr)
def test_a_file_that_no_scheduler_wrote_or_only_half_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "scheduler.json"
    file.write_text(text)
    with pytest.raises(
        EngineError, match="the file must be written by a Dask scheduler, and contain the address of the scheduler"
    ):
        on_dask.of_scheduler(None, file)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("pipe", "loop", "."):
        with pytest.raises(EngineError, match="the file cannot be read"):
            on_dask.of_scheduler(None, tmp_path / name)


class ScriptedClient:
    """A client of two workers with two threads each; tasks end when told to."""

    status = "running"

    def __init__(self) -> None:
        self.tasks: dict[str, list[str]] = {}
        self.restarted: list[list[str]] = []
        self.futures: list[Future] = []

    def nthreads(self) -> dict[str, int]:
        return {"tcp://a:1": 2, "tcp://b:1": 2}

    def subscribe_topic(self, *_: object) -> None:
        """Does nothing: there are no messages."""

    def submit(self, *_: object, **__: object) -> Future:
        self.futures.append(Future())
        return self.futures[-1]

    def processing(self, workers: list[str]) -> dict[str, list[str]]:
        return {worker: self.tasks.get(worker, []) for worker in workers}

    def restart_workers(self, workers: list[str], **_: object) -> None:
        self.restarted.append(workers)


class Future(SimpleNamespace):
    """The future of a task, which reports nothing until the task has ended."""

    def add_done_callback(self, call: Callable[[Any], None]) -> None:
        self.call = call

    def result(self) -> Any:
        return self.told

    def end(self, config: EchoConfig, worn: bool) -> None:
        self.status, self.told = "finished", ([result_of(config)], worn)
        self.call(self)


def test_a_worn_worker_is_started_again_when_nobody_uses_it() -> None:
    """Its other thread trains a part, and another client computes there too."""
    client, config = ScriptedClient(), EchoConfig()
    engine = on_dask.OnDask(client, clock=count().__next__)
    for number in range(2):
        engine.start(Part(number, (config,), "solved"), f"tcp://a:1 {number}")
    client.futures[0].end(config, worn=True)
    assert [type(news) for _, news in engine.news(1)] == [Trained, Done]
    assert engine.idle() == ["tcp://b:1 0", "tcp://b:1 1"]
    engine.news(0)
    assert client.restarted == []
    client.tasks = {"tcp://a:1": ["of somebody else"]}
    client.futures[1].end(config, worn=True)
    engine.news(1)
    engine.news(0)
    assert (client.restarted, engine.idle()) == ([], ["tcp://b:1 0", "tcp://b:1 1"])
    client.tasks = {}
    engine.news(0)
    engine.news(0)
    assert (client.restarted, len(engine.idle())) == ([["tcp://a:1"]], 4)


def test_news_are_told_as_plain_values() -> None:
    part = Part(3, (EchoConfig(seed=1), EchoConfig(seed=2)), "solved")
    numbers = {config: number for number, config in enumerate(part.configs)}
    for news in (Began("cpu of here"), Trained(64, 0.5, ((part.configs[1], Result(None, 0.5, 64, 0.1)),))):
        assert from_message(as_message(news, numbers), part) == news
    with pytest.raises(ValueError, match="Done"):
        as_message(Done(), numbers)
