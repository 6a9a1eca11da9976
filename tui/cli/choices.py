"""The subcommands ``tasks`` and ``cells``: what can be trained, with formulas, known losses and settings."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import Any

from echornn.cells import own_cell
from echornn.cells import table as cells
from echornn.config import EchoConfig
from echornn.tasks import own_task
from echornn.tasks import table as tasks
from echornn.tasks.task import Numbers, Setting, Symbols, known_lags, ladder, settings_of, solved_level
from tui.cli import UsageError
from tui.cli.rows import Json, Record, emit, json_lines

INDENT = "    "
NOTHING: tuple[Any, ...] = (None, [], (), "")
PRODUCT = ("weight", "bias", "reads", "columns")  # what is printed of a product of a cell


def list_tasks(task: str | None = None, /, *, json: Json = False, template: bool = False) -> int:
    """Print the tasks that can be trained: inputs and outputs, known losses, and settings of each.

    Args:
        task: Only this task: a name, or FILE.py:NAME, the class NAME of your file.
        template: Print a file to begin your own task with: echornn-tui tasks --template > my_task.py
    """
    return _template("task", task or json) if template else emit(_tasks(task), json_lines if json else _blocks)


def list_cells(cell: str | None = None, /, *, json: Json = False, template: bool = False) -> int:
    """Print the recurrent cells that can be trained: formulas, the numbers that they hold, weights and gates of each.

    Args:
        cell: Only this cell: a name, or FILE.py:NAME, the cell NAME of your file.
        template: Print a file to begin your own cell with: echornn-tui cells --template > my_cell.py
    """
    return _template("cell", cell or json) if template else emit(_cells(cell), json_lines if json else _blocks)


def _template(kind: str, other: str | bool) -> int:
    if other:
        raise UsageError(f"--template cannot be used with another flag, or with a {kind}: it prints a file")
    text = files(f"echornn.{kind}s").joinpath("template.txt").read_text(encoding="utf-8")
    return emit(text.splitlines())


def _tasks(wanted: str | None) -> Iterator[Record]:
    """What is known about tasks with the default data; docs/cli.md explains the keys."""
    for name in tasks.TASKS if wanted is None else [tasks.named(wanted)]:
        task = own_task.check(name) if isinstance(name, own_task.OwnTask) else tasks.class_of(name)()
        size = EchoConfig(task=task).batch_size, EchoConfig(task=task).row_length
        about = " ".join((type(task).__doc__ or "").strip().partition("\n\n")[0].replace("`", "").split())
        yield {
            "task": str(name),
            "help": "" if about.startswith(f"{type(task).__name__}(") else about,  # as dataclass writes it
            "inputs": _form(task.inputs),
            "outputs": _form(task.outputs),
            "length": task.length,
            "loss": task.outputs.loss,
            "levels": [{"name": one.name, "loss": one.loss, "knows": one.knows} for one in ladder(task, *size)],
            "solved": solved_level(task, *size),
            "sources": known_lags(task, (task.length or EchoConfig().row_length) - 1),
            "settings": [_setting(known) for known in settings_of(task)],
        }


def _form(form: Symbols | Numbers) -> Record:
    return {"symbols" if isinstance(form, Symbols) else "numbers": form.count, "names": form.names}


def _setting(known: Setting) -> Record:
    allowed: Record = {"least": known.least, "most": known.most}
    if isinstance(known.default, str):
        allowed = {"choices": known.choices}
    return {"name": known.name, "default": known.default, **allowed, "help": known.help}


def _cells(wanted: str | None) -> Iterator[Record]:
    """What is known about cells; docs/cli.md explains the keys."""
    for name in cells.CELLS if wanted is None else [cells.named(wanted)]:
        cell = own_cell.check(name) if isinstance(name, own_cell.OwnCell) else cells.cell_of(name)
        yield {
            "cell": str(name),
            "help": cell.about,
            "formulas": cell.formulas,
            "state": cell.state_parts,
            "held": len(cell.state_parts) - len(cell.unread),
            "gates": cell.gates,
            "products": [{name: getattr(one, name) for name in PRODUCT} for one in cell.products],
            "unit_weights": cell.unit_weights,
            "keras": cell.keras[0] or None,
        }


def _blocks(rows: Iterable[Record]) -> Iterator[str]:
    """The name of each, and below it what is said about it; in a list of records, or of texts with words, each has a
    line.
    """
    for number, row in enumerate(rows):
        (_, name), (_, about), *facts = row.items()
        yield from [""] * bool(number)
        yield name
        yield from _wrapped(about)
        for key, value in facts:
            if isinstance(value, list | tuple) and any(isinstance(one, dict) or " " in str(one) for one in value):
                yield f"{INDENT}{key}:"
                for one in value:
                    yield from _wrapped(_text(one), INDENT * 2)
            elif value not in NOTHING:
                yield from _wrapped(f"{key}: {_text(value)}")


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key} {_text(one)}" for key, one in value.items() if one not in NOTHING)
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _wrapped(text: str, indent: str = INDENT) -> list[str]:
    return textwrap.wrap(text, 80, initial_indent=indent, subsequent_indent=f"{indent}  ")
