"""Faults of the program and of the disk, on the real screen."""

from __future__ import annotations

import resource
import signal
import sys
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from echornn import EchoConfig
from tests.door.terminal.ended import losses, resumes
from tests.program import epoch, running
from tests.recorded import record_branches
from tests.scripted_program import READS_KEPT_RUNS

pytestmark = pytest.mark.slow


def test_an_error_on_a_thread_is_one_line_and_the_program_has_failed(tmp_path: Path) -> None:
    kept = tmp_path / "echornn-tui" / "traceback.txt"
    state = {"XDG_STATE_HOME": str(tmp_path)}
    with running(failing=READS_KEPT_RUNS, environment=state) as program:
        program.shows("q Quit")
        program.press("o")
        program.shows("TypeError: a fault of the")
        assert "Traceback" not in program.text
        program.press("\x1b")
        program.shows("q Quit")
        assert program.quit() == 1
        assert program.mended
        assert str(kept) in program.text.replace("\n", "")
        assert b"Traceback" not in program.output
    assert kept.read_text().rstrip().endswith("TypeError: a fault of the program")


def test_on_a_full_disk_training_goes_on_and_the_screen_says_that_it_is_not_saved(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "run"
    with running(
        "--run", folder, "--speed", 5000, "--num-epochs", 100_000, scripted=True
    ) as program:
        program.until(lambda text: "running" in text and losses(folder))
        saved = losses(folder)
        # No file may be longer: losses of 500 windows more
        full = (folder / "losses.bin").stat().st_size + 4000
        resource.prlimit(program.app, resource.RLIMIT_FSIZE, (full, full))
        program.until(lambda text: "File too large" in text and (epoch(text) - 1) * 666 * 8 > full)
        program.reaches(epoch(program.text) + 2)
        assert program.quit() == 1
        assert program.mended
        assert resumes(program) == [str(folder)]
    assert len(losses(folder)) <= full // 2
    assert losses(folder).startswith(saved)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only run of this user, of more windows than a buffer of output holds."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    long = EchoConfig(num_epochs=1000, total_series_length=200, batch_size=2)
    return record_branches(tmp_path / "echornn-tui" / "runs" / "mine", 5000, config=long)


def program(arguments: str, out: int = PIPE) -> Popen[bytes]:
    return Popen([sys.executable, "-m", "tui", *arguments.split()], stdout=out, stderr=PIPE)


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="the system has no disk that is always full"
)
@pytest.mark.usefixtures("run")
def test_output_that_cannot_be_written_is_one_line_and_a_failure() -> None:
    with open("/dev/full", "w") as full, program("export mine", full.fileno()) as process:
        _, errors = process.communicate()
    assert process.returncode == 1
    assert errors.count(b"\n") == 1
    assert b"No space left on device" in errors


@pytest.mark.usefixtures("run")
def test_a_reader_that_has_seen_enough_is_no_trouble() -> None:
    with program("export mine") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.usefixtures("run")
def test_ctrl_c_while_it_prints_is_one_line() -> None:
    with program("export mine") as process:
        assert process.stdout is not None
        process.stdout.readline()  # it has begun to print, and waits for somebody to read on
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert process.returncode == 130
    assert errors.count(b"\n") == 1
    assert b"Traceback" not in errors
