"""Exports of a run: every window, the weights, a Keras model with the same outputs."""

from __future__ import annotations

import csv
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn.arrays.window_pieces import pieces
from echornn.config import EchoConfig
from echornn.runs import kept_runs, run_dir
from echornn.runs.logs.command_log import RecordedCommand
from echornn.runs.run_recorder import RunRecorder
from tests.answered import answered
from tests.patience import PATIENCE
from tests.scripted import SMALL, ScriptedTrainer
from tui.commands.kept_runs.list_runs import lines
from tui.commands.kept_runs.window_rows import rows

CONFIG = EchoConfig(num_epochs=3, total_series_length=200, truncated_backprop_length=4, state_size=6, init="glorot")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of 25 windows: 14, a reset, 11; ten windows per epoch."""
    recorder = RunRecorder.begin(tmp_path / "run", SMALL)
    trainer = ScriptedTrainer(SMALL)
    recorder.command(RecordedCommand(0, "start", 0, 0, 0, 0, SMALL))
    recorder.windows(trainer.advance(14))
    trainer.reset()
    recorder.command(RecordedCommand(14, "reset", 0, 0, 0, 0, SMALL))
    recorder.windows(trainer.advance(11))
    recorder.save(trainer.state)
    recorder.close()
    return tmp_path / "run"


def export(*arguments: str) -> subprocess.CompletedProcess[str]:
    return answered("export", *arguments)


def test_every_window_as_csv_and_as_json_lines(folder: Path) -> None:
    done = export(str(folder))
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "window,epoch,loss,accuracy"
    table = list(csv.DictReader(done.stdout.splitlines()))
    assert [int(row["window"]) for row in table] == list(range(1, 26))
    assert [int(row["epoch"]) for row in table] == [1] * 10 + [2] * 4 + [1] * 10 + [2]
    losses = np.array([row["loss"] for row in table], np.float32)
    logged = run_dir.read(folder).windows(0, 25)["loss"][:, 0]
    np.testing.assert_array_equal(losses, logged, err_msg="not one bit of a loss is lost in text")
    assert {float(row["accuracy"]) for row in table} == {1.0}
    objects = [json.loads(line) for line in export(str(folder), "--json").stdout.splitlines()]
    assert [(one["window"], one["epoch"]) for one in objects] == [(int(r["window"]), int(r["epoch"])) for r in table]


def test_no_run_and_wrong_names_are_one_line_and_exit_code_2(folder: Path, tmp_path: Path) -> None:
    for arguments, words in [
        ([str(tmp_path / "none")], "none holds no run"),
        ([str(folder), "--weights", "w.txt"], "the name must end in .npz"),
        ([str(folder), "--keras", "m.h5"], "the name must end in .keras"),
        ([str(folder), "--weights", str(tmp_path / "no" / "w.npz")], "No such file or directory"),
    ]:
        done = export(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert words in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")  # from Keras, when it saves
def test_weights_and_keras_files(tmp_path: Path) -> None:
    import keras

    from echornn import Population
    from tests.compiled import plain

    config = replace(CONFIG, num_classes=5)
    recorder = RunRecorder.begin(tmp_path / "run", config)
    with plain() as programs:
        trainer = Population(config, programs=programs)
        trained = trainer.advance(20)
        weights, state = trainer.weights, trainer.state
        progress = trainer.advance(1).of(0)  # the first window of an epoch starts from a zero state, as the model does
    recorder.windows(trained)
    recorder.save(state)
    assert recorder.wait(PATIENCE)
    files = ["--weights", str(tmp_path / "w.npz"), "--keras", str(tmp_path / "m.keras")]
    assert export(str(tmp_path / "run"), *files).returncode == 0
    with np.load(tmp_path / "w.npz") as saved:
        assert {name: saved[name].tolist() for name in saved} == {
            name: array[0].tolist() for name, array in weights.items()
        }
    model = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(model.predict(progress.x, verbose=0), progress.probabilities, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"cell": "gru"},
        {"cell": "lstm", "num_layers": 2},
    ],
)
def test_a_keras_model_has_the_same_outputs(changes: dict[str, Any]) -> None:
    from echornn import Trainer
    from echornn.network.to_keras import keras_model
    from tests.compiled import plain

    config = replace(CONFIG, **changes)
    with plain() as programs:
        trainer = Trainer(config, programs)
        trainer.advance(10)
        model = keras_model(config, trainer.weights)
        progress = trainer.advance(1)
    np.testing.assert_allclose(model.predict(progress.x, verbose=0), progress.probabilities, atol=1e-5)


def test_a_lost_window_is_no_number(folder: Path) -> None:
    (folder / run_dir.LOSS_FILE).write_bytes(b"")
    lost = list(rows(pieces(run_dir.read(folder))))
    assert len(lost) == 25
    assert np.isnan([(row.losses, row.accuracies) for row in lost]).all()


def test_the_runs_are_listed_newest_first_with_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert list(lines()) == [f"runs in {tmp_path}/echornn-tui/runs, the newest first"]
    first, second = (RunRecorder.begin(kept_runs.state_folder() / name, SMALL) for name in ("one", "two"))
    trainer = ScriptedTrainer(SMALL)
    first.windows(trainer.advance(14))
    first.save(trainer.state)
    assert first.wait(PATIENCE)
    assert second.folder is not None
    (second.folder / run_dir.RUN_FILE).write_text("{")
    for recorder, position in ((first, 1000), (second, 2000)):
        assert recorder.folder is not None
        for file in recorder.folder.iterdir():
            os.utime(file, (position, position))
    _, newest, oldest = lines()
    assert "two/run.json is damaged" in newest
    assert "epoch 2/3" in oldest
    assert "14 windows" in oldest
    assert "kB  one  num_epochs 3, " in oldest
