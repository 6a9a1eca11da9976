"""A log to which one thread appends while another writes it to disk."""

from __future__ import annotations

import os
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.files import append_log
from echornn.files.append_log import AppendLog, LogEnd, end_of


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "log").touch()
    return tmp_path / "log"


def while_flushing(monkeypatch: pytest.MonkeyPatch, what: Callable[[], None]) -> None:
    """Call a function once in the middle of the next flush: after its bytes are written, before they count as
    written.
    """
    sync = os.fsync

    def fsync(descriptor: int) -> None:
        monkeypatch.setattr(os, "fsync", sync)
        what()
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)


def test_what_comes_while_it_is_written_is_written_next(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = AppendLog(file, LogEnd())
    log.append(b"one ")
    while_flushing(monkeypatch, lambda: log.append(b"two "))
    log.flush()
    assert file.read_bytes() == b"one "
    assert (log.end.length, log.length, log.pending_bytes) == (4, 8, 4)
    log.flush()
    assert file.read_bytes() == b"one two "
    assert log.end == end_of(file) == LogEnd(8, zlib.crc32(b"one two "))


def test_only_what_was_there_at_the_time_named_is_written(file: Path) -> None:
    log = AppendLog(file, LogEnd())
    log.append(b"one ")
    then = log.length
    log.append(b"two ")
    log.flush(then)
    assert file.read_bytes() == b"one "
    log.flush(then)
    log.flush()
    assert file.read_bytes() == b"one two "


def test_what_memory_gives_up_while_it_is_written_is_not_lost(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(append_log, "MAX_PENDING_BYTES", 8)
    log = AppendLog(file, LogEnd(), b"lost")
    log.append(b"one ")
    log.append(b"two ")

    def meanwhile() -> None:
        for word in (b"thr ", b"fou ", b"fiv "):
            log.append(word)

    while_flushing(monkeypatch, meanwhile)
    log.flush()
    assert log.lost_bytes == 4
    log.flush()
    assert file.read_bytes() == b"one two lostfou fiv "
    assert (log.lost_bytes, log.pending_bytes) == (0, 0)


@given(st.lists(st.one_of(st.binary(min_size=4, max_size=4), st.booleans()), max_size=30))
def test_every_record_is_there_once_and_in_order(steps: list[bytes | bool]) -> None:
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "log"
        file.touch()
        log, marks = AppendLog(file, LogEnd()), [0]
        for step in steps:
            if isinstance(step, bytes):
                log.append(step)
                marks.append(log.length)
            else:
                log.flush(None if step else marks[len(marks) // 2])
                assert log.end == end_of(file)
        log.flush()
        assert file.read_bytes() == b"".join(step for step in steps if isinstance(step, bytes))
