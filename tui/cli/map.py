"""``map`` shows the map of a sweep, and opens its points."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from dataclasses import replace
from pathlib import Path

from echornn import ConfigError, EchoConfig, Session
from echornn.data import check_own_data
from echornn.own.trusted import trusting
from echornn.runtime import quiet
from echornn.sweeps.folder import SweepResults
from tui.cli import train
from tui.cli.computation import Computation
from tui.cli.flags import ScreenFlags
from tui.cli.parameters import Trust
from tui.cli.preferences import Preferences, preferences
from tui.cli.rows import emit
from tui.map.drawing import csv_of, lines_of
from tui.map.state import MapState
from tui.term import guardian, printed, terminal
from tui.term.exit_code import ExitCode, UsageError
from tui.term.guardian import Guarded
from tui.text.measures import Measure
from tui.views.inks import in_ascii

# To wait for a sweep's computation; parts in training are lost, and trained again next time
SECONDS_TO_STOP = 5.0


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
    """
    if csv and once:
        raise UsageError("--csv cannot be used with --once: use only one of them")
    chosen = preferences(screen)
    on_screen = not (csv or once) and terminal.is_interactive()
    guarded = guardian.divide() if on_screen else None
    with trusting(trust):
        results = SweepResults.read(sweep)
    first = chosen_state(results, across, down, show, filter)
    if guarded is not None:
        return ShownMap(results, first, chosen, guarded).show()
    if csv:
        return emit(csv_of(first).splitlines())
    encoding = (sys.stdout.encoding or "utf-8").lower()
    if chosen.ascii or not encoding.startswith("utf"):
        return emit(map(in_ascii, lines_of(first)))
    return emit(lines_of(first))


def chosen_state(
    results: SweepResults, across: str | None, down: str | None, measure: Measure, words: str
) -> MapState:
    """The first state of the map: names of fields, None to let the map choose; filter words."""
    for flag, name in (("across", across), ("down", down)):
        if name is not None and name not in results.axes:
            allowed = f"one of {', '.join(results.axes)}, the sweep's fields"
            raise ConfigError(flag, name, allowed)
    if across is not None and across == down:
        raise ConfigError("down", down, "this field is across already")
    state = MapState.first(results)
    if across == state.choice.down or down == state.choice.across:
        state = state.turned()
    choice = state.choice
    choice = replace(choice, across=across or choice.across, down=down or choice.down)
    state = replace(state.seeing(choice), measure=measure).filtered(words)
    if state.refusal:
        raise UsageError(state.refusal)
    return state


class ShownMap:
    """The map on the screen, and by turns the points that the user opens, while the sweep is
    computed or when it is."""

    def __init__(
        self,
        results: SweepResults,
        state: MapState,
        chosen: Preferences,
        guarded: Guarded,
        computing: Computation | None = None,
    ) -> None:
        with quiet.collector_paused():
            from tui.map.app import Follower
        self._follower = Follower(results)
        self._state = state
        self._chosen = chosen
        self._theme = chosen.theme
        self._screen = train.AppScreen(guarded, chosen.mouse)
        self._computing = computing
        self._computed = int(ExitCode.DONE)
        self._session: Session | None = None  # of the point that was opened last
        self._last_words: list[str] = []  # where the opened runs are

    def show(self) -> int:
        """Returns the exit code when the user has left."""
        computing = self._computing
        folder = printed.quoted(self._follower.results.folder)
        self._screen.guarded.leave_words(f"the map is shown again with: echornn-tui map {folder}")
        thread = threading.Thread(
            target=self._compute, args=[computing], name="computing", daemon=True
        )
        if computing is not None:
            thread.start()
        code = self._screen.until_left(self._by_turns(), self._code_if_gone)
        if computing is not None:
            computing.sweep.asked_to_end.set()
            thread.join(SECONDS_TO_STOP)
        code = self._screen.errors.conclude(code or self._computed)
        printed.say_last(self._last_words)
        return code

    def _compute(self, computing: Computation) -> None:
        try:
            self._computed = computing.run()
        except OSError as error:
            computing.trouble = str(error)
            self._computed = ExitCode.FAILED

    async def _by_turns(self) -> int:
        from tui.map.app import MapApp, MapScreen

        hint = ""
        while True:
            screen = MapScreen(self._follower, self._state, self._message, self._trouble, hint)
            app = MapApp(screen, self._chosen.ascii, self._theme, self._chosen.keys)
            left = await self._screen.show(app)
            if not isinstance(left, EchoConfig):
                return left or ExitCode.DONE
            self._state = app.shown
            hint = ""
            try:
                code = await self._open_point(left)
            except ConfigError as error:
                hint = str(error)
                continue
            if code is not None:
                return code

    def _trouble(self) -> str:
        words = self._screen.errors.words
        if self._computing is not None:
            words = words or self._computing.trouble
        return words

    def _message(self) -> str:
        if self._computing is None or self._trouble():
            return ""
        sweep = self._computing.sweep
        if sweep.is_finished or sweep.loop_seconds:
            return ""
        return "compiling"

    async def _open_point(self, config: EchoConfig) -> int | None:
        """Train a point in the app; returns None if the user went back to the map, otherwise the
        exit code."""
        from tui.app.app import EchoApp
        from tui.app.point_screen import PointScreen

        chosen = self._chosen
        await asyncio.to_thread(check_own_data, config)
        session = Session(config, recorder=train.begin(None, config), usual_speed=chosen.speed)
        self._session = session
        training = PointScreen(session, ascii_only=chosen.ascii)
        app = EchoApp(
            session,
            chosen.fps,
            chosen.ascii,
            self._theme,
            moved=chosen.keys,
            training=lambda *_: training,
        )
        code = await self._screen.show_session(app, session)
        self._theme = "light" if app.theme == "textual-light" else "dark"
        self._last_words += self._screen.last_words(code, session)
        # the app freezes all objects once it has loaded; without this, the previous point would
        # never be freed
        gc.unfreeze()
        gc.collect()
        if training.went_back and app.return_value != ExitCode.CHECKPOINTED:
            return None
        return code

    def _code_if_gone(self) -> int:
        if self._computing is not None:
            self._computing.sweep.asked_to_end.set()
        if self._session is None:
            return ExitCode.CHECKPOINTED
        return train.end(self._session, after_a_signal=True)
