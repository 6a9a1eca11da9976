"""Training that prints lines."""

from __future__ import annotations

import errno
import io
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import LossStats
from echornn.runs import run_dir
from echornn.runs.logs.command_log import RecordedCommand
from echornn.runs.recorder import Unrecorded
from echornn.runs.run_recorder import RunRecorder
from echornn.session.pictures.frame import Frame, State
from echornn.tasks.table import TASKS
from tests.losses_seen import after
from tests.patience import PATIENCE
from tests.scripted import SMALL, ScriptedTrainer, make_progress, side_by_side
from tui.commands.printed.ladder_line import ladder_fields, ladder_line
from tui.commands.printed.lines import LinePrinter
from tui.commands.printed.progress_bar import EMPTY_LINE, LinesAboveABar
from tui.commands.printed.record_lines import as_line, lines_of
from tui.commands.printed.records import as_json, finished_record
from tui.commands.record import Saved, saved_by
from tui.commands.training.epoch_report import EpochReport
from tui.term import terminal
from tui.term.exit_code import ExitCode

CONFIG = EchoConfig(num_epochs=2, total_series_length=75 * 250, truncated_backprop_length=15)
"""250 windows per epoch."""


def records_of(pieces: list[int]) -> list[dict[str, object]]:
    trainer = ScriptedTrainer(CONFIG)
    report = EpochReport(CONFIG, clock=lambda: 0.0)
    return [record for n in pieces for record in report.records(trainer.advance(n))]


@pytest.mark.parametrize("pieces", [[500], [1] * 500, [99, 2, 150, 249]])
def test_a_record_each_hundred_windows_and_one_each_epoch(pieces: list[int]) -> None:
    records = records_of(pieces)
    assert [(record["event"], record["epoch"], record.get("window")) for record in records] == [
        ("window", 1, 1),
        ("window", 1, 101),
        ("window", 1, 201),
        ("epoch", 1, None),
        ("window", 2, 1),
        ("window", 2, 101),
        ("window", 2, 201),
        ("epoch", 2, None),
    ]
    assert records[1]["loss"] == pytest.approx(0.7 * 0.99**100)
    assert records[3]["loss"] == pytest.approx(np.mean([0.7 * 0.99**window for window in range(250)]), rel=1e-5)


def test_accuracy_counts_right_predictions() -> None:
    report = EpochReport(CONFIG)
    (record,) = report.records(side_by_side([make_progress(CONFIG, wrong_every=3)]))
    assert record["accuracy"] == pytest.approx(10 / 15)


def test_after_a_resume_the_epoch_under_way_is_reported_whole(tmp_path: Path) -> None:
    trainer = ScriptedTrainer(CONFIG)
    recorder = RunRecorder.begin(tmp_path / "run", CONFIG)
    recorder.command(RecordedCommand(0, "start", 0, 0, 0, 0, CONFIG))
    recorder.windows(trainer.advance(170))
    recorder.save(trainer.state)
    recorder.close()
    report = EpochReport(CONFIG, clock=lambda: 0.0)
    report.go_on_after(run_dir.read(tmp_path / "run"))
    *_, epoch = report.records(trainer.advance(80))
    whole = records_of([250])[-1]
    assert epoch["loss"] == pytest.approx(whole["loss"], rel=1e-6)
    assert epoch["accuracy"] == whole["accuracy"]


def test_lines_for_people() -> None:
    first, *_, last = records_of([250])
    assert as_line(first, CONFIG) == "epoch 1/2  window 1/250  loss 0.7000  accuracy 100.0%"
    assert as_line(last, CONFIG) == "epoch 1/2 done  mean loss 0.2573  accuracy 100.0%  at 0.0 s"
    assert as_line({"event": "note", "unused": 3}, CONFIG) == "note  unused 3"


def test_json_lines_are_valid_whatever_the_loss() -> None:
    progress = side_by_side([make_progress(CONFIG, losses=[math.inf])])
    (record,) = EpochReport(CONFIG).records(progress)
    parsed = json.loads(as_json(record))
    assert parsed == {"event": "window", "epoch": 1, "window": 1, "loss": None, "accuracy": 1.0}


def test_a_loss_without_end_is_a_power_of_ten() -> None:
    progress = side_by_side([make_progress(CONFIG, losses=[2.6e35])])
    (record,) = EpochReport(CONFIG).records(progress)
    assert as_line(record, CONFIG) == "epoch 1/2  window 1/250  loss 2.600e+35  accuracy 100.0%"
    assert "mean loss 2.600e+35" in as_line({**records_of([250])[-1], "loss": 2.6e35}, CONFIG)


def test_the_last_line_says_whether_it_was_solved_and_where() -> None:
    losses = (0.7 * 0.9 ** np.arange(250)).astype(np.float32)
    for loss_stats, words in (
        (after(LossStats(), losses, CONFIG), "mean loss 9.8e-11  solved at 60"),
        (after(LossStats(), losses[:10], CONFIG), "mean loss 0.4559  not solved"),
        (
            after(LossStats(), np.append(losses, losses[[0] * 99]), CONFIG),
            "mean loss 0.7000  solved at 60, lost at 259",
        ),
    ):
        frame = Frame(State.FINISHED, CONFIG, trained=500, trained_in_all=700, loss_stats=loss_stats)
        record = finished_record(frame, 1.23456)
        assert words in as_line(record, CONFIG)
        parsed = json.loads(as_json(record))
        assert (parsed["event"], parsed["windows"], parsed["seconds"]) == ("finished", 700, 1.235)
        assert (parsed["final_loss"], parsed["solved_at"]) == (loss_stats.mean, loss_stats.solved_at)
        assert parsed["lost_at"] == loss_stats.lost_at


class Stream(io.StringIO):
    """A stream that remembers what was written, while there is room; if ``gone``, it fails as on Linux.

    Args:
        is_terminal: whether it is a terminal rather than a file.
    """

    def __init__(self, is_terminal: bool = True) -> None:
        super().__init__()
        self.is_terminal = is_terminal
        self.gone = False
        self.room = 1 << 30

    def isatty(self) -> bool:
        return self.is_terminal

    def take(self, data: bytes) -> int:
        if self.gone:
            raise OSError(errno.EIO, "Input/output error")
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = data[: self.room]
        self.room -= len(taken)
        self.write(taken.decode("latin-1"))
        return len(taken)

    @property
    def text(self) -> str:
        return self.getvalue().encode("latin-1").decode()


@pytest.fixture(autouse=True)
def _streams_take_what_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "write_some", lambda stream, data: stream.take(data))


FRAME = Frame(State.RUNNING, CONFIG, epoch=2, window=125, rate=12_345.0, progress=make_progress(CONFIG))


def bar_of(width: int) -> str:
    screen = Stream()
    LinesAboveABar(screen, lambda: width).show(FRAME)
    assert screen.text.startswith(EMPTY_LINE)
    return screen.text.removeprefix(EMPTY_LINE)


def test_the_bar_says_how_far_it_is_on_one_line_of_any_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    numbers = "epoch 2/2 window 125/250 loss 0.5000 accuracy 100.0% 12,345 windows/s"
    assert bar_of(119).split(maxsplit=1)[1] == numbers
    assert bar_of(119).count("━") == round((118 - len(numbers) - 1) * 0.75)
    for width in (1, 2, 40, 79, 80, 200):
        assert len(bar_of(width)) < width or width == 1
        assert "\n" not in bar_of(width)
        assert "\x1b" not in bar_of(width), "no colour was asked for"
    monkeypatch.delenv("NO_COLOR")
    assert "\x1b[" in bar_of(119)


def test_lines_go_above_the_bar_and_nothing_of_it_remains() -> None:
    screen = Stream()
    lines = LinesAboveABar(screen, lambda: 80)
    lines.print(["start"], screen)
    lines.show(FRAME)
    lines.print(["one", "two"], screen)
    lines.close()
    shown = screen.text.split(EMPTY_LINE)
    bar = bar_of(80)
    assert shown == ["", "start\n", bar, "one\ntwo\n" + bar, ""]


def test_lines_for_a_file_are_only_lines() -> None:
    screen, file = Stream(), Stream(is_terminal=False)
    lines = LinesAboveABar(screen, lambda: 80)
    lines.show(FRAME)
    lines.print(["one"], file)
    assert file.text == "one\n"
    assert screen.text == EMPTY_LINE + bar_of(80)


@pytest.mark.parametrize("make", [lambda _: LinePrinter(), LinesAboveABar])
def test_a_terminal_that_is_gone_is_no_failure(make: Callable[[Stream], LinePrinter]) -> None:
    screen = Stream()
    lines = make(screen)
    screen.gone = True
    lines.show(FRAME)
    lines.print(["one"], screen)
    lines.close()
    assert "one" not in screen.text


@pytest.mark.parametrize("room", [0, 1, 5000, 20_000])
def test_lines_that_a_full_disk_does_not_take_are_written_when_there_is_room(room: int) -> None:
    file, other = Stream(is_terminal=False), Stream()
    file.room = room
    lines = LinePrinter()
    texts = [f"line {number} of many, with an é in it\n" * 100 for number in range(20)]
    for text in texts:
        lines.print(text.splitlines(), file)
        lines.print(["a warning"], other)
    assert lines.warning == "lines are waiting to be printed: No space left on device"
    file.room = 1 << 20
    lines.print(["last"], file)
    assert lines.warning == ""
    assert file.text == "".join(texts) + "last\n"


def test_no_line_is_forged_and_none_moves_the_cursor() -> None:
    screen, file = Stream(), Stream(is_terminal=False)
    for stream, lines in ((screen, LinesAboveABar(screen, lambda: 80)), (file, LinePrinter())):
        lines.print(["start  run a\n\x1b[2Jb\udcff\u202e"], stream)
        assert r"start  run a\n\x1b[2Jb\xff\u202e" in stream.text
        assert stream.text.count("\n") == 1
        assert "\x1b[2J" not in stream.text


def test_nobody_who_hears_how_training_goes_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def take(stream: Stream, data: bytes) -> int:
        raise BrokenPipeError

    monkeypatch.setattr(terminal, "write_some", take)
    monkeypatch.setattr("sys.stderr", Stream())
    lines = LinePrinter()
    lines.print(["a warning"], sys.stderr)
    assert lines.warning == ""
    with pytest.raises(BrokenPipeError):
        lines.print(["a line"], sys.stdout)


def test_a_run_that_is_not_on_the_disk_at_the_end_is_a_failure(tmp_path: Path) -> None:
    recorder = RunRecorder.begin(tmp_path / "run", SMALL)
    assert saved_by(recorder) is Saved.YES
    recorder.windows(side_by_side([make_progress(SMALL)]))
    assert saved_by(recorder) is Saved.NO
    recorder.save(ScriptedTrainer(SMALL).state)
    assert recorder.wait(PATIENCE)
    assert saved_by(recorder) is Saved.YES
    recorder.close()
    assert saved_by(Unrecorded("no home")) is Saved.NOWHERE
    codes = {saved: (saved.at_the_end, saved.after_a_signal) for saved in Saved}
    assert codes == {
        Saved.YES: (ExitCode.DONE, ExitCode.CHECKPOINTED),
        Saved.NO: (ExitCode.FAILED, ExitCode.FAILED),
        Saved.NOWHERE: (ExitCode.DONE, ExitCode.FAILED),
    }, "it was said that nothing would be kept"


def lines_at(config: EchoConfig, mean: float) -> list[str]:
    record = {"event": "epoch", "epoch": 3, "loss": mean, "accuracy": math.nan, "seconds": 1.0}
    return lines_of(record, config)[1:]


def test_below_a_mean_loss_a_line_says_where_it_is_on_the_ladder() -> None:
    coins = EchoConfig(task="two_coins")
    for mean, words, level, next_level in (
        (0.9, "above 'chance' 0.6616", None, "chance"),
        (0.6616, "at 'chance' 0.6616", "chance", "knows t-8"),
        (0.655, "at 'chance' 0.6616", "chance", "knows t-8"),
        (0.645, "between 'chance' 0.6616 and 'knows t-8' 0.6278", "chance", "knows t-8"),
        (0.5167, "at 'knows t-3' 0.5192", "knows t-3", "knows both"),
        (0.4982, "between 'knows t-3' 0.5192 and 'knows both' 0.4545", "knows t-3", "knows both"),
        (0.46, "at 'knows both' 0.4545", "knows both", None),
        (0.2, "at 'knows both' 0.4545", "knows both", None),
    ):
        assert lines_at(coins, mean) == [f"  mean loss {mean:.4f}: {words}"]
        assert ladder_fields(coins, mean) == {"level": level, "next_level": next_level}
    assert ladder_line(coins, 0.5167, is_median=True) == "  median 0.5167: at 'knows t-3' 0.5192"
    assert lines_at(coins, math.nan) == []
    assert lines_at(CONFIG, 0.4) == [], "the echo is solved or not, which its line says"
    assert ladder_fields(CONFIG, 1e-9) == {"level": "knows t-3", "next_level": None}


@pytest.mark.parametrize("task", TASKS)
def test_the_line_on_the_ladder_fits_80_columns(task: str) -> None:
    config = EchoConfig(task=task)
    for mean in np.geomspace(1e-5, 3, 200).tolist():
        assert all(len(line) <= 80 for line in lines_at(config, mean))
