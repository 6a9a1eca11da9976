"""Settings in the real program: training uses the typed values."""

from __future__ import annotations

import pytest

from tests.program import epoch, running

pytestmark = pytest.mark.slow

DOWN, ESCAPE = "\x1b[B", "\x1b"


def closed(text: str) -> bool:
    """Whether the settings are closed: their title names the keys that nudge."""
    return "+/- nudge" not in text


def test_another_network_is_trained_while_the_screen_stays_and_undo_goes_back() -> None:
    with running("--speed", "1000", "--num-epochs", "1000", width=100, height=40, scripted=True) as program:
        program.until(lambda text: "running" in text and "state 4" in text and epoch(text) >= 2)
        program.press("s")
        program.until(lambda text: "state_size" in text and "learning_rate" in text)
        program.press(DOWN * 9 + "6\r")
        program.press(ESCAPE)
        program.until(lambda text: "running" in text and "state 6" in text and "u Undo" in text and closed(text))
        program.press("u")
        program.until(lambda text: "running" in text and "state 4" in text and "u Undo" not in text)
        program.press("s")
        program.until(lambda text: "learning_rate" in text)
        program.press(DOWN + "0\r")
        program.until(lambda text: "learning_rate = 0.0 cannot be used" in text)
        program.press("0.05\r" + ESCAPE)
        program.until(lambda text: "adagrad 0.05" in text and "running" in text and closed(text))
        program.press("s")
        program.until(lambda text: not closed(text) and "learning_rate" in text)
        program.press(DOWN + "-" * 6)
        program.until(lambda text: "adagrad 0.005" in text and "running" in text)
        program.press("q")
        assert program.ended() == 0
