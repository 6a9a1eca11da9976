"""Runs and sweeps of earlier versions stay readable: the folders of `tests.record_folders` print what they printed
then, can be continued from any window, and lose nothing by that.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from echornn import EchoConfig, Position, Run, RunRecorder, Session, Timeline
from echornn.population_state import PopulationState
from echornn.runs.branch_notes import BranchNotes
from echornn.session import loop
from echornn.session.commands import Go, Pause, Step
from echornn.training.any_trainer import AnyTrainer, MakeTrainer
from tests.echornn.sweeps.scripted import ScriptedEngine
from tests.kept_folders import names, printed, unpacked
from tests.on_a_thread import running
from tests.patience import PATIENCE
from tests.record_folders import RUNS, SWEEPS, sweep_into
from tests.scripted import ScriptedTrainer
from tui.cli.program import exit_code_of
from tui.commands.training import sweep

LOGS = ("losses.bin", "commands.jsonl", "solved.bin")
"""Files that only grow, except that anything after the checkpoint is dropped when a run is continued."""

SAVED_BYTES = {
    "interrupted": {"losses.bin": 30 * 8, "commands.jsonl": 218},
    "interrupted-replicas": {"losses.bin": 95 * 4 * 4, "solved.bin": 2 * 16},
}
"""For interrupted runs: how much of each log their checkpoint contains."""

NUMBER = re.compile(r"\d+\.\d{9,}(e[-+]\d+)?")


class FromAnyState(ScriptedTrainer):
    """A scripted trainer that can continue from a real network's state."""

    def restore(self, state: PopulationState) -> None:
        trained = state.epoch * self.config.windows_per_epoch + state.window
        super().restore(replace(state, optimizer=(np.full(self.config.replicas, trained),)))


@pytest.fixture(autouse=True)
def _here_and_in_this_zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def told(capfd: pytest.CaptureFixture[str], *words: str, trainers: MakeTrainer = FromAnyState) -> str:
    """The output of a command."""
    with patch.object(loop, "tensorflow_trainers", lambda *_: trainers):
        code = exit_code_of([*words])
    out, error = capfd.readouterr()
    assert code == 0, error
    return out


def to_nine_digits(text: str) -> list[str]:
    """The lines with numbers of nine digits, which distinguish all float32 values; further digits of a mean depend on
    the processor.
    """
    return NUMBER.sub(lambda number: f"{float(number[0]):.9g}", text).splitlines(keepends=True)


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """The modification time and contents of each file below the folder."""
    files = [folder, *folder.rglob("*")]
    return {str(file): (file.stat().st_mtime_ns, b"" if file.is_dir() else file.read_bytes()) for file in files}


def logs(folder: Path) -> dict[str, bytes]:
    """The contents of each existing log."""
    return {name: (folder / name).read_bytes() for name in LOGS if (folder / name).exists()}


@contextmanager
def opened(folder: Path, at: int | None = None, make_trainer: MakeTrainer | None = FromAnyState) -> Iterator[Session]:
    """A session that continues the run, paused at first; its commands are carried out before it ends."""
    run = Run.read(folder)
    owner = run.owner(run.position_at(at))
    assert owner is not None
    session = Session(owner.config, make_trainer=make_trainer, recorder=RunRecorder.go_on(folder), at=at)
    session.send(Pause())
    with running(session):
        yield session


def test_all_are_there() -> None:
    assert {*RUNS, *SWEEPS} == {*names()}


@pytest.mark.parametrize("name", names())
def test_it_prints_what_it_printed_and_stays_as_it_is(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = contents(unpacked(name, tmp_path))
    for one in printed(name):
        assert to_nine_digits(told(capfd, *one.words)) == to_nine_digits(one.output), one.command
    assert contents(tmp_path / name) == before


@pytest.mark.parametrize("name", RUNS)
def test_any_window_can_be_gone_to(name: str, tmp_path: Path) -> None:
    folder = unpacked(name, tmp_path)
    run = Run.read(folder)
    timeline = run.timeline()
    with opened(folder) as session:
        before = logs(folder)
        for branch in range(len(timeline)):
            end = timeline.end(branch).window
            for window in {*range(0, end, 17), end}:
                session.send(Go(branch, window))
                assert session.when_idle(PATIENCE)
                frame = session.frame
                assert (frame.refused, frame.line, frame.trained) == (None, branch, window)
                position = Position(branch, window)
                for replica in range(timeline.owner(position).config.replicas):
                    losses = session.timeline.losses(position, 0, replica)
                    np.testing.assert_array_equal(losses, timeline.losses(position, 0, replica))
    assert logs(folder) == before


def test_its_keyframes_serve(tmp_path: Path) -> None:
    folder = unpacked("replicas", tmp_path)
    made: list[ScriptedTrainer] = []

    def make(config: EchoConfig) -> AnyTrainer:
        made.append(FromAnyState(config))
        return made[-1]

    with opened(folder, make_trainer=make) as session:
        session.send(Go(2, 150))
        assert session.when_idle(PATIENCE)
        assert sum(sum(one.calls) for one in made) == 35, "from window 115 on, and not from the start"


def test_its_notes_are_of_the_branches_that_they_were_made_for(tmp_path: Path) -> None:
    folder = unpacked("one-network", tmp_path)
    timeline = Run.read(folder).timeline()
    notes = BranchNotes.read(folder).among([timeline.digest(number) for number in range(len(timeline))])
    assert notes == BranchNotes({1: "a smaller rate"}, frozenset({0}), frozenset({2}))


@pytest.mark.parametrize("at", [None, 0, 12])
@pytest.mark.parametrize("name", RUNS)
def test_what_was_recorded_stays_when_it_goes_on(
    name: str, at: int | None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = unpacked(name, tmp_path)
    run = Run.read(folder)
    rows, branches, before = told(capfd, "export", name), branches_of(name, capfd), saved_of(name, logs(folder))
    begun = run.position_at(at).window
    owner = run.owner(run.position_at(at))
    assert owner is not None
    all_windows = owner.config.num_epochs * owner.config.windows_per_epoch
    given = () if at is None else ("--at", str(at))
    start, *_, finished = map(json.loads, told(capfd, "--resume", name, "--json", *given).splitlines())
    assert (start["event"], start["run"], start["trained"]) == ("start", name, begun)
    assert (finished["event"], finished["windows"]) == ("finished", run.trained + all_windows - begun)
    assert told(capfd, "export", name).startswith(rows)
    assert branches_of(name, capfd)[: len(branches)] == branches
    after = logs(folder)
    assert {log: after[log][: len(data)] for log, data in before.items()} == before


def branches_of(name: str, capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What began each branch, and where."""
    records = [json.loads(line) for line in told(capfd, "branches", name, "--json").splitlines()]
    return [{key: one[key] for key in ("number", "letter", "parent", "at", "differs")} for one in records]


def saved_of(name: str, every: dict[str, bytes]) -> dict[str, bytes]:
    """The part of each log that the newest checkpoint contains."""
    return {log: data[: SAVED_BYTES.get(name, {}).get(log)] for log, data in every.items()}


@pytest.mark.parametrize("name", SWEEPS)
def test_a_sweep_goes_on_and_keeps_each_result(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = unpacked(name, tmp_path)
    monkeypatch.setattr(sweep.Workers, "engine", lambda _: ScriptedEngine())
    results = {file: file.read_bytes() for file in (folder / "results").iterdir()}
    rows = (folder / "results.csv").read_text().splitlines()
    lines = told(capfd, *sweep_into(folder)[3:], "--json").splitlines()
    start, *_, finished = map(json.loads, lines)
    assert start["known"] + start["trained_before"] == len(results)
    assert (finished["event"], finished["known"]) == ("finished", 18)
    assert {file: file.read_bytes() for file in results} == results
    assert {*rows} <= {*(folder / "results.csv").read_text().splitlines()}


@pytest.mark.slow
@pytest.mark.usefixtures("shared_programs", "one_processor")
@pytest.mark.parametrize(("name", "whole"), [("interrupted", "one-network"), ("interrupted-replicas", "replicas")])
def test_trained_again_its_windows_have_the_losses_on_record(name: str, whole: str, tmp_path: Path) -> None:
    """From a state on the way, and from the checkpoint of an interrupted run: both train the same."""
    recorded = Run.read(unpacked(whole, tmp_path)).timeline()
    with opened(tmp_path / whole, at=40, make_trainer=None) as session:
        assert has_these_losses_after(15, session, recorded)
        assert (session.frame.line, session.frame.trained) == (len(recorded), 55)
    interrupted = Run.read(unpacked(name, tmp_path))
    with opened(tmp_path / name, make_trainer=None) as session:
        assert has_these_losses_after(15, session, recorded)
        assert (session.frame.line, session.frame.trained) == (0, interrupted.trained + 15)


def has_these_losses_after(windows: int, session: Session, recorded: Timeline) -> bool:
    """Whether the session, after ``windows`` more windows, has the losses of the recorded run's first branch."""
    session.send(Step(windows))
    assert session.when_idle(PATIENCE)
    here = Position(session.frame.line, session.frame.trained)
    replicas = range(session.frame.config.replicas)
    pairs = [
        (session.timeline.losses(here, 0, one), recorded.losses(Position(0, here.window), 0, one)) for one in replicas
    ]
    return all(
        ours is not None and theirs is not None and np.allclose(ours, theirs, rtol=0, atol=1e-4)
        for ours, theirs in pairs
    )
