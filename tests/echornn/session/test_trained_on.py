"""A run continues, and is trained again, on the device that trained it; a message says so if that is not possible."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from echornn.arrays import kept_weights
from echornn.config import EchoConfig
from echornn.runs import run_dir
from echornn.runs.run_recorder import RunRecorder
from echornn.runtime import quiet, small_loops
from echornn.session import loop
from echornn.session.commands import Edit, Step
from echornn.session.session import Session
from echornn.timeline.branch import Position
from echornn.training.any_trainer import MakeTrainer
from echornn.training.trained_on import NO_DEVICES, Devices, moved, program_of
from tests.on_a_thread import play
from tests.recorded import record_branches
from tests.scripted import SMALL, ScriptedTrainer

MOVED = "trained on the gpu before, now on the cpu: last digits may differ"


class OnGPU(ScriptedTrainer):
    """A trainer with a GPU."""

    @property
    def device(self) -> str:
        return "gpu"


def large_on_gpu(config: EchoConfig) -> ScriptedTrainer:
    return OnGPU(config) if config.state_size > 8 else ScriptedTrainer(config)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    record_branches(tmp_path / "run", 12, {"learning_rate": 0.1}, 8, make_trainer=OnGPU)
    return tmp_path / "run"


def gone_on(
    folder: Path,
    *commands: Callable[[Session], object],
    make_trainer: MakeTrainer = ScriptedTrainer,
    num_epochs: int = SMALL.num_epochs,
) -> Session:
    recorder = RunRecorder.go_on(folder)
    assert recorder.resumed is not None
    config = replace(recorder.resumed.config, num_epochs=num_epochs)
    session = Session(config, make_trainer=make_trainer, recorder=recorder)
    return play(session, *(partial(command, session) for command in commands))


def test_a_run_says_of_each_program_where_it_was_trained(tmp_path: Path) -> None:
    steps = (3, {"state_size": 16}, 5, {"learning_rate": 0.1}, {"state_size": 8}, 2, {"seed": 9})
    record_branches(tmp_path / "run", *steps, make_trainer=large_on_gpu)
    each = {4: "cpu", 16: "gpu", 8: "cpu"}
    expected = {program_of(replace(SMALL, state_size=size)): device for size, device in each.items()}
    assert run_dir.read(tmp_path / "run").devices == expected
    gone_on(tmp_path / "run", lambda session: session.send(Step(1)), make_trainer=large_on_gpu)
    assert run_dir.read(tmp_path / "run").devices == expected, "what is not trained now is not forgotten"


def test_trainers_of_a_session_that_goes_on_and_of_a_probe_are_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[Devices, int, int | None]] = []

    def made(
        devices: Devices = NO_DEVICES, threshold: int = small_loops.THRESHOLD, threads: int | None = None
    ) -> MakeTrainer:
        told.append((devices, threshold, threads))
        return OnGPU

    for where in (loop, kept_weights):
        monkeypatch.setattr(where, "tensorflow_trainers", made)
    described = folder / "run.json"
    described.write_text(json.dumps({**json.loads(described.read_text()), "threshold": 7, "threads": 5}))
    recorder = RunRecorder.go_on(folder)
    Session(SMALL, recorder=recorder)
    recorder.close()
    monkeypatch.setattr(quiet, "import_tensorflow", lambda *_: None)
    kept_weights.state_at(run_dir.read(folder), Position(0, 5), True)
    Session(SMALL)
    assert told == [({program_of(SMALL): "gpu"}, 7, 5)] * 2 + [(NO_DEVICES, small_loops.THRESHOLD, None)]


def test_where_its_device_is_not_there_it_goes_on_on_another_and_says_so_once(folder: Path) -> None:
    assert gone_on(folder, make_trainer=OnGPU).frame.warning == ""
    assert gone_on(folder, lambda session: session.send(Step(3))).frame.warning == MOVED
    assert len(MOVED) < 80
    assert run_dir.read(folder).devices == {program_of(SMALL): "cpu"}
    assert gone_on(folder).frame.warning == ""


def test_it_is_said_too_where_an_edit_comes_with_the_start(folder: Path) -> None:
    assert gone_on(folder, num_epochs=7).frame.warning == MOVED


def test_with_the_next_change_it_was_said(folder: Path) -> None:
    assert gone_on(folder, lambda session: session.send(Edit({"learning_rate": 0.2}))).frame.warning == ""


def test_networks_that_were_not_trained_before_did_not_move() -> None:
    devices = {program_of(SMALL): "gpu"}
    assert moved(replace(SMALL, seed=4), "cpu", devices) == MOVED
    for other in (replace(SMALL, state_size=9), replace(SMALL, replicas=8), replace(SMALL, device="cpu")):
        assert moved(other, "cpu", devices) == ""
