"""The real program on a terminal that sends invalid input: it survives, and handles the next key."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from functools import partial

import pytest

from tests.patience import wait_for
from tests.program import Program, running
from tests.tui.term.test_terminal_input import NOISE
from tui.term.plain_screen import SWITCH
from tui.term.terminal_input import PASTE_SECONDS

pytestmark = pytest.mark.slow

ESCAPE = "\x1b[27u"
"""As kitty sends it; it cannot be taken for the beginning of another key."""


def a_key_is_heard(program: Program) -> None:
    """Open and close the command palette."""
    program.press("\x10")
    program.until(lambda text: "Search for a command" in text)
    closes_the_palette(program)


def opens_the_palette(program: Program) -> bool:
    """Whether a key, or an earlier one, opens the palette soon; it does nothing where the palette is open."""
    program.press("\x10")
    program.read_for(0.3)
    return "Search for a command" in program.text


def closes_the_palette(program: Program) -> None:
    program.press(ESCAPE)
    program.until(lambda text: "Search for a command" not in text and "s Set" in text)


def test_it_hears_the_next_key_whatever_came() -> None:
    """Also on a plain screen; both run at the same time, since they wait repeatedly."""
    with ExitStack() as stack:
        programs = [
            stack.enter_context(running("--speed", "0.01", environment={SWITCH: switch}, scripted=True))
            for switch in ("0", "1")
        ]
        for program in programs:
            program.until(lambda text: "epoch 1/100" in text and "s Set" in text)
        for noise in NOISE.values():
            for program in programs:
                program.send(noise)
            for program in programs:
                program.read_for(0.06)  # a key within 0.1 s would be part of the sequence
            for program in programs:
                program.press("_")  # on a plain screen, a key after half a character is lost with it
        for program in programs:
            # on a plain screen, a key is lost with noise of the same read
            wait_for(partial(opens_the_palette, program))
            closes_the_palette(program)
            program.press("q")
            assert program.ended() == 0
            assert program.mended, (program.settings, program.settings_before, program.output[-300:])


def test_two_keys_in_one_packet_close_one_screen() -> None:
    with running("--speed", "0.01", scripted=True) as program:
        program.until(lambda text: "epoch 1/100" in text and "s Set" in text)
        for times in (2, 5):
            program.press("\x10")
            program.until(lambda text: "Search for a command" in text)
            program.press(ESCAPE * times)
            program.until(lambda text: "Search for a command" not in text)
            a_key_is_heard(program)
        program.press("q")
        assert program.ended() == 0


def test_two_enters_in_the_palette_run_one_command() -> None:
    """If the command ran twice, the loss axis would be linear again."""

    def shows(is_log: bool, text: str) -> bool:
        return ("1e-1" in text) == is_log and "s Set" in text

    with running("--speed", "0.01", scripted=True) as program:
        program.until(lambda text: "epoch 1/100" in text and "s Set" in text)
        for enters, is_log in (("\r\r", True), ("\r\r\r", False), ("\r" * 6, True)):
            program.press("\x10Log")
            program.until(lambda text: "Losses on a logarithmic axis" in text and "View" not in text)
            program.press(enters)
            program.until(partial(shows, is_log))
            program.quiet_for(0.5)
            assert ("1e-1" in program.text) == is_log
        program.press("q")
        assert program.ended() == 0


def test_a_paste_without_end_does_not_make_it_deaf() -> None:
    with running("--speed", "0.01", scripted=True) as program:
        program.until(lambda text: "epoch 1/100" in text and "s Set" in text)
        program.send(b"\x1b[200~" + b"r" * 100_000)
        # anything sooner is part of the paste
        wait_for(lambda: program.read_for(PASTE_SECONDS + 0.2) and opens_the_palette(program))
        closes_the_palette(program)
        a_key_is_heard(program)
        program.press("q")
        assert program.ended() == 0


def test_sizes_that_no_screen_has() -> None:
    with running("--speed", "0.01", scripted=True) as program:
        program.until(lambda text: "epoch 1/100" in text and "s Set" in text)
        for width, height in ((0, 0), (1, 1), (2, 60), (400, 2), (60_000, 24), (80, 60_000)):
            drawn = len(program.output)
            program.say_size(width, height)
            program.until(lambda _, drawn=drawn: len(program.output) > drawn)  # type: ignore[misc]
            program.quiet_for(0.3)
            program.say_size(80, 24)
            a_key_is_heard(program)
        program.press("q")
        assert program.ended() == 0


def test_an_app_that_panics_gives_the_terminal_back_says_how_the_run_goes_on_and_exits_with_1() -> None:
    broken = "import tui.app.app as a; a.EchoApp.action_log = lambda self: 1 / 0"
    main = "import tests.scripted_program as m; m.main()"
    with running(in_a_shell=f'exec {sys.executable} -c "{broken}; {main}"') as program:
        program.until(lambda text: "running" in text and "window  " in text)
        program.press("l")
        assert program.ended() == 1
        assert program.mended
        assert b"ZeroDivisionError" in program.output
        assert b"go on with: echornn-tui --resume" in program.output
