"""Nobody waits without a word: what a command waits for stands on the last line, and is gone at the
end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.program import running

pytestmark = pytest.mark.slow

RUN = Path("tests/data/docs/echo-run").resolve()


def test_what_a_probe_waits_for_is_on_the_screen_and_not_in_what_it_prints(tmp_path: Path) -> None:
    home = {"XDG_STATE_HOME": str(tmp_path)}
    with running("probe", RUN, width=100, height=200, environment=home) as program:
        program.shows("loading TensorFlow")
        program.shows("loss on held-out data")
        assert program.ended() == 0
        assert "loading TensorFlow" not in program.text
        assert "measuring" not in program.text
        assert program.text.lstrip().startswith("after window")


def test_training_without_the_app_says_what_it_loads_until_ctrl_c_ends_it(tmp_path: Path) -> None:
    with running("--headless", "--run", tmp_path / "run", width=100) as program:
        program.shows("loading TensorFlow")
        program.press("\x03")
        assert program.ended() == 42
        assert program.mended
        assert "loading TensorFlow" not in program.text
        assert b"Traceback" not in program.output
