"""Output of commands is written completely, or an error says that it is not."""

from __future__ import annotations

import errno
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.runs import kept_runs
from echornn.runs.run_recorder import RunRecorder
from tests.echornn.runs.test_recorder import recorded
from tests.patience import PATIENCE
from tests.scripted import SMALL, ScriptedTrainer
from tui.cli.program import exit_code_of
from tui.commands.printed.lines import say_last
from tui.term import printed

pytestmark = pytest.mark.slow

FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no disk that is always full")


def program(*arguments: str, module: str = "tui", **options: Any) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, stderr=subprocess.PIPE, timeout=PATIENCE, check=False, **options)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run with more windows than Python's output buffer can hold."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = kept_runs.state_folder() / "mine"
    recorded(folder, 5000, config=EchoConfig(num_epochs=1000, total_series_length=200, batch_size=2))
    return folder


@FULL
@pytest.mark.parametrize(
    "arguments", [["export", "mine"], ["export", "mine", "--json"], ["list"], ["prune", "--keep", "9"]]
)
def test_on_a_full_disk_it_is_said_in_a_line_and_the_exit_code_is_1(run: Path, arguments: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = program(*arguments, stdout=full)
    assert (done.returncode, done.stderr) == (
        1,
        b"echornn-tui: the output cannot be written: No space left on device\n",
    )


@FULL
@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_help_is_no_exception(flag: str) -> None:
    with open("/dev/full", "w") as full:
        done = program(flag, stdout=full)
    assert done.returncode == 1
    assert (done.stderr.count(b"\n"), b"No space left on device" in done.stderr) == (1, True)


@FULL
def test_lines_of_training_that_were_never_written_are_a_failure() -> None:
    with open("/dev/full", "w") as full:
        arguments = ("--headless", "--num-epochs", "1", "--total-series-length", "500")
        done = program(*arguments, module="tests.scripted_program", stdout=full)
    assert done.returncode == 1
    assert b"lines are waiting to be printed: No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["export", "mine"], ["list"]])
def test_a_reader_that_has_seen_enough_is_no_trouble(run: Path, arguments: list[str]) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    try:
        assert program(*arguments, stdout=writes).stderr == b""
    finally:
        os.close(writes)


def test_ctrl_c_in_an_export_is_one_line(run: Path) -> None:
    command = [sys.executable, "-m", "tui", "export", "mine"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        out: IO[bytes] | None = process.stdout
        assert out is not None
        assert process.stderr is not None
        out.readline()  # the program has begun to print, and then waits, since nobody reads on
        process.send_signal(signal.SIGINT)
        first = process.stderr.readline()
        out.read()
        assert first + process.stderr.read() == b"echornn-tui: interrupted\n"
        assert process.wait(PATIENCE) == 130


def test_a_file_that_was_there_stays_whole_where_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recorder = RunRecorder.begin(tmp_path / "run", SMALL)
    recorder.save(ScriptedTrainer(SMALL).state)
    assert recorder.wait(PATIENCE)
    recorder.close()
    target = tmp_path / "w.npz"
    target.write_bytes(b"before")

    def half(file: Path, **_: object) -> None:
        file.write_bytes(b"half of")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", half)
    assert exit_code_of(["export", str(tmp_path / "run"), "--weights", str(target)]) == 1
    assert (
        capsys.readouterr().err.splitlines()[-1] == f"echornn-tui: {target} cannot be written: No space left on device"
    )
    assert target.read_bytes() == b"before"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["run", "w.npz"]


def test_only_a_regular_file_is_written_over(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipe, link, file = (tmp_path / name for name in ("pipe.npz", "link.npz", "file"))
    os.mkfifo(pipe)
    (tmp_path / "device.npz").symlink_to(os.devnull)
    (tmp_path / "folder.npz").mkdir()
    for name in ("pipe.npz", "device.npz", "folder.npz"):
        assert exit_code_of(["export", "mine", "--weights", str(tmp_path / name)]) == 2
        assert f"{name} cannot be written: it exists and is not a regular file\n" in capsys.readouterr().err
    assert not Path(os.devnull).is_file()
    link.symlink_to(file)
    assert exit_code_of(["export", "mine", "--weights", str(link)]) == 0
    assert link.is_symlink()
    assert file.is_file()


def test_lines_are_only_lines_in_any_encoding(capsys: pytest.CaptureFixture[str]) -> None:
    printed.lines(["one\ntwo", "\udcff \x1b[2J"])
    printed.complain("a\rb", "x" * 9000)
    out, err = capsys.readouterr()
    assert out == "one\\ntwo\n\\xff \\x1b[2J\n"
    assert err.startswith("a\\rb\nxxx")
    assert len(err) < 600
    done = subprocess.run(
        [sys.executable, "-c", "from tui.term import printed; printed.lines(['é回']); printed.complain('é')"],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
    )
    assert (done.stdout, done.stderr) == (b"\xe9\\u56de\n", b"\xe9\n")


def test_the_last_words_on_a_terminal_that_is_gone_are_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    os.close(ours)
    with open(theirs, "w", buffering=1) as gone:
        monkeypatch.setattr("sys.stdout", gone)
        with pytest.raises(OSError, match="Input/output error"):
            os.write(theirs, b"what was said")
        say_last(["the run is in a-folder"])
        printed.finish()
