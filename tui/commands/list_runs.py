"""``echornn-tui list``: the runs in the user's state folder."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from echornn.runs import kept_runs, run_dir
from echornn.runs.run_error import RunError
from tui.exit_code import ExitCode


def lines() -> Iterator[str]:
    """A line for the folder, and one for each run, the one saved last first."""
    yield f"runs in {kept_runs.state_folder()}, the newest first"
    for folder in kept_runs.runs():
        yield f"{time.strftime('%Y-%m-%d %H:%M', time.localtime(kept_runs.last_saved(folder)))}  {describe(folder)}"


def describe(folder: Path) -> str:
    """How far a run has come, its size and its name; or what is wrong with it."""
    try:
        run = run_dir.read(folder)
    except RunError as error:
        return str(error)
    state = None if run.checkpoint is None else run.checkpoint.state
    epoch, window = (0, 0) if state is None else (state.epoch, state.window)
    position = f"epoch {epoch + (window > 0)}/{run.config.num_epochs}"
    size = run_dir.size(folder) / 1e6
    return f"{position:<19} {run.trained:>13,} windows {size:>8.1f} MB  {folder.name}"


def list_runs() -> int:
    """Print the runs. Returns the exit code."""
    for line in lines():
        print(line)
    return ExitCode.DONE
