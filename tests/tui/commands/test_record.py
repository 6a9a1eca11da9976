"""What is said of a run at the end."""

from __future__ import annotations

import shutil
from pathlib import Path

from echornn.runs.run_recorder import RunRecorder
from tests.patience import wait_for
from tests.scripted import SMALL, ScriptedTrainer
from tui.commands import record


def test_the_farewell_says_where_the_run_is_only_while_it_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "a run"
    recorder = RunRecorder.begin(folder, SMALL)
    assert record.farewell(recorder) == [f"the run is in '{folder}'", f"go on with: echornn-tui --resume '{folder}'"]
    shutil.rmtree(folder)
    trainer = ScriptedTrainer(SMALL)
    recorder.windows(trainer.advance(3))
    recorder.save(trainer.state)
    wait_for(lambda: recorder.warning)
    assert record.farewell(recorder)[-1] == f"the run is not kept: '{folder}' is gone"
    recorder.close()
