"""What is printed of training: records, as ``--json`` prints them, and the lines of text about them."""

from __future__ import annotations

import math

from echornn.config import EchoConfig, shown
from echornn.data.levels import ladder_of, solved_level
from echornn.diagnosis.loss_stats import NEAR, ladder_position, loss_text
from echornn.diagnosis.seed_stats import SeedStats
from echornn.runs.recorder import Recorder
from echornn.session.pictures.frame import Frame
from echornn.tasks.task import Level
from tui.cli.rows import Record
from tui.views.text import shortened

SEEDS_NOTE = "replicas solved (95 % interval), median of their windows; loss at 10, 50, 90 %"
"""The explanation of the numbers in lines about several replicas."""

OF_ONE = {
    "window": "epoch {epoch}/{epochs}  window {window}/{per_epoch}  loss {loss}{accuracy}",
    "epoch": "epoch {epoch}/{epochs} done  mean loss {loss}{accuracy}  at {seconds:.1f} s",
    "finished": "finished  windows {windows} in all  mean loss {loss}  {solved}  seconds {seconds}",
}
OF_REPLICAS = {
    "window": "epoch {epoch} window {window}  {solved}  loss {losses}{diverged}",
    "epoch": "epoch {epoch} done  {solved}  loss {losses}  {seconds:.1f}s{diverged}",
    "finished": "finished  {solved}  mean loss {losses}  seconds {seconds}{diverged}",
}


def start_record(config: EchoConfig, recorder: Recorder | None, at: int | None = None) -> Record:
    """The record at the start: configuration, folder, and the window of the run's path."""
    record = {"event": "start", **shown(config.fields())}
    if recorder is not None:
        record["run"] = None if recorder.folder is None else str(recorder.folder)
        record["trained"] = recorder.resumed.position_at(at).window if recorder.resumed else 0
    return record


def finished_record(frame: Frame, seconds: float) -> Record:
    """The record at the end: the windows trained in the whole run, and the result."""
    known = frame.loss_stats
    result: Record = {"final_loss": known.mean, "solved_at": known.solved_at, "lost_at": known.lost_at}
    if frame.seed_stats is not None:
        result = results_of(frame.seed_stats)
    ladder = ladder_fields(frame.config, result.get("final_loss", result.get("loss_50")))
    return {"event": "finished", "windows": frame.trained_in_all, **result, **ladder, "seconds": round(seconds, 3)}


def results_of(stats: SeedStats) -> Record:
    """`seed_stats_fields`, and lost: how many replicas have lost the task again after solving it."""
    return {**seed_stats_fields(stats), "lost": stats.lost}


def seed_stats_fields(stats: SeedStats) -> Record:
    """The results of the replicas; docs/cli.md explains the keys."""
    low, high = stats.interval
    return {
        "replicas": stats.replicas,
        "solved": stats.solved,
        "success_rate": stats.solved / stats.replicas,
        "success_low": low,
        "success_high": high,
        "median_window": stats.median_window,
        **dict(zip(("loss_10", "loss_50", "loss_90"), stats.quantiles, strict=True)),
        "diverged": int(stats.diverged.sum()),
    }


def ladder_fields(config: EchoConfig, mean: float | None) -> Record:
    """The names of the last level that a mean loss has come down to, and of the level after it, or None."""
    _, here, after = _levels(config, math.nan if mean is None else mean)
    return {"level": here and here.name, "next_level": after and after.name}


def _levels(config: EchoConfig, mean: float) -> tuple[str, Level | None, Level | None]:
    """Where a mean loss is: at a level, between two, or above all; the last that it has come down to, and the next."""
    ladder = ladder_of(config)
    found = ladder_position(ladder, mean, solved=solved_level(config))
    if found is None:
        return "", None, None
    if found.at is not None or found.next is None:
        return "at", found.at or found.above, found.next
    chance = ladder[0]
    if found.above is chance and abs(mean - chance.loss) <= NEAR * (chance.loss - found.next.loss):
        return "at", chance, found.next
    return ("above", None, chance) if mean > chance.loss else ("between", found.above, found.next)


def lines_of(record: Record, config: EchoConfig) -> list[str]:
    """A record as lines of text; below a mean loss, a line gives its position on the ladder of the task, except that of
    the echo, which has nothing between chance and solved.
    """
    event, of_replicas = record["event"], "success_rate" in record
    template = (OF_REPLICAS if of_replicas else OF_ONE).get(event)
    if template is None:
        return ["  ".join([event, *(f"{name} {value}" for name, value in record.items() if name != "event")])]
    mean: float = record["loss_50" if of_replicas else "final_loss" if event == "finished" else "loss"]
    words = _words_of_replicas(record) if of_replicas else _words_of_one(record, mean)
    line = template.format(**record | words, epochs=config.num_epochs, per_epoch=config.windows_per_epoch)
    where, here, after = _levels(config, mean)
    levels = [one for one in ((here, after) if where == "between" else (here or after,)) if one is not None]
    if event == "window" or config.value("task") == "echo" or not levels:
        return [line]
    named = " and ".join(f"'{shortened(one.name, 18)}' {round(one.loss, 4):g}" for one in levels)
    return [line, f"  {'median' if of_replicas else 'mean loss'} {loss_text(mean)}: {where} {named}"]


def _words_of_one(record: Record, mean: float) -> Record:
    accuracy, solved = record.get("accuracy"), record.get("solved_at")
    lost = f", lost at {record['lost_at']}" if record.get("lost_at") else ""
    return {
        "loss": loss_text(mean),
        "accuracy": "" if accuracy is None or math.isnan(accuracy) else f"  accuracy {accuracy:.1%}",
        "solved": f"solved at {solved}{lost}" if solved else "not solved",
    }


def _words_of_replicas(record: Record) -> Record:
    median = "" if record["median_window"] is None else f" median {record['median_window']}"
    low, high = (round(100 * record[name]) for name in ("success_low", "success_high"))
    lost = f", {record['lost']} lost again" if record.get("lost") else ""
    return {
        "solved": f"{record['solved']}/{record['replicas']} solved ({low}-{high}%){median}{lost}",
        "losses": " ".join(_short(record[name]) for name in ("loss_10", "loss_50", "loss_90")),
        "diverged": f"  {record['diverged']} diverged" if record["diverged"] else "",
    }


def _short(loss: float) -> str:
    """A loss in nats as text, if possible in at most five characters: 0.693, 2e-5, 3e+9, inf."""
    if not math.isfinite(loss) or loss == 0:
        return f"{loss:g}"
    if 0.001 <= loss < 1000:
        return f"{loss:.3f}" if loss < 10 else f"{loss:.3g}"
    mantissa, power = f"{loss:.0e}".split("e")
    return f"{mantissa}e{'+' if loss > 1 else '-'}{power[1:].lstrip('0')}"
