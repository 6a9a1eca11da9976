"""Makes a figure of a run or a sweep: the picture, and its numbers as CSV."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from echornn.runtime.waiting import Say, silent
from tui.figures import (
    along,
    automaton,
    counted,
    lengths,
    losses,
    paper,
    plane,
    probed,
    solutions,
)
from tui.figures.alt import alt_text
from tui.figures.data import FigureData, FigureError, FigureRequest
from tui.figures.style import STYLES
from tui.term.printed import export_whole
from tui.text.command_line import command_with

SUFFIXES = (".svg", ".pdf", ".png")


class FigureKind(NamedTuple):
    make: Callable[[FigureRequest], FigureData]
    uses: frozenset[str]  # the flags that it takes besides those of all figures
    # Whether probes measure its numbers, for which windows may have to be trained again
    trains: bool = False


PATH = frozenset({"at", "branch"})
PLACE = PATH | {"replica"}
ALONG = PLACE | {"along"}
MAP = frozenset({"across", "down", "show", "filter"})

KINDS = {
    "curve": FigureKind(losses.curve, PLACE | {"log"}),
    "norms": FigureKind(losses.norms, PLACE),
    "memory": FigureKind(probed.memory, ALONG, trains=True),
    "gradient": FigureKind(probed.gradient, ALONG, trains=True),
    "weights": FigureKind(probed.weights, PLACE, trains=True),
    "plane": FigureKind(plane.plane, PLACE | {"components"}, trains=True),
    "automaton": FigureKind(automaton.automaton, PLACE, trains=True),
    "solutions": FigureKind(solutions.solutions, PATH | {"along"}, trains=True),
    "lengths": FigureKind(lengths.lengths, PLACE | {"sizes"}, trains=True),
    "along": FigureKind(along.lines, ALONG, trains=True),
    "seeds": FigureKind(counted.seeds, PATH | {"log"}),
    "branches": FigureKind(losses.branches, frozenset({"branch", "log"})),
    "runs": FigureKind(losses.runs, frozenset({"log"})),
    "map": FigureKind(counted.sweep_map, MAP),
}


def require_drawable(kind: str, file: Path) -> None:
    """Check, before anything is read, that there is such a kind, such a format, and Matplotlib."""
    if kind not in KINDS:
        raise FigureError(f"kind = {kind!r} cannot be used: one of {', '.join(KINDS)}")
    if file.suffix.lower() not in SUFFIXES:
        allowed = ", ".join(SUFFIXES)
        raise FigureError(f"out = {str(file)!r} cannot be written: the name must end in {allowed}")
    if importlib.util.find_spec("matplotlib") is None:
        raise FigureError(
            "a figure cannot be drawn without Matplotlib: install echornn-tui[figures]"
        )


def figure(
    run: str | Path, kind: str, file: Path, progress: Say = silent, /, **where: Any
) -> list[Path]:
    """Make a figure of what was saved of a run.

    It takes seconds, of a path more than a minute: call it on a thread, one at a time. Meanwhile
    ``progress`` is called with a short text, what is done and what is left.
    """
    command = command_with("figure", [str(run), kind], {"out": file, **where})
    request = FigureRequest(str(run), kind, progress=progress, **where)
    files, _ = write_figure(request, file, command)
    return files


def write_figure(
    request: FigureRequest, file: Path, command: str
) -> tuple[list[Path], tuple[str, ...]]:
    """Write FILE, and the numbers as FILE.csv; returns both, and notes about the numbers, a line
    each.

    ``command`` is the command line that makes this figure, for its metadata. There is no date in
    it: the same command writes the same bytes.
    """
    data = KINDS[request.kind].make(request)
    request.progress("drawing")  # Matplotlib takes seconds to import
    table_file = file.with_name(f"{file.name}.csv")
    export_whole(table_file, lambda new: new.write_text(data.as_csv, encoding="utf-8"))
    style = STYLES[request.style]
    width = request.width or style.width
    height = request.height or data.height * style.thickness
    program = f"echornn-tui {version('echornn-tui')}"
    about = request.kind, command, program, alt_text(request.kind, data)

    def save(new: Path) -> None:
        paper.save(new, data.draw, (width, height), request.style, request.font, about)

    export_whole(file, save)
    return [file, table_file], tuple(dict.fromkeys(data.notes))
