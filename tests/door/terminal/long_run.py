"""A long run of which only the last state is kept: going back means training its windows again."""

from __future__ import annotations

from pathlib import Path

from echornn.config import EchoConfig
from echornn.runs.recorder import RunRecorder
from echornn.runs.run_dir import RecordedCommand
from echornn.runs.states import Checkpoint
from tests.patience import PATIENCE
from tests.scripted import ScriptedTrainer, make_progress, side_by_side


def record_a_long_run(folder: Path, windows: int) -> None:
    config = EchoConfig(num_epochs=windows // 666 + 100_000)  # so that it has not finished when the signal comes
    epoch, window = divmod(windows, 666)
    recorder = RunRecorder.begin(folder, config)
    recorder.command(RecordedCommand(0, "start", 0, 0, 0, 0, config, branch=0))
    recorder.windows(side_by_side([make_progress(config, losses=[0.5] * windows)]))
    trainer = ScriptedTrainer(config)
    trainer.trained, trainer.epoch, trainer.window = windows, epoch, window
    recorder.save(Checkpoint(0, trainer.state, solved_at=0, lost_at=0))
    assert recorder.wait(PATIENCE)
    recorder.close()
