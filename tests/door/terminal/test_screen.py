"""What is sent to the terminal: few bytes, the colours that it has, the size that it has, and no
more than it takes."""

from __future__ import annotations

import random
import re
from contextlib import ExitStack
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
    return [
        [tuple(screen.buffer[y][x]) for x in range(screen.columns)] for y in range(screen.lines)
    ]


def test_small_changes_take_few_bytes_and_the_terminal_shows_what_textual_would_draw() -> None:
    dice = random.Random(1)
    keys = [
        ".",
        ".",
        ".",
        "1.",
        "2.",
        "3.",
        "l.",
        "?\x1b[27u.",
        "s\x1b[27u.",
        "b\x1b[27u.",
        "\x1b[D.",
        "[.",
        "w.",
    ]
    with ExitStack() as stack:
        program, textual = both = [
            stack.enter_context(
                running(
                    "--paused",
                    width=120,
                    height=40,
                    environment={"ECHORNN_PLAIN_SCREEN": plain},
                    scripted=True,
                )
            )
            for plain in ("0", "1")
        ]
        for one in both:
            one.press(".")
            one.until(
                lambda text: "paused" in text and "window   1/666" in text and "q Quit" in text
            )
        for turn in range(8):
            for _ in range(4):  # what is drawn late, the next try finds there
                key = keys[turn] if turn % 2 else dice.choice(keys)
                for one in both:
                    one.press(key)
                for one in both:
                    one.quiet_for(0.2)
                if same := cells(program) == cells(textual):
                    break
            assert same, f"after {key!r}"
            if turn == 5:
                for one in both:
                    one.resize(100, 30)
                    one.until(lambda text: "q Quit" in text.splitlines()[29])
        before = len(program.output)
        program.scribble(90, 29, "~~~~~~~~~~")  # where the last bytes go
        program.press("\x0c")
        program.until(lambda text: "~" not in text and cells(program) == cells(textual))
        whole = len(program.output) - before
        program.press("+")
        program.until(lambda text: "200 windows/s" in text)
        program.quiet_for(0.2)
        before = len(program.output)
        program.press("-")
        program.until(lambda text: "100 windows/s" in text)
        assert len(program.output) - before < whole / 20
        for one in both:
            one.press("q")
            assert one.ended() == 0


def test_a_slow_terminal_slows_no_training_and_is_sent_the_newest_picture_when_it_is_ready(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "run"
    endless = ("--run", str(folder), "--speed", "3000", "--num-epochs", "1000000")
    with running(*endless, scripted=True) as program:
        # until it has seen that this terminal answers, it waits for none
        program.until(lambda text: "running" in text and program.output.count(b"\x1b[6n") > 5)
        program.is_slow = True
        program.until(lambda _: program.withheld)
        program.quiet_for(0.5)  # it would draw several frames
        shown, before = program.text, trained(folder)
        wait_for(lambda: trained(folder) > before)
        now = trained(folder) // 666
        assert not program.read_for(0) or program.text == shown
        program.answer()
        program.until(lambda text: epoch(text) > now)
        program.press("q")
        assert program.ended() == 0
        assert not program.withheld, "an answer after the end would be the shell's input"


def test_the_screen_is_as_large_as_the_terminal_says_also_after_two_changes_at_once(
    tmp_path: Path,
) -> None:
    """Whatever size a parent has left in the environment, as programs do that import readline."""
    size, flags = {"COLUMNS": "80", "LINES": "24"}, ("--run", str(tmp_path / "run"), "--no-serve")
    with running(*flags, width=100, height=40, environment=size, scripted=True) as program:
        program.until(lambda text: "q Quit" in text.splitlines()[39])
        assert answered("attach", "--once", str(tmp_path / "run")).returncode == 2, (
            "it is not served"
        )
        program.resize(64, 20)
        program.until(lambda text: "space Pause" in text.splitlines()[19])
        program.resize(100, 30)
        program.resize(180, 50)
        program.until(
            lambda text: "q Quit" in text.splitlines()[49] and re.search("window [0-9].{150}", text)
        )
        program.press("q")
        assert program.ended() == 0


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
        program.until(lambda text: "running" in text and "q Quit" in text)
        assert program.text.isascii()
        program.press("q")
        assert program.ended() == 0
    marks = rb"[0-9]|2[0-9]"
    every = re.compile(rb"(?:(?:^|;)(?:%s|39|49|%s))+|" % (colour, marks))
    codes = {found for found in SGR.findall(program.output) if found}
    assert any(re.search(rb"(?:^|;)%s(?:$|;)" % colour, one) for one in codes), codes
    assert all(every.fullmatch(one) for one in codes), [
        one for one in codes if not every.fullmatch(one)
    ]
    assert not any(b"\x1b[?%dh" % mode in program.output for mode in (1000, 1003, 1006))
