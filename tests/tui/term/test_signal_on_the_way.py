"""A signal while the real program is on its way to a window of a long run: nothing is lost, and a message says so."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from echornn.config import EchoConfig
from echornn.runs import run_dir
from echornn.runs.logs.command_log import RecordedCommand
from echornn.runs.run_recorder import RunRecorder
from echornn.timeline.branch import Position
from tests.patience import PATIENCE
from tests.program import running
from tests.scripted import ScriptedTrainer, make_progress, side_by_side

pytestmark = pytest.mark.slow


def record_a_long_run(folder: Path, windows: int) -> None:
    """Record a run that keeps only the last state: going back means training the windows again."""
    config = EchoConfig(num_epochs=windows // 666 + 100_000)  # so that it has not finished when the signal comes
    epoch, window = divmod(windows, 666)
    recorder = RunRecorder.begin(folder, config)
    recorder.command(RecordedCommand(0, "start", 0, 0, 0, 0, config, branch=0))
    recorder.windows(side_by_side([make_progress(config, losses=[0.5] * windows)]))
    trainer = ScriptedTrainer(config)
    trainer.trained, trainer.epoch, trainer.window = windows, epoch, window
    recorder.save(trainer.state)
    assert recorder.wait(PATIENCE)
    recorder.close()


def test_a_signal_on_the_way_to_a_moment_leaves_the_run_where_it_stood(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    record_a_long_run(folder, 300_000)
    before = [(folder / name).read_bytes() for name in (run_dir.LOSS_FILE, run_dir.COMMAND_FILE)]
    way = ("--headless", "--resume", str(folder), "--at", "290000")
    with running(*way, width=100, scripted=True, trainers="slow") as program:
        program.until(lambda text: "going to window 290,000" in text)
        os.kill(program.pid, signal.SIGTERM)
        assert program.ended() == 42
        assert f"--resume {folder} --at 290000" in program.text.replace("\n", ""), "what was not done is said"
    assert [(folder / name).read_bytes() for name in (run_dir.LOSS_FILE, run_dir.COMMAND_FILE)] == before
    run = run_dir.read(folder)
    assert (run.position, run.notes) == (Position(0, 300_000), ())
    with running("--headless", "--json", "--resume", str(folder), scripted=True) as program:
        program.until(lambda _: b'"trained": 300000' in program.output and b'"event": "epoch"' in program.output)
        os.kill(program.pid, signal.SIGTERM)
        assert program.ended() == 42
