"""Resuming gives exactly the losses of a run that was never interrupted, with the real trainer."""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.runs.command import Command
from echornn.runs.recorder import RunRecorder
from echornn.runs.run_dir import COMMAND_FILE, LOSS_FILE, WINDOW
from echornn.training.programs import Programs
from echornn.training.trainer import Trainer

CONFIG = EchoConfig(num_epochs=4, total_series_length=500, truncated_backprop_length=10, batch_size=5, init="glorot")
"""Ten windows an epoch (with a stride of 3, thirty-one)."""

STORY: list[int | str] = [7, "regenerate", 6, "edit", 9, "reset", 4, "redraw", 13, "regenerate", 8]


def tell(recorder: RunRecorder, trainer: Trainer, story: list[int | str], trained: int) -> None:
    """Train and command as the story says, and record it."""
    for step in story:
        if isinstance(step, int):
            recorder.windows(trainer.advance(step))
            trained += step
            continue
        recorder.save(trainer.state)
        cause: Any = step
        match step:
            case "edit":
                trainer.edit(replace(trainer.config, learning_rate=0.05, echo_step=2, num_epochs=9))
            case "redraw":
                trainer.reset(trainer.draw + 1)
            case "reset":
                trainer.reset(trainer.draw)
            case _:
                trainer.regenerate()
        place = (trainer.epoch, trainer.window, trainer.generation, trainer.draw)
        recorder.command(Command(trained, cause, *place, trainer.config))


@pytest.mark.parametrize(
    ("optimizer", "stride"), [("adagrad", None), ("adagrad", 3), ("adam", 3), ("rmsprop", None), ("sgd", None)]
)
def test_bit_for_bit(tmp_path: Path, optimizer: str, stride: int | None) -> None:
    config = replace(CONFIG, optimizer=optimizer, stride=stride)
    programs = Programs()  # compiled once for the trainers that come one after the other
    whole = RunRecorder.begin(tmp_path / "whole", config)
    trainer = Trainer(config, programs)
    tell(whole, trainer, STORY, 0)
    whole.save(trainer.state)
    whole.close()

    parts = RunRecorder.begin(tmp_path / "parts", config)
    part = Trainer(config, programs)
    trained = 0
    for number, step in enumerate(STORY):
        tell(parts, part, [step], trained)
        trained += step if isinstance(step, int) else 0
        parts.save(part.state)
        assert parts.wait(30)
        parts.windows(part.advance(2))  # ahead of the checkpoint when the process dies
        parts._losses.flush()
        parts.close()
        parts = RunRecorder.go_on(tmp_path / "parts")
        assert parts.resumed is not None
        assert parts.resumed.checkpoint is not None
        assert parts.resumed.trained == trained
        if number in (3, 7):  # another process has a trainer of its own
            del part
            gc.collect()
            part = Trainer(parts.resumed.config, programs)
        part.config = parts.resumed.config
        part.restore(parts.resumed.checkpoint.state)
    assert (tmp_path / "parts" / LOSS_FILE).read_bytes() == (tmp_path / "whole" / LOSS_FILE).read_bytes()
    assert len(np.fromfile(tmp_path / "whole" / LOSS_FILE, WINDOW)) == 7 + 6 + 9 + 4 + 13 + 8
    for name, array in trainer.weights.items():
        assert part.weights[name].tobytes() == array.tobytes()
    assert (tmp_path / "parts" / COMMAND_FILE).read_bytes() == (tmp_path / "whole" / COMMAND_FILE).read_bytes()
