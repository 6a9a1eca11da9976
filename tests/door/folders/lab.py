"""Trains, continues and reads run folders: the only module here that knows the inside of the
program."""

from __future__ import annotations

from pathlib import Path

import pytest

from echornn import EchoConfig, PopulationProgress, RunRecorder, Session, read
from echornn.run.branch_notes import BranchNotes
from echornn.session.commands import Save
from echornn.session.pictures.frame import Frame
from echornn.training.structure import MakeTrainer
from tests.answered import Answer, trained
from tests.answered import training_by as training_by
from tests.hashed import HashTrainer
from tests.patience import PATIENCE
from tests.recorded import Step, record_branches
from tests.recorded import do as do
from tests.recorded import go_on as go_on
from tests.recorded import training as training
from tests.scripted import FromAnyState as FromAnyState
from tests.scripted import ScriptedTrainer


class Wild(ScriptedTrainer):
    """A scripted trainer whose losses are NaN from the fourth window on after its learning rate
    becomes `RATE`."""

    RATE = 1000.0

    def advance(self, n: int) -> PopulationProgress:
        if self.config.learning_rate == self.RATE and self.diverges_at is None:
            self.diverges_at = self.trained + 3
        return super().advance(n)

    def reset(self, init_index: int = 0) -> None:
        super().reset(init_index)
        self.diverges_at = None


def read_in_small_pieces(patch: pytest.MonkeyPatch) -> None:
    """Read three windows of one network at a time, instead of 2 MiB, and 100 bytes for a checksum,
    as if logs were long."""
    patch.setattr("echornn.run.run.BYTES_AT_A_TIME", 3 * 8)
    patch.setattr("echornn.files.safe_files.PIECE_BYTES", 100)


def save(session: Session) -> Frame:
    """Save everything, if the disk takes it; the frame after the attempt."""
    session.send(Save())
    session.when_idle(PATIENCE)
    assert isinstance(session.recorder, RunRecorder)
    session.recorder.wait(PATIENCE)
    session.when_idle(PATIENCE)
    return session.frame


def record(
    folder: Path, config: EchoConfig, *steps: Step, make_trainer: MakeTrainer = HashTrainer
) -> Path:
    """Record a new run that takes these steps."""
    return record_branches(folder, *steps, config=config, make_trainer=make_trainer)


def windows_of_branches(folder: Path) -> list[int]:
    """How many windows each branch trained."""
    return [branch.windows for branch in read(folder).branches]


def notes(folder: Path) -> tuple[dict[int, str], set[int], set[int]]:
    """The names of branches, which are pinned, and which hidden."""
    there = BranchNotes.read(folder).among(read(folder).run.tree.digests)
    return dict(there.names), set(there.pinned), set(there.hidden)


def answered(*words: str | Path, make_trainer: MakeTrainer = FromAnyState) -> Answer:
    """The output of a command in this process, and its exit code; what it trains is trained by
    these trainers."""
    return trained(*words, trainers=make_trainer)


def refusal(*words: str | Path) -> str:
    """The line with which a command is refused, as a wrong usage."""
    done = answered(*words)
    assert (done.returncode, done.stdout) == (2, "")
    line, *hint = done.stderr.splitlines()
    assert len(hint) <= 1, "where to read more"
    return line
