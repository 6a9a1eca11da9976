"""What a run has come to, told from its newest checkpoint and the end of its loss log, however long that is."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from echornn.analysis.theory import RECENT_WINDOWS
from echornn.config import EchoConfig
from echornn.runs import kept_runs, run_dir
from echornn.runs.recorded_evidence import evidence_of, spans_of_the_weights
from echornn.runs.run_dir import LOSS_FILE, WINDOW, Run

MOST_READ = 1 << 22
"""Windows of a run of version 0.1.0, whose record does not say when it was solved, that are read to find out."""


@dataclass(frozen=True, eq=False)
class Summary:
    """A run as a line of a list.

    Attributes:
        folder: where it is.
        saved: when it was saved last, in seconds since 1970.
        config: what is trained now.
        epoch, window: how far it is: the newest window's epoch and its number in it, both from 1; 0 before the first.
        windows: trained in the whole run; where it has diverged, up to where it stood then.
        loss: mean cross-entropy of the newest `RECENT_WINDOWS` under the present weights, in nats; NaN where there are
            none, infinite where the loss has diverged.
        solved_at: window in the run, from 1, at which it was solved; 0 where it was not, None where that is not known.
        bytes: on disk.
    """

    folder: Path
    saved: float
    config: EchoConfig
    epoch: int
    window: int
    windows: int
    loss: float
    solved_at: int | None
    bytes: int

    @property
    def differs(self) -> dict[str, Any]:
        """The fields whose values are not the defaults."""
        return differs(self.config)


def differs(config: EchoConfig) -> dict[str, Any]:
    """The fields of a configuration whose values are not the defaults."""
    defaults = dataclasses.asdict(EchoConfig())
    return {name: value for name, value in dataclasses.asdict(config).items() if value != defaults[name]}


def summary(folder: Path) -> Summary:
    """What the run in this folder has come to.

    Raises:
        RunError: it holds no run that can be read.
        OSError: the disk does not answer.
    """
    run = run_dir.glance(folder)
    diverged_at = _diverged_at(run)
    windows = diverged_at or run.trained
    epoch, window = _position(run, windows)
    return Summary(
        folder,
        kept_runs.last_saved(folder),
        run.config,
        epoch,
        window,
        windows,
        math.inf if diverged_at else _loss(run),
        _solved_at(run),
        run_dir.size(folder),
    )


def _diverged_at(run: Run) -> int:
    """Windows trained when the loss was no finite number any more, after the last checkpoint; 0 where that is not so.

    No state is saved after that, and so the log ends beyond the checkpoint.
    """
    count = (run.folder / LOSS_FILE).stat().st_size // WINDOW.itemsize
    if count <= run.trained:
        return 0
    (newest,) = run.windows(count - 1, count)
    return count if newest["errors"] >= 0 and not math.isfinite(newest["loss"]) else 0


def _position(run: Run, windows: int) -> tuple[int, int]:
    """Epoch and window of the newest of so many windows, both from 1."""
    at, epoch, window = 0, 0, 0
    if run.commands:
        newest = run.commands[-1]
        at, epoch, window = newest.at, newest.epoch, newest.window
    if windows == at and not window:
        return epoch, 0 if epoch == 0 else run.config.windows_per_epoch
    epochs, in_epoch = divmod(window + windows - at - 1, run.config.windows_per_epoch)
    return epoch + epochs + 1, in_epoch + 1


def _loss(run: Run) -> float:
    """The mean of the newest losses; read from the end, and no further than needed."""
    left, total = RECENT_WINDOWS, 0.0
    for begin, end in reversed(spans_of_the_weights(run.commands, run.trained)):
        if count := min(left, end - begin):
            total += float(run.windows(end - count, end)["loss"].sum(dtype="float64"))
            left -= count
    return total / (RECENT_WINDOWS - left) if left < RECENT_WINDOWS else math.nan


def _solved_at(run: Run) -> int | None:
    if run.checkpoint is None:
        return 0
    if run.checkpoint.solved_at is None and run.trained <= MOST_READ:
        return evidence_of(run, until_solved=True).solved_at or 0
    return run.checkpoint.solved_at
