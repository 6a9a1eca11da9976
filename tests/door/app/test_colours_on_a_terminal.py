"""With 16 colours: what is right, wrong, wanted and said can still be told apart."""

from __future__ import annotations

import re

import pytest

from tests.program import Program, running

pytestmark = pytest.mark.slow


def test_with_16_colours_rows_are_told_apart() -> None:
    with running(environment={"TERM": "screen"}, scripted=True) as program:
        text = paused_with_a_wrong_prediction(program)
        assert not re.search(rb"\x1b\[[0-9;]*[34]8;[25];", program.output)
        lines = text.split("\n")
        seen = {colour_of(program, y) for y, line in enumerate(lines) if re.match(" (input|echo|pred)", line)}
        assert len(seen) == 3
        y = next(y for y, line in enumerate(lines) if "><" in line)
        assert program.screen.buffer[y][lines[y].index("><")].bg != "default"
        program.press("q")
        assert program.ended() == 0


def paused_with_a_wrong_prediction(program: Program) -> str:
    program.until(lambda text: "running" in text and "><" in text)
    program.press(" ")
    return program.until(lambda text: "paused" in text and "Resume" in text and "><" in text)


def colour_of(program: Program, y: int) -> str:
    """The colour of the first full or shaded block on a line."""
    line = program.screen.display[y]
    return program.screen.buffer[y][re.search("[█▓▒░]", line).start()].fg  # type: ignore[union-attr]
