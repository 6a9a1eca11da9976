"""Shows the map of a sweep, and opens its points in the app, until the user leaves both."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable
from dataclasses import dataclass

from echornn.config import ConfigError, EchoConfig
from echornn.data.series import check_own_data
from echornn.session.session import Session
from echornn.sweeps.folder import SweepResults
from tui.app.app import PointApp
from tui.cli.front_ends.open_app import conclude, run_app
from tui.cli.own_keys import moved_keys
from tui.commands import record
from tui.commands.printed.lines import say_last
from tui.map.app import Follower, MapApp, Opened
from tui.map.state import MapState
from tui.preferences.chosen import Preferences
from tui.term import printed, terminal
from tui.term.driver import TerminalDriver
from tui.term.exit_code import ExitCode, ThreadErrors
from tui.term.guardian import Guarded
from tui.term.output import draw_in_few_bytes
from tui.term.printed import quoted

SECONDS_TO_STOP = 5.0
"""Seconds to wait at the end for a sweep's computation; parts in training are lost, and trained again next time."""


@dataclass(frozen=True)
class Computing:
    """The computation of the sweep on the screen, on a separate thread.

    Attributes:
        run: computes until all results are known or `stop` is called; returns an exit code.
        stop: asks the computation to stop soon.
        says: returns the progress as a short text; empty if nothing is left to say.
    """

    run: Callable[[], int]
    stop: Callable[[], None]
    says: Callable[[], str]


def show_map(
    results: SweepResults,
    first: MapState,
    chosen: Preferences,
    guarded: Guarded,
    computing: Computing | None = None,
) -> int:
    """Show the map until the user leaves it; returns the exit code.

    Args:
        results: the results so far, from the folder to follow.
        computing: the computation, if this program computes the sweep; otherwise None.
    """
    shown = _Shown(Follower(results), first, chosen, guarded, computing)
    code = shown.until_left()
    say_last(shown.words)
    return code


class _Shown:
    """Shows the map and the app in turn on one terminal."""

    def __init__(
        self,
        follower: Follower,
        first: MapState,
        chosen: Preferences,
        guarded: Guarded,
        computing: Computing | None,
    ) -> None:
        self._follower, self._state = follower, first
        self._chosen, self._theme, self._guarded = chosen, chosen.theme, guarded
        self._moved = moved_keys(chosen)
        self._computing = computing
        self._session: Session | None = None
        self._computed: int = ExitCode.DONE
        self._trouble = ""
        self._errors = ThreadErrors()
        self._native_log = terminal.keep_native_stderr_off_the_screen(guarded.log)
        terminal.draw_on_the_terminal()
        self.words: list[str] = []
        """The lines to print at the end: where the opened runs are, and how to continue the sweep."""

    def until_left(self) -> int:
        folder = quoted(self._follower.seen.results.folder)
        self._guarded.leave_words(f"the map is shown again with: echornn-tui map {folder}")
        terminal.when_terminal_is_gone(
            self._leave_without_a_terminal, guardian=self._guarded.line, wake=self._guarded.wake
        )
        thread = threading.Thread(target=self._compute, name="computing", daemon=True)
        if self._computing is not None:
            thread.start()
        with self._errors.keeping():
            code = asyncio.new_event_loop().run_until_complete(self._by_turns())
        self._follower.end()
        if self._computing is not None:
            self._computing.stop()
            thread.join(SECONDS_TO_STOP)
        if self._trouble:
            printed.complain(f"echornn-tui: {self._trouble}")
        return self._errors.conclude(code or self._computed)

    def _compute(self) -> None:
        if self._computing is not None:
            try:
                self._computed = self._computing.run()
            except OSError as error:
                where = "" if error.filename is None else f"{error.filename}: "
                self._trouble = f"{where}{error.strerror or error}"
                self._computed = ExitCode.FAILED
            except Exception as error:
                self._errors.keep(error)

    def _says(self) -> str:
        return "" if self._computing is None or self._wrong() else self._computing.says()

    def _wrong(self) -> str:
        """The error that stopped the computation, or another error on a thread; empty if there was none."""
        return self._trouble or self._errors.words

    async def _by_turns(self) -> int:
        hint = ""
        while True:
            ascii_only = self._chosen.ascii_only
            app = MapApp(
                self._follower, self._state, ascii_only, self._theme, self._says, self._wrong, hint, self._moved
            )
            app.driver_class = TerminalDriver
            draw_in_few_bytes(app, lambda: "")
            left = await app.run_async(mouse=self._chosen.mouse)
            if app.return_code:  # the app crashed, and has shown the error
                return ExitCode.FAILED
            self._state = app.frame.state
            if not isinstance(left, Opened):
                return left or ExitCode.DONE
            try:
                code, hint = await self._open(left.config), ""
            except ConfigError as error:
                code, hint = None, str(error)
            if code is not None:
                return code

    async def _open(self, config: EchoConfig) -> int | None:
        """Train a point in the app; returns None if the user went back to the map, otherwise the exit code."""
        await asyncio.to_thread(check_own_data, config)
        recorder = record.begin(None, config)
        session = self._session = Session(config, self._chosen.speed, recorder=recorder, vitals=True)
        app = PointApp(session, self._chosen.fps, self._chosen.ascii_only, self._theme, moved=self._moved)
        code = await run_app(app, session, self._chosen.mouse)
        self._theme = "light" if app.theme == "textual-light" else "dark"
        self.words += conclude(code, session, self._native_log)
        # the app freezes all objects once it has loaded; without this, the previous point would never be freed
        gc.unfreeze()
        gc.collect()
        return None if app.went_back and app.return_value != ExitCode.CHECKPOINTED else code

    def _leave_without_a_terminal(self) -> None:
        if self._computing is not None:
            self._computing.stop()
        code = ExitCode.CHECKPOINTED if self._session is None else record.end(self._session).after_a_signal
        terminal.leave_process(code)
