"""Recorded runs for tests in other folders; it goes with the last of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from echornn.config import EchoConfig
from echornn.runs.run_dir import LOSS_FILE, WINDOW
from echornn.runs.run_recorder import RunRecorder
from echornn.session.session import Session
from tests.on_a_thread import play
from tests.recorded import contents as contents
from tests.scripted import SMALL, ScriptedTrainer
from tests.steps import command


def recorded(folder: Path, *steps: int | str, config: EchoConfig = SMALL) -> np.ndarray:
    """Record a new run: numbers are windows to train, words are commands. Returns all windows, `WINDOW` [n]."""
    session = Session(config, make_trainer=ScriptedTrainer, recorder=RunRecorder.begin(folder, config))
    play(session, *map(command, steps))
    assert session.error is None
    return np.fromfile(folder / LOSS_FILE, WINDOW)
