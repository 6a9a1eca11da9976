"""Undo, rewind, resume and ``--at`` lead to the same states; nothing that was trained is lost by it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np

from echornn import Frame, read
from tests.door.folders.lab import Wild, answered, do, record, training
from tests.door.folders.model import Model
from tests.hashed import HashTrainer
from tests.scripted import SMALL

ENDLESS = SMALL.with_fields({"num_epochs": 1000})


def place(frame: Frame) -> tuple[int, int]:
    return frame.branch, frame.trained


def test_resumed_from_the_command_line_at_a_window_it_is_a_branch(tmp_path: Path) -> None:
    folder = record(tmp_path / "run", SMALL, 12, {"learning_rate": 0.1}, 9)
    words = ("--resume", folder, "--at", "5", "--learning-rate", "0.2", "--headless", "--json")
    lines = [json.loads(line) for line in answered(*words, make_trainer=HashTrainer).stdout.splitlines()]
    assert lines[-1]["event"] == "finished"
    model = Model(SMALL)
    for step in (5, {"learning_rate": 0.2}, 25):
        model.take(step)
    newest = read(folder).branches[-1]
    assert (newest.parent, newest.at, newest.windows) == (0, 5, 25)
    assert read(folder).path().loss[:, 0].tolist() == [loss for (loss,) in model.losses]
    assert read(folder).config_at().learning_rate == 0.2


# ---- a loss that is not finite


def test_a_divergence_is_kept_and_undo_leads_to_before_the_edit_that_did_it(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with training(folder, ENDLESS, make_trainer=Wild) as session:
        frame = do(session, 60, {"learning_rate": Wild.RATE}, 9)
        assert frame.trained == 64, "it is paused at the first loss that is none"
        do(session, 4)
    assert math.isnan(read(folder).weights()["W"][0])
    (line,) = map(json.loads, answered("list", folder, "--json").stdout.splitlines())
    assert (line["windows"], line["loss"], line["diverged"]) == (68, None, True)
    losses = read(folder).path().loss[:, 0]
    assert np.isfinite(losses[:63]).all()
    assert np.isnan(losses[63:]).all()
    with training(folder, make_trainer=Wild) as session:
        assert session.frame.warning
        there = do(session, (1, 63))
        assert (there.trained, there.config.learning_rate) == (63, Wild.RATE)
        assert math.isfinite(there.loss)
        frame = do(session, (1, 68), "undo")
        assert (place(frame), frame.config, frame.warning, frame.undoable) == ((0, 60), ENDLESS, "", 0)
    (line,) = map(json.loads, answered("list", folder, "--json").stdout.splitlines())
    assert (line["windows"], line["diverged"]) == (68, False)


def test_a_diverged_run_says_at_the_command_line_where_it_goes_on(tmp_path: Path) -> None:
    folder = record(tmp_path / "run", ENDLESS, 5, {"learning_rate": Wild.RATE}, 9, make_trainer=Wild)
    done = answered("--resume", folder, "--headless", "--json", make_trainer=Wild)
    diverged = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 1
    assert diverged == {"event": "diverged", "epoch": 1, "window": 9, "loss": None}
    assert done.stderr.splitlines()[-1].endswith(f"--resume {folder} --at 4")
    words = ("--resume", folder, "--learning-rate", "0.1", "--num-epochs", "2", "--headless")
    assert answered(*words, make_trainer=Wild).returncode == 0
    newest = read(folder).branches[-1]
    assert (newest.parent, newest.at, newest.path) == (0, 4, 20), "the edit is made before it diverged"
