"""The subcommand ``figure``: makes a figure for a paper, and says which files it wrote."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from echornn import ConfigError
from echornn.sweeps.folder import SweepResults
from tui.cli.parameters import Along, At, Branch, Replica, Trust
from tui.cli.rows import emit, named
from tui.figures.data import FigureRequest
from tui.figures.make import KINDS, require_drawable, write_figure
from tui.term import printed, terminal
from tui.term.exit_code import UsageError
from tui.term.waiting_line import WaitingLine
from tui.text.command_line import command_with
from tui.text.measures import Measure

INCHES = Parameter(validator=Number(gte=1, lte=40))


def make_figure(
    run: str,
    kind: str,
    others: Annotated[tuple[str, ...], Parameter(show_default=False)] = (),
    /,
    *,
    out: Annotated[Path, Parameter(name=("--out", "-o"))],
    at: At = None,
    branch: Branch = None,
    replica: Replica = None,
    along: Along = None,
    sizes: str = "",
    log: bool = False,
    across: str | None = None,
    down: str | None = None,
    show: Measure | None = None,
    filter: str = "",
    components: str | None = None,
    style: Literal["paper", "talk", "dark"] = "paper",
    width: Annotated[float | None, INCHES] = None,
    height: Annotated[float | None, INCHES] = None,
    font: str = FigureRequest.font,
    trust: Trust = False,
) -> int:
    """Make a figure for a paper: SVG, PDF or PNG, and its numbers beside it as FILE.csv; needs
    echornn-tui[figures].

    Args:
        run: Folder of the run, a name that list shows, or newest; for map, the folder of a sweep.
        kind: curve, norms, memory, gradient, weights, plane, automaton, solutions, lengths, along,
            seeds, branches, runs (figure RUN runs RUN ...) or map.
        others: For runs: the runs to compare it with.
        out: The file to write: its name ends in .svg, .pdf or .png.
        sizes: For lengths: SETTING=VALUES, as in evaluate.
        log: Draw losses on a logarithmic axis.
        across: For map: field of the columns.
        down: For map: field of the rows.
        show: For map: success, windows or loss.
        filter: For map: show only some values, as in map.
        components: For plane: the two principal components across and up; 1,2 by default.
        style: For a paper, or for slides on white or on dark.
        width: Inches; by default 3.3, one column of most papers, for slides 6.6.
        height: Inches; by default as the kind of figure needs.
        font: An installed font, or serif.
    """
    require_drawable(kind, out)
    named(run)  # says which one is the newest
    drawn: dict[str, Any] = {
        "at": at,
        "branch": branch,
        "replica": replica,
        "along": along,
        "sizes": sizes,
        "log": log,
    }
    of_some_kinds = {
        "across": across,
        "down": down,
        "show": show,
        "filter": filter,
        "components": components,
    }
    flags: dict[str, Any] = {"out": out}
    for name, value in {**drawn, **of_some_kinds}.items():
        if value not in (None, False, ""):
            _require_use(kind, name)
            flags[name] = value
    if others and kind != "runs":
        wrong = f"{others[0]!r} cannot be used with {kind}"
        raise UsageError(f"{wrong}: only runs compares several runs")
    looks: dict[str, Any] = {"style": style, "width": width, "height": height, "font": font}
    for name, value in looks.items():
        if value != getattr(FigureRequest, name):
            flags[name] = value
    command = command_with("figure", [run, kind, *others], flags)
    request = FigureRequest(run, kind, others, **drawn, trust=trust, **looks)
    if components is not None:
        request = replace(request, components=_two_components(components))
    if kind == "map":
        from tui.cli.map import chosen_state

        measure = show or Measure.SUCCESS
        state = chosen_state(SweepResults.read(Path(run)), across, down, measure, filter)
        request = replace(request, show=measure, choice=state.choice)
    if KINDS[kind].trains:
        terminal.keep_native_stderr_off_the_screen()
    with WaitingLine() as line:
        written, notes = write_figure(replace(request, progress=line.say), out, command)
    printed.complain(*(f"echornn-tui: {note}" for note in notes))
    return emit(map(str, written))


def _two_components(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"([1-9][0-9]{0,8}),([1-9][0-9]{0,8})", text)
    if match is None or match[1] == match[2]:
        allowed = "two different components, from 1 on, as 1,3"
        raise ConfigError("components", text, allowed)
    return int(match[1]), int(match[2])


def _require_use(kind: str, flag: str) -> None:
    if flag not in KINDS[kind].uses:
        takers = ", ".join(taker for taker in KINDS if flag in KINDS[taker].uses)
        raise UsageError(f"--{flag} cannot be used with {kind}: only with {takers}")
