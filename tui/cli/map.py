"""``map``: shows the map of a sweep, prints it, or writes it; from the map on the screen, points open in the app."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from echornn.config import EchoConfig
from echornn.data.series import check_own_data
from echornn.errors import ConfigError
from echornn.own import trusting
from echornn.runtime import quiet
from echornn.sweeps.folder import SweepResults
from tui.cli import UsageError, record
from tui.cli.lines import say_last
from tui.cli.preferences import Preferences, ScreenFlags, preferences
from tui.cli.rows import Trust
from tui.kit.in_ascii import in_ascii
from tui.kit.shades import Measure
from tui.kit.sweep_table import Axes
from tui.map.filter import FilterError, named_by
from tui.map.state import MapFrame, MapState
from tui.map.text import csv_lines, lines_of
from tui.term import guardian, printed, terminal
from tui.term.exit_code import ExitCode
from tui.term.guardian import Guarded
from tui.term.printed import quoted

if TYPE_CHECKING:
    from echornn.session.session import Session
    from tui.cli.sweep import Computation

SECONDS_TO_STOP = 5.0  # to wait for a sweep's computation; parts in training are lost, and trained again next time


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
    trust: Trust = False,
    screen: ScreenFlags | None = None,
) -> int:
    """Show the map of a sweep, finished or while it is computed.

    Args:
        sweep: Folder of the sweep.
        across: Field of the columns.
        down: Field of the rows.
        show: success, the share of seeds in %; windows; or loss.
        filter: Show only some values: words such as cell=gru,lstm or echo_step=5..15.
        once: Print the map as text.
        csv: Print the map as CSV, a row for each square.
        svg: Write the map to this .svg file as a picture.
    """
    ways = [flag for flag, is_given in {"--csv": csv, "--once": once, "--svg": svg}.items() if is_given]
    if len(ways) > 1:
        raise UsageError(f"{ways[0]} cannot be used with {ways[1]}: use only one of them")
    if svg is not None and svg.suffix != ".svg":
        raise UsageError(f"svg = {str(svg)!r} cannot be written: the name must end in .svg")
    chosen = preferences(screen or ScreenFlags())
    guarded = guardian.divide() if not ways and terminal.is_interactive() else None
    with trusting(trust):
        results = SweepResults.read(sweep)
    first = chosen_state(results.axes, across, down, show, filter)
    if guarded is not None:
        return MapScreen(results, first, chosen, guarded).until_left()
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
    columns = columns or next((name for name in (first.across, first.down, *axes) if name != rows), first.across)
    rows = rows or next((name for name in (first.down, first.across, *axes) if name not in (columns, None)), None)
    state = replace(first, across=columns, down=rows, measure=measure, filter=words).settled(axes)
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


class MapScreen:
    """Shows the map and the app in turn on one terminal, and the computation of the sweep, if it is computed here."""

    def __init__(
        self,
        results: SweepResults,
        first: MapState,
        chosen: Preferences,
        guarded: Guarded,
        computing: Computation | None = None,
    ) -> None:
        with quiet.collector_paused():
            from tui.cli.screen import AppScreen
            from tui.map.app import Follower

        self._screen = AppScreen(guarded, chosen.mouse)
        self._follower, self._state = Follower(results), first
        self._chosen, self._theme, self._computing = chosen, chosen.theme, computing
        self._session: Session | None = None
        self._computed: int = ExitCode.DONE
        self._words: list[str] = []  # to print at the end: where the opened runs are

    def until_left(self) -> int:
        screen, computing = self._screen, self._computing
        folder = quoted(self._follower.seen.results.folder)
        screen.guarded.leave_words(f"the map is shown again with: echornn-tui map {folder}")
        thread = threading.Thread(target=self._compute, name="computing", daemon=True)
        if computing is not None:
            thread.start()
        code = screen.until_left(self._by_turns(), self._code_without_a_terminal)
        self._follower.end()
        if computing is not None:
            computing.stop()
            thread.join(SECONDS_TO_STOP)
        code = screen.errors.conclude(code or self._computed)
        say_last(self._words)
        return code

    def _compute(self) -> None:
        assert self._computing is not None
        try:
            self._computed = self._computing.run()
        except OSError as error:
            self._computing.trouble, self._computed = str(error), ExitCode.FAILED
        except Exception as error:
            self._screen.errors.keep(error)

    def _wrong(self) -> str:
        """What stopped the computation, or another error on a thread; empty if there was none."""
        return self._screen.errors.words or (self._computing.trouble if self._computing else "")

    def _says(self) -> str:
        """The progress of the computation in a word; empty if nothing is left to say."""
        computing = self._computing
        if computing is None or self._wrong() or computing.sweep.is_finished or computing.sweep.loop_seconds:
            return ""
        return "compiling"

    async def _by_turns(self) -> int:
        from tui.map.app import MapApp, Opened

        hint = ""
        while True:
            look = (self._chosen.ascii, self._theme, self._says, self._wrong, hint, self._chosen.keys)
            app = MapApp(self._follower, self._state, *look)
            left = await self._screen.show(app)
            if not isinstance(left, Opened):
                return left or ExitCode.DONE
            self._state = app.frame.state
            try:
                code, hint = await self._open(left.config), ""
            except ConfigError as error:
                code, hint = None, str(error)
            if code is not None:
                return code

    async def _open(self, config: EchoConfig) -> int | None:
        """Train a point in the app; returns None if the user went back to the map, otherwise the exit code."""
        from echornn.session.session import Session
        from tui.app.point_app import PointApp

        await asyncio.to_thread(check_own_data, config)
        recorder = record.begin(None, config)
        session = self._session = Session(config, self._chosen.speed, recorder=recorder, vitals=True)
        app = PointApp(session, self._chosen.fps, self._chosen.ascii, self._theme, moved=self._chosen.keys)
        code = await self._screen.show_session(app, session)
        self._theme = "light" if app.theme == "textual-light" else "dark"
        self._words += self._screen.last_words(code, session)
        # the app freezes all objects once it has loaded; without this, the previous point would never be freed
        gc.unfreeze()
        gc.collect()
        return None if app.went_back and app.return_value != ExitCode.CHECKPOINTED else code

    def _code_without_a_terminal(self) -> int:
        if self._computing is not None:
            self._computing.stop()
        return ExitCode.CHECKPOINTED if self._session is None else record.end(self._session).after_a_signal
