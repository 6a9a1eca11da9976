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
    with running("probe", str(RUN), width=100, height=200, environment=home) as program:
        program.until(lambda text: "loading TensorFlow" in text)
        program.until(lambda text: "loss on held-out data" in text)
        assert program.ended() == 0
        assert "loading TensorFlow" not in program.text
        assert "measuring" not in program.text
        assert program.text.lstrip().startswith("after window")


def test_training_without_the_app_says_what_it_loads_until_its_first_line(tmp_path: Path) -> None:
    flags = ("--headless", "--num-epochs", "1", "--total-series-length", "7500")
    with running(*flags, "--run", str(tmp_path / "run"), width=100) as program:
        program.until(lambda text: "loading TensorFlow" in text)
        program.until(lambda text: "go on with" in text)
        assert program.ended() == 0
        assert "loading TensorFlow" not in program.text
