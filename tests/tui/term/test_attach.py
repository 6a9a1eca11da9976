"""The real program in the background, and viewers on pseudo-terminals that attach to it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from echornn.remote.address import Address, AddressError
from echornn.remote.connection import connected, end_session, viewers_of
from echornn.runs import run_dir
from tests.detached import detached
from tests.patience import PATIENCE, wait_for
from tests.program import Program, gone, running
from tests.sockets import own_sockets
from tui.cli.front_ends.attach_by_ssh import split
from tui.cli.program import exit_code_of

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def sockets(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with own_sockets(monkeypatch, tmp_path_factory):
        yield


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The folder of a run that trains in the background, so slowly that it stays in its first epoch."""
    with detached(tmp_path / "run", speed=1) as run:
        yield run


def attached(folder: Path, width: int = 80, height: int = 24) -> AbstractContextManager[Program]:
    return running("attach", str(folder), width=width, height=height, scripted=True)


def test_two_terminals_look_at_a_run_in_the_background_and_one_steers(folder: Path) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(attached(folder, 100, 30))
        first.until(lambda text: "running" in text and "q Quit" in text.splitlines()[29])
        second = stack.enter_context(attached(folder))
        second.until(lambda text: "running" in text and "steers: W takes over" in text)
        wait_for(lambda: len(viewers_of(folder, PATIENCE)[0]) == 2)
        first.press(" ")
        for viewer in (first, second):
            viewer.until(lambda text: "paused" in text)
        second.press("e")
        second.until(lambda text: "steers: W takes over" in text)
        second.press("W")
        second.press("e")  # at once
        first.until(lambda text: "steers: W takes over" in text)
        for viewer in (first, second):
            viewer.until(lambda text: "window 666/666" in text)
        second.press("2")
        second.until(lambda text: "matrix" in text)
        assert "matrix" not in first.text
        second.press("q")
        assert second.ended() == 0
        assert "the session goes on" in second.text
        first.until(lambda text: "steers" not in text)
        assert end_session(folder, PATIENCE) == ""
        first.until(lambda text: "the session was ended" in text and "q leaves" in text)
        first.press("q")
        assert first.ended() == 0
        assert "--resume" in first.text
    run = run_dir.read(folder)
    assert (run.position.window, run.notes) == (666, ())
    with pytest.raises(AddressError, match="is not trained now"):
        Address.read(folder)


def test_a_killed_session_is_said_and_a_killed_viewer_is_nothing(folder: Path) -> None:
    process = Address.read(folder).process
    with attached(folder) as lost, attached(folder) as viewer:
        for one in (viewer, lost):
            one.until(lambda text: "running" in text and ("steers" in text or "looks on" in text))
        os.killpg(lost.pid, signal.SIGKILL)
        wait_for(lambda: len(viewers_of(folder, PATIENCE)[0]) == 1)
        viewer.until(lambda text: "steers" not in text and "looks on" not in text)
        viewer.press(" ")
        viewer.until(lambda text: "paused" in text)
        os.kill(process, signal.SIGKILL)
        viewer.until(lambda text: "the connection to the session is lost" in text)
        viewer.press("q")
        assert viewer.ended() == 0
    with pytest.raises(AddressError, match="has ended"):
        connected(folder).close()


def test_an_attached_app_goes_with_its_terminal_and_the_training_stays(folder: Path) -> None:
    with attached(folder) as viewer:
        viewer.until(lambda text: "running" in text)
        app = viewer.app
        viewer.close_terminal()
        wait_for(lambda: gone(app))
    wait_for(lambda: viewers_of(folder, PATIENCE) == ((), ""))


def test_a_folder_may_have_any_name_and_its_output_is_json_alone(tmp_path: Path) -> None:
    run = tmp_path / "a\udcff b\nc"
    with running("--detach", "--json", "--run", str(run), "--speed", "20", width=250, scripted=True) as program:
        program.until(lambda text: "end it with" in text)
        assert program.ended() == 0
    process = Address.read(run).process
    assert end_session(run, PATIENCE) == ""
    wait_for(lambda: gone(process))
    events = [json.loads(line)["event"] for line in (run / "output.txt").read_text().splitlines()]
    assert events[0] == "start"
    assert "go on with: echornn-tui --resume" in (run / "errors.txt").read_text()


def test_from_the_app_into_the_background(tmp_path: Path) -> None:
    run = tmp_path / "run"
    app = running("--run", str(run), "--speed", "50", width=200, scripted=True)
    with app as program, attached_when_served(run, program) as viewer:
        viewer.until(lambda text: "running" in text)
        program.press(" ")
        viewer.until(lambda text: "paused" in text)
        program.press("D")
        program.until(lambda text: "end it with" in text)  # it leaves when its terminal takes its last words
        assert program.ended() == 0
        assert program.mended
        viewer.until(lambda text: "the session goes on in the background: attach again with" in text)
        viewer.press("q")
        assert viewer.ended() == 0
    assert end_session(run, PATIENCE) == ""
    assert not (run / "serving.json").exists()


def test_an_app_is_attached_to_as_well_unless_it_does_not_serve(tmp_path: Path) -> None:
    run, alone = tmp_path / "run", tmp_path / "alone"
    with running("--run", str(run), scripted=True) as program, attached_when_served(run, program) as viewer:
        viewer.until(lambda text: "running" in text and "steers: W takes over" in text)
        program.until(lambda text: "looks on" in text)
        program.press("q")
        assert program.ended() == 0
        viewer.until(lambda text: "the session was ended" in text)
        viewer.press("q")
        assert viewer.ended() == 0
    with running("--run", str(alone), "--no-serve", scripted=True) as program:
        program.until(lambda text: "running" in text)
        with pytest.raises(AddressError, match="or by a program that cannot be attached to"):
            Address.read(alone)
        program.press("q")
        assert program.ended() == 0


def attached_when_served(folder: Path, program: Program) -> AbstractContextManager[Program]:
    program.until(lambda text: "running" in text)
    wait_for(lambda: (folder / "serving.json").exists())
    return attached(folder)


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["box:my run"], "-t box echornn-tui attach 'my run'"),
        (["me@box.lan:", "--ascii", "--fps", "2"], "-t me@box.lan echornn-tui attach --fps 2 --ascii"),
        (["box:runs/a;b", "--stop"], "box echornn-tui attach --stop 'runs/a;b'"),
        (["box:a", "--once", "--theme", "light"], "box echornn-tui attach --once --theme light a"),
        (["box:a", "--read-only"], "-t box echornn-tui attach --read-only a"),
    ],
)
def test_on_another_machine_ssh_runs_the_same_command(arguments: list[str], command: str, tmp_path: Path) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\necho "ssh $*."\n')
    ssh.chmod(0o755)
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    with running("attach", *arguments, width=120, scripted=True, environment=path) as program:
        program.until(lambda text: f"ssh {command}." in text)
        assert program.ended() == 0


@pytest.mark.parametrize(
    ("end", "why"),
    [
        ("kill -9 $$", "ssh was ended by SIGKILL"),
        ("exit 255", "there is no connection to box"),
        ("exit 127", "box does not find echornn-tui"),
    ],
)
def test_when_ssh_is_gone_the_terminal_is_restored(end: str, why: str, tmp_path: Path) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text(f"#!/bin/sh\nstty raw -echo\nprintf '\\033[?1049h\\033[?25lTHERE'\n{end}\n")
    ssh.chmod(0o755)
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    with running("attach", "box:a", width=120, scripted=True, environment=path) as program:
        program.until(lambda text: f"{why}; try again with: echornn-tui attach box:a" in text)
        assert program.ended() == 1
        assert program.mended


def test_a_host_is_never_a_flag_of_ssh() -> None:
    assert [split(name) for name in ("-oProxyCommand=x:run", "--:a", ":a", "/a:b", "a", None)] == [None] * 6


@pytest.mark.parametrize(
    ("arguments", "why_not"),
    [
        (["attach", "nowhere"], "the run in nowhere is not trained now, or by a program that cannot be attached to"),
        (["--detach", "--echo-step", "-1"], "echo_step = -1 cannot be used"),
    ],
)
def test_what_cannot_be_attached_to_is_refused_in_a_line(arguments: list[str], why_not: str, tmp_path: Path) -> None:
    with running(*arguments, width=160, scripted=True, environment={"XDG_STATE_HOME": str(tmp_path)}) as program:
        assert program.ended() == 2
        assert why_not in program.text
        assert "Traceback" not in program.text


@pytest.mark.parametrize(
    ("arguments", "why_not"),
    [
        (["--stop", "nowhere"], "the run in nowhere is not trained now, or by a program that cannot be attached to"),
        (["--once", "--stop"], "--once cannot be used with --stop: it only looks"),
        (["--fps", "0"], "fps = 0.0 cannot be used: 0.1 to 60"),
    ],
)
def test_flags_of_attach_that_cannot_be_used_are_refused_in_a_line(
    arguments: list[str], why_not: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(["attach", *arguments]) == 2
    printed, complained = capfd.readouterr()
    assert printed == ""
    assert complained.startswith(f"echornn-tui: {why_not}")
    assert "Traceback" not in complained
