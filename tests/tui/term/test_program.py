"""The real program on a pseudo-terminal, from its first frame to its exit."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from echornn.runs import run_dir
from tests.program import CURSOR_ON, Program, epoch, running
from tests.terminal_screen import ALTERNATE_SCREEN_OFF

pytestmark = pytest.mark.slow


def test_keys_pause_step_reset_and_regenerate() -> None:
    with running("--speed", "1", scripted=True) as program:
        program.until(lambda text: "running" in text)
        program.press(" ")
        program.until(lambda text: "paused" in text)
        program.press("e")
        program.until(lambda text: "window 666/666" in text and "paused" in text)
        program.press(".")
        program.until(lambda text: "epoch 2/100" in text and "window   1/666" in text)
        program.press("g")
        program.until(lambda text: "data 2" in text)
        program.press("r")
        program.until(lambda text: "epoch 1/100" in text and "window   0/666" in text)
        program.press("q")
        assert program.ended() == 0


def test_the_terminal_says_how_large_it_is() -> None:
    """Even if a parent has left another size in the environment, as programs do that import readline."""
    with running(width=100, height=40, environment={"COLUMNS": "80", "LINES": "24"}, scripted=True) as program:
        program.until(lambda text: "q Quit" in text.splitlines()[39])
        program.resize(64, 20)
        program.until(lambda text: "space Pause" in text.splitlines()[19])
        program.resize(180, 50)
        program.until(lambda text: "q Quit" in text.splitlines()[49])
        program.press("q")
        assert program.ended() == 0


def test_help_and_settings_scroll() -> None:
    with running("--speed", "0.01", scripted=True) as program:
        program.until(lambda text: "running" in text)
        program.press("?")
        program.until(lambda text: "The task" in text)
        program.press("\x1b[F")  # end
        program.until(lambda text: "In the list of runs" in text and "The task" not in text)
        program.press("\x1b[H")  # home
        program.until(lambda text: "The task" in text)
        program.press("/window, then pause")
        program.until(lambda text: "Train one window" in text and "The task" not in text)
        program.press("\x1b")
        program.until(lambda text: "The task" in text)
        program.press("\x1b")
        program.until(lambda text: "s Set" in text)
        program.press("s")
        program.until(lambda text: all(words in text for words in ("preset", "A change of a few fields", "num_epochs")))
        program.press("\x1b[F")  # end
        program.until(lambda text: all(words in text for words in ("> replicas", "Starts over: Networks trained")))
        program.press("\x1b[H")  # home
        program.until(lambda text: all(words in text for words in ("> preset", "live: the network goes on")))
        program.press("\x1b")
        program.until(lambda text: "running" in text and "chance 0.693" in text and "row 5" in text)
        program.press("q")
        assert program.ended() == 0


def test_what_others_wrote_on_the_screen_goes_away_when_it_is_drawn_anew() -> None:
    with running(scripted=True) as program:
        program.until(lambda text: "running" in text and "input" in text)
        program.press(" ")
        program.until(lambda text: "paused" in text and "Resume" in text)
        program.scribble(20, 10, "Broadcast message")
        assert "Broadcast message" in program.text
        program.press("\x0c")
        program.until(lambda text: "Broadcast" not in text and "message" not in text)
        program.press("q")
        assert program.ended() == 0


def ended_by(number: signal.Signals, program: Program, folder: Path) -> None:
    """A signal ends the program, even while keys arrive too fast, and it prints how to continue the run."""
    program.until(lambda text: "running" in text and epoch(text) >= 2)
    program.press("\x1b[D" * 1200)  # more keys would wait in the terminal
    os.kill(program.pid, number)
    assert program.ended() == 42
    end = program.output.rfind(ALTERNATE_SCREEN_OFF)
    assert end > 0
    assert f"go on with: echornn-tui --resume {folder}".encode() in program.output[end:]
    assert run_dir.read(folder).trained > 666


def is_quiet(program: Program) -> bool:
    """Whether native code wrote nothing on the screen."""
    return b"oneDNN" not in program.output and b"XLA" not in program.output


def test_it_trains_the_tutorial_goes_on_after_a_signal_and_has_full_accuracy_on_its_rows(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with running("--run", str(folder), "--speed", "1000") as program:
        program.until(lambda text: "loading TensorFlow" in text and "epoch 1/100" in text)
        program.until(lambda text: "loading TensorFlow" not in text)
        program.until(lambda text: "running" in text)
        ended_by(signal.SIGTERM, program, folder)
        assert is_quiet(program)
    last, window = divmod(run_dir.read(folder).trained - 1, 666)
    with running("--resume", str(folder), "--speed", "0.01") as program:
        program.until(lambda text: "loading TensorFlow" in text)
        program.until(lambda text: "loading TensorFlow" not in text)
        program.until(lambda text: re.search(rf"epoch {last + 1}/100 +window +({window + 1}|{window + 2})/666", text))
        program.until(lambda text: "running" in text)
        program.press("m")
        program.until(lambda text: "full speed" in text)
        at_the_end = ("finished", "epoch 100/100", "window 666/666", "accuracy 100.0%", "row 5: 15 of 15 right")
        program.until(lambda text: all(words in text for words in at_the_end))
        program.press("q")
        assert program.ended() == 0
        assert program.output.rfind(ALTERNATE_SCREEN_OFF) > 0
        assert program.output.rfind(CURSOR_ON) > 0
        assert is_quiet(program)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT])
def test_other_signals_end_it_in_the_same_way(number: signal.Signals, tmp_path: Path) -> None:
    """How the run continues does not depend on what ended it."""
    with running("--run", str(tmp_path / "run"), "--speed", "1000", scripted=True) as program:
        ended_by(number, program, tmp_path / "run")


def code_without_terminal(program: Program) -> int:
    """The exit code after the terminal was closed."""
    program.close_terminal()
    return program.ended()


@pytest.mark.parametrize("hangup", ["heard", "ignored"])
def test_without_its_terminal_it_saves_and_ends(hangup: str, tmp_path: Path) -> None:
    ignored = hangup == "ignored"
    with running("--run", str(tmp_path / "run"), ignore_hangup=ignored, scripted=True) as program:
        program.until(lambda text: "running" in text and re.search("window +[1-9]", text))
        assert code_without_terminal(program) == 42
    assert run_dir.read(tmp_path / "run").trained > 0


def test_left_before_anything_was_trained_it_leaves_nothing(tmp_path: Path) -> None:
    with running("--run", str(tmp_path / "run")) as program:
        program.until(lambda text: "loading" in text)
        program.press("q")
        assert program.ended() == 0
        assert program.output.rfind(ALTERNATE_SCREEN_OFF) > 0
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_trained_is_a_failure_on_the_screen() -> None:
    with running("--device", "gpu", scripted=True, trainers="cpu") as program:
        program.until(lambda text: "failed" in text and "device = 'gpu' cannot be used" in text)
        program.press("q")
        assert program.ended() == 2


def test_a_dumb_terminal_gets_lines() -> None:
    # few time steps, to compile quickly
    few_steps = ("--total-series-length", "1500", "--truncated-backprop-length", "2")
    with running("--num-epochs", "1", *few_steps, environment={"TERM": "dumb"}) as program:
        assert program.ended() == 0
        assert b"\x1b[" not in program.output
        assert b"epoch 1/1 done" in program.output
        assert is_quiet(program)


def test_lines_on_a_terminal_scroll_above_a_bar() -> None:
    numbers = re.compile(r"━ epoch \d+/100000 window +\d+/666 loss [\d.]+ accuracy [\d.]+% \S+ windows/s")
    with running("--headless", "--num-epochs", "100000", "--speed", "2000", width=100, scripted=True) as program:
        program.until(lambda text: re.search(r"^epoch \d+/100000 done", text, re.MULTILINE) and numbers.search(text))
        os.kill(program.pid, signal.SIGTERM)
        assert program.ended() == 42
        assert "━" not in program.text
        assert program.mended
    with running("--headless", "--num-epochs", "3", scripted=True) as program:
        assert program.ended() == 0
        lines = [line for line in program.text.splitlines() if line.strip()]
        last = next(index for index, line in enumerate(lines) if line.startswith("finished  windows 1998"))
        assert lines[last - 1].startswith("epoch 3/3 done")
        assert "--num-epochs 6" in "".join(line.strip() for line in lines[last + 1 :]), "how it goes on"
        assert "━" not in program.text
        assert program.mended


@pytest.mark.parametrize("hangup", ["heard", "ignored"])
def test_lines_without_their_terminal_are_no_failure(hangup: str, tmp_path: Path) -> None:
    endless = ("--headless", "--num-epochs", "1000000", "--run", str(tmp_path / "run"))
    with running(*endless, ignore_hangup=hangup == "ignored", scripted=True) as program:
        program.until(lambda text: epoch(text) >= 2)
        assert code_without_terminal(program) == 42
    assert run_dir.read(tmp_path / "run").trained > 666
