"""A run that is killed repeatedly equals a run that was never interrupted, bit for bit, with the real trainer."""

from __future__ import annotations

import gc
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from echornn.config import EchoConfig, Optimizer
from echornn.population_state import PopulationState
from echornn.replay.pace import Pace
from echornn.runs.run_dir import COMMAND_FILE, LOSS_FILE, WINDOW
from echornn.runs.run_files import SOLVED_FILE
from echornn.runs.run_recorder import RunRecorder
from echornn.runs.states import recorded_state
from echornn.session.live_run import LiveRun
from echornn.timeline.branch import Position
from echornn.training.any_trainer import MakeTrainer
from tests.compiled import SMALL, make_population
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow

CONFIG = replace(SMALL, init="glorot")
"""14 windows per epoch (21 with a stride of 2)."""

Step = int | str | Position

STORY: list[Step] = [
    *(7, "regenerate", 6, "edit", 9, "reset", 4, "undo", 5, "redraw", 13, "regenerate", 8),
    *(Position(2, 17), 6, "undo", Position(1, 13), 2),
]
"""Windows to train, commands, and positions to go to."""


def tell(live: LiveRun, step: Step) -> None:
    """Carry out a step of the story."""
    match step:
        case Position():
            live.go(step)
        case int():
            live.train(step)
        case "edit":
            live.edit(replace(live.config, learning_rate=0.05, echo_step=2, num_epochs=max(9, live.config.num_epochs)))
        case "rtrl" | "tbptt":
            live.edit(replace(live.config, rule=step))
        case "reset":
            live.reset()
        case "redraw":
            live.reset(1)
        case "alone":
            live.choose(1)
            live.alone()
        case "regenerate":
            live.regenerate()
        case "undo":
            live.undo()
    while not live.arrived:
        live.step(5)


def alive(recorder: RunRecorder, config: EchoConfig, make_trainer: MakeTrainer) -> LiveRun:
    live = LiveRun(config, make_trainer, recorder, Pace(math.inf, lambda: 0.0), lambda: 0.0)
    live.take_up()
    live.load()
    live.begin()
    return live


def killed(live: LiveRun, recorder: RunRecorder) -> None:
    """Save, train beyond the checkpoint with the losses on disk, and leave, as a killed process does."""
    live.save()
    assert recorder.wait(PATIENCE)
    recorder.windows(live.trainer.advance(2))
    recorder._losses.flush()
    recorder.close()


def all_of(state: PopulationState) -> list[bytes]:
    """All bits of a state's arrays."""
    recorded_state.fields_of(state, arrays := list[np.ndarray]())
    return [one.tobytes() for one in arrays]


@pytest.mark.parametrize(
    ("optimizer", "stride", "rule"),
    [
        ("adagrad", None, "tbptt"),
        ("adam", 2, "tbptt"),
        ("rmsprop", None, "tbptt"),
        ("sgd", None, "tbptt"),
        ("adagrad", 2, "rtrl"),
        ("adam", None, "snap1"),
    ],
)
def test_bit_for_bit(tmp_path: Path, optimizer: Optimizer, stride: int | None, rule: str) -> None:
    killed_after_each_step(tmp_path, replace(CONFIG, optimizer=optimizer, stride=stride, rule=rule), STORY)
    assert len(np.fromfile(tmp_path / "whole" / LOSS_FILE, WINDOW)) == 7 + 6 + 9 + 4 + 5 + 13 + 8 + 6 + 2


def test_another_learning_rule_goes_on_with_the_weights(tmp_path: Path) -> None:
    story: list[Step] = [5, "rtrl", 16, "regenerate", 4, "undo", 3, "tbptt", 4, Position(1, 9), 3, Position(0, 2), 2]
    killed_after_each_step(tmp_path, CONFIG, story)
    assert len(np.fromfile(tmp_path / "whole" / LOSS_FILE, WINDOW)) == 5 + 16 + 4 + 3 + 4 + 3 + 2


@pytest.mark.usefixtures("one_processor")
def test_of_a_population_and_of_one_of_it_alone_too(tmp_path: Path) -> None:
    story: list[Step] = [900, "regenerate", 6, "edit", 9, "redraw", 3, Position(1, 903), 6, "alone", 7]
    killed_after_each_step(tmp_path, replace(CONFIG, num_epochs=200, replicas=16), story)
    windows = 900 + 6 + 9 + 3 + 6
    assert (tmp_path / "whole" / LOSS_FILE).stat().st_size == windows * 16 * 4 + 7 * 8
    solved = [(tmp_path / name / SOLVED_FILE).read_bytes() for name in ("whole", "parts")]
    assert solved[0] == solved[1]
    assert solved[0]


def killed_after_each_step(tmp_path: Path, config: EchoConfig, story: Sequence[Step]) -> None:
    """Check that a run that was killed after each step of its story equals a run that was not."""
    recorder = RunRecorder.begin(tmp_path / "whole", config)
    live = alive(recorder, config, make_population)
    for step in story:
        tell(live, step)
    live.save()
    recorder.close()
    whole_here, whole = live.here, live.trainer.state
    del live  # so that the next trainer can use its loop

    gc.freeze()  # so that TensorFlow's objects are not searched each time
    recorder = RunRecorder.begin(tmp_path / "parts", config)
    parts = alive(recorder, config, make_population)
    for step in story:
        tell(parts, step)
        here = parts.here
        killed(parts, recorder)
        del parts
        gc.collect()  # a new process has its own trainer: release this one's loop
        recorder = RunRecorder.go_on(tmp_path / "parts")
        assert recorder.resumed is not None
        parts = alive(recorder, recorder.resumed.config, make_population)
        assert parts.here == here
    recorder.close()

    for name in (LOSS_FILE, COMMAND_FILE):
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert parts.here == whole_here
    assert parts.trainer.state.config == whole.config
    assert all_of(parts.trainer.state) == all_of(whole)
