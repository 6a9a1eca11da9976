"""The subcommands ``list``, ``branches`` and ``prune``: what runs on disk came to, and which of them stay."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from echornn.arrays.facts import summary
from echornn.config import EchoConfig, fields_text, shown
from echornn.diagnosis.loss_stats import loss_text
from echornn.errors import RunError
from echornn.files.own_files import Lock, is_held
from echornn.remote.client import AddressError, viewers_of
from echornn.runs import folders
from echornn.timeline.branch import letter_of
from tui.cli.rows import Json, Record, RunName, emit, json_lines, opened, results_of

COLUMNS = ("branch", "parent", "at", "own windows", "mean loss", "solved at", "differs")


def list_runs(folder: Path | None = None, /, *, json: Json = False) -> int:
    """Print the runs in your state folder, or in another, the newest first.

    Args:
        folder: A folder with runs, or the folder of a run.
    """
    if folder is not None and not folder.is_dir():
        raise RunError(f"{folder} cannot be read: it is no folder")
    found = [folder] if folder is not None and (folder / folders.RUN_FILE).exists() else folders.runs(folder)
    return emit(map(_listed, found), json_lines if json else partial(_run_lines, folder))


def _listed(folder: Path) -> Record:
    """The row of a run; docs/cli.md explains the keys."""
    try:
        run = summary(folder)
        row: Record = {
            "run": str(run.folder),
            "saved": run.saved,
            "epoch": run.epoch,
            "window": run.window,
            "windows": run.windows,
            "loss": run.loss,
            "diverged": math.isinf(run.loss),
            "solved_at": run.solved_at or None,
            **({"lost_at": run.lost_at or None} if run.seed_stats is None else {"lottery": results_of(run.seed_stats)}),
            "bytes": run.bytes,
            "differs": shown(EchoConfig().changes_to(run.config)),
        }
        if os.path.lexists(folder / folders.POINTER_FILE):
            with suppress(AddressError):
                row["viewers"], row["steering"] = viewers_of(folder, seconds=2.0)
        return row
    except (RunError, OSError) as error:
        return {"run": str(folder), "error": _reason(folder, error, "read")}


def _run_lines(among: Path | None, runs: Iterable[Record]) -> Iterator[str]:
    yield f"runs in {among or folders.state_folder()}, the newest first"
    for run in runs:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(folders.last_saved(Path(run["run"]))))
        if "error" in run:
            yield f"{when}  {run['error']}"
            continue
        position = f"epoch {run['epoch']}/{run['differs'].get('num_epochs', EchoConfig.num_epochs)}"
        loss = "diverged" if run["diverged"] else _loss(run["loss"])
        solved, lost = _outcome(run)
        solved = f"{solved} solved" if "lottery" in run else f"solved at {solved}" if run["solved_at"] else "not solved"
        solved = f"{solved}, {lost}" if lost else solved
        size = f"{run['bytes'] / 1e6:.1f} MB" if run["bytes"] >= 1e6 else f"{run['bytes'] / 1e3:.1f} kB"
        how_far = f"{position:<15} {run['windows']:>11,} windows in all  mean loss {loss:<9}"
        viewers = ""
        if "viewers" in run:
            names = [f"{name} steers" if name == run["steering"] else name for name in run["viewers"]]
            viewers = f"in training: {', '.join(names) or 'nobody looks'} (attach)"
        words = (when, how_far, f"{solved:<19} {size:>9}", Path(run["run"]).name, fields_text(run["differs"]), viewers)
        yield "  ".join(filter(None, words))


def _outcome(row: Record) -> tuple[str, str]:
    """When it was solved, and when it was lost again; of several networks, how many."""
    if stats := row.get("lottery"):
        return f"{stats['solved']:,} of {stats['replicas']:,}", f"{stats['lost']:,} lost again" if stats["lost"] else ""
    return _counted(row["solved_at"]), f"lost at {row['lost_at']:,}" if row["lost_at"] else ""


def _loss(loss: float) -> str:
    return loss_text(loss) if math.isfinite(loss) else "-"


def _counted(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _reason(folder: Path, error: Exception, what: str) -> str:
    return f"{folder} cannot be {what}: {error.strerror or error}" if isinstance(error, OSError) else str(error)


# ---- branches


def show_branches(run: RunName, /, *, json: Json = False) -> int:
    """Print the branches of a run: what began each branch, and its results; * marks the current branch."""
    rows = [dict(vars(facts)) for facts in opened(run).branches]
    for row in rows:
        if (stats := row.pop("seed_stats")) is not None:
            row["lottery"] = results_of(stats)
    return emit(rows, json_lines if json else _branch_lines)


def _branch_lines(branches: Iterable[Record]) -> Iterator[str]:
    table = [(" ", *COLUMNS), *map(_cells, branches)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for *cells, words in table:
        yield "  ".join([*(cell.rjust(width) for cell, width in zip(cells, widths, strict=False)), words])


def _cells(branch: Record) -> tuple[str, ...]:
    number, parent = ("-" if one is None else f"{letter_of(one)} {one}" for one in (branch["number"], branch["parent"]))
    at, windows, loss = f"{branch['at']:,}", f"{branch['windows']:,}", _loss(branch["mean_loss"])
    solved, lost = _outcome(branch)
    differs = "; ".join(filter(None, [branch["differs"], lost]))
    return "*" if branch["here"] else " ", number, parent, at, windows, loss, solved, differs


# ---- prune


def prune_runs(*, keep: Annotated[int, Parameter(validator=Number(gte=0))], dry_run: bool = False) -> int:
    """Remove all runs except the newest from your state folder; never a run that is being written or cannot be read.

    Args:
        keep: The number of newest runs to keep, 0 or more.
        dry_run: Only print what would be removed.
    """
    old = folders.runs()[keep:]
    for folder in old:
        try:
            summary(folder)  # refuses what is no run, or cannot be read
            _remove(folder, dry_run)
            emit([f"{'would go' if dry_run else 'removed '} {folder.name}"])
        except (RunError, OSError) as error:
            emit([f"kept     {_reason(folder, error, 'removed')}"])
    return emit([] if old else ["nothing to remove"])


def _remove(folder: Path, dry_run: bool) -> None:
    if folder.is_symlink():
        raise RunError(f"{folder} is a link: the target of the link is not touched")
    if dry_run:
        if is_held(folder):
            raise RunError(f"{folder} is being written by another process")
        return
    lock = Lock(folder)
    try:
        folders.remove(folder)
    finally:
        lock.release()
