"""Training without the app: a line, or a record of JSON, every 100 windows and for each epoch."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from echornn import EchoConfig, PopulationProgress, Run, SeedStats, Session
from echornn.config import shown
from echornn.diagnosis.loss_stats import ladder_position, loss_text, task_loss_text
from echornn.diagnosis.seed_stats import NOTHING_COUNTS
from echornn.history.windows import errors_of, losses_of, summed
from echornn.levels import can_be_solved, ladder_of, solved_level
from echornn.progress import Counts, Floats
from echornn.run.branch import index_in
from echornn.run.recorder import Recorder
from echornn.runtime.waiting import left_text
from echornn.session.commands import Pause, Save
from echornn.session.pictures.frame import Frame, State
from tui.cli.detach import Serving, let_go
from tui.cli.flags import TrainFlags
from tui.cli.rows import Record, RecordPrinter, results_of, seed_stats_fields
from tui.cli.train import code_at_the_end, farewell, forget_if_empty, why_it_failed
from tui.term import terminal
from tui.term.exit_code import ExitCode
from tui.term.waiting_line import WaitingLine
from tui.text.lines import rung_text
from tui.text.targets import is_echo

LOOK_SECONDS = 0.1  # between two checks of the session, for warnings and for its end
# A mean is above chance if it is higher by this share of the distance to the next level
FAR_ABOVE = 0.2  # chosen by eye
LINE_EVERY = 100  # windows between two lines, as in the tutorial

SEEDS_NOTE = "replicas solved (95 % interval), median of their windows; loss at 10, 50, 90 %"
LOSSES_NOTE = f"{NOTHING_COUNTS}; loss at 10, 50, 90 %"

OF_ONE = {
    "window": "epoch {epoch}/{epochs}  window {window}/{per_epoch}  loss {loss}{accuracy}",
    "epoch": "epoch {epoch}/{epochs} done  mean loss {loss}{accuracy}  at {seconds:.1f} s",
    "finished": "finished  windows {windows} in all  mean loss {loss}{solved}  seconds {seconds}",
}
OF_REPLICAS = {
    "window": "epoch {epoch} window {window}{solved}  loss {loss}{diverged}",
    "epoch": "epoch {epoch} done{solved}  loss {loss}  {seconds:.1f}s{diverged}",
    "finished": "finished{solved}  mean loss {loss}  seconds {seconds}{diverged}",
}
"""The lines about records, which docs/cli.md explains; other records are printed as they are."""


class PrintedTraining:
    """Trains all epochs, and prints the progress.

    A session in the ``background`` (the line to the parent; see `detach`) stays while viewers look
    at it.
    """

    def __init__(
        self,
        config: EchoConfig,
        recorder: Recorder,
        at: int | None,
        speed: float | None,
        flags: TrainFlags,
        background: int | None,
    ) -> None:
        self._config = config
        self._at = at
        self._is_json = flags.json
        self._is_in_background = background is not None
        self._report = EpochReport(config)
        self._session = Session(
            config, speed, on_progress=self._progressed, recorder=recorder, at=at
        )
        if flags.paused:
            self._session.send(Pause())
        self._serving = Serving(self._session, not flags.no_serve)
        self._serving.begin()
        if background is not None:
            let_go(background, recorder.folder, self._serving.trouble, errors_apart=flags.json)
        self._native_log = terminal.keep_native_stderr_off_the_screen()
        self._printer = RecordPrinter(flags.json)
        self._waiting = WaitingLine()
        self._warning = ""  # the last that was printed

    def run(self) -> int:
        """Returns the exit code."""
        session = self._session
        with (
            terminal.asked_to_end(session.stop, lambda: session.send(Save())) as asked,
            self._waiting,
        ):
            self._print_start()
            begun = time.monotonic()
            # it may end with the first command, which may come at once
            self._warn(session.recorder.warning)
            # on a thread, so that signals are handled even while native code runs
            threading.Thread(target=session.run, name="training", daemon=True).start()
            is_saved = self._watch(asked)
        self._serving.end("the session was ended" if asked else "the session has ended")
        code = code_at_the_end(session.recorder, is_saved, bool(asked))
        if session.refused is not None:
            forget_if_empty(session)
            raise session.refused
        if isinstance(session.error, BrokenPipeError):
            raise session.error
        code = self._conclude(code, bool(asked), time.monotonic() - begun)
        self._printer.say(*farewell(session))
        return code

    def _print_start(self) -> None:
        config, recorder = self._config, self._session.recorder
        trained = 0
        if recorder.resumed is not None:
            trained = recorder.resumed.position_at(self._at).window
            self._report.go_on_after(recorder.resumed, self._at)
        folder = recorder.folder and str(recorder.folder)
        self._print({"event": "start", **shown(config.fields()), "run": folder, "trained": trained})
        if config.unused_steps:
            self._print({"event": "note", "unused_steps_per_epoch": config.unused_steps})
        if config.replicas > 1 and not self._is_json:
            self._printer.print(({}, [SEEDS_NOTE if can_be_solved(config) else LOSSES_NOTE]))

    def _watch(self, asked: list[int]) -> bool:
        """Until the session has stopped; or, if it was asked to, is saved, which is returned."""
        session, recorder = self._session, self._session.recorder
        has_stopped = is_saved = False
        while not has_stopped:
            has_stopped, frame = session.stopped.wait(LOOK_SECONDS), session.frame
            self._warn("; ".join(filter(None, (frame.warning, self._printer.warning))))
            if not self._is_in_background:
                self._waiting.say(self._waits_for(frame))
            has_diverged = frame.state is State.PAUSED and frame.has_diverged
            is_over = frame.state is State.FINISHED or has_diverged
            if is_over and not self._is_watched:
                session.stop()
            is_saved = recorder.saved
            if asked and (is_saved or recorder.folder is None):
                break
        return is_saved

    def _conclude(self, code: ExitCode, was_asked: bool, seconds: float) -> ExitCode:
        """Print how it ended; returns the exit code."""
        session, frame = self._session, self._session.frame
        if session.error is not None:
            self._printer.say(*why_it_failed(session, self._native_log))
            return ExitCode.FAILED
        if frame.has_diverged:
            place = {"epoch": frame.epoch, "window": frame.window, "loss": frame.loss}
            self._print({"event": "diverged", **place})
            if not was_asked:
                return ExitCode.FAILED
        elif not was_asked:
            self._print(finished_record(frame, seconds))
            if self._printer.warning:
                return ExitCode.FAILED
        return code

    def _progressed(self, progress: PopulationProgress) -> None:
        self._print(*self._report.records(progress, self._session.config))
        if progress.diverged[-1] and not self._is_watched:
            self._session.stop()

    @property
    def _is_watched(self) -> bool:
        return self._is_in_background and bool(self._session.viewers.names)

    def _print(self, *records: Record) -> None:
        if not records:
            return
        rows = [(record, [line_of(record, self._config)]) for record in records]
        with self._waiting.hidden():
            self._printer.print(*rows)

    def _warn(self, warning: str) -> None:
        if warning and warning != self._warning:
            self._warning = warning
            with self._waiting.hidden():
                self._printer.note(warning)

    def _waits_for(self, frame: Frame) -> str:
        if frame.state is State.LOADING:
            return frame.message
        if frame.state is not State.RUNNING or not self._waiting.is_rewritten:
            return ""
        config = frame.config
        epochs, windows = config.num_epochs, config.windows_per_epoch
        text = f"epoch {frame.epoch}/{epochs}  window {frame.window}/{windows}"
        if frame.rate:
            left = epochs * windows - (frame.epoch - 1) * windows - frame.window
            text += f", {left_text(left / frame.rate)}"
        return text


def finished_record(frame: Frame, seconds: float) -> Record:
    record: Record = {"event": "finished", "windows": frame.trained_in_all}
    duration = {"seconds": round(seconds, 3)}
    if frame.seed_stats is not None:
        result = results_of(frame.seed_stats)
        return record | result | ladder_fields(frame.config, result["loss_50"]) | duration
    stats = frame.loss_stats
    record |= {"final_loss": stats.mean, "solved_at": stats.solved_at, "lost_at": stats.lost_at}
    record |= ladder_fields(frame.config, stats.mean, stats.mean_spread)
    return record | duration | {"final_loss_spread": stats.mean_spread}


def ladder_fields(config: EchoConfig, mean: float | None, unsure: float = 0.0) -> Record:
    """The names of the last level that a mean loss has come down to, and of the level after it, or
    None."""
    nothing = {"level": None, "next_level": None}
    if mean is None:
        return nothing
    ladder = ladder_of(config)
    position = ladder_position(ladder, mean, unsure, solved_level(config))
    if position is None:
        return nothing
    following = position.next
    if position.at is None and following is not None:
        chance = ladder[0]
        if mean > chance.loss + FAR_ABOVE * (chance.loss - following.loss):
            return {"level": None, "next_level": chance.name}
    level = position.at or position.above
    return {"level": level.name, "next_level": following and following.name}


# ---- records as text


def line_of(record: Record, config: EchoConfig) -> str:
    """A record as text; beside a mean loss is its position on the ladder, save the echo's, which
    has no steps."""
    event = record["event"]
    is_of_replicas = "success_rate" in record
    template = (OF_REPLICAS if is_of_replicas else OF_ONE).get(event)
    if template is None:
        fields = [f"{name} {value}" for name, value in record.items() if name != "event"]
        return "  ".join([event, *fields])
    words = {
        "epochs": config.num_epochs,
        "per_epoch": config.windows_per_epoch,
        "solved": "",
        "loss": _loss_text(record, config),
        "accuracy": "",
        "diverged": "",
    }
    if can_be_solved(config):
        words["solved"] = f"  {solved_text(record)}"
    elif event == "finished":
        words["solved"] = f"  {NOTHING_COUNTS}"
    accuracy = record.get("accuracy")
    if accuracy is not None and not math.isnan(accuracy):
        words["accuracy"] = f"  accuracy {accuracy:.1%}"
    if record.get("diverged"):
        words["diverged"] = f"  {record['diverged']} diverged"
    return template.format(**record | words)


def _loss_text(record: Record, config: EchoConfig) -> str:
    if "success_rate" in record:
        mean = record["loss_50"]
        text = " ".join(loss_text(record[f"loss_{share}"], 3) for share in (10, 50, 90))
    else:
        mean = record["final_loss" if record["event"] == "finished" else "loss"]
        text = task_loss_text(config, mean)
    if record["event"] != "window" and not is_echo(config):
        rung = rung_text(config, mean, record.get("final_loss_spread", 0.0))
        if rung:
            text += f" ({rung})"
    return text


def solved_text(record: Record) -> str:
    """How many of the replicas solved the task, with the interval of their share; or when one
    network did."""
    if "success_rate" in record:
        low, high = (round(100 * record[name]) for name in ("success_low", "success_high"))
        text = f"{record['solved']}/{record['replicas']} solved ({low}-{high}%)"
        if record["median_window"] is not None:
            text += f" median {record['median_window']}"
        if record.get("lost"):
            text += f", {record['lost']} lost again"
        return text
    if not record.get("solved_at"):
        return "not solved"
    text = f"solved at {record['solved_at']}"
    if record.get("lost_at"):
        text += f", lost at {record['lost_at']}"
    return text


# ---- progress as records


class EpochReport:
    """Turns progress into records, about a window, or the means over an epoch that was trained from
    its beginning."""

    def __init__(self, config: EchoConfig) -> None:
        self.config = config
        self.begun = time.monotonic()
        self._is_whole = True  # the epoch
        # The number of the next window since the first epoch's start, from 0
        self._next: int | None = None
        self._begin_epoch()

    def _begin_epoch(self) -> None:
        self._sums = np.zeros(self.config.replicas)
        self._windows = self._errors = 0

    def go_on_after(self, run: Run, at: int | None) -> None:
        """Count the current epoch's earlier windows of a continued run, if they are of the same
        epochs."""
        position = run.position_at(at)
        owner = run.owner(position)
        if owner is None or not owner.config.differs_only_live(self.config):
            return
        _, in_epoch = owner.epoch_and_window(position.window)
        ranges = run.tree.ranges(position, position.window - in_epoch)
        for part, windows, _ in run.stored(ranges):
            config = part.branch.config
            first = index_in(config, self.config)
            own = windows[:, first : first + self.config.replicas]
            self._add(losses_of(own), errors_of(own, config))

    def records(self, progress: PopulationProgress, config: EchoConfig) -> Iterator[Record]:
        """Of windows that were just trained."""
        per_epoch, count = config.windows_per_epoch, len(progress.losses)
        first = progress.epoch * per_epoch + progress.window + 1 - count
        # A viewer has changed it, or gone elsewhere
        if config != self.config or self._next not in (None, first):
            self.config, self._is_whole = config, False
            self._begin_epoch()
        self._next = first + count
        self._is_whole = self._is_whole or first % per_epoch == 0
        in_epoch = np.arange(first, first + count) % per_epoch
        is_reported = (in_epoch % LINE_EVERY == 0) | (in_epoch == per_epoch - 1)
        begin = 0  # of the windows that are not added yet
        for index in np.flatnonzero(is_reported).tolist():
            epoch, window = divmod(first + index, per_epoch)
            if window % LINE_EVERY == 0:
                fields = self._fields_of_window(progress, index)
                yield {"event": "window", "epoch": epoch + 1, "window": window + 1, **fields}
            if window < per_epoch - 1:
                continue
            self._add(progress.losses[begin : index + 1], progress.errors[begin : index + 1])
            if self._is_whole:
                yield {"event": "epoch", "epoch": epoch + 1, **self._means(progress, index)}
            self._is_whole, begin = True, index + 1
            self._begin_epoch()
        self._add(progress.losses[begin:], progress.errors[begin:])

    def _add(self, losses: Floats, errors: Counts) -> None:
        self._sums = summed(self._sums, losses)
        self._windows += len(losses)
        self._errors += int(errors.sum())

    def _fields_of_window(self, progress: PopulationProgress, index: int) -> Record:
        losses = progress.losses[index].astype(np.float64)
        accuracy = self.config.accuracy(int(progress.errors[index].sum()), 1)
        return self._fields(progress, index, losses, accuracy)

    def _means(self, progress: PopulationProgress, index: int) -> Record:
        """Of the epoch that ends with this window of the progress."""
        means = self._sums / self._windows
        accuracy = self.config.accuracy(self._errors, self._windows)
        fields = self._fields(progress, index, means, accuracy)
        ladder = ladder_fields(self.config, fields.get("loss", fields.get("loss_50")))
        return {**fields, **ladder, "seconds": time.monotonic() - self.begun}

    def _fields(
        self,
        progress: PopulationProgress,
        index: int,
        means: npt.NDArray[np.float64],
        accuracy: object,
    ) -> Record:
        if self.config.replicas == 1:
            return {"loss": float(means[0]), "accuracy": accuracy}
        along = progress.trained - len(progress.losses) + index + 1
        newest = progress.losses[index]
        solved_at = np.where(progress.solved_at <= along, progress.solved_at, 0)
        diverged, never = ~np.isfinite(newest), np.zeros_like(solved_at)
        counts = can_be_solved(self.config)
        losses = means.astype(np.float32)
        stats = SeedStats(solved_at, losses, newest, diverged, along, never, counts)
        return seed_stats_fields(stats)
