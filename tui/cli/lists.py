"""``list``, ``branches``, ``prune``: the runs on disk; ``tasks``, ``cells``: what can be
trained."""

from __future__ import annotations

import math
import os
import textwrap
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from echornn import EchoConfig, Numbers, RunError, Symbols
from echornn.arrays.facts import summary
from echornn.cells import own_cell
from echornn.cells import table as cells
from echornn.config import fields_text, shown
from echornn.diagnosis.loss_stats import loss_in_column
from echornn.diagnosis.seed_stats import NOTHING_COUNTS
from echornn.files.lock import Lock, is_held
from echornn.levels import solved_level as solved_level_of
from echornn.remote.address import AddressError
from echornn.remote.client import viewers_of
from echornn.run import folders, kept_runs
from echornn.run.branch import letter_of
from echornn.tasks import own_task
from echornn.tasks import table as tasks
from echornn.tasks.task import Setting, known_lags, ladder, settings_of, solved_level
from tui.cli.parameters import Json, RunName
from tui.cli.rows import Record, emit, opened, results_of
from tui.term.exit_code import UsageError
from tui.text.lines import aligned

COLUMNS = (" ", "branch", "parent", "at", "own windows", "mean loss", "solved at", "differs")

INDENT = "    "
NOTHING: tuple[Any, ...] = (None, [], (), "")
PRODUCT = ("weight", "bias", "reads", "columns")  # what is printed of a product of a cell


def list_runs(folder: Path | None = None, /, *, json: Json = False) -> int:
    """Print the runs in your state folder, or in another, the newest first.

    Args:
        folder: A folder with runs, or the folder of a run.
    """
    if folder is not None and not folder.is_dir():
        raise RunError(f"{folder} cannot be read: it is no folder")
    runs = kept_runs.runs(folder)
    if folder is not None and (folder / folders.RUN_FILE).exists():
        runs = [folder]
    return emit(map(_listed, runs), json, partial(_run_lines, folder))


def _listed(folder: Path) -> Record:
    """The row of a run; docs/cli.md explains the keys."""
    try:
        return _row(folder)
    except (RunError, OSError) as error:
        return {"run": str(folder), "error": _reason(folder, error, "read")}


def _row(folder: Path) -> Record:
    run = summary(folder)
    row: Record = {
        "run": str(folder),
        "saved": kept_runs.last_saved(folder),
        "epoch": run.epoch,
        "window": run.window,
        "windows": run.windows,
        "loss": run.loss,
        "diverged": math.isinf(run.loss),
        "solved_at": run.solved_at,
    }
    if run.seed_stats is None:
        row["lost_at"] = run.lost_at
    else:
        row["lottery"] = results_of(run.seed_stats)
    row["bytes"] = folders.size(folder)
    row["differs"] = shown(EchoConfig().changes_to(run.config))
    if os.path.lexists(folder / folders.POINTER_FILE):
        with suppress(AddressError):
            row["viewers"], row["steering"] = viewers_of(folder, seconds=2.0)
    level = solved_level_of(run.config)
    row["solved_level"] = level if math.isfinite(level) else None
    return row


def _run_lines(among: Path | None, runs: Iterable[Record]) -> Iterator[str]:
    yield f"runs in {among or kept_runs.runs_folder()}, the newest first"
    for run in runs:
        folder = Path(run["run"])
        saved = time.localtime(kept_runs.last_saved(folder))
        when = time.strftime("%Y-%m-%d %H:%M", saved)
        if "error" in run:
            yield f"{when}  {run['error']}"
            continue
        epochs = run["differs"].get("num_epochs", EchoConfig.num_epochs)
        position = f"epoch {run['epoch']}/{epochs}"
        loss = "diverged" if run["diverged"] else _loss(run["loss"])
        how_far = f"{position:<15} {run['windows']:>11,} windows in all  mean loss {loss:<9}"
        size = f"{run['bytes'] / 1e3:.1f} kB"
        if run["bytes"] >= 1e6:
            size = f"{run['bytes'] / 1e6:.1f} MB"
        how_well = f"{_solved_text(run):<19} {size:>9}"
        words = [when, how_far, how_well, folder.name, fields_text(run["differs"])]
        if "viewers" in run:
            words.append(_viewers_text(run["viewers"], run["steering"]))
        yield "  ".join(word for word in words if word)


def _solved_text(run: Record) -> str:
    solved, lost = _outcome(run)
    if run["solved_level"] is None:
        text = NOTHING_COUNTS
    elif "lottery" in run:
        text = f"{solved} solved"
    elif run["solved_at"]:
        text = f"solved at {solved}"
    else:
        text = "not solved"
    if lost:
        text += f", {lost}"
    return text


def _viewers_text(viewers: Iterable[str], steering: str) -> str:
    names = [f"{name} steers" if name == steering else name for name in viewers]
    return f"in training: {', '.join(names) or 'nobody looks'} (attach)"


def _outcome(row: Record) -> tuple[str, str]:
    """How many networks have solved the task, or when one has; and how many have lost it again, or
    when, empty if none."""
    if row["solved_level"] is None:
        return "-", ""
    solved, lost = "-", ""
    stats = row.get("lottery")
    if stats:
        solved = f"{stats['solved']:,} of {stats['replicas']:,}"
        if stats["lost"]:
            lost = f"{stats['lost']:,} lost again"
        return solved, lost
    if row["solved_at"]:
        solved = f"{row['solved_at']:,}"
    if row["lost_at"]:
        lost = f"lost at {row['lost_at']:,}"
    return solved, lost


def _loss(loss: float) -> str:
    return loss_in_column(loss) if math.isfinite(loss) else "-"


def _reason(folder: Path, error: Exception, what: str) -> str:
    if isinstance(error, OSError):
        return f"{folder} cannot be {what}: {error.strerror or error}"
    return str(error)


# ---- branches


def show_branches(run: RunName, /, *, json: Json = False) -> int:
    """Print the branches of a run: what began each branch, and its results; * marks the current
    branch."""
    rows = [dict(vars(facts)) for facts in opened(run).branches]
    for row in rows:
        stats, level = row.pop("seed_stats"), row.pop("solved_level")
        if stats is not None:
            row["lottery"] = results_of(stats)
        row["solved_level"] = level
    return emit(rows, json, _branch_lines)


def _branch_lines(branches: Iterable[Record]) -> Iterator[str]:
    table = [COLUMNS, *map(_cells_of_branch, branches)]
    numbers = aligned([row[:-1] for row in table], "  ")
    for line, row in zip(numbers, table, strict=True):
        yield f"{line}  {row[-1]}"


def _cells_of_branch(branch: Record) -> tuple[str, ...]:
    solved, lost = _outcome(branch)
    return (
        "*" if branch["here"] else " ",
        _branch_name(branch["number"]),
        _branch_name(branch["parent"]),
        f"{branch['at']:,}",
        f"{branch['windows']:,}",
        _loss(branch["mean_loss"]),
        solved,
        "; ".join(filter(None, [branch["differs"], lost])),
    )


def _branch_name(number: int | None) -> str:
    return "-" if number is None else f"{letter_of(number)} {number}"


# ---- prune


def prune_runs(
    *, keep: Annotated[int, Parameter(validator=Number(gte=0))], dry_run: bool = False
) -> int:
    """Remove all runs except the newest from your state folder; never a run that is being written
    or cannot be read.

    Args:
        keep: The number of newest runs to keep, 0 or more.
        dry_run: Only print what would be removed.
    """
    old = kept_runs.runs()[keep:]
    for folder in old:
        try:
            _prune(folder, dry_run)
            emit([f"{'would go' if dry_run else 'removed '} {folder.name}"])
        except (RunError, OSError) as error:
            emit([f"kept     {_reason(folder, error, 'removed')}"])
    return emit([] if old else ["nothing to remove"])


def _prune(folder: Path, dry_run: bool) -> None:
    """An error if it must stay."""
    summary(folder)  # refuses what is no run, or cannot be read
    if folder.is_symlink():
        raise RunError(f"{folder} is a link: the target of the link is not touched")
    if dry_run and is_held(folder):
        raise RunError(f"{folder} is being written by another process")
    if dry_run:
        return
    lock = Lock(folder)
    try:
        folders.remove(folder)
    finally:
        lock.release()


# ---- tasks and cells


def list_tasks(task: str | None = None, /, *, json: Json = False, template: bool = False) -> int:
    """Print the tasks that can be trained: inputs and outputs, known losses, and settings of each.

    Args:
        task: Only this task: a name, or FILE.py:NAME, the class NAME of your file.
        template: Print a file to begin your own task with: echornn-tui tasks --template >
            my_task.py
    """
    if template:
        return _template("task", task or json)
    return emit(_tasks(task), json, _blocks)


def list_cells(cell: str | None = None, /, *, json: Json = False, template: bool = False) -> int:
    """Print the recurrent cells that can be trained: formulas, the numbers that they hold, weights
    and gates of each.

    Args:
        cell: Only this cell: a name, or FILE.py:NAME, the cell NAME of your file.
        template: Print a file to begin your own cell with: echornn-tui cells --template >
            my_cell.py
    """
    if template:
        return _template("cell", cell or json)
    return emit(_cells(cell), json, _blocks)


def _template(kind: str, other: str | bool) -> int:
    if other:
        raise UsageError(
            f"--template cannot be used with another flag, or with a {kind}: it prints a file"
        )
    text = files(f"echornn.{kind}s").joinpath("template.txt").read_text(encoding="utf-8")
    return emit(text.splitlines())


def _tasks(wanted: str | None) -> Iterator[Record]:
    for name in tasks.TASKS if wanted is None else [tasks.named(wanted)]:
        if isinstance(name, own_task.OwnTask):
            task = own_task.check(name)
        else:
            task = tasks.class_of(name)()
        config = EchoConfig(task=task)
        levels = ladder(task, *config.data_shape)
        yield {
            "task": str(name),
            "help": _first_sentences(type(task)),
            "inputs": _form(task.inputs),
            "outputs": _form(task.outputs),
            "length": task.length,
            "loss": task.outputs.loss,
            "levels": [
                {"name": level.name, "loss": level.loss, "knows": level.knows} for level in levels
            ],
            "solved": solved_level(task, *config.data_shape),
            "sources": known_lags(task, (task.length or config.row_length) - 1),
            "settings": [_setting(setting) for setting in settings_of(task)],
        }


def _first_sentences(kind: type) -> str:
    paragraph, _, _ = (kind.__doc__ or "").strip().partition("\n\n")
    text = " ".join(paragraph.replace("`", "").split())
    # As dataclass writes it
    return "" if text.startswith(f"{kind.__name__}(") else text


def _form(form: Symbols | Numbers) -> Record:
    kind = "symbols" if isinstance(form, Symbols) else "numbers"
    return {kind: form.count, "names": form.names}


def _setting(setting: Setting) -> Record:
    allowed: Record = {"least": setting.least, "most": setting.most}
    if isinstance(setting.default, str):
        allowed = {"choices": setting.choices}
    return {"name": setting.name, "default": setting.default, **allowed, "help": setting.help}


def _cells(wanted: str | None) -> Iterator[Record]:
    for name in cells.CELLS if wanted is None else [cells.named(wanted)]:
        if isinstance(name, own_cell.OwnCell):
            cell = own_cell.check(name)
        else:
            cell = cells.cell_of(name)
        row: Record = {
            "cell": str(name),
            "help": cell.about,
            "formulas": cell.formulas,
            "state": cell.state_parts,
            "held": len(cell.state_parts) - len(cell.unread),
            "gates": cell.gates,
            "products": [
                {field: getattr(product, field) for field in PRODUCT} for product in cell.products
            ],
            "unit_weights": cell.unit_weights,
        }
        if cell.other_weights:
            row["other_weights"] = cell.other_weights
        if cell.fixed:
            row["fixed"] = cell.fixed
        if cell.in_turn:
            row["trained"] = "replicas in turn, since the step calls TensorFlow itself"
        row["keras"] = cell.keras[0] or None
        yield row


def _blocks(rows: Iterable[Record]) -> Iterator[str]:
    """The name of each, and below it what is said about it; records, and texts with words, have a
    line each."""
    for number, row in enumerate(rows):
        (_, name), (_, about), *facts = row.items()
        if number:
            yield ""
        yield name
        yield from _wrapped(about)
        for key, value in facts:
            if _needs_lines(value):
                yield f"{INDENT}{key}:"
                for member in value:
                    yield from _wrapped(_text(member), INDENT * 2)
            elif value not in NOTHING:
                yield from _wrapped(f"{key}: {_text(value)}")


def _needs_lines(value: Any) -> bool:
    if not isinstance(value, list | tuple):
        return False
    return any(isinstance(member, dict) or " " in str(member) for member in value)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        there = [(key, member) for key, member in value.items() if member not in NOTHING]
        return "; ".join(f"{key} {_text(member)}" for key, member in there)
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _wrapped(text: str, indent: str = INDENT) -> list[str]:
    return textwrap.wrap(text, 80, initial_indent=indent, subsequent_indent=f"{indent}  ")
