"""`figure`: makes a figure of a run or a sweep: the picture, and its numbers as CSV."""

from __future__ import annotations

import importlib
import importlib.util
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tui.command_text import command_with
from tui.figures.data import FigureError, FigureRequest, as_csv
from tui.figures.kinds import KINDS
from tui.term.printed import export_whole

SUFFIXES = (".svg", ".pdf", ".png")
"""The formats, by the end of the file's name."""


def require_drawable(kind: str, file: Path) -> None:
    """Check, before anything is read, that there is such a kind, such a format, and Matplotlib.

    Raises:
        FigureError: one of them is missing.
    """
    if kind not in KINDS:
        raise FigureError(f"kind = {kind!r} cannot be used: one of {', '.join(KINDS)}")
    if file.suffix.lower() not in SUFFIXES:
        raise FigureError(f"out = {str(file)!r} cannot be written: the name must end in {', '.join(SUFFIXES)}")
    if importlib.util.find_spec("matplotlib") is None:
        raise FigureError("a figure cannot be drawn without Matplotlib: install echornn-tui[figures]")


def figure(
    run: str | Path,
    kind: str,
    file: Path,
    *,
    at: int | None = None,
    branch: str | int | None = None,
    replica: int | None = None,
) -> list[Path]:
    """Make a figure of a run with the usual look; see `made`. What was saved of the run is drawn; its folder is neither
    locked nor changed, and may be that of a run that is being trained.

    It takes seconds (the import of Matplotlib, and the probes), so an app calls it on a thread of its own, and one call
    at a time.

    Args:
        at, branch, replica: the position and the network, as in `echornn.arrays.run_arrays.RunArrays`.
    """
    request = FigureRequest(str(run), kind, (), at, branch, replica)
    flags = {"out": file, "at": at, "branch": branch, "replica": replica}
    return made(request, file, command_with("figure", [str(run), kind], flags))[0]


def made(request: FigureRequest, file: Path, command: str) -> tuple[list[Path], tuple[str, ...]]:
    """Write FILE, and the numbers as FILE.csv; existing files are replaced.

    Args:
        command: the command line that makes this figure, for its metadata. There is no date in it, so that the same
            command writes the same bytes.

    Returns:
        The files that were written, and notes about the numbers, a line each.

    Raises:
        FigureError: the figure cannot be drawn; the message is one line.
        RunError, ConfigError, TaskError: the run, position or network does not exist, or cannot be examined.
        OSError: the disk did not accept a file, which is unchanged.
    """
    require_drawable(request.kind, file)
    data = KINDS[request.kind].numbers(request)
    table = data.texts
    table_file = file.with_name(f"{file.name}.csv")
    export_whole(table_file, lambda new: new.write_text(as_csv(table), encoding="utf-8"))
    about = {"title": request.kind, "command": command, "program": f"echornn-tui {version('echornn-tui')}"}
    size = request.width, request.height or data.height
    from tui.figures.drawn import paper

    name, function = KINDS[request.kind].drawn
    draw: Any = getattr(importlib.import_module(f"tui.figures.drawn.{name}"), function)
    export_whole(file, lambda new: paper.save(new, draw, table, dict(data.facts), size, request.font, about))
    return [file, table_file], tuple(dict.fromkeys(data.notes))
