"""The subcommands about sweeps; `tui.cli.commands` has the others, and the table of all subcommands."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from echornn.runtime import quiet
from echornn.sweeps.grid import Until
from tui.cli.own_keys import moved_keys
from tui.commands.flags import ConfigFlags
from tui.commands.front_end import FrontEnd, UsageError
from tui.kit.shades import Measure
from tui.kit.theme import Theme
from tui.preferences.chosen import preferences
from tui.term import guardian, terminal

MOST_WORKERS = 1024


def show_map(
    sweep: Path,
    /,
    *,
    across: str | None = None,
    down: str | None = None,
    show: Measure = Measure.SUCCESS,
    filter: str = "",
    once: bool = False,
    csv: bool = False,
    svg: Path | None = None,
    ascii: bool = False,
    theme: Theme | None = None,
    no_mouse: bool = False,
    trust: bool = False,
) -> FrontEnd:
    """Show the map of a sweep, finished or while it is computed.

    Parameters
    ----------
    sweep
        Folder of the sweep.
    across
        Field of the columns.
    down
        Field of the rows.
    show
        success, the share of seeds in %; windows; or loss.
    filter
        Show only some values: words such as cell=gru,lstm or echo_step=5..15.
    once
        Print the map as text.
    csv
        Print the map as CSV, a row for each square.
    svg
        Write the map to this .svg file as a picture.
    ascii
        Draw with ASCII characters only.
    theme
        Background, dark or light; by default the one chosen last.
    no_mouse
        Leave the mouse to the terminal, which selects text with it.
    trust
        Also run the tasks and cells of your own in the sweep's record; they are programs with all your rights.
    """
    from echornn.own import trusting
    from echornn.sweeps.folder import SweepResults
    from tui.cli.front_ends.chosen_map import chosen

    if csv and (once or svg is not None):
        raise UsageError(f"--csv cannot be used with {'--once' if once else '--svg'}: use only one of them")
    if once and svg is not None:
        raise UsageError(f"svg = {str(svg)!r} cannot be used with --once: use only one of them")
    if svg is not None and svg.suffix != ".svg":
        raise UsageError(f"svg = {str(svg)!r} cannot be written: the name must end in .svg")
    in_the_app = not (once or csv or svg is not None) and terminal.is_interactive()
    preferred = preferences(theme=theme, ascii=ascii or None, mouse=False if no_mouse else None)
    guarded = guardian.divide() if in_the_app else None
    with trusting(trust):
        results = SweepResults.read(sweep)
    first = chosen(results.axes, across, down, show, filter)
    if guarded is None:
        from tui.commands.map import print_map

        return partial(print_map, results, first, csv, svg, preferred.ascii_only)
    with quiet.collector_paused():
        from tui.cli.front_ends.open_map import show_map as open_map

    return partial(open_map, results, first, preferred, guarded)


def compute_sweep(
    *,
    out: Path,
    grid: tuple[str, ...],
    seeds: int = 16,
    until: Until = "solved",
    config: Annotated[ConfigFlags | None, Parameter(name="*")] = None,
    workers: int | None = None,
    scheduler: str | None = None,
    scheduler_file: Path | None = None,
    headless: bool = False,
    json: bool = False,
    ascii: bool = False,
    theme: Theme | None = None,
    no_mouse: bool = False,
) -> FrontEnd:
    """Train networks over a grid of fields, each point with several seeds, and show the map while it fills.

    Parameters
    ----------
    out
        Folder of the sweep: new, empty, or that of a sweep to continue; its results.csv has a row for each network.
    grid
        FIELD=VALUES for each field that varies: a,b,c; LO..HI for whole numbers; LO..HI@N for N values.
    seeds
        Networks for each point, with consecutive seeds from --seed on.
    until
        solved: train each network until it has solved its task; all: until its epochs are trained.
    workers
        Train in this many processes on this machine.
    scheduler
        Train on the Dask cluster at tcp://HOST:PORT, whose other users can run any program as you.
    scheduler_file
        Train on the Dask cluster whose scheduler wrote this file.
    headless
        Print lines instead of opening the map; the default if there is no terminal.
    json
        Print JSON lines; implies --headless.
    ascii
        Draw the map with ASCII characters only.
    theme
        Background, dark or light; by default the one chosen last.
    no_mouse
        Leave the mouse to the terminal, which selects text with it.
    """
    from echornn.sweeps.grid import Axis, Grid
    from echornn.tasks.table import class_of
    from echornn.tasks.task import settings_of
    from tui.commands.training.sweep import Workers, print_sweep

    places = {"workers": workers, "scheduler": scheduler, "scheduler-file": scheduler_file}
    given = [name for name, value in places.items() if value is not None]
    if len(given) > 1:
        raise UsageError(
            f"{given[0]} = {str(places[given[0]])!r} cannot be used with --{given[1]}: a sweep trains in one place"
        )
    if workers is not None and not 1 <= workers <= MOST_WORKERS:
        raise UsageError(f"workers = {workers} cannot be used: 1 to {MOST_WORKERS}")
    config = config or ConfigFlags()
    settings = {known.name: known for name in config.tasks.values() for known in settings_of(class_of(name))}
    wanted = Grid(tuple(Axis.parse(axis, settings) for axis in grid), config.given, seeds, until)
    engine = Workers(workers, scheduler, scheduler_file)
    if headless or json or not terminal.is_interactive():
        return partial(print_sweep, out, wanted, engine, json)
    preferred = preferences(theme=theme, ascii=ascii or None, mouse=False if no_mouse else None)
    guarded = guardian.divide()
    moved_keys(preferred)  # refused before a folder is made
    with quiet.collector_paused():
        from tui.cli.front_ends.open_sweep import show_sweep

    return partial(show_sweep, out, wanted, engine, preferred, guarded)
