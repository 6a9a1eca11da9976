"""Going back to a window of a run from the command line, and printing one of its paths."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from echornn.arrays.window_pieces import pieces_along
from echornn.config import ConfigError
from echornn.files.run_error import RunError
from echornn.runs import run_dir
from echornn.runs.run_recorder import RunRecorder
from echornn.session.commands import Pause, Step
from echornn.session.session import Session
from echornn.timeline.branch import Position
from tests.answered import answered
from tests.on_a_thread import running
from tests.recorded import contents, record_branches
from tests.scripted import SMALL, ScriptedTrainer, scripted_loss
from tui.cli.program import exit_code_of
from tui.cli.subcommands.export import export_run
from tui.cli.training import training
from tui.commands import record
from tui.commands.flags import ConfigFlags, TrainingFlags
from tui.commands.front_end import UsageError
from tui.commands.kept_runs.export import export
from tui.commands.kept_runs.window_rows import rows
from tui.commands.printed.records import start_record
from tui.commands.training.epoch_report import EpochReport


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """14 windows, then 6 at another rate, at whose end the run is; then back, and 9 others.

    Branch 0 is windows 0 to 14, branch 1 continues to 20, branch 2 has other data from window 17 to 26.
    """
    record_branches(tmp_path / "run", 14, {"learning_rate": 0.1}, 6, (1, 17), "regenerate", 9, (1, 20))
    return tmp_path / "run"


# ---- going back


def test_a_run_goes_back_and_on_as_a_new_branch_with_what_was_trained_there(folder: Path) -> None:
    config, recorder = record.go_on(str(folder), ConfigFlags(), 5)
    assert config == SMALL
    session = Session(config, make_trainer=ScriptedTrainer, recorder=recorder, at=5)
    session.send(Pause())
    session.send(Step(3))
    with running(session):
        pass
    timeline = run_dir.read(folder).timeline()
    assert len(timeline) == 4
    branch = timeline.branch(3)
    assert (branch.cause, branch.parent, branch.config) == ("back", Position(0, 5), SMALL)
    losses = timeline.losses(Position(3, 8), 0)
    assert losses == pytest.approx([scripted_loss(window) for window in range(8)])
    assert run_dir.read(folder).position == Position(3, 8)


def test_fields_given_begin_a_branch_there(folder: Path) -> None:
    config, recorder = record.go_on(str(folder), ConfigFlags(learning_rate=0.7), 16)
    assert config == replace(SMALL, learning_rate=0.7)
    session = Session(config, make_trainer=ScriptedTrainer, recorder=recorder, at=16)
    session.send(Pause())
    session.send(Step(2))
    with running(session):
        pass
    timeline = run_dir.read(folder).timeline()
    branch = timeline.branch(3)
    assert (branch.cause, branch.parent, branch.before) == ("edit", Position(1, 16), Position(1, 16))
    assert timeline.differs(3) == "learning_rate 0.7"


@pytest.mark.parametrize(
    ("at", "fields", "words"),
    [
        (21, {}, "at = 21 cannot be used: it must be 0 to 20, the windows along the run's path"),
        (-1, {}, "at = -1 cannot be used: it must be 0 to 20"),
        (11, {"num_epochs": 1}, "num_epochs = 1 cannot be used: at least 2, as trained"),
        (20, {"num_epochs": 1}, "num_epochs = 1 cannot be used: at least 2, as trained"),
        (3, {"dropout": 0.5}, "dropout = 0.5 cannot be used: 0, since num_layers = 1"),
        (3, {"echo_step": 100}, "echo_step = 100 cannot be used: 0 to 99"),
    ],
)
def test_what_cannot_be_done_there_is_refused_and_nothing_touched(
    folder: Path, at: int, fields: dict[str, object], words: str
) -> None:
    before = contents(folder)
    with pytest.raises((RunError, ConfigError), match=words):
        record.go_on(str(folder), ConfigFlags(**fields), at)
    assert contents(folder) == before


def test_fewer_epochs_than_were_trained_at_the_end_are_allowed_further_back(folder: Path) -> None:
    config, recorder = record.go_on(str(folder), ConfigFlags(num_epochs=1), 10)
    recorder.close()
    assert config.num_epochs == 1


def test_a_run_that_never_saved_has_window_0_only(tmp_path: Path) -> None:
    RunRecorder.begin(tmp_path / "run", SMALL).close()
    config, recorder = record.go_on(str(tmp_path / "run"), ConfigFlags(), 0)
    recorder.close()
    assert config == SMALL
    with pytest.raises(RunError, match="at = 1 cannot be used: the run was never saved"):
        record.go_on(str(tmp_path / "run"), ConfigFlags(), 1)


def test_a_run_that_stands_in_the_past_may_go_on_from_any_window_of_its_line(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 14, (0, 4))
    kept = run_dir.read(tmp_path / "run")
    assert (kept.position, kept.position_at()) == (Position(0, 4), Position(0, 4))
    assert kept.position_at(14) == Position(0, 14)
    assert start_record(SMALL, RunRecorder.go_on(tmp_path / "run"))["trained"] == 4


def test_the_epoch_under_way_is_the_one_along_the_path(folder: Path) -> None:
    kept = run_dir.read(folder)
    report = EpochReport(SMALL, clock=lambda: 0.0)
    report.go_on_after(kept, 17)
    trainer = ScriptedTrainer(SMALL)
    trainer.advance(17)
    *_, epoch = report.records(trainer.advance(3))
    assert epoch["event"] == "epoch"
    assert epoch["loss"] == pytest.approx(np.mean([scripted_loss(window) for window in range(10, 20)]))


def test_a_configuration_that_training_refuses_leaves_the_disk_as_it_was(folder: Path) -> None:
    """For example if there is no GPU, which only TensorFlow knows."""

    def make_trainer(config: object) -> ScriptedTrainer:
        if config != run_dir.read(folder).config:
            raise ConfigError("device", "gpu", "TensorFlow sees no GPU")
        return ScriptedTrainer(config)

    config, recorder = record.go_on(str(folder), ConfigFlags(state_size=9), 5)
    before = contents(folder)
    session = Session(config, make_trainer=make_trainer, recorder=recorder, at=5)
    session.run()
    assert isinstance(session.error, ConfigError)
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"at": 3}, "at = 3 cannot be used without --resume"),
        ({"at": -3, "resume": "."}, "0 or more"),
    ],
)
def test_at_belongs_to_resume_and_is_not_negative(flags: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        training(ConfigFlags(), TrainingFlags(**flags))  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.usefixtures("shared_programs")
def test_from_the_command_line_one_goes_back_and_sees_the_branch(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "run")
    small = ["--total-series-length", "400", "--truncated-backprop-length", "2", "--num-epochs", "2", "--seed", "3"]
    assert exit_code_of(["--json", *small, "--run", folder]) == 0
    before = contents(tmp_path / "run")
    for arguments, words in (
        (["--at", "81"], "at = 81 cannot be used: it must be 0 to 80"),
        (["--at", "50", "--num-epochs", "1"], "num_epochs = 1 cannot be used: at least 2"),
        (["--at", "x"], "--at"),
    ):
        done = answered("--resume", folder, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert words in done.stderr
        assert "Traceback" not in done.stderr
    assert contents(tmp_path / "run") == before
    capfd.readouterr()
    assert exit_code_of(["--json", "--resume", folder, "--at", "50"]) == 0
    start, *_, finished = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert (start["trained"], finished["windows"]) == (50, 80 + 30), "along the path, and in the whole run"
    trunk, branch = (answered("export", folder, "--branch", number).stdout for number in "01")
    assert trunk == branch
    assert trunk.count("\n") == 81
    first, second = [json.loads(line) for line in answered("branches", folder, "--json").stdout.splitlines()]
    assert (second["parent"], second["at"], second["windows"]) == (0, 50, 30)
    assert first["newest_loss"] == second["newest_loss"]


# ---- printing a path


def numbered(text: str) -> list[tuple[int, int, float]]:
    table = csv.DictReader(text.splitlines())
    return [(int(row["window"]), int(row["epoch"]), float(row["loss"])) for row in table]


def test_the_path_to_where_the_run_stands_and_to_each_branch(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def printed(**options: object) -> list[tuple[int, int, float]]:
        assert export(str(folder), False, **options) == 0  # type: ignore[arg-type]
        return numbered(capsys.readouterr().out)

    path = printed(path=True)
    assert [row[:2] for row in path] == [(window + 1, window // 10 + 1) for window in range(20)]
    assert [row[2] for row in path] == pytest.approx([scripted_loss(window) for window in range(20)])
    assert printed(branch="1") == printed(branch="b") == path
    assert printed(branch="0") == path[:14]
    other = printed(branch="2")
    assert other[:17] == path[:17]
    assert [row[:2] for row in other[17:]] == [(window, 2) for window in range(18, 27)]
    assert len(printed()) == 29


def test_all_windows_are_numbered_in_the_order_trained_and_a_path_along_itself(folder: Path) -> None:
    kept = run_dir.read(folder)
    assert [row[0] for row in rows(pieces_along(kept, Position(2, 26)))] == list(range(1, 27))
    assert list(rows(pieces_along(kept, Position(1, 0)))) == []
    assert [row[0] for row in rows(pieces_along(kept, Position(1, 9)))] == list(range(1, 10))


@pytest.mark.parametrize("branch", ["3", "-1", str(10**20), "d", "B", "1.0", "", "z" * 13])
def test_a_branch_that_is_not_there_is_refused(folder: Path, branch: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RunError, match=f"branch = {branch!r} cannot be used: a to c, or 0 to 2"):
        export(str(folder), False, branch=branch)
    assert capsys.readouterr().out == ""


def test_a_run_that_never_saved_has_an_empty_path_and_no_branch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    RunRecorder.begin(tmp_path / "run", SMALL).close()
    assert export(str(tmp_path / "run"), False, path=True) == 0
    assert capsys.readouterr().out == "window,epoch,loss,accuracy\n"
    with pytest.raises(RunError, match="branch = '0' cannot be used: the run has none yet"):
        export(str(tmp_path / "run"), False, branch="0")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"path": True, "branch": "b"}, "branch = 'b' cannot be used with --path"),
        ({"path": True, "weights": Path("w.npz")}, "--path cannot be used with --weights"),
        ({"branch": "1", "keras": Path("m.keras")}, "--branch cannot be used with --weights or --keras"),
    ],
)
def test_flags_that_exclude_each_other_are_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        export_run("run", **options)  # type: ignore[arg-type]
