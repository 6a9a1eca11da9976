"""ctrl+q overtakes the keys that wait, on a real terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.answered import answered
from tests.program import running

pytestmark = pytest.mark.slow

MANY = 300


def test_quit_overtakes_the_keys_that_wait_and_what_trained_is_kept(tmp_path: Path) -> None:
    with running("--run", str(tmp_path / "run"), "--speed", "max", scripted=True) as program:
        program.until(lambda text: "running" in text)
        program.press("R" * MANY + "\x11")
        assert program.ended() == 0
    branches = answered("branches", str(tmp_path / "run"), "--json").stdout.splitlines()
    assert 1 <= len(branches) < MANY / 2
