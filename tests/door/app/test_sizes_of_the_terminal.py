"""The size of a real terminal changes twice in quick succession, as while a window is dragged."""

from __future__ import annotations

import pytest

from tests.program import running

pytestmark = pytest.mark.slow


def test_a_terminal_that_shrinks_and_grows_again_at_once_has_the_whole_screen() -> None:
    with running("--speed", "20", width=180, height=50, scripted=True) as program:
        for milliseconds in range(0, 40, 4):
            program.until(lambda text: "space Pause" in text and "q Quit" in text.splitlines()[49] and "┫" in text)
            program.resize(64, 20)
            program.read_for(milliseconds / 1000)
            program.resize(180, 50)
        program.press("q")
        assert program.ended() == 0
