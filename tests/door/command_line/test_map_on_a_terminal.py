"""The map on a terminal: a point is trained from it, and escape goes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.program import running
from tests.swept import SMALL, keep

pytestmark = pytest.mark.slow


def test_from_the_map_into_the_app_and_back(tmp_path: Path) -> None:
    folder = keep(tmp_path / "a sweep", [SMALL])
    with running("map", str(folder), scripted=True) as program:
        program.until(lambda text: "cell rnn, echo_step 12" in text)
        program.press("\x1b[B\r")
        program.until(lambda text: "running" in text and "gru" in text and "echo 12" in text)
        program.press("\x1b")
        program.until(lambda text: "cell gru, echo_step 12" in text)
        program.press("\r")
        program.until(lambda text: "running" in text)
        program.press("q")
        assert program.ended() == 0
        assert program.text.count("go on with: echornn-tui --resume") == 2
        assert program.mended
