"""Deaths that no handler can catch: the terminal is restored, and the run can be continued."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from echornn.files.lock import Lock
from echornn.files.run_error import RunError
from echornn.runs import run_dir
from tests.echornn.runs.test_recorder import recorded
from tests.patience import PATIENCE, wait_for
from tests.program import Program, epoch, gone, running, stopped
from tests.terminal_screen import ALTERNATE_SCREEN_OFF
from tui.term.guardian import Guarded
from tui.term.terminal import BACK_TO_NORMAL, NativeLog

pytestmark = pytest.mark.slow

RESUME = re.compile(rb"go on with: echornn-tui --resume (\S+)")


def said_after(program: Program) -> bytes:
    """The text on the normal screen after the app is gone; also checks that the terminal is restored."""
    assert program.settings == program.settings_before
    assert program.mended
    return program.output[program.output.rfind(ALTERNATE_SCREEN_OFF) :]


def lock_is_free(folder: Path) -> bool:
    """Whether another process can write the run."""
    try:
        Lock(folder).release()
    except RunError:
        return False
    return True


@pytest.mark.parametrize("state", ["loading", "running"])
def test_killed_it_leaves_the_terminal_in_order_and_says_how_the_run_goes_on(state: str, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with running("--run", str(folder), "--speed", "1000", scripted=state == "running") as program:
        program.until(lambda text: state in text and (state == "loading" or run_dir.read(folder).trained))
        os.kill(program.app, signal.SIGKILL)
        assert program.ended() == 1
        said = said_after(program)
        assert BACK_TO_NORMAL.encode() in program.output
        assert b"echornn-tui: killed by SIGKILL\r\n" in said
        assert RESUME.findall(said) == [str(folder).encode()]
    trained = run_dir.read(folder).trained
    assert trained > 0 or state == "loading"
    with running("--resume", str(folder), "--speed", "1000", scripted=True) as program:
        program.until(lambda text: "running" in text and epoch(text) >= trained // 666 + 1)
        program.press("q")
        assert program.ended() == 0


@pytest.mark.parametrize(("state", "flags"), [("loading", "--at 2 --learning-rate 0.1"), ("running", "")])
def test_killed_it_names_the_flags_that_are_not_carried_out_yet(state: str, flags: str, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    recorded(folder, 4)
    given = ("--resume", str(folder), "--learning-rate", "0.1", "--at", "2", "--speed", "0.01")
    with running(*given, scripted=state == "running") as program:
        program.until(lambda text: state in text)
        os.kill(program.app, signal.SIGKILL)
        assert program.ended() == 1
        assert f"--resume {folder} {flags}".strip().encode() + b"\r\n" in said_after(program)


def test_what_native_code_wrote_last_is_shown(tmp_path: Path) -> None:
    with running("--run", str(tmp_path / "run"), scripted=True) as program:
        program.until(lambda text: "running" in text)
        with open(f"/proc/{program.app}/fd/2", "ab") as native:
            native.write(b"F0000 device.cc:1] Check failed: everything\n")
        os.kill(program.app, signal.SIGABRT)
        assert program.ended() == 1
        said = said_after(program)
        assert b"Check failed: everything" in said
        assert b"echornn-tui: killed by SIGABRT\r\n" in said
        assert RESUME.findall(said) == [str(tmp_path / "run").encode()]


@pytest.mark.parametrize("state", ["loading", "running"])
def test_without_its_guardian_the_app_saves_and_ends(state: str, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    is_running = state == "running"
    with running("--run", str(folder), "--speed", "1000", under_a_shell=True, scripted=is_running) as program:
        program.until(lambda text: state in text and (epoch(text) >= 2 or not is_running))
        app = program.app
        os.kill(program.guardian, signal.SIGKILL)
        program.press("x")  # the app and the shell both try to read this key
        said = [b"code 137", b"go on with: echornn-tui --resume %s\r\n" % str(folder).encode()]
        program.until(lambda _: all(words in program.output for words in said) and gone(app))
        assert RESUME.findall(said_after(program)) == [str(folder).encode()]
        program.press("\n")
        assert program.ended() == 0, "the shell's own"
    assert run_dir.read(folder).trained > 666 or state == "loading"


@pytest.mark.parametrize(
    ("to", "number"),
    [
        ("app", signal.SIGTERM),
        ("app", signal.SIGINT),
        ("group", signal.SIGHUP),
        ("group", signal.SIGINT),
    ],
)
def test_a_signal_to_the_app_or_to_both_ends_it_in_order(to: str, number: signal.Signals, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with running("--run", str(folder), "--speed", "1000", scripted=True) as program:
        program.until(lambda text: "running" in text and epoch(text) >= 2)
        assert program.app != program.guardian == program.pid
        {
            "app": lambda: os.kill(program.app, number),
            "group": lambda: os.killpg(program.pid, number),
        }[to]()
        assert program.ended() == 42
        said = said_after(program)
        assert RESUME.findall(said) == [str(folder).encode()]
        assert b"killed" not in said
    assert run_dir.read(folder).trained > 666


def test_a_user_signal_to_the_guardian_saves_and_the_lock_is_the_apps_and_ends_with_it(tmp_path: Path) -> None:
    with running("--run", str(tmp_path / "run"), "--speed", "0.01", scripted=True) as program:
        program.until(lambda text: "running" in text and "window   1/666" in text)
        newest = wait_for(lambda: run_dir.read(tmp_path / "run").checkpoint)
        assert newest is not None
        os.kill(program.pid, signal.SIGUSR1)
        wait_for(lambda: (run_dir.read(tmp_path / "run").checkpoint or newest).serial != newest.serial)
        assert int((tmp_path / "run" / run_dir.LOCK_FILE).read_text()) == program.app
        os.kill(program.pid, signal.SIGSTOP)
        os.kill(program.app, signal.SIGKILL)
        wait_for(lambda: lock_is_free(tmp_path / "run"))
        os.kill(program.pid, signal.SIGCONT)
        assert program.ended() == 1


def test_it_stops_and_wakes_as_one_job() -> None:
    with running("--speed", "1000", "--num-epochs", "100000", scripted=True) as program:
        program.until(lambda text: "running" in text)
        app = program.app
        for to_all, number in product((False, True), (signal.SIGTSTP, signal.SIGSTOP)):
            os.killpg(program.pid, number) if to_all else os.kill(app, number)
            program.stops()
            program.until(lambda _: stopped(app))
            os.killpg(program.pid, signal.SIGCONT) if to_all else os.kill(program.pid, signal.SIGCONT)
            before = epoch(program.text)
            program.until(lambda text, before=before: "running" in text and epoch(text) > before)  # type: ignore[misc]
            program.until(
                lambda text: all(words in text for words in ("chance 0.693", "errors", "input ", "row 5", "q Quit"))
            )
        program.press("q")
        assert program.ended() == 0
        assert said_after(program)


def test_bad_usage_on_a_terminal_is_one_clear_line_and_exit_code_2() -> None:
    for arguments, words in ((["--seed", "-1"], "seed = -1 cannot"), (["--resume", "/nowhere"], "/nowhere holds no")):
        with running(*arguments) as program:
            assert program.ended() == 2
            first, second = program.output.decode().splitlines()
            assert first.startswith(f"echornn-tui: {words}")
            assert second == "Try 'echornn-tui --help'."


def test_a_user_signal_before_the_app_listens_is_no_harm() -> None:
    with running() as program:
        wait_for(lambda: program.app != program.pid)
        os.kill(program.pid, signal.SIGUSR1)
        program.until(lambda text: "loading" in text)
        program.press("q")
        assert program.ended() == 0


def test_a_signal_for_an_app_that_has_just_ended_is_no_failure() -> None:
    """A lost terminal sends a hangup to both; the guardian may handle it after the app's end."""
    code = (
        "import os, signal\n"
        "from tui.term import guardian\n"
        "child = os.fork()\n"
        "if not child: os._exit(42)\n"
        "os.waitpid(child, 0)\n"
        "guardian.forward_to(child)\n"
        "signal.raise_signal(signal.SIGHUP)\n"
        "print('goes on')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout) == (0, "goes on\n")


def test_a_guardian_that_is_gone_is_not_woken_nor_who_took_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, _: woken.append(pid))
    Guarded(-1, NativeLog(), os.getppid()).wake()
    Guarded(-1, NativeLog(), os.getppid() + 1).wake()
    assert woken == [os.getppid()]

    def refuse(pid: int, _: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    Guarded(-1, NativeLog(), os.getppid()).wake()
