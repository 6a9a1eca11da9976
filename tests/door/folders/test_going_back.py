"""Undo, rewind, resume and ``--at`` lead to the same states; nothing that was trained is lost by it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn import EchoConfig, Frame, read
from echornn.session.commands import Choose, Go, Move, MoveEpochs, StartOver, ToggleReplicas
from tests.door.folders.lab import Wild, answered, curve, do, go_on, record, training
from tests.door.folders.model import Model
from tests.hashed import HashTrainer
from tests.scripted import SMALL, ScriptedTrainer

ENDLESS = SMALL.with_fields({"num_epochs": 1000})


def place(frame: Frame) -> tuple[int, int]:
    return frame.branch, frame.trained


def test_undo_leads_through_all_changes_and_redo_back(tmp_path: Path) -> None:
    changes: list[Any] = ["reset", "regenerate", "redraw", {"learning_rate": 0.1}, {"state_size": 6}]
    with training(tmp_path / "run", SMALL) as session:
        ends = [place(do(session, 12))]
        for change in changes:
            frame = do(session, change, 3)
            ends.append(place(frame))
            assert (frame.undoable, frame.redoable) == (len(ends) - 1, False)
        assert ends == [(0, 12), (1, 3), (2, 6), (3, 3), (4, 6), (5, 3)]
        configs = [do(session, end).config for end in ends]
        do(session, ends[-1])
        losses = {}
        for end, config in zip(ends[-2::-1], configs[-2::-1], strict=True):
            frame = do(session, "undo")
            assert (place(frame), frame.config) == (end, config)
            losses[end] = frame.loss
        assert (frame.undoable, frame.redoable) == (0, True)
        for end in ends[1:]:
            frame = do(session, "redo")
            assert place(frame) == end
            assert frame.loss == losses.get(end, frame.loss)
        assert not frame.redoable
        frame = do(session, "undo", 2)
        assert (frame.trained_in_all, frame.redoable) == (12 + 15 + 2, True), "it goes on, and the undone stays"
        assert place(do(session, "redo")) == ends[-1]
    assert [one.windows for one in read(tmp_path / "run").branches] == [12, 3, 3, 3, 5, 3]


def test_changes_without_a_window_between_are_one_undo(tmp_path: Path) -> None:
    with training(tmp_path / "run", SMALL) as session:
        frame = do(session, 7, "redraw", "redraw", "redraw")
        assert (frame.init_index, frame.undoable, frame.branch) == (3, 1, 3)
        assert place(do(session, "undo")) == (0, 7)


def test_however_a_window_is_reached_the_same_bits_come_next(tmp_path: Path) -> None:
    steps: list[Any] = [12, {"learning_rate": 0.1}, 9]
    model = Model(ENDLESS)
    for step in steps:
        model.take(step)
    record(tmp_path / "run", ENDLESS, *steps)
    for at in (0, 5, 11, 12, 13, 20):
        expected = Model(ENDLESS)
        expected.lines, expected.line, expected.window = model.lines[:], 1, at
        expected.take(4)
        ways: dict[str, list[Any]] = {"go": [(1, at)], "move": [Move(at - 21)], "twice": [(0, 3), (1, 17), Go(1, at)]}
        for way, steps in {**ways, "--at": []}.items():
            with training(tmp_path / "run", at=None if steps else at) as session:
                frame = do(session, *steps)
                assert (frame.trained, frame.is_past) == (at, True)
                assert (frame.progress is not None) == (at > 0), "its window is shown"
                frame = do(session, 4)
                do(session, (1, 21))
            assert (frame.trained, frame.config) == (at + 4, expected.state.config)
            found = read(tmp_path / "run").path(frame.branch).loss[:, 0].tolist()
            assert found == [loss for (loss,) in expected.losses], way
    branches = read(tmp_path / "run").branches
    assert len(branches) == 2 + 4 * 6
    assert [one.windows for one in branches] == [12, 9] + [4] * 24
    assert [(one.parent, one.at) for one in branches[2::4]] == [(0, 0), (0, 5), (0, 11), (1, 12), (1, 13), (1, 20)]


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


def test_a_finished_run_goes_on_with_more_epochs(tmp_path: Path) -> None:
    folder = record(tmp_path / "run", SMALL, 30)
    done = answered("--resume", folder, "--headless", "--json", make_trainer=HashTrainer)
    assert (done.returncode, len(read(folder).windows())) == (0, 30), "there is nothing left to train"
    answered("--resume", folder, "--num-epochs", "5", "--headless", make_trainer=HashTrainer)
    model = Model(SMALL)
    for step in (30, {"num_epochs": 5}, 20):
        model.take(step)
    run = read(folder)
    assert run.path().loss[:, 0].tolist() == [loss for (loss,) in model.losses]
    assert (run.config.num_epochs, run.path().epoch[[0, 29, 30, 49]].tolist()) == (5, [1, 3, 4, 5])


def test_moves_by_epochs_end_where_epochs_end(tmp_path: Path) -> None:
    """New data begins an epoch early: these end after windows 10, 20, 25, 35; and the last is not over."""
    with training(tmp_path / "run", ENDLESS) as session:
        do(session, 25, "regenerate", 12)
        ends = [do(session, (1, at), MoveEpochs(-1)).trained for at in (1, 10, 11, 22, 25, 26, 35, 37)]
        assert ends == [0, 0, 10, 20, 20, 25, 25, 35]
        ends = [do(session, (1, at), MoveEpochs(1)).trained for at in (0, 9, 10, 11, 22, 24, 25, 34, 35)]
        assert ends == [10, 10, 20, 20, 25, 25, 35, 35, 37]
        assert do(session, (1, 36), MoveEpochs(-3)).trained == 20
        assert do(session, MoveEpochs(10**9)).trained == 37


def test_one_network_becomes_several_and_one_of_them_goes_on_alone(tmp_path: Path) -> None:
    with training(tmp_path / "run", SMALL) as session:
        frame = do(session, 5, ToggleReplicas(3))
        assert (frame.config.replicas, frame.trained, frame.branch) == (3, 0, 1)
        frame = do(session, 6, Choose(2), "alone", 4)
        assert (frame.config.replicas, frame.config.seed, place(frame)) == (1, 9, (2, 10))
        assert place(do(session, "undo")) == (1, 6)
        assert place(do(session, ToggleReplicas())) == (0, 5), "back to the network before"
        assert do(session, StartOver({"learning_rate": 0.1}), 2).trained == 2
    run = read(tmp_path / "run")
    assert [(one.parent, one.at, one.windows) for one in run.branches] == [
        (None, 0, 5),
        (0, 0, 6),
        (1, 6, 4),
        (0, 0, 2),
    ]
    three = HashTrainer(SMALL.with_fields({"replicas": 3}))
    np.testing.assert_allclose(run.path("b").loss[:, :3], three.advance(6).losses, rtol=2.0**-17)
    alone = HashTrainer(SMALL.with_fields({"seed": 9}))
    assert run.path("c").loss[6:, 2].tolist() == alone.advance(10).losses[6:, 0].tolist()


# ---- a loss that is not finite


@pytest.mark.parametrize("further", [0, 4])
def test_a_divergence_is_kept_and_undo_leads_to_before_the_edit_that_did_it(further: int, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with training(folder, ENDLESS, make_trainer=Wild) as session:
        frame = do(session, 60, {"learning_rate": Wild.RATE}, 9)
        assert (frame.trained, frame.blamed) == (64, ("learning_rate",)), "it is paused at the first loss that is none"
        if further:
            do(session, further)
    assert math.isnan(read(folder).weights()["W"][0])
    (line,) = map(json.loads, answered("list", folder, "--json").stdout.splitlines())
    assert (line["windows"], line["loss"], line["diverged"]) == (64 + further, None, True)
    losses = read(folder).path().loss[:, 0]
    assert np.isfinite(losses[:63]).all()
    assert np.isnan(losses[63:]).all()
    with training(folder, make_trainer=Wild) as session:
        assert session.frame.warning
        there = do(session, (1, 63))
        assert (there.trained, there.config.learning_rate) == (63, Wild.RATE)
        assert math.isfinite(there.loss)
        frame = do(session, (1, 64 + further), "undo")
        assert (place(frame), frame.config, frame.warning, frame.undoable) == ((0, 60), ENDLESS, "", 0)
    (line,) = map(json.loads, answered("list", folder, "--json").stdout.splitlines())
    assert (line["windows"], line["diverged"]) == (64 + further, False)


def test_without_an_edit_undo_leads_to_fifty_windows_before_it_diverged(tmp_path: Path) -> None:
    def make(config: EchoConfig) -> ScriptedTrainer:
        trainer = ScriptedTrainer(config)
        trainer.diverges_at = 117
        return trainer

    with training(tmp_path / "run", ENDLESS, make_trainer=make) as session:
        assert do(session, 200).trained == 118
        assert (do(session, "undo").trained, session.frame.redoable) == (67, True)
        assert do(session, "redraw", 3).trained_in_all == 121


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


# ---- the curve


def test_the_curve_has_the_least_and_the_largest_loss_of_every_bucket(tmp_path: Path) -> None:
    steps: list[Any] = [700, {"learning_rate": 0.1}, 900, (1, 1234), {"echo_step": 2}, 777]
    model = Model(ENDLESS)
    for step in steps:
        model.take(step)
    losses = np.array(model.losses, np.float32)[:, 0]
    with training(tmp_path / "run", ENDLESS) as session:
        do(session, *steps)
        assert_curves(session, losses)
    with training(tmp_path / "run") as session:
        assert_curves(session, losses)
    go_on(tmp_path / "run", 1)


def assert_curves(session: Any, losses: np.ndarray) -> None:
    for columns in (10, 77, 300):
        for first, last in ((0, len(losses)), (650, 1300), (1200, 1260), (1999, 2011)):
            low, high, starts = curve(session, columns, first, last)
            assert len(starts) <= columns + 2
            assert starts[0] == first
            assert (np.diff(starts) > 0).all()
            assert low.tolist() == np.minimum.reduceat(losses[:last], starts).tolist()
            assert high.tolist() == np.maximum.reduceat(losses[:last], starts).tolist()
