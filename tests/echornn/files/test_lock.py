"""Only one process at a time can write a run; any number of processes can check whether one does."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from echornn.files.lock import LOCK_FILE, Lock, is_held
from echornn.files.run_error import RunError
from tests.patience import PATIENCE

STARTS = 300


def refused(folder: Path) -> int:
    """The number of refused starts, of many that run at once."""
    count = 0
    for _ in range(STARTS):
        try:
            Lock(folder).release()
        except RunError:
            count += 1
    return count


def test_it_is_seen_while_it_is_held_and_not_after(tmp_path: Path) -> None:
    assert not is_held(tmp_path)
    lock = Lock(tmp_path)
    assert is_held(tmp_path)
    with pytest.raises(RunError, match=rf"being written by another process \(its id is {os.getpid()}\)"):
        Lock(tmp_path)
    assert is_held(tmp_path), "who was refused has taken nothing away"
    lock.release()
    assert not is_held(tmp_path)


def test_a_look_takes_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int, how: int) -> None:
        raise AssertionError("it takes the lock")

    for held in (False, True):
        lock = Lock(tmp_path)
        if not held:
            lock.release()
        with monkeypatch.context() as patch:
            patch.setattr(fcntl, "flock", refuse)
            assert is_held(tmp_path) == held
    lock.release()


def test_no_start_is_refused_while_somebody_looks(tmp_path: Path) -> None:
    Lock(tmp_path).release()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            is_held(tmp_path)

    looking = threading.Thread(target=look)
    looking.start()
    count = refused(tmp_path)
    done.set()
    looking.join(PATIENCE)
    assert count == 0


@pytest.mark.slow
def test_no_start_is_refused_while_another_process_looks(tmp_path: Path) -> None:
    Lock(tmp_path).release()
    program = (
        "import pathlib, sys; from echornn.files.lock import is_held\n"
        "print('looking', flush=True)\n"
        "while True: is_held(pathlib.Path(sys.argv[1]))"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE) as looking:
        assert looking.stdout is not None
        assert looking.stdout.readline() == b"looking\n"
        count = refused(tmp_path)
        looking.kill()
    assert count == 0


@pytest.mark.parametrize("looks", [1, 2, 3])
def test_what_an_earlier_version_takes_to_look_is_waited_for(
    looks: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Lock(tmp_path).release()
    looking = os.open(tmp_path / LOCK_FILE, os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_SH)
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        if len(waits) == looks:
            fcntl.flock(looking, fcntl.LOCK_UN)
        waits.append(seconds)

    monkeypatch.setattr(time, "sleep", sleep)
    Lock(tmp_path).release()
    os.close(looking)


def test_an_earlier_version_that_writes_is_not_disturbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    Lock(tmp_path).release()
    (tmp_path / LOCK_FILE).write_text("77\n")
    writing = os.open(tmp_path / LOCK_FILE, os.O_RDWR)
    fcntl.flock(writing, fcntl.LOCK_EX)
    with pytest.raises(RunError, match="its id is 77"):
        Lock(tmp_path)
    os.close(writing)
