"""Windows that are trained again equal the record, or a message says that they do not."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

from echornn.arrays import kept_weights
from echornn.progress import Floats, PopulationProgress
from echornn.replay import replayed_run
from echornn.runs import run_dir
from echornn.runs.run_recorder import RunRecorder
from echornn.runtime import quiet
from echornn.session.commands import Go, Reset
from echornn.session.session import Session
from echornn.training.any_trainer import MakeTrainer
from echornn.unlike_record import UnlikeRecord, first_unlike
from tests.handmade_readings import readings
from tests.on_a_thread import play
from tests.recorded import record_branches
from tests.scripted import SMALL, SMALL_POPULATION, ScriptedTrainer, scripted_loss
from tui.commands.kept_runs import examined, probe
from tui.commands.kept_runs.examined import ChosenNetwork

LONG = dataclasses.replace(SMALL, num_epochs=80)

STORY = (12, {"learning_rate": 0.1}, 8, (0, 5))


class Upgraded(ScriptedTrainer):
    """A trainer whose last digits differ from its 14th window on, as with other versions of packages."""

    def _losses(self, n: int) -> Floats:
        losses = super()._losses(n)
        return np.where(self.trained + np.arange(n)[:, np.newaxis] >= 13, np.nextafter(losses, np.float32(2)), losses)


class Flawed(ScriptedTrainer):
    """A trainer whose loss differs in the 101st window only."""

    def _losses(self, n: int) -> Floats:
        return np.where(self.trained + np.arange(n)[:, np.newaxis] == 100, np.float32(0.9), super()._losses(n))


class UpgradedPopulation(ScriptedTrainer):
    """A population in which one network has other losses throughout."""

    def advance(self, n: int) -> PopulationProgress:
        progress = super().advance(n)
        losses = progress.losses.copy()
        losses[:, 4] *= np.float32(1.01)
        return dataclasses.replace(progress, losses=losses, packed=None)


def gone_to(folder: Path, make_trainer: MakeTrainer, *positions: tuple[int, int]) -> Session:
    recorder = RunRecorder.go_on(folder)
    assert recorder.resumed is not None
    session = Session(recorder.resumed.config, make_trainer=make_trainer, recorder=recorder)
    return play(session, *(Go(*position) for position in positions))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    record_branches(tmp_path / "run", *STORY)
    os.remove(tmp_path / "run" / run_dir.KEYFRAME_FILE)  # so that everything is trained again
    return tmp_path / "run"


def test_a_moment_whose_losses_are_those_on_record_is_as_it_was(folder: Path) -> None:
    assert gone_to(folder, ScriptedTrainer, (1, 20), (0, 6), (1, 17)).frame.warning == ""


def test_where_a_loss_is_another_than_on_record_it_is_said_until_it_stands_elsewhere(folder: Path) -> None:
    recorded = np.float32(scripted_loss(13))
    there = gone_to(folder, Upgraded, (1, 20)).frame
    unlike = UnlikeRecord(14, float(recorded), float(np.nextafter(recorded, np.float32(2))))
    assert there.warning == str(unlike)
    assert there.warning.startswith("not as it was: loss 0.6142")
    assert len(there.warning) < 80
    assert gone_to(folder, Upgraded, (1, 20), (0, 5)).frame.warning == ""


def test_no_state_that_is_another_than_on_record_is_kept_for_the_moments_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replayed_run, "NEAR_SECONDS", -1.0)  # every way counts as long
    record_branches(tmp_path / "run", 400, config=LONG)
    said = [gone_to(tmp_path / "run", Flawed, (0, at), (0, at - 1)).frame.warning for at in (200, 250, 200, 190)]
    assert all(warning.startswith("not as it was: loss 0.9 in window 101") for warning in said)
    assert all(one.position.window in (0, 400) for one in run_dir.read(tmp_path / "run").keyframes())
    assert gone_to(tmp_path / "run", ScriptedTrainer, (0, 200), (0, 199)).frame.warning == ""


def test_starting_over_shows_nothing_that_was(folder: Path) -> None:
    recorder = RunRecorder.go_on(folder)
    session = Session(SMALL, make_trainer=Upgraded, recorder=recorder)
    play(session, Go(1, 20), Reset())
    assert session.frame.warning == ""


def test_each_network_of_a_population_is_compared(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 30, (0, 9), config=SMALL_POPULATION, make_trainer=ScriptedTrainer)
    os.remove(tmp_path / "run" / run_dir.KEYFRAME_FILE)
    assert gone_to(tmp_path / "run", ScriptedTrainer, (0, 20)).frame.warning == ""
    said = gone_to(tmp_path / "run", UpgradedPopulation, (0, 25)).frame.warning
    assert re.fullmatch(r"not as it was: loss 0\.\d+ in window 1, 0\.\d+ on record", said)


def test_a_window_that_was_lost_tells_nothing() -> None:
    recorded = np.array([0.5, np.nan, 0.25, np.inf], np.float32)
    assert first_unlike(10, recorded, np.array([0.5, 0.7, 0.25, np.inf], np.float32)) is None
    assert first_unlike(10, recorded, np.array([0.5, 0.7, 0.75, 1], np.float32)) == UnlikeRecord(13, 0.25, 0.75)
    assert first_unlike(10, recorded, np.array([0.5, 0.7, np.nan, 1], np.float32)) is not None


@pytest.mark.parametrize(("make_trainer", "same"), [(ScriptedTrainer, True), (Upgraded, False)])
def test_probe_says_whether_what_it_reads_is_as_it_was(
    make_trainer: MakeTrainer,
    same: bool,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(quiet, "import_tensorflow", lambda *_: None)
    monkeypatch.setattr(examined, "examine", lambda *_: readings())
    monkeypatch.setattr(kept_weights, "tensorflow_trainers", lambda *_: make_trainer)
    assert probe.probe(ChosenNetwork(str(folder), 17, "b"), True) == 0
    assert json.loads(capsys.readouterr().out)["as_recorded"] == same
    assert probe.probe(ChosenNetwork(str(folder), 17, "b"), False) == 0
    assert ("not as it was: loss 0.6142" in capsys.readouterr().out.splitlines()[1]) == (not same)
