"""The size of a real terminal changes twice in quick succession, as while a window is dragged."""

from __future__ import annotations

import pytest

from tests.program import running

pytestmark = pytest.mark.slow


def test_the_screen_is_whole_after_two_sizes_in_quick_succession() -> None:
    with running("--paused", width=100, height=40, scripted=True) as program:
        program.until(lambda text: "q Quit" in text.splitlines()[39])
        for size in [(64, 20), (100, 40), (180, 50), (100, 40), (64, 20), (180, 50)] * 2:
            program.resize(64, 20)
            program.resize(*size)
            program.until(lambda text, last=size[1] - 1: "q Quit" in text.splitlines()[last] and "┫" in text)
        program.press("q")
        assert program.ended() == 0
