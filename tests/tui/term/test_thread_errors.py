"""An error on a thread that nobody waits for is reported, and the program ends as failed."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

import pytest

from tests.program import running
from tests.swept import SMALL, keep
from tui.term import thread_errors
from tui.term.thread_errors import DRAWS, ThreadErrors


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the first traceback; the process's error hook for threads is restored afterwards."""
    file = tmp_path / "state" / "traceback.txt"
    monkeypatch.setattr(thread_errors, "traceback_file", lambda: file)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    return file


def failing_on_a_thread(error: BaseException, name: str) -> None:
    def fail() -> None:
        raise error

    thread = threading.Thread(target=fail, name=name)
    thread.start()
    thread.join()


def test_a_lost_terminal_is_not_kept_in_the_place_of_a_fault(kept: Path) -> None:
    errors = ThreadErrors()
    failing_on_a_thread(OSError(errno.EIO, "Input/output error"), DRAWS)
    assert not errors.words
    assert not kept.exists()
    assert errors.conclude(0) == 0
    failing_on_a_thread(TypeError("a fault"), "terminal")
    failing_on_a_thread(TypeError("what follows"), "later")
    assert errors.words == f"TypeError: a fault (traceback in {kept})"
    assert kept.read_text().rstrip().endswith("TypeError: a fault")


@pytest.mark.parametrize(("number", "name"), [(errno.ENOSPC, DRAWS), (errno.EIO, "writing")])
def test_any_other_error_of_input_and_output_is_kept(number: int, name: str, kept: Path) -> None:
    errors = ThreadErrors()
    failing_on_a_thread(OSError(number, "no"), name)
    assert f"[Errno {number}] no" in errors.words
    assert "OSError" in kept.read_text()


def test_what_textual_calls_the_thread_that_draws() -> None:
    from textual.drivers._writer_thread import WriterThread

    with open("/dev/null", "w") as file:
        assert WriterThread(file).name == DRAWS


def test_of_two_faults_at_once_the_second_goes_on_only_when_the_first_is_kept(kept: Path) -> None:
    errors, both_there = ThreadErrors(), threading.Barrier(2)
    seen: list[bool] = []

    def fail() -> None:
        both_there.wait()
        with pytest.raises(TypeError), errors.keeping():
            raise TypeError("a fault")
        seen.append("a fault" in kept.read_text())

    threads = [threading.Thread(target=fail) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [True, True]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "opens", "failing"),
    [
        (["map", "SWEEP"], "", "echornn.sweeps.results:SweepResults.refresh"),
        (["sweep", "--out", "SWEEP", "--grid", "echo_step=1..3"], "", "tui.commands.training.sweep:Computation.run"),
        ([], "o", "tui.app.parts.panels:kept_runs_beside"),
    ],
)
def test_a_fault_of_the_program_is_said_off_the_screen_and_its_traceback_is_kept(
    command: list[str], opens: str, failing: str, tmp_path: Path
) -> None:
    folder = keep(tmp_path / "sweep", [SMALL]) if "map" in command else tmp_path / "sweep"
    words = [str(folder) if word == "SWEEP" else word for word in command]
    with running(*words, failing=failing, environment={"XDG_STATE_HOME": str(tmp_path)}) as program:
        program.until(lambda text: "? Help" in text)
        program.press(opens)
        program.until(lambda text: "TypeError: a fault of the" in text)
        assert "Traceback" not in program.text
        if opens:
            program.until(lambda text: "reading ..." in text)
            program.press("\x1b")
            program.until(lambda text: "reading ..." not in text)
        program.press("q")
        assert program.ended() == 1
        assert program.mended
        kept = tmp_path / "echornn-tui" / "traceback.txt"
        assert f"(traceback in {kept})" in program.text.replace("\n", "")
    assert kept.read_text().rstrip().endswith("TypeError: a fault of the program")


@pytest.mark.slow
def test_where_the_disk_takes_no_results_the_map_says_so_and_fails_without_a_traceback(tmp_path: Path) -> None:
    failing, state = "tui.commands.training.sweep:Computation.run!disk", {"XDG_STATE_HOME": str(tmp_path)}
    words = ("sweep", "--out", str(tmp_path / "sweep"), "--grid", "echo_step=1..3")
    with running(*words, failing=failing, environment=state) as program:
        program.until(lambda text: "results/KEY.json: No space left on device" in text and "? Help" in text)
        program.press("q")
        assert program.ended() == 1
        assert program.mended
        assert "the same command goes on where this stopped" in program.text
    assert not (tmp_path / "echornn-tui" / "traceback.txt").exists()


@pytest.mark.slow
def test_a_fault_while_it_leaves_without_a_terminal_does_not_keep_it(tmp_path: Path) -> None:
    state = {"XDG_STATE_HOME": str(tmp_path)}
    with running(failing="tui.commands.record:end", environment=state, ignore_hangup=True) as program:
        program.until(lambda text: "running" in text)
        program.close_terminal()
        assert program.ended() == 1
    assert "a fault of the program" in (tmp_path / "echornn-tui" / "traceback.txt").read_text()
