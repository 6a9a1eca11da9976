"""Signals that arrive before the app handles them, and closed standard streams."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from echornn.runs import run_dir
from tests.patience import PATIENCE, wait_for
from tests.program import running, stopped
from tui.term.early_signals import SAME_SECONDS

pytestmark = pytest.mark.slow

PROGRAM = [sys.executable, "-m", "tui"]
SCRIPTED = [sys.executable, "-m", "tests.scripted_program"]
LISTENS_FIRST = "import signal\nfrom tui.term import early_signals\n"
FG_ONCE_STOPPED = 'until [ "$(jobs -s)" ]; do read -t 0.01; done; echo "it stands still"; read _; fg'
"""Bash does not continue a job before it has noticed that the job stopped: `fg` would only wait for it."""


def handles(pid: int, number: signal.Signals) -> bool:
    """Whether the process has its own handler for the signal by now."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = int(next(line for line in status.splitlines() if line.startswith("SigCgt:")).split()[1], 16)
    return bool(caught >> (number - 1) & 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("has_begun", [False, True])
def test_told_to_end_before_it_listens_it_ends_as_if_it_had_listened(
    number: signal.Signals, has_begun: bool, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    # the one that imports TensorFlow meanwhile takes seconds
    with running("--run", str(folder), scripted=number != signal.SIGTERM) as program:
        wait_for(lambda: handles(program.pid, signal.SIGTERM) and (folder.exists() or not has_begun))
        os.kill(program.pid, number)
        assert program.ended() == 42
        assert program.mended
        assert b"Traceback" not in program.output
        assert b"killed" not in program.output


def test_lines_told_to_end_before_they_listen_are_checkpointed(tmp_path: Path) -> None:
    process = subprocess.Popen([*PROGRAM, "--headless", "--run", str(tmp_path / "run")], stdout=subprocess.DEVNULL)
    wait_for(lambda: handles(process.pid, signal.SIGTERM))
    process.terminate()
    assert process.wait(PATIENCE) == 42


def test_what_does_not_train_is_ended_by_the_signal() -> None:
    code = LISTENS_FIRST + "early_signals.keep(); signal.raise_signal(signal.SIGINT); early_signals.let_go()\n"
    assert subprocess.run([sys.executable, "-c", code], timeout=PATIENCE).returncode == -signal.SIGINT


def test_ctrl_c_that_came_before_a_command_that_does_not_train_is_said_in_a_line() -> None:
    code = LISTENS_FIRST + (
        "early_signals.keep(); signal.raise_signal(signal.SIGINT)\n"
        "from tui.cli.program import exit_code_of; raise SystemExit(exit_code_of(['list']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"echornn-tui: interrupted\n")


def test_one_ctrl_c_may_come_twice_and_a_second_one_ends_at_once() -> None:
    code = LISTENS_FIRST + (
        "early_signals.keep()\n"
        "for _ in range(2): signal.raise_signal(signal.SIGINT)\n"
        "assert early_signals.heard([signal.getsignal(signal.SIGINT)]) == [signal.SIGINT]\n"
        f"signal.sigtimedwait([], {SAME_SECONDS + 0.1})\n"
        "signal.raise_signal(signal.SIGINT)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=PATIENCE).returncode == 130


def test_a_signal_that_was_ignored_stays_ignored() -> None:
    code = LISTENS_FIRST + (
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "early_signals.keep(); early_signals.let_go()\n"
        "signal.raise_signal(signal.SIGHUP)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=PATIENCE).returncode == 0


def with_closed(redirections: str, *arguments: str, program: list[str] = PROGRAM) -> subprocess.CompletedProcess[str]:
    command = ["sh", "-c", f'exec "$@" {redirections}', "sh", *program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)


def test_signals_are_kept_while_the_process_becomes_another_program() -> None:
    begin = "import os, signal, sys\nfrom tui.term import early_signals\nearly_signals.keep()\n"
    later = begin + "print(early_signals.heard(map(signal.getsignal, early_signals.ENDING_SIGNALS)))"
    before = begin + (
        "os.kill(os.getpid(), signal.SIGTERM)\n"
        "with early_signals.leave_to_the_next_program():\n"
        "    os.kill(os.getpid(), signal.SIGHUP)\n"
        "    os.execv(sys.executable, [sys.executable, '-c', sys.argv[1]])"
    )
    done = subprocess.run([sys.executable, "-c", before, later], capture_output=True, text=True, timeout=PATIENCE)
    assert (done.stdout, done.stderr) == (f"{[int(signal.SIGHUP), int(signal.SIGTERM)]}\n", "")


@pytest.mark.parametrize("arguments", [["list"], ["--headless", "--num-epochs", "1"], ["--help"], ["export", "none"]])
def test_a_closed_standard_output_is_refused_in_one_line(arguments: list[str]) -> None:
    done = with_closed(">&-", *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith("echornn-tui: standard output is closed")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("redirections", ["2>&-", "<&-", "<&- 2>&-"])
def test_without_its_other_streams_it_trains_and_no_file_takes_their_place(redirections: str, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    arguments = ("--headless", "--num-epochs", "1", "--seed", "2", "--run", str(folder))
    done = with_closed(redirections, *arguments, program=SCRIPTED)
    assert done.returncode == 0
    assert "finished" in done.stdout
    assert "Traceback" not in done.stderr
    assert run_dir.read(folder).trained == 666


def test_a_bad_flag_with_all_streams_closed_has_its_code() -> None:
    assert with_closed("<&- 2>&-", "--seed", "-1").returncode == 2


@pytest.mark.parametrize("redirections", ["2>&-", "2>/dev/null"])
def test_the_app_does_without_standard_error(redirections: str) -> None:
    with running(in_a_shell=f'"$@" {redirections}', scripted=True) as program:
        program.until(lambda text: "s Set" in text)
        program.press("q")
        assert program.ended() == 0


def test_begun_in_the_background_it_waits_for_the_terminal_and_comes_up_in_the_foreground(tmp_path: Path) -> None:
    with running(
        "--run",
        str(tmp_path / "run"),
        in_a_shell=f'set -m; "$@" & {FG_ONCE_STOPPED}',
        scripted=True,
    ) as shell:
        shell.until(lambda text: "it stands still" in text)
        assert stopped(shell.app)
        assert b"\x1b[?1049h" not in shell.output
        assert not (tmp_path / "run").exists()
        shell.press("\n")
        shell.until(lambda text: "s Set" in text)
        shell.press("\x10")
        shell.until(lambda text: "Search for a command" in text)
        shell.press("\x1b")
        shell.until(lambda text: "Search for a command" not in text)
        shell.press("q")
        assert shell.ended() == 0
        assert shell.mended


def test_sent_to_the_background_it_stops_again_and_comes_back() -> None:
    with running(in_a_shell=f'set -m; "$@"; bg; {FG_ONCE_STOPPED}', scripted=True) as shell:
        shell.until(lambda text: "s Set" in text)
        app = shell.app
        os.kill(app, signal.SIGTSTP)
        shell.until(lambda text: "it stands still" in text)
        assert stopped(app)
        shell.press("\n")
        shell.until(lambda text: "s Set" in text)
        shell.press("q")
        assert shell.ended() == 0


def test_in_the_background_of_no_shell_it_says_so() -> None:
    """The system does not stop an orphan, since nobody could continue it."""
    script = (
        "import os, pty, signal, sys\n"
        "child, terminal = pty.fork()\n"
        "if not child:\n"
        "    if os.fork(): signal.pause()\n"
        "    if os.fork(): os._exit(0)\n"
        "    os.setpgid(0, 0)\n"
        f"    os.execv(sys.executable, {[sys.executable, *PROGRAM[1:]]!r})\n"
        "said = b''\n"
        "while b'--help' not in said:\n"
        "    said += os.read(terminal, 4096)\n"
        "print(said.decode())\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE)
    assert "the terminal belongs to another program" in done.stdout
