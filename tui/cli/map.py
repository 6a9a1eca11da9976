"""``map``: shows the map of a sweep, prints it, or writes it; from the map on the screen, points open in the app."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from echornn import ConfigError, EchoConfig, Session
from echornn.data.series import check_own_data
from echornn.own import trusting
from echornn.runtime import quiet
from echornn.sweeps.folder import SweepResults
from tui.cli import UsageError, record
from tui.cli.lines import say_last
from tui.cli.preferences import Preferences, ScreenFlags, preferences
from tui.cli.rows import Trust
from tui.cli.train import AppScreen
from tui.figures.sweep_table import Axes, Measure
from tui.map.drawing import csv_lines, lines_of
from tui.map.state import FilterError, MapFrame, MapState, named_by
from tui.term import guardian, printed, terminal
from tui.term.exit_code import ExitCode
from tui.term.guardian import Guarded
from tui.views.inks import in_ascii

if TYPE_CHECKING:
    from tui.cli.sweep import Computation

SECONDS_TO_STOP = 5.0  # to wait for a sweep's computation; parts in training are lost, and trained again next time


def show_map(
    sweep: Annotated[Path, "Folder of the sweep."],
    /,
    *,
    across: Annotated[str | None, "Field of the columns."] = None,
    down: Annotated[str | None, "Field of the rows."] = None,
    show: Annotated[Measure, "success, the share of seeds in %; windows; or loss."] = Measure.SUCCESS,
    filter: Annotated[str, "Show only some values: words such as cell=gru,lstm or echo_step=5..15."] = "",
    once: Annotated[bool, "Print the map as text."] = False,
    csv: Annotated[bool, "Print the map as CSV, a row for each square."] = False,
    svg: Annotated[Path | None, "Write the map to this .svg file as a picture."] = None,
    trust: Trust = False,
    screen: ScreenFlags | None = None,
) -> int:
    """Show the map of a sweep, finished or while it is computed."""
    ways = [flag for flag, is_given in {"--csv": csv, "--once": once, "--svg": svg}.items() if is_given]
    if len(ways) > 1:
        raise UsageError(f"{ways[0]} cannot be used with {ways[1]}: use only one of them")
    if svg is not None and svg.suffix != ".svg":
        raise UsageError(f"svg = {str(svg)!r} cannot be written: the name must end in .svg")
    chosen = preferences(screen)
    guarded = guardian.divide() if not ways and terminal.is_interactive() else None
    with trusting(trust):
        results = SweepResults.read(sweep)
    first = chosen_state(results.axes, across, down, show, filter)
    if guarded is not None:
        return show_on_screen(results, first, chosen, guarded)
    if svg is not None:
        from tui.map.app import drawn

        svg.write_text(asyncio.run(drawn(results, first)), encoding="utf-8")
        return ExitCode.DONE
    frame = MapFrame.of(replace(first, turned=None), results)
    plain = chosen.ascii or not (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    printed.lines(csv_lines(frame) if csv else map(in_ascii, lines_of(frame)) if plain else lines_of(frame))
    return ExitCode.DONE


def chosen_state(axes: Axes, across: str | None, down: str | None, measure: Measure, words: str) -> MapState:
    """The first state of the map: names of fields, or their beginnings, None to let the map choose; filter words."""
    first = MapState.first(axes)
    columns = None if across is None else _field("across", across, axes)
    rows = None if down is None else _field("down", down, axes)
    if columns is not None and columns == rows:
        raise ConfigError("down", down, "this field is across already")
    if columns == first.down or rows == first.across:
        first = first.swapped(axes)
    first = replace(first, across=columns or first.across, down=rows or first.down)
    state = replace(first, measure=measure, filter=words).settled(axes)
    try:
        state.choice(axes)
    except FilterError as error:
        raise UsageError(str(error)) from error
    return state


def _field(flag: str, name: str, axes: Axes) -> str:
    found = named_by(name, axes)
    if len(found) != 1:
        raise ConfigError(flag, name, f"one of {', '.join(axes)}, the sweep's fields")
    return found[0]


def show_on_screen(
    results: SweepResults, state: MapState, chosen: Preferences, guarded: Guarded, computing: Computation | None = None
) -> int:
    """Show the map, and the app of points opened from it, in turn, and compute the sweep, if it is computed here."""
    with quiet.collector_paused():
        from tui.map.app import Follower, MapApp, Opened

    screen, follower = AppScreen(guarded, chosen.mouse), Follower(results)
    theme, computed = chosen.theme, 0
    session: Session | None = None  # of the point that was opened last
    words: list[str] = []  # for the end: where the opened runs are

    def compute(computing: Computation) -> None:
        nonlocal computed
        try:
            computed = computing.run()
        except OSError as error:
            computing.trouble, computed = str(error), ExitCode.FAILED
        except Exception as error:
            screen.errors.keep(error)

    def wrong() -> str:
        return screen.errors.words or (computing.trouble if computing else "")

    def says() -> str:
        is_compiling = computing and not (wrong() or computing.sweep.is_finished or computing.sweep.loop_seconds)
        return "compiling" if is_compiling else ""

    async def by_turns() -> int:
        nonlocal state
        hint = ""
        while True:
            app = MapApp(follower, state, chosen.ascii, theme, says, wrong, hint, chosen.keys)
            left = await screen.show(app)
            if not isinstance(left, Opened):
                return left or ExitCode.DONE
            state = app.frame.state
            try:
                code, hint = await open_point(left.config), ""
            except ConfigError as error:
                code, hint = None, str(error)
            if code is not None:
                return code

    async def open_point(config: EchoConfig) -> int | None:
        """Train a point in the app; returns None if the user went back to the map, otherwise the exit code."""
        from tui.app.app import PointApp

        nonlocal theme, session
        await asyncio.to_thread(check_own_data, config)
        session = Session(config, chosen.speed, recorder=record.begin(None, config), vitals=True)
        app = PointApp(session, chosen.fps, chosen.ascii, theme, moved=chosen.keys)
        code = await screen.show_session(app, session)
        theme = "light" if app.theme == "textual-light" else "dark"
        words.extend(screen.last_words(code, session))
        # the app freezes all objects once it has loaded; without this, the previous point would never be freed
        gc.unfreeze()
        gc.collect()
        return None if app.went_back and app.return_value != ExitCode.CHECKPOINTED else code

    def code_if_gone() -> int:
        if computing is not None:
            computing.sweep.asked_to_end.set()
        return record.end(session, after_a_signal=True) if session else ExitCode.CHECKPOINTED

    guarded.leave_words(f"the map is shown again with: echornn-tui map {printed.quoted(results.folder)}")
    thread = threading.Thread(target=compute, args=[computing], name="computing", daemon=True)
    if computing is not None:
        thread.start()
    code = screen.until_left(by_turns(), code_if_gone)
    follower.end()
    if computing is not None:
        computing.sweep.asked_to_end.set()
        thread.join(SECONDS_TO_STOP)
    code = screen.errors.conclude(code or computed)
    say_last(words)
    return code
