"""Turns JSON records into lines of text."""

from __future__ import annotations

import math

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import loss_text
from tui.commands.printed.ladder_line import ladder_line
from tui.commands.printed.records import Record

SEEDS_NOTE = "replicas solved (95 % interval), median of their windows; loss at 10, 50, 90 %"
"""The explanation of the numbers in lines about several replicas."""


def lines_of(record: Record, config: EchoConfig) -> list[str]:
    """A record as lines of text; below a mean loss, a line gives its position on the ladder of the task."""
    of_replicas = "success_rate" in record
    mean = {"epoch": "loss", "finished": "final_loss"}.get(record["event"])
    below = mean and ladder_line(config, record["loss_50" if of_replicas else mean], of_replicas)
    return [as_line(record, config), *([below] if below else [])]


def as_line(record: Record, config: EchoConfig) -> str:
    """A record as a line of text; with several replicas, usually at most 80 columns wide."""
    return _of_replicas(record) if "success_rate" in record else _of_one(record, config)


def _of_one(record: Record, config: EchoConfig) -> str:
    match record["event"]:
        case "window":
            return (
                f"epoch {record['epoch']}/{config.num_epochs}  window {record['window']}/{config.windows_per_epoch}"
                f"  loss {loss_text(record['loss'])}{_accuracy(record)}"
            )
        case "epoch":
            return (
                f"epoch {record['epoch']}/{config.num_epochs} done  mean loss {loss_text(record['loss'])}"
                f"{_accuracy(record)}  at {record['seconds']:.1f} s"
            )
        case "finished":
            solved = "not solved" if record["solved_at"] is None else f"solved at {record['solved_at']}"
            lost = "" if record["lost_at"] is None else f", lost at {record['lost_at']}"
            return (
                f"finished  windows {record['windows']} in all  mean loss {loss_text(record['final_loss'])}"
                f"  {solved}{lost}  seconds {record['seconds']}"
            )
        case event:
            return "  ".join([event, *(f"{name} {value}" for name, value in record.items() if name != "event")])


def _accuracy(record: Record) -> str:
    """The accuracy as text; empty if predictions are neither right nor wrong."""
    accuracy = record["accuracy"]
    return "" if accuracy is None or math.isnan(accuracy) else f"  accuracy {accuracy:.1%}"


def _of_replicas(record: Record) -> str:
    losses = " ".join(short(record[name]) for name in ("loss_10", "loss_50", "loss_90"))
    median = "" if record["median_window"] is None else f" median {record['median_window']}"
    low, high = (round(100 * record[name]) for name in ("success_low", "success_high"))
    lost = f", {record['lost']} lost again" if record.get("lost") else ""
    solved = f"{record['solved']}/{record['replicas']} solved ({low}-{high}%){median}{lost}"
    diverged = f"  {record['diverged']} diverged" if record["diverged"] else ""
    match record["event"]:
        case "window":
            return f"epoch {record['epoch']} window {record['window']}  {solved}  loss {losses}{diverged}"
        case "epoch":
            return f"epoch {record['epoch']} done  {solved}  loss {losses}  {record['seconds']:.1f}s{diverged}"
        case _:
            return f"finished  {solved}  mean loss {losses}  seconds {record['seconds']}{diverged}"


def short(loss: float) -> str:
    """A loss in nats as text, if possible in at most five characters: 0.693, 2e-5, 3e+9, inf."""
    if not math.isfinite(loss) or loss == 0:
        return f"{loss:g}"
    if 0.001 <= loss < 1000:
        return f"{loss:.3f}" if loss < 10 else f"{loss:.3g}"
    mantissa, power = f"{loss:.0e}".split("e")
    return f"{mantissa}e{'+' if loss > 1 else '-'}{power[1:].lstrip('0')}"
