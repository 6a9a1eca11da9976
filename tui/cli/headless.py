"""Training without the app: a line, or a record of JSON, every 100 windows and for each epoch."""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from echornn import ConfigError, EchoConfig, PopulationProgress, Run, SeedStats, Session
from echornn.config import shown
from echornn.data.levels import can_be_solved, ladder_of, solved_level
from echornn.diagnosis.loss_stats import ladder_position, loss_text, task_loss_text
from echornn.diagnosis.seed_stats import NOTHING_COUNTS
from echornn.history.windows import errors_of, losses_of, summed
from echornn.progress import Counts, Floats
from echornn.run.branch import index_in
from echornn.run.recorder import Recorder
from echornn.session.commands import Pause, Save
from echornn.session.pictures.frame import Frame, State
from tui.cli.detach import Serving, let_go
from tui.cli.rows import Record, as_json, results_of, seed_stats_fields
from tui.cli.train import code_at_the_end, farewell, forget_if_empty
from tui.figures.sweep_table import rung_text
from tui.term import printed, terminal
from tui.term.exit_code import ExitCode

LOOK_SECONDS = 0.1  # between two checks of the session, for warnings and for its end
# A mean is above chance if it is higher by this share of the distance to the next level
FAR_ABOVE = 0.2
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


def print_training(
    config: EchoConfig,
    recorder: Recorder,
    at: int | None,
    speed: float | None,  # None for that which was chosen before, else full speed
    json: bool,
    serve: bool,
    paused: bool,
    background: int | None,  # the line to the parent; see `detach`
) -> int:
    """Train all epochs, and print the progress.

    A session in the ``background`` stays while viewers look at it.
    """
    report = EpochReport(config)

    def say(*records: Record) -> None:
        if records:
            lines.print(
                [as_json(one) if json else line_of(one, config) for one in records], sys.stdout
            )

    def on_progress(progress: PopulationProgress) -> None:
        say(*report.records(progress, session.config))
        if progress.diverged[-1] and not is_watched():
            session.stop()

    def is_watched() -> bool:
        return background is not None and bool(session.viewers.names)

    session = Session(config, speed, on_progress=on_progress, recorder=recorder, at=at)
    if paused:
        session.send(Pause())
    serving = Serving(session, serve)
    serving.begin()
    if background is not None:
        let_go(background, recorder.folder, serving.trouble, errors_apart=json)
    native_log = terminal.keep_native_stderr_off_the_screen()
    lines = printed.LinePrinter()
    with terminal.asked_to_end(session.stop, lambda: session.send(Save())) as asked:
        folder = None if recorder.folder is None else str(recorder.folder)
        trained = recorder.resumed.position_at(at).window if recorder.resumed else 0
        say({"event": "start", **shown(config.fields()), "run": folder, "trained": trained})
        if config.unused_steps:
            say({"event": "note", "unused_steps_per_epoch": config.unused_steps})
        if config.replicas > 1 and not json:
            lines.print([SEEDS_NOTE if can_be_solved(config) else LOSSES_NOTE], sys.stdout)
        if recorder.resumed is not None:
            report.go_on_after(recorder.resumed, at)
        begun = time.monotonic()
        if warning := recorder.warning:  # it may end with the first command, which may come at once
            lines.print([f"echornn-tui: {warning}"], sys.stderr)
        # on a thread, so that signals are handled even while native code runs
        threading.Thread(target=session.run, name="training", daemon=True).start()
        has_stopped = is_saved = False
        while not has_stopped and not (asked and (is_saved or recorder.folder is None)):
            has_stopped, frame = session.stopped.wait(LOOK_SECONDS), session.frame
            newest = "; ".join(filter(None, (frame.warning, lines.warning)))
            if newest not in ("", warning):
                warning = newest
                lines.print([f"echornn-tui: {warning}"], sys.stderr)
            is_over = frame.state is State.FINISHED or (
                frame.state is State.PAUSED and frame.has_diverged
            )
            if is_over and not is_watched():
                session.stop()
            is_saved = recorder.saved
    serving.end("the session was ended" if asked else "the session has ended")
    frame, code = session.frame, code_at_the_end(recorder, is_saved, bool(asked))
    if session.refused is not None:
        forget_if_empty(session)
        raise session.refused
    if isinstance(session.error, BrokenPipeError):
        raise session.error
    if session.error is not None:
        tail = "" if isinstance(session.error, ConfigError) else native_log.tail()
        lines.print(f"echornn-tui: {frame.message}\n{tail}".splitlines(), sys.stderr)
        code = ExitCode.FAILED
    elif frame.has_diverged:
        say({"event": "diverged", "epoch": frame.epoch, "window": frame.window, "loss": frame.loss})
        code = code if asked else ExitCode.FAILED
    elif not asked:
        say(finished_record(frame, time.monotonic() - begun))
        code = ExitCode.FAILED if lines.warning else code
    lines.print(farewell(session), sys.stderr)
    return code


def finished_record(frame: Frame, seconds: float) -> Record:
    known = frame.loss_stats
    result: Record = {
        "final_loss": known.mean,
        "solved_at": known.solved_at,
        "lost_at": known.lost_at,
    }
    spread: Record = {"final_loss_spread": known.mean_spread}
    if frame.seed_stats is not None:
        result, spread = results_of(frame.seed_stats), {}
    mean = result.get("final_loss", result.get("loss_50"))
    return {
        "event": "finished",
        "windows": frame.trained_in_all,
        **result,
        **ladder_fields(frame.config, mean, spread.get("final_loss_spread", 0.0)),
        "seconds": round(seconds, 3),
        **spread,
    }


def ladder_fields(config: EchoConfig, mean: float | None, unsure: float = 0.0) -> Record:
    """The names of the last level that a mean loss has come down to, and of the level after it, or
    None."""
    ladder, mean = ladder_of(config), math.nan if mean is None else mean
    found = ladder_position(ladder, mean, unsure, solved_level(config))
    if found is None:
        return {"level": None, "next_level": None}
    here, after = found.at or found.above, found.next
    if found.at is None and after is not None:
        chance = ladder[0]
        if mean > chance.loss + FAR_ABOVE * (chance.loss - after.loss):
            return {"level": None, "next_level": chance.name}
    return {"level": here.name, "next_level": after and after.name}


def line_of(record: Record, config: EchoConfig) -> str:
    """A record as text; beside a mean loss is its position on the ladder, save the echo's, which
    has no steps."""
    event, of_replicas = record["event"], "success_rate" in record
    template = (OF_REPLICAS if of_replicas else OF_ONE).get(event)
    if template is None:
        return "  ".join(
            [event, *(f"{name} {value}" for name, value in record.items() if name != "event")]
        )
    if of_replicas:
        mean, loss = (
            record["loss_50"],
            " ".join(loss_text(record[f"loss_{share}"], 3) for share in (10, 50, 90)),
        )
    else:
        mean = record["final_loss" if event == "finished" else "loss"]
        loss = task_loss_text(config, mean)
    if event != "window" and config.value("task") != "echo":
        rung = rung_text(config, mean, record.get("final_loss_spread", 0.0))
        loss += f" ({rung})" if rung else ""
    accuracy = record.get("accuracy", math.nan)
    if can_be_solved(config):
        solved = f"  {solved_text(record)}"
    elif event == "finished":
        solved = f"  {NOTHING_COUNTS}"
    else:
        solved = ""
    words = {
        "solved": solved,
        "loss": loss,
        "accuracy": ""
        if accuracy is None or math.isnan(accuracy)
        else f"  accuracy {accuracy:.1%}",
        "diverged": f"  {record['diverged']} diverged" if record.get("diverged") else "",
    }
    return template.format(
        **record | words, epochs=config.num_epochs, per_epoch=config.windows_per_epoch
    )


def solved_text(record: Record) -> str:
    """How many of the replicas solved the task, with the interval of their share; or when one
    network did."""
    if "success_rate" not in record:
        lost = f", lost at {record['lost_at']}" if record.get("lost_at") else ""
        return f"solved at {record['solved_at']}{lost}" if record.get("solved_at") else "not solved"
    low, high = (round(100 * record[name]) for name in ("success_low", "success_high"))
    text = f"{record['solved']}/{record['replicas']} solved ({low}-{high}%)"
    if record["median_window"] is not None:
        text += f" median {record['median_window']}"
    if record.get("lost"):
        text += f", {record['lost']} lost again"
    return text


class EpochReport:
    """Turns progress into records, about a window, or the means over an epoch that was trained from
    its beginning."""

    def __init__(self, config: EchoConfig) -> None:
        self.config, self.begun, self._is_whole = config, time.monotonic(), True
        # The number of the next window since the first epoch's start, from 0
        self._next: int | None = None
        self._begin_epoch()

    def _begin_epoch(self) -> None:
        # The sums are [replicas].
        self._sums, self._windows, self._errors = np.zeros(self.config.replicas), 0, 0

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
        per_epoch, count = config.windows_per_epoch, len(progress.losses)
        first = progress.epoch * per_epoch + progress.window + 1 - count
        # A viewer has changed it, or gone elsewhere
        if config != self.config or self._next not in (None, first):
            self.config, self._is_whole = config, False
            self._begin_epoch()
        self._next = first + count
        self._is_whole = self._is_whole or first % per_epoch == 0
        in_epoch = np.arange(first, first + count) % per_epoch
        begin = 0
        for index in np.flatnonzero(
            (in_epoch % LINE_EVERY == 0) | (in_epoch == per_epoch - 1)
        ).tolist():
            epoch, window = divmod(first + index, per_epoch)
            if window % LINE_EVERY == 0:
                losses, errors = (
                    progress.losses[index].astype(np.float64),
                    int(progress.errors[index].sum()),
                )
                fields = self._fields(progress, index, losses, 1, errors)
                yield {"event": "window", "epoch": epoch + 1, "window": window + 1, **fields}
            if window == per_epoch - 1:
                self._add(progress.losses[begin : index + 1], progress.errors[begin : index + 1])
                if self._is_whole:
                    fields = self._fields(progress, index, self._sums, self._windows, self._errors)
                    place = ladder_fields(self.config, fields.get("loss", fields.get("loss_50")))
                    seconds = time.monotonic() - self.begun
                    yield {
                        "event": "epoch",
                        "epoch": epoch + 1,
                        **fields,
                        **place,
                        "seconds": seconds,
                    }
                self._is_whole, begin = True, index + 1
                self._begin_epoch()
        self._add(progress.losses[begin:], progress.errors[begin:])

    def _add(self, losses: Floats, errors: Counts) -> None:
        self._sums, self._windows = summed(self._sums, losses), self._windows + len(losses)
        self._errors += int(errors.sum())

    def _fields(
        self,
        progress: PopulationProgress,
        index: int,
        sums: npt.NDArray[np.float64],
        windows: int,
        errors: int,
    ) -> Record:
        if self.config.replicas == 1:
            return {
                "loss": float(sums[0] / windows),
                "accuracy": self.config.accuracy(errors, windows),
            }
        along, newest = progress.trained - len(progress.losses) + index + 1, progress.losses[index]
        solved_at = np.where(progress.solved_at <= along, progress.solved_at, 0)
        diverged, never = ~np.isfinite(newest), np.zeros_like(solved_at)
        means = (sums / windows).astype(np.float32)
        counts = can_be_solved(self.config)
        stats = SeedStats(solved_at, means, newest, diverged, along, never, counts)
        return seed_stats_fields(stats)
