"""What is sent to the terminal: few bytes, the colours that it has, the size that it has, and no
more than it takes."""

from __future__ import annotations

import re
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.answered import answered
from tests.door.terminal.ended import trained
from tests.patience import wait_for
from tests.program import Program, epoch, running

pytestmark = pytest.mark.slow

SGR = re.compile(rb"\x1b\[([0-9;]*)m")


def cells(program: Program) -> list[list[tuple[object, ...]]]:
    """Every cell of the terminal: its character, colours and marks."""
    screen = program.screen
    rows = [screen.buffer[y] for y in range(screen.lines)]
    return [[tuple(row[x]) for x in range(screen.columns)] for row in rows]


def show_the_same(programs: list[Program]) -> bool:
    """Whether two terminals show the same, once nothing more comes."""
    for program in programs:
        program.quiet_for(0.2)
    first, second = programs
    return cells(first) == cells(second)


KEYS = ("?\x1b[27u.", "s\x1b[27u.", "2.")


def test_the_terminal_shows_what_textual_would_draw_and_small_changes_take_few_bytes() -> None:
    both = []
    with ExitStack() as stack:
        for plain in ("0", "1"):
            own_output = {"ECHORNN_PLAIN_SCREEN": plain}
            paused = running(
                "--paused", width=120, height=40, environment=own_output, scripted=True
            )
            both.append(stack.enter_context(paused))
        for program in both:
            program.press(".")
            program.shows("paused", "window   1/666", "q Quit")
        for number, keys in enumerate(KEYS, 2):
            for program in both:
                program.press(keys)
                program.matches(f"window +{number}/666")
            wait_for(partial(show_the_same, both))
        for program in both:
            program.resize(100, 30)
            program.shows_on_line(29, "q Quit")
        wait_for(partial(show_the_same, both))
        sent = []
        for program in both:
            before = len(program.output)
            program.press(".")
            program.matches("window +5/666")
            program.quiet_for(0.2)
            sent.append(len(program.output) - before)
        few, many = sent
        assert few < many / 2
        for program in both:
            assert program.quit() == 0


def test_a_slow_terminal_slows_no_training_and_is_sent_the_newest_picture_when_it_is_ready(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "run"
    endless = ("--run", folder, "--speed", 3000, "--num-epochs", 1_000_000)
    with running(*endless, scripted=True) as program:
        # until it has seen that this terminal answers, it waits for none
        program.until(lambda text: "running" in text and program.output.count(b"\x1b[6n") > 5)
        program.is_slow = True
        program.until(lambda _: program.withheld)
        program.quiet_for(0.5)  # it would draw several frames
        shown = program.text
        before = trained(folder)
        wait_for(lambda: trained(folder) > before)
        now = trained(folder) // 666
        assert not program.read_for(0) or program.text == shown
        program.answer()
        program.until(lambda text: epoch(text) > now)
        assert program.quit() == 0
        assert not program.withheld, "an answer after the end would be the shell's input"


def test_the_screen_is_as_large_as_the_terminal_says_also_after_two_changes_at_once(
    tmp_path: Path,
) -> None:
    """Whatever size a parent has left in the environment, as programs do that import readline."""
    size = {"COLUMNS": "80", "LINES": "24"}
    run = tmp_path / "run"
    flags = ("--run", run, "--no-serve")
    with running(*flags, width=100, height=40, environment=size, scripted=True) as program:
        program.shows_on_line(39, "q Quit")
        assert answered("attach", "--once", run).returncode == 2, "it is not served"
        program.resize(64, 20)
        program.shows_on_line(19, "space Pause")
        program.resize(100, 30)
        program.resize(180, 50)
        program.shows_on_line(49, "q Quit")
        program.matches("window [0-9].{150}")
        assert program.quit() == 0


COLOURS = {
    "16": ({"TERM": "xterm"}, rb"(?:3|4|9|10)[0-79]"),
    "greys": ({"COLORTERM": "truecolor", "NO_COLOR": "1"}, rb"[34]8;2;(\d+);\1;\1"),
}


@pytest.mark.parametrize("kind", COLOURS)
def test_the_terminal_is_sent_the_colours_that_it_has_and_keeps_a_mouse_that_is_not_asked_for(
    kind: str,
) -> None:
    environment, colour = COLOURS[kind]
    with running("--ascii", "--no-mouse", environment=environment, scripted=True) as program:
        program.shows("running", "q Quit")
        assert program.text.isascii()
        assert program.quit() == 0
    marks = rb"[0-9]|2[0-9]"
    allowed = re.compile(rb"(?:(?:^|;)(?:%s|39|49|%s))+" % (colour, marks))
    codes = {code for code in SGR.findall(program.output) if code}
    for code in codes:
        assert allowed.fullmatch(code)
    assert re.search(rb"(?:^|;)%s(?:$|;)" % colour, b"\n".join(codes), re.MULTILINE)
    for mode in (1000, 1003, 1006):
        assert b"\x1b[?%dh" % mode not in program.output
