"""The mouse on a real pty: reports act, and each way out leaves the terminal without them."""

from __future__ import annotations

import os
import signal
from functools import partial

import pytest

from tests.program import Program, running, stopped
from tui.preferences.chosen import preferences

SWITCH = "ECHORNN_NO_MOUSE"

MODES = (1000, 1003, 1006)


def _is_stopped_and_mended(program: Program, app: int, _: str) -> bool:
    """Whether the app stands still and the terminal was given back; the last bytes arrive a while after it stopped."""
    return stopped(app) and program.mended


def _has_drawn_since(program: Program, before: int, _: str) -> bool:
    """Whether the app has taken the terminal again, and has drawn its first frame there."""
    rest = program.output.split(on(1003), before + 1)
    return len(rest) > before + 1 and b"Quit" in rest[-1]


def on(mode: int) -> bytes:
    return b"\x1b[?%dh" % mode


@pytest.mark.parametrize(
    ("flag", "said", "used"), [(None, "", True), (False, "", False), (False, "0", False), (None, "1", False)]
)
def test_the_flag_goes_before_the_environment(
    flag: bool | None, said: str, used: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SWITCH, said)
    assert preferences(mouse=flag).mouse is used


@pytest.mark.slow
def test_reports_of_the_mouse_act_and_stopped_continued_killed_or_left_none_comes_any_more() -> None:
    for end in ("q", "kill"):
        with running(scripted=True) as program:
            program.until(lambda text: "running" in text)
            assert all(on(mode) in program.output for mode in MODES)
            program.press("\x1b[<0;4;1M\x1b[<0;4;1m")  # on the word that says that it runs
            program.until(lambda text: "paused" in text and "Resume" in text and "q Quit" in text)
            line = next(y for y, text in enumerate(program.screen.display) if "Resume" in text)
            at = program.screen.display[line].index("q Quit") + 4  # its middle: the line may move by a column yet
            if end == "q":
                os.kill(program.app, signal.SIGTSTP)
                program.until(partial(_is_stopped_and_mended, program, program.app))
                before = program.output.count(on(1003))
                os.killpg(program.pid, signal.SIGCONT)
                program.until(partial(_has_drawn_since, program, before))
                program.press(f"\x1b[<0;{at};{line + 1}M\x1b[<0;{at};{line + 1}m")
                assert program.ended() == 0
            else:
                os.kill(program.app, signal.SIGKILL)
                assert program.ended() == 1
            assert program.mended


@pytest.mark.slow
@pytest.mark.parametrize("way", ["flag", "environment"])
def test_without_the_mouse_the_terminal_is_not_asked_for_it(way: str) -> None:
    flags, environment = (["--no-mouse"], {}) if way == "flag" else ([], {SWITCH: "1"})
    with running(*flags, "--speed", "1000", environment=environment, scripted=True) as program:
        program.until(lambda text: "running" in text)
        program.press("q")
        assert program.ended() == 0
        assert not any(on(mode) in program.output for mode in MODES)
