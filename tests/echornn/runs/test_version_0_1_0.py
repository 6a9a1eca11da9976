"""Run folders of version 0.1.0 stay readable: `tests/data/run-0.1.0` was written by that version, and continues
here.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from echornn.arrays.window_pieces import pieces
from echornn.config import EchoConfig
from echornn.files import recorded_values
from echornn.runs import kept_runs, run_dir
from echornn.runs.run_recorder import RunRecorder
from echornn.runs.states import checkpoint
from echornn.session.commands import Step
from echornn.session.session import Session
from tests.echornn.runs.test_recorder import contents
from tests.on_a_thread import play
from tests.scripted import SMALL, ScriptedTrainer
from tui.commands.kept_runs import list_runs, window_rows

KEPT = Path(__file__).parents[2] / "data" / "run-0.1.0"
CONFIG = EchoConfig(num_epochs=5, total_series_length=500, truncated_backprop_length=10, stride=8)
COMMANDS = [(0, "start"), (14, "edit"), (19, "undo"), (22, "regenerate"), (26, "reset")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the run: 37 windows, the newest checkpoint at the end."""
    return Path(shutil.copytree(KEPT, tmp_path / "run"))


def test_it_is_read_whole_and_left_as_it_is(folder: Path) -> None:
    before = contents(folder)
    run = run_dir.read(folder)
    assert [note for note in run.notes if not note.startswith("begun with")] == []
    assert (run.config, run.trained) == (CONFIG, 37)
    assert [(one.at, one.cause) for one in run.commands] == COMMANDS
    assert [one.config.learning_rate for one in run.commands] == [0.3, 0.1, 0.3, 0.3, 0.3]
    assert run.checkpoint is not None
    assert (run.checkpoint.state.epoch, run.checkpoint.state.window) == (0, 11)
    assert contents(folder) == before == contents(KEPT)


def test_it_is_exported_window_by_window(folder: Path) -> None:
    rows = list(window_rows.rows(pieces(run_dir.read(folder))))
    assert [row[0] for row in rows] == list(range(1, 38))
    np.testing.assert_array_equal(
        np.array([row.losses[0] for row in rows], np.float32),
        np.fromfile(folder / "losses.bin", run_dir.WINDOW)["loss"],
    )
    assert rows[-1][:2] == (37, 1)
    assert (*rows[-1].losses, *rows[-1].accuracies) == pytest.approx((0.654764414, 0.64))


def test_it_is_listed(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    place = kept_runs.state_folder() / "old"
    place.parent.mkdir(parents=True)
    folder.rename(place)
    assert kept_runs.runs() == [place]
    assert "37 windows" in list_runs.describe(place)


@pytest.mark.slow
def test_it_goes_on_from_where_it_was_saved(folder: Path) -> None:
    from echornn import Population

    before = np.fromfile(folder / "losses.bin", run_dir.WINDOW)
    recorder = RunRecorder.go_on(folder)
    assert recorder.resumed is not None
    kept = recorder.resumed.checkpoint
    assert kept is not None
    trainer = Population(CONFIG)
    session = Session(CONFIG, make_trainer=lambda _: trainer, recorder=recorder)
    play(session, Step(3))
    assert session.error is None
    assert (session.frame.trained, session.frame.trained_in_all) == (14, 40), "11 since the reset, and 3"
    assert (session.frame.epoch, session.frame.window) == (2, 2)
    after = np.fromfile(folder / "losses.bin", run_dir.WINDOW)
    np.testing.assert_array_equal(after[:37], before)
    assert np.isfinite(after["loss"]).all()
    trainer.restore(kept.state)
    for name, weight in trainer.weights.items():
        np.testing.assert_array_equal(weight, kept.state.weights[name])
    assert run_dir.read(folder).trained == 40


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(EchoConfig)])
def test_a_field_that_a_record_lacks_means_its_default(name: str) -> None:
    fields = dataclasses.asdict(SMALL)
    expected = dataclasses.replace(SMALL, **{name: getattr(EchoConfig(), name)})
    del fields[name]
    assert recorded_values.config_from(fields) == expected


def test_a_whole_run_without_a_field_means_its_default(tmp_path: Path) -> None:
    """As read by a later version with one more field: each place that stores a configuration lacks the field."""
    recorder = RunRecorder.begin(tmp_path / "run", SMALL)
    session = Session(SMALL, make_trainer=ScriptedTrainer, recorder=recorder)
    play(session, Step(4))
    for name in ("run.json", "commands.jsonl"):
        text = (tmp_path / "run" / name).read_text()
        lacking = text.replace('"row_start": "previous_row",', "").replace(', "row_start": "previous_row"', "")
        (tmp_path / "run" / name).write_text(lacking)
    for name in checkpoint.SLOTS:
        _without_row_start(tmp_path / "run" / name)
    run = run_dir.read(tmp_path / "run")
    assert run.config == SMALL
    assert [one.config for one in run.commands] == [SMALL]
    assert not any("damaged" in note for note in run.notes)


def _without_row_start(file: Path) -> None:
    content = file.read_bytes()[: -hashlib.sha256().digest_size]
    prefix = checkpoint._PREFIX
    magic, version, length = prefix.unpack_from(content)
    header = json.loads(content[prefix.size : prefix.size + length])
    del header["config"]["row_start"]
    text = json.dumps(header).encode()
    content = prefix.pack(magic, version, len(text)) + text + content[prefix.size + length :]
    file.write_bytes(content + hashlib.sha256(content).digest())
