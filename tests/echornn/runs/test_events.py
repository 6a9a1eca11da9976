"""The curves and texts that TensorBoard's own readers see of a run."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.plugins.hparams import metadata

from echornn.runs import events, run_dir
from echornn.runs.events import EventLog, last_point, next_point
from echornn.runs.run_dir import LOSS_FILE, WINDOW
from echornn.runs.run_recorder import RunRecorder
from echornn.session.commands import Edit, Save, Step, Undo
from echornn.session.session import Session
from tests.echornn.runs.test_recorder import contents, recorded
from tests.on_a_thread import play
from tests.scripted import SMALL, ScriptedTrainer, make_progress, side_by_side
from tests.steps import NAMED

pytestmark = pytest.mark.slow

LONG = replace(SMALL, num_epochs=1000)
TAGS = ("loss", "accuracy", "learning_rate")


def curves(folder: Path) -> dict[str, tuple[list[int], np.ndarray]]:
    """The steps and values of each curve."""
    reader = EventAccumulator(str(folder / events.FOLDER), size_guidance={"scalars": 0})
    reader.Reload()
    return {
        tag: ([one.step for one in reader.Scalars(tag)], np.array([one.value for one in reader.Scalars(tag)]))
        for tag in TAGS
        if tag in reader.Tags()["scalars"]
    }


def texts(folder: Path) -> list[tuple[int, str]]:
    """The step and text of each command."""
    reader = EventMultiplexer().AddRun(str(folder / events.FOLDER), "run")
    reader.Reload()
    return [(one.step, one.tensor_proto.string_val[0].decode()) for one in reader.Tensors("run", "commands")]


def assert_means_of_the_log(folder: Path, last: int) -> None:
    """Steps increase up to the last window, and each value is the mean of the windows since the previous step."""
    windows = np.fromfile(folder / LOSS_FILE, WINDOW)
    assert len(windows) == last
    shown = curves(folder)
    steps = shown["loss"][0]
    assert steps == sorted(set(steps))
    assert steps[-1] == last
    assert all(shown[tag][0] == steps for tag in TAGS)
    pieces = [slice(first, end) for first, end in zip([0, *steps], steps, strict=False)]
    losses = np.array([windows["loss"][piece].mean(dtype=np.float64) for piece in pieces])
    np.testing.assert_allclose(shown["loss"][1], losses, rtol=1e-6)
    rates = [windows["errors"][piece].mean() / SMALL.predictions_per_window for piece in pieces]
    np.testing.assert_allclose(shown["accuracy"][1], 1 - np.array(rates), rtol=1e-6)


def test_curves_are_the_means_of_the_loss_log(tmp_path: Path) -> None:
    recorded(tmp_path / "run", 12, "save", 3, "reset", 5, "redraw", 8, config=LONG)
    assert_means_of_the_log(tmp_path / "run", 28)
    assert texts(tmp_path / "run") == [(1, "start"), (16, "reset"), (21, "redraw")]
    np.testing.assert_allclose(curves(tmp_path / "run")["learning_rate"][1], 0.3, rtol=1e-6)


def test_an_edit_is_told_in_words_and_moves_the_learning_rate(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    session = Session(LONG, make_trainer=ScriptedTrainer, recorder=RunRecorder.begin(folder, LONG))
    edit = Edit({"learning_rate": 0.1, "echo_step": 4})
    play(
        session,
        Step(7),
        edit,
        Step(4),
        Undo(),
        Step(3),
    )
    assert texts(folder) == [
        (1, "start"),
        (8, "edit: echo_step 3 to 4, learning_rate 0.3 to 0.1"),
        (12, "return: echo_step 4 to 3, learning_rate 0.1 to 0.3"),
    ]
    steps, rates = curves(folder)["learning_rate"]
    assert steps == list(range(1, 15))
    np.testing.assert_allclose(rates, [0.1 if 7 < step <= 11 else 0.3 for step in steps], rtol=1e-6)
    assert_means_of_the_log(folder, 14)


def test_the_configuration_is_in_the_hparams_tab(tmp_path: Path) -> None:
    config = replace(LONG, cell="lstm")
    recorded(tmp_path / "run", 3, config=config)
    reader = EventMultiplexer().AddRun(str(tmp_path / "run" / events.FOLDER), "run")
    reader.Reload()
    content = reader.SummaryMetadata("run", metadata.SESSION_START_INFO_TAG).plugin_data.content
    info = metadata.parse_session_start_info_plugin_data(content)
    assert info.hparams["cell"].string_value == "lstm"
    assert info.hparams["learning_rate"].number_value == 0.3
    assert info.hparams["stride"].number_value == 10
    assert len(info.hparams) == len(vars(config))


def killed_ahead(folder: Path, windows: int, torn: int = 0) -> None:
    """Leave the run as a killed process does, with events on disk that no checkpoint contains."""
    recorder = RunRecorder.go_on(folder)
    assert recorder.resumed is not None
    trainer = ScriptedTrainer(LONG)
    if recorder.resumed.checkpoint is not None:
        trainer.restore(recorder.resumed.checkpoint.state)
    for _ in range(windows):
        recorder.windows(trainer.advance(1))
    recorder._events.flush(recorder._events.length)
    recorder._losses.flush()
    recorder.close()
    newest = max((folder / events.FOLDER).iterdir())
    newest.write_bytes(newest.read_bytes()[: newest.stat().st_size - torn])


@pytest.mark.parametrize("torn", [0, 1, 20, 70])
def test_after_a_kill_what_lay_beyond_the_checkpoint_is_gone(tmp_path: Path, torn: int) -> None:
    folder = tmp_path / "run"
    recorded(folder, 12, "reset", config=LONG)
    for expected in (17, 22):
        killed_ahead(folder, 9, torn)
        session = Session(LONG, make_trainer=ScriptedTrainer, recorder=RunRecorder.go_on(folder))
        play(session, Step(5))
        assert_means_of_the_log(folder, expected)
    assert texts(folder) == [(1, "start"), (13, "reset")]
    assert len(list((folder / events.FOLDER).iterdir())) == 5


def test_what_lay_beyond_the_checkpoint_is_gone_also_where_nothing_is_left_to_train(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    recorded(folder, 12, config=LONG)
    killed_ahead(folder, 9)
    assert curves(folder)["loss"][0][-1] > 12
    session = Session(LONG, make_trainer=ScriptedTrainer, recorder=RunRecorder.go_on(folder))
    play(session)
    assert_means_of_the_log(folder, 12)
    assert texts(folder) == [(1, "start")]


def test_a_command_that_was_not_saved_is_taken_back(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    recorded(folder, 12, config=LONG)
    recorder = RunRecorder.go_on(folder)
    assert recorder.resumed is not None
    recorder.command(replace(recorder.resumed.commands[0], at=12, cause="redraw", init_index=1))
    recorder._events.flush(recorder._events.length)
    recorder.close()
    session = Session(LONG, make_trainer=ScriptedTrainer, recorder=RunRecorder.go_on(folder))
    play(session, Step(2))
    assert texts(folder) == [(1, "start")]


def test_a_run_that_starts_over_shows_only_what_counts(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    RunRecorder.begin(folder, LONG).close()
    killed_ahead(folder, 4)
    (folder / LOSS_FILE).write_bytes(b"")
    session = Session(LONG, make_trainer=ScriptedTrainer, recorder=RunRecorder.go_on(folder))
    play(session, Step(5))
    assert_means_of_the_log(folder, 5)
    assert texts(folder) == [(1, "start")]


def losses_of(windows: int) -> np.ndarray:
    return np.random.default_rng(windows).uniform(0, 1, windows).astype(np.float32)


def told(log: EventLog, losses: np.ndarray, piece: int) -> None:
    """Add these windows to the log, ``piece`` at a time."""
    progress = side_by_side([make_progress(LONG)])
    for begin in range(0, len(losses), piece):
        part = losses[begin : begin + piece]
        log.windows(replace(progress, losses=part[:, np.newaxis], errors=np.ones((len(part), 1), np.int32)))


def test_the_first_windows_have_a_point_each_and_later_ones_are_thinned_evenly_in_powers(tmp_path: Path) -> None:
    log = EventLog(tmp_path, LONG)
    told(log, losses_of(100_000), 4096)
    log.flush(log.length)
    steps = curves(tmp_path)["loss"][0]
    assert steps[:200] == list(range(1, 201))
    assert max(later / step for step, later in itertools.pairwise(steps[200:])) < 1.0101
    assert len(steps) == 851
    assert log.length == pytest.approx(70_000, abs=2000)


@pytest.mark.parametrize(("windows", "points"), [(20_000, 689), (10**6, 1082), (10**8, 1545)])
def test_a_run_of_any_length_has_few_points(windows: int, points: int) -> None:
    steps = [0]
    while steps[-1] <= windows:
        steps.append(next_point(steps[-1]))
    assert len(steps) - 2 == points
    assert last_point(windows) == steps[-2]


@pytest.mark.parametrize("piece", [1, 7, 999, 30_000])
def test_however_the_windows_come_in_the_points_are_the_same(tmp_path: Path, piece: int) -> None:
    for name, size in (("one", piece), ("other", 4096)):
        (tmp_path / name).mkdir()
        log = EventLog(tmp_path / name, LONG)
        told(log, losses_of(30_000), size)
        log.flush(log.length)
    assert points(tmp_path / "one") == points(tmp_path / "other")


def points(folder: Path) -> list[tuple[int, float, float]]:
    """Step, loss and accuracy of each point."""
    shown = curves(folder)
    return [(*point,) for point in zip(*shown["loss"], shown["accuracy"][1].tolist(), strict=True)]


STORY: list[tuple[int, str]] = [(300, "reset"), (1100, "regenerate"), (2500, "")]
"""Numbers of windows to train, each with the command that follows."""


def test_a_run_that_is_killed_again_and_again_shows_the_points_of_one_that_is_not(tmp_path: Path) -> None:
    recorded(tmp_path / "whole", *(step for pair in STORY for step in pair if step), config=LONG)
    kills = iter([(123, 40), (90, 3), (350, 222), (700, 1), (2000, 999), (10**6, 0)])
    RunRecorder.begin(tmp_path / "killed", LONG).close()
    for windows, command in STORY:
        left = windows
        while left:
            trained, ahead = next(kills)
            session = Session(LONG, make_trainer=ScriptedTrainer, recorder=RunRecorder.go_on(tmp_path / "killed"))
            trained = min(trained, left)
            play(session, Step(trained))
            left -= trained
            if left:
                killed_ahead(tmp_path / "killed", ahead)
        if command:
            session = Session(LONG, make_trainer=ScriptedTrainer, recorder=RunRecorder.go_on(tmp_path / "killed"))
            play(session, NAMED[command]())
    assert points(tmp_path / "killed") == points(tmp_path / "whole")
    assert texts(tmp_path / "killed") == texts(tmp_path / "whole")
    assert len(list((tmp_path / "killed" / events.FOLDER).iterdir())) > 7


def test_while_the_disk_takes_nothing_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_PENDING_BYTES", 5000)
    log = EventLog(tmp_path, LONG)
    told(log, losses_of(1000), 10)
    assert log.length < 5200
    log.flush(log.length)
    told(log, losses_of(1000), 10)
    log.flush(log.length)
    steps = curves(tmp_path)["loss"][0]
    gap = max(later - step for step, later in itertools.pairwise(steps))
    assert gap > 900
    assert steps[0] == 1
    shown = dict(zip(*curves(tmp_path)["loss"], strict=True))
    after = next(later for step, later in itertools.pairwise(steps) if later - step == gap)
    losses = np.concatenate([losses_of(1000), losses_of(1000)])
    assert shown[after] == pytest.approx(losses[after - gap : after].mean(dtype=np.float64), rel=1e-6)


def test_after_a_reset_the_start_is_dense_again(tmp_path: Path) -> None:
    recorded(tmp_path / "run", 3000, "reset", 250, config=LONG)
    steps = curves(tmp_path / "run")["loss"][0]
    assert set(range(3001, 3201)) <= set(steps)
    assert 3000 in steps, "no point mixes what came before a command with what came after it"


def test_the_last_windows_of_a_finished_run_have_a_point(tmp_path: Path) -> None:
    recorded(tmp_path / "run", 507, config=replace(SMALL, num_epochs=50))
    assert curves(tmp_path / "run")["loss"][0][-3:] == [494, 498, 500]


def test_a_loss_that_is_no_number_is_shown_as_such(tmp_path: Path) -> None:
    trainer = ScriptedTrainer(LONG)
    trainer.diverges_at = 3
    session = Session(LONG, make_trainer=lambda _: trainer, recorder=RunRecorder.begin(tmp_path / "run", LONG))
    play(session, Step(3), Save(), Step(1))
    assert math.isnan(curves(tmp_path / "run")["loss"][1][-1])


def test_events_that_cannot_be_written_leave_the_run_saved_and_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    recorder = RunRecorder.begin(folder, LONG)
    (folder / events.FOLDER).write_text("no folder")
    session = Session(LONG, make_trainer=ScriptedTrainer, recorder=recorder)
    warnings: list[str] = []
    play(
        session,
        Step(5),
        Save(),
        lambda: warnings.append(session.frame.warning),
        (folder / events.FOLDER).unlink,
        Step(2),
    )
    assert "TensorBoard's events not saved since" in warnings[0]
    assert session.frame.warning == ""
    assert run_dir.read(folder).trained == 7
    assert_means_of_the_log(folder, 7)


def test_it_is_removed_with_the_run(tmp_path: Path) -> None:
    recorded(tmp_path / "run", 5, config=LONG)
    run_dir.remove(tmp_path / "run")
    assert contents(tmp_path) == {}
    assert list(tmp_path.iterdir()) == []


def test_every_record_is_whole_and_in_order(tmp_path: Path) -> None:
    recorded(tmp_path / "run", 5, "reset", 5, config=LONG)
    (file,) = (tmp_path / "run" / events.FOLDER).iterdir()
    loaded: list[Any] = list(LegacyEventFileLoader(str(file)).Load())
    assert loaded[0].file_version == "brain.Event:2"
    assert [event.step for event in loaded[2:]] == sorted(event.step for event in loaded[2:])
