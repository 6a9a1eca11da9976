"""The subcommands that write what a run holds: ``export``, ``figure``; `tui.cli.subcommands.table` has all."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from tui.cli import UsageError
from tui.cli.record import require_at
from tui.kit.command_text import command_with
from tui.kit.shades import Measure

LEAST_INCHES, MOST_INCHES = 1.0, 40.0
"""The sizes of figures."""


def export_run(
    run: str,
    /,
    *,
    path: bool = False,
    branch: str | None = None,
    json: bool = False,
    summary: bool = False,
    replica: int | None = None,
    at: int | None = None,
    weights: Path | None = None,
    keras: Path | None = None,
    parquet: Path | None = None,
    tensorboard: Path | None = None,
    trust: bool = False,
) -> Callable[[], int]:
    """Print every window of a run, in the order trained, as CSV: window,epoch,loss,accuracy (and replica, if there are
    several).

    Parameters
    ----------
    run
        Folder of the run, a name that list shows, or newest.
    path
        Only the windows on the path to the run's current position, numbered along it.
    branch
        Only the windows on the path to the end of this branch, named by its letter or number.
    json
        Print JSON lines instead.
    summary
        Print one row for each network instead: replica,seed,solved_at,final_loss,lost_at.
    replica
        Only the network with this number, without the column replica.
    at
        With --weights or --keras: the network after this many windows of the path; by default at its end.
    weights
        Write the weights to this .npz file instead, and FILE.npz.txt, which describes each array.
    keras
        Write the network to this .keras file instead, as a Keras model with the same outputs.
    parquet
        Write the same rows to this .parquet file instead; needs echornn-tui[arrow].
    tensorboard
        Write the loss, accuracy and learning rate along the run's path, or that of --branch, to a folder of this run in
        this one, for tensorboard --logdir; of several networks, the median loss and its 10 % and 90 % quantiles. It
        needs echornn-tui[tensorboard].
    trust
        Also run the tasks and cells of your own in the record; they are programs with all your rights.
    """
    if path and branch is not None:
        raise UsageError(f"branch = {branch!r} cannot be used with --path: a branch has its own path")
    networks = {"weights": weights, "keras": keras}
    files = weights is not None or keras is not None
    require_at(at)
    if at is not None and not files:
        raise UsageError(f"at = {at} cannot be used without --weights or --keras, which write the network there")
    if files and path:
        raise UsageError("--path cannot be used with --weights or --keras: they write one position, see --at")
    if summary and path:
        raise UsageError("--path cannot be used with --summary, which prints the run's current position")
    if summary and (files or replica is not None):
        flag = "--replica" if replica is not None else "--weights or --keras"
        raise UsageError(f"--summary cannot be used with {flag}: a summary has one row for each network")
    others = [flag for flag, file in networks.items() if file is not None] + ["json"] * json
    if tensorboard is not None:
        others += ["parquet"] * (parquet is not None) + ["summary"] * summary
    for flag, file in {"tensorboard": tensorboard, "parquet": parquet}.items():
        if file is not None and others:
            raise UsageError(f"--{flag} cannot be used with --{others[0]}: use only one of them")
    given = {"path": path, "branch": branch, "summary": summary, "replica": replica, "parquet": parquet}
    command = "" if parquet is None else command_with("export", [run], given)
    from tui.commands.kept_runs.export import export

    rows = partial(export, run, json, weights, keras, path, branch, summary, replica, parquet, command, at)
    return partial(rows, tensorboard=tensorboard, trust=trust)


FigureName = Literal["curve", "memory", "gradient", "weights", "plane", "seeds", "branches", "runs", "map"]


def figure_of(
    run: str,
    kind: FigureName,
    others: Annotated[tuple[str, ...], Parameter(show_default=False)] = (),
    /,
    *,
    out: Annotated[Path, Parameter(name=("--out", "-o"))],
    at: int | None = None,
    branch: str | None = None,
    replica: int | None = None,
    log: bool = False,
    across: str | None = None,
    down: str | None = None,
    show: Measure | None = None,
    filter: str = "",
    width: float = 3.3,
    height: float | None = None,
    font: str = "DejaVu Sans",
    trust: bool = False,
) -> Callable[[], int]:
    """Make a figure for a paper, as SVG, PDF or PNG, with its numbers beside it as FILE.csv; needs echornn-
    tui[figures].

    KIND is curve, memory, gradient, weights, seeds, branches, runs (figure RUN runs RUN ...) or map.

    Parameters
    ----------
    run
        Folder of the run, a name that list shows, or newest; for map, the folder of a sweep.
    kind
        curve, memory, gradient, weights, seeds, branches, runs or map.
    others
        For runs: the runs to compare it with.
    out
        The file to write: its name ends in .svg, .pdf or .png.
    at
        Show the run after this many windows of its path; by default at its current position.
    branch
        Use the path of this branch instead, named by its letter or number.
    replica
        With several replicas, the network with this number.
    log
        Draw losses on a logarithmic axis.
    across
        For map: field of the columns.
    down
        For map: field of the rows.
    show
        For map: success, windows or loss.
    filter
        For map: show only some values, as in map.
    width
        Inches; 3.3 is one column of most papers.
    height
        Inches; by default as the kind of figure needs.
    font
        An installed font, or serif.
    trust
        Also run the tasks and cells of your own in the record; they are programs with all your rights.
    """
    from tui.commands.kept_runs import figure
    from tui.figures.data import FigureError, FigureRequest
    from tui.figures.make import require_drawable

    try:
        require_drawable(kind, out)
    except FigureError as error:
        raise UsageError(str(error)) from error
    given = {"at": at, "branch": branch, "replica": replica, "log": log}
    of_maps = {"across": across, "down": down, "show": show, "filter": filter}
    figure.require_flags(kind, {**given, **of_maps})
    require_at(at)
    for name, inches in (("width", width), ("height", height)):
        if inches is not None and not LEAST_INCHES <= inches <= MOST_INCHES:
            raise UsageError(f"{name} = {inches:g} cannot be used: {LEAST_INCHES:g} to {MOST_INCHES:g} inches")
    if others and kind != "runs":
        raise UsageError(f"{others[0]!r} cannot be used with {kind}: only runs compares several runs")
    usual = {
        "width": None if width == 3.3 else width,
        "height": height,
        "font": None if font == "DejaVu Sans" else font,
    }
    flags = {"out": out, **given, **{name: value or None for name, value in of_maps.items()}, **usual}
    command = command_with("figure", [run, kind, *others], flags)
    choice = None
    if figure.is_sweep(kind):
        from echornn.sweeps.folder import SweepResults
        from tui.cli.map import chosen_state

        axes = SweepResults.read(Path(run)).axes
        choice = chosen_state(axes, across, down, show or Measure.SUCCESS, filter).choice(axes)
    shown = show or Measure.SUCCESS
    request = FigureRequest(run, kind, others, at, branch, replica, log, shown, choice, trust, width, height, font)
    return partial(figure.make_figure, request, out, command)
