"""Real networks come back with the same bits from a folder, and those of earlier versions are
trained on."""

from __future__ import annotations

import gc
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn import Trainer, read
from tests.compiled import SMALL, make_population, make_trainer
from tests.door.folders.lab import do, record, save, training
from tests.kept_folders import unpacked

pytestmark = pytest.mark.slow

EDIT = {"learning_rate": 0.05, "num_epochs": 9}

STORY: list[Any] = [7, "regenerate", 6, EDIT, 9, (0, 3), 5, "redraw", 4, "undo", 2]

ONE = SMALL.with_fields({"optimizer": "adam", "stride": 2, "init": "glorot"})


@pytest.mark.usefixtures("one_processor")
def test_killed_after_each_step_it_trains_what_it_would_have(tmp_path: Path) -> None:
    whole = record(tmp_path / "whole", ONE, *STORY, make_trainer=make_population)
    folder = tmp_path / "0"
    record(folder, ONE, make_trainer=make_population)
    for number, step in enumerate(STORY):
        with training(folder, make_trainer=make_population) as session:
            do(session, step)
            save(session)
            folder = shutil.copytree(folder, tmp_path / f"{number + 1}")
            do(session, 1)
        del session
        gc.collect()  # its compiled loop serves the next
    for name in ("losses.bin", "norms.bin", "commands.jsonl"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes()
    ours, theirs = read(folder), read(whole)
    assert ours.position == theirs.position
    for name, weight in theirs.weights().items():
        np.testing.assert_array_equal(ours.weights()[name], weight)
    assert ours.path("c").loss[:, 0].tolist() == straight(make_trainer(ONE))


def straight(trainer: Trainer) -> list[float]:
    """The losses of a trainer that does the story's first steps without a folder."""
    losses: list[float] = trainer.advance(7).losses.tolist()
    trainer.regenerate()
    losses += trainer.advance(6).losses.tolist()
    trainer.edit(trainer.config.with_fields(EDIT))
    losses += trainer.advance(9).losses.tolist()
    return losses


@pytest.mark.usefixtures("shared_programs", "one_processor")
@pytest.mark.parametrize(
    ("name", "whole"), [("interrupted", "one-network"), ("interrupted-replicas", "replicas")]
)
def test_landed_runs_are_trained_again_with_the_losses_on_record(
    name: str, whole: str, tmp_path: Path
) -> None:
    """From a state on the way, and from the checkpoint of an interrupted run."""
    recorded = read(unpacked(whole, tmp_path)).path("a").loss
    with training(tmp_path / whole, at=40, make_trainer=None) as session:
        frame = do(session, 15)
    assert frame.trained == 55
    again = read(tmp_path / whole).path().loss
    np.testing.assert_allclose(again, recorded[:55], rtol=0, atol=1e-4)

    folder = unpacked(name, tmp_path)
    saved = len(read(folder).windows())
    with training(folder, make_trainer=None) as session:
        do(session, 15)
    again = read(folder).windows().loss
    np.testing.assert_allclose(again, recorded[: saved + 15], rtol=0, atol=1e-4)


@pytest.mark.usefixtures("shared_programs", "one_processor")
def test_weights_that_were_not_kept_are_trained_again(tmp_path: Path) -> None:
    folder = record(
        tmp_path / "run", ONE, 5, {"learning_rate": 0.05}, 4, make_trainer=make_population
    )
    run = read(folder)
    assert 7 not in run.kept()
    trainer = make_trainer(ONE)
    trainer.advance(5)
    trainer.edit(ONE.with_fields({"learning_rate": 0.05}))
    trainer.advance(2)
    expected = trainer.weights
    del trainer
    for name, weight in run.weights(7, retrain=True).items():
        np.testing.assert_array_equal(weight, expected[name])
    assert read(folder).kept().tolist() == run.kept().tolist()
