"""The XLA option for small loops: the user's flags are kept, and a run keeps the threshold that trained it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from echornn.history.windows import WINDOW
from echornn.runs.run_dir import Run
from echornn.runtime.small_loops import DEFAULT_THRESHOLD, FLAG, VARIABLE
from tests.own_process import printed_by

USERS = "--xla_dump_max_hlo_modules=1"


RECORD = """
import sys
from pathlib import Path
from echornn import EchoConfig, RunRecorder, Session, Trainer
from echornn.session.commands import Step
from tests.on_a_thread import play
config = EchoConfig(total_series_length=5000, truncated_backprop_length=3)
session = Session(config, recorder=RunRecorder.begin(Path(sys.argv[1]), config))
play(session, Step(100))
print(Trainer(config).advance(200).losses.tobytes().hex())
"""
"""A program that records a run of 100 windows, and prints the losses of 200."""

GO_ON = """
import os, sys
from pathlib import Path
from echornn import RunRecorder, Session
from echornn.session.commands import Step
from tests.on_a_thread import play
recorder = RunRecorder.go_on(Path(sys.argv[1]))
notes = [note for note in recorder.resumed.notes if "loop" in note or "threads" in note]
session = Session(recorder.resumed.config, recorder=recorder)
play(session, Step(100))
import tensorflow as tf
threads = tf.config.threading.get_intra_op_parallelism_threads()
print(os.environ["XLA_FLAGS"], threads, *notes, sep="|")
"""
"""A program that trains 100 more windows, and prints its flags and threads."""


def python(program: str, *arguments: str, flags: str = "", **variables: str) -> list[str]:
    *_, last = printed_by(program, *arguments, **{VARIABLE: flags, **variables})
    return last.split("|")


@pytest.mark.slow
def test_a_run_of_a_version_before_goes_on_as_it_was_begun(tmp_path: Path) -> None:
    """Its record has no threshold and threads: it continues with XLA's threshold, one thread, and the user's flags."""
    folder = tmp_path / "run"
    begun = python(RECORD, str(folder), flags=f"{FLAG}{DEFAULT_THRESHOLD}")
    assert Run.read(folder).about.threshold == DEFAULT_THRESHOLD
    described = json.loads((folder / "run.json").read_text())
    del described["threshold"], described["threads"]
    (folder / "run.json").write_text(json.dumps(described))
    assert python(GO_ON, str(folder), flags=USERS) == [f"{USERS} {FLAG}{DEFAULT_THRESHOLD}", "1"]
    together = np.fromfile(folder / "losses.bin", WINDOW)["loss"]
    assert together.tobytes().hex() == begun[0]
