"""The subcommand ``list``: prints the runs in a folder, with configuration and progress."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from echornn.arrays.facts import Summary, summary
from echornn.config import EchoConfig, fields_text, shown
from echornn.diagnosis.loss_stats import loss_text
from echornn.errors import RunError
from echornn.runs import folders
from echornn.runs.folders import POINTER_FILE, RUN_FILE
from tui.commands.printed.records import come_to, finite
from tui.term import printed
from tui.term.exit_code import ExitCode

SECONDS_FOR_NAMES = 2.0
"""How long the list waits for each session to say who looks."""


def list_runs(folder: Path | None, as_json_lines: bool) -> int:
    """Print the runs in a folder, or the run if it is one; by default the user's runs. Returns the exit code."""
    printed.lines(json_lines(folder) if as_json_lines else lines(folder))
    return ExitCode.DONE


def lines(among: Path | None = None) -> Iterator[str]:
    """A line with the folder, and a line for each run; the run saved last comes first."""
    found = _runs(among)
    yield f"runs in {among or folders.state_folder()}, the newest first"
    for folder in found:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(folders.last_saved(folder)))
        try:
            run = summary(folder)
        except (RunError, OSError) as error:
            yield f"{when}  {_what_is_wrong(folder, error)}"
        else:
            fields = fields_text(EchoConfig().changes_to(run.config))
            yield f"{when}  {_columns(run)}  {'  '.join(filter(None, (fields, _viewers_text(folder))))}".rstrip()


def json_lines(among: Path | None = None) -> Iterator[str]:
    """A line of JSON for each run; the run saved last comes first. See `record_of`."""
    for folder in _runs(among):
        try:
            yield json.dumps({**record_of(summary(folder)), **_viewers(folder)})
        except (RunError, OSError) as error:
            yield json.dumps({"run": str(folder), "error": _what_is_wrong(folder, error)})


def record_of(run: Summary) -> dict[str, Any]:
    """The JSON record of a run; docs/cli.md explains the keys."""
    when = {"solved_at": run.solved_at, "lost_at": run.lost_at}
    return {
        "run": str(run.folder),
        "saved": run.saved,
        "epoch": run.epoch,
        "window": run.window,
        "windows": run.windows,
        "loss": run.loss if math.isfinite(run.loss) else None,
        "diverged": math.isinf(run.loss),
        **{name: window or None for name, window in when.items() if window is not None},
        **({} if run.seed_stats is None else {"lottery": finite(come_to(run.seed_stats))}),
        "bytes": run.bytes,
        "differs": shown(EchoConfig().changes_to(run.config)),
    }


def _viewers(folder: Path) -> dict[str, Any]:
    """Who looks at the session that trains a run, and who steers it; empty if nobody can attach to it."""
    if not os.path.lexists(folder / POINTER_FILE):
        return {}
    from echornn.remote.client import (
        AddressError,  # imported late: most runs are not in training
        viewers_of,
    )

    try:
        names, steering = viewers_of(folder, SECONDS_FOR_NAMES)
    except AddressError:
        return {}
    return {"viewers": list(names), "steering": steering}


def _viewers_text(folder: Path) -> str:
    found = _viewers(folder)
    if not found:
        return ""
    names = [f"{name} steers" if name == found["steering"] else name for name in found["viewers"]]
    return f"in training: {', '.join(names) if names else 'nobody looks'} (attach)"


def describe(folder: Path) -> str:
    """The line about the run in a folder: windows, loss, size and name; or why it cannot be read."""
    try:
        return _columns(summary(folder))
    except (RunError, OSError) as error:
        return _what_is_wrong(folder, error)


def _runs(among: Path | None) -> list[Path]:
    if among is None:
        return folders.runs()
    try:
        if (among / RUN_FILE).exists():
            return [among]
        next(among.iterdir(), None)
        return folders.runs(among)
    except OSError as error:
        raise RunError(f"{among} cannot be read: {error.strerror or error}") from error


def _columns(run: Summary) -> str:
    position = f"epoch {run.epoch}/{run.config.num_epochs}"
    loss = "-" if math.isnan(run.loss) else "diverged" if math.isinf(run.loss) else loss_text(run.loss)
    solved = f"solved at {run.solved_at:,}" if run.solved_at else "not solved"
    lost = f", lost at {run.lost_at:,}" if run.lost_at else ""
    solved = f"{solved}{lost}" if run.seed_stats is None else str(run.seed_stats.counts)
    size = f"{run.bytes / 1e6:.1f} MB" if run.bytes >= 1e6 else f"{run.bytes / 1e3:.1f} kB"
    how_far = f"{position:<15} {run.windows:>11,} windows in all"
    return f"{how_far}  mean loss {loss:<9}  {solved:<19} {size:>9}  {run.folder.name}"


def _what_is_wrong(folder: Path, error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{folder} cannot be read: {error.strerror or error}"
    return str(error)
