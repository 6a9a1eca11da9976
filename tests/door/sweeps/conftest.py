"""The command to sweep, as the tests of this folder use it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.door.sweeps import stage

Swept = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def swept(capfd: pytest.CaptureFixture[str]) -> Swept:
    """What the command to sweep answers; the engine trains at once, with results by rule, unless one is given."""

    def answer(folder: Path, *flags: str, engine: Any = None) -> CompletedProcess[str]:
        with stage.engine_is(engine or stage.scripted_engine()):
            code = stage.sweep(folder, *flags)
        return CompletedProcess(flags, code, *capfd.readouterr())

    return answer
