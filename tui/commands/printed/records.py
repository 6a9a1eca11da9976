"""The JSON records that ``--json`` prints, as dictionaries."""

from __future__ import annotations

import json
import math
from typing import Any

from echornn.config import EchoConfig, shown
from echornn.diagnosis.seed_stats import SeedStats
from echornn.runs.recorder import Recorder
from echornn.session.pictures.frame import Frame
from tui.commands.printed.ladder_line import ladder_fields

Record = dict[str, Any]


def as_json(record: Record) -> str:
    """A record as a line of JSON; NaN and infinity become null, since JSON lacks them."""
    return json.dumps(finite(record))


def finite(record: Record) -> Record:
    """The record with None in place of NaN and infinity."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in record.items()
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
    how_well: Record = (
        {"final_loss": known.mean, "solved_at": known.solved_at, "lost_at": known.lost_at}
        if frame.seed_stats is None
        else come_to(frame.seed_stats)
    )
    place = ladder_fields(frame.config, how_well.get("final_loss", how_well.get("loss_50")))
    return {"event": "finished", "windows": frame.trained_in_all, **how_well, **place, "seconds": round(seconds, 3)}


def come_to(seed_stats: SeedStats) -> Record:
    """`seed_stats_fields`, and lost: how many replicas have lost the echo again after solving it."""
    return {**seed_stats_fields(seed_stats), "lost": seed_stats.lost}


def seed_stats_fields(seed_stats: SeedStats) -> Record:
    """The results of the replicas; docs/cli.md explains the keys."""
    low, high = seed_stats.interval
    loss_10, loss_50, loss_90 = seed_stats.quantiles
    return {
        "replicas": seed_stats.replicas,
        "solved": seed_stats.solved,
        "success_rate": seed_stats.solved / seed_stats.replicas,
        "success_low": low,
        "success_high": high,
        "median_window": seed_stats.median_window,
        "loss_10": loss_10,
        "loss_50": loss_50,
        "loss_90": loss_90,
        "diverged": int(seed_stats.diverged.sum()),
    }
