"""Processes that train parts: their messages, and how they end. The processes are real, the results scripted."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from echornn.config import EchoConfig
from echornn.sweeps import fork_server, worker
from echornn.sweeps.axis import Axis
from echornn.sweeps.engine import EngineError
from echornn.sweeps.grid import Grid
from echornn.sweeps.part import Began, Done, Lost, News, Part, Trained
from echornn.sweeps.processes import Processes, python_command
from echornn.sweeps.results import SweepResults
from echornn.sweeps.sweep import Sweep
from tests.echornn.sweeps.scripted import KILLS, RAISES, children, result_of
from tests.patience import PATIENCE, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _an_ending_process_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise it is killed if it needs more than a second to end by itself."""
    monkeypatch.setattr(fork_server, "SECONDS_TO_END", PATIENCE)


def command(how: str) -> list[str]:
    return [sys.executable, "-m", "tests.echornn.sweeps.scripted_worker", how]


@contextmanager
def processes(workers: int = 1, how: str = "serves") -> Iterator[Processes]:
    engine = Processes(workers, command(how))
    try:
        yield engine
    finally:
        engine.close()


def until_over(engine: Processes, parts: int = 1) -> list[News]:
    told: list[News] = []

    def all_told() -> bool:
        told.extend(news for _, news in engine.news(0.1))
        return sum(isinstance(news, (Done, Lost)) for news in told) == parts

    wait_for(all_told)
    return told


def until_idle(engine: Processes, name: str) -> None:
    """Wait until this worker can be given another part."""

    def is_idle() -> bool:
        engine.news(0.1)
        return name in engine.idle()

    wait_for(is_idle)


def pids_of(engine: Processes) -> list[int]:
    """The process ids of the server that forks the workers, and of the workers."""
    assert engine._server is not None
    return [engine._server.pid, *children(engine._server.pid)]


def is_running(pid: int) -> bool:
    """Whether a process exists and is not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_part_is_trained_and_told_of_and_the_process_is_used_again() -> None:
    config = EchoConfig(echo_step=3)
    with processes() as engine:
        (first,) = engine.idle()
        engine.start(Part(5, (config,), "solved"), first)
        assert engine.idle() == []
        told = until_over(engine)
        assert told == [Began("cpu of nowhere"), Trained(1, 0.001, ((config, result_of(config)),)), Done()]
        until_idle(engine, first)
        assert engine.idle() == [first]
        pids = pids_of(engine)
        assert len(pids) == 2
    assert not any(map(is_there, pids))


def test_one_that_dies_says_how_and_another_takes_its_place() -> None:
    with processes() as engine:
        (first,) = engine.idle()
        engine.start(Part(0, (EchoConfig(echo_step=KILLS),), "solved"), first)
        last = until_over(engine)[-1]
        assert isinstance(last, Lost)
        assert last.reason == "its process was killed (SIGKILL): by somebody, or by the system, if memory ran out"
        (second,) = engine.idle()
        assert second != first
        engine.start(Part(1, (EchoConfig(echo_step=RAISES),), "solved"), second)
        assert until_over(engine)[-1] == Lost("MemoryError: no room for echo step 17")


def trained(engine: Processes, name: str, config: EchoConfig) -> int:
    """Train a network, and wait until its worker is idle; returns the id of the worker's process."""
    engine.start(Part(0, (config,), "solved"), name)
    assert until_over(engine)[-1] == Done()
    until_idle(engine, name)
    _, worker = pids_of(engine)
    return worker


def test_another_structure_is_trained_by_another_process_with_the_same_name() -> None:
    """Each process compiles at most one structure, and a structure is not compiled twice in a process."""
    with processes() as engine:
        (name,) = engine.idle()
        first = trained(engine, name, EchoConfig())
        assert trained(engine, name, EchoConfig(echo_step=4, seed=5)) == first
        second = trained(engine, name, EchoConfig(cell="gru"))
        assert second != first
        assert not is_there(first)


def test_a_server_that_dies_takes_its_workers_with_it_and_another_takes_its_place() -> None:
    with processes(2) as engine:
        names = engine.idle()
        for number, name in enumerate(names):
            engine.start(Part(number, (EchoConfig(),), "solved"), name)
        until_over(engine, 2)
        server, *workers = pids_of(engine)
        assert len(workers) == 2
        os.kill(server, signal.SIGKILL)

        def is_noticed() -> bool:
            engine.news(0.1)
            return not engine._there

        wait_for(is_noticed)
        wait_for(lambda: not any(map(is_running, workers)))
        engine.start(Part(2, (EchoConfig(),), "solved"), engine.idle()[0])
        assert until_over(engine)[-1] == Done()


@pytest.mark.parametrize("ends", [signal.SIGKILL, signal.SIGTERM])
def test_no_process_is_left_when_whoever_started_them_is_gone(ends: signal.Signals) -> None:
    """Even if both workers are in the middle of a part."""
    program = [sys.executable, "-m", "tests.echornn.sweeps.busy_engine"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pids = [int(word) for word in process.stdout.readline().split()]
        assert [is_running(pid) for pid in pids] == [True, True, True]
        process.send_signal(ends)
        wait_for(lambda: not any(map(is_running, pids)))


def test_a_server_that_still_imports_ends_when_whoever_asks_it_is_gone() -> None:
    with processes(how="loads") as engine:
        engine.start(Part(0, (EchoConfig(),), "solved"), engine.idle()[0])
        server = engine._server
        assert server is not None
        server._socket.close()
        assert server._process.wait(PATIENCE) == 0
    with processes(how="loads") as engine:
        engine.start(Part(0, (EchoConfig(),), "solved"), engine.idle()[0])
        (pid,) = pids_of(engine)
    assert not is_there(pid)


def test_where_none_can_be_started_that_is_said() -> None:
    def start(engine: Processes, parts: int) -> None:
        for number in range(parts):
            engine.start(Part(number, (EchoConfig(),), "solved"), engine.idle()[0])
            until_over(engine)

    with processes(how="dies") as engine:
        start(engine, 2)
        with pytest.raises(EngineError, match="code 1: there is no TensorFlow"):
            start(engine, 1)


def test_nothing_of_the_current_folder_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules in the folder would end the worker, and report that they were imported."""
    for name in ("random", "pickle", "tempfile", "numpy"):
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('{name} of the current folder')")
    (tmp_path / "echornn").mkdir()
    (tmp_path / "echornn" / "__init__.py").write_text("raise SystemExit('echornn of the current folder')")
    monkeypatch.chdir(tmp_path)
    program = "import pickle, random, tempfile, numpy, echornn.sweeps.worker as worker; print(worker.__file__)"
    done = subprocess.run(python_command(program), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, done.stdout.strip()) == (0, "", worker.__file__)


def test_the_workers_have_this_engine_though_another_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "echornn").mkdir()
    (tmp_path / "echornn" / "__init__.py").write_text("raise SystemExit('another engine')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    program = "import echornn.sweeps.worker as worker; print(worker.__file__)"
    done = subprocess.run(python_command(program), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, done.stdout.strip()) == (0, "", worker.__file__)


def listening(pid: int | str) -> set[str]:
    """The sockets of a process that accept connections from anyone."""
    waiting = set()
    for name, state, at, inode in (("tcp", "0A", 3, 9), ("tcp6", "0A", 3, 9), ("unix", "00010000", 3, 6)):
        for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]:
            fields = line.split()
            waiting |= {f"socket:[{fields[inode]}]"} if fields[at] == state else set()
    return waiting & {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir() if os.path.lexists(link)}


@pytest.mark.skipif(not Path("/proc/self/net").exists(), reason="needs /proc")
def test_nobody_can_connect_to_a_worker_or_to_whoever_started_it() -> None:
    before = listening(os.getpid())
    with processes() as engine, socket.create_server(("127.0.0.1", 0)) as ours:
        (name,) = engine.idle()
        engine.start(Part(0, (EchoConfig(),), "solved"), name)
        until_over(engine)
        assert [listening(pid) for pid in pids_of(engine)] == [set(), set()]
        assert listening(os.getpid()) - before == {os.readlink(f"/proc/self/fd/{ours.fileno()}")}


def test_a_worker_that_has_other_code_by_now_trains_nothing() -> None:
    with processes(how="changed") as engine:
        engine.start(Part(0, (EchoConfig(),), "solved"), engine.idle()[0])
        with pytest.raises(
            EngineError, match=r"a new worker has XLA_FLAGS --changed .* and not .*; start the program again"
        ):
            until_over(engine)


def test_a_sweep_survives_deaths_by_chance_and_a_point_that_kills(tmp_path: Path) -> None:
    grid = Grid((Axis("echo_step", (3, 4, KILLS)),), {"num_epochs": 1}, seeds=8)
    sweep = Sweep(tmp_path, grid)
    sweep.run(Processes(2, command("serves")))
    sweep.close()
    assert (sweep.status.known, [config.echo_step for config, _ in sweep.status.failed]) == (16, [KILLS])
    assert [bool(point.failed) for point in SweepResults.read(tmp_path).points] == [False, False, True]


def test_a_worker_that_cannot_read_what_it_is_sent_ends() -> None:
    with processes() as engine:
        engine.start(Part(0, (EchoConfig(),), "solved"), engine.idle()[0])
        until_over(engine)
        worker = engine._there.popitem()[1]
        worker.connection.send_bytes(b"no pickle")
        assert worker.process.end(is_ending=True).startswith("its process ended with code 1: ")


def test_workers_end_when_whoever_sends_them_parts_is_gone() -> None:
    with processes() as engine:
        engine.start(Part(0, (EchoConfig(),), "solved"), engine.idle()[0])
        until_over(engine)
        worker = engine._there.popitem()[1]
        worker.connection.close()
        assert worker.process.end(is_ending=True) == "its process ended with code 0"
