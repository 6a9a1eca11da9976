"""The terminal while apps are on it, one after the other: their signals and errors, and the last words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from echornn import ConfigError, Session
from tui.cli import record
from tui.term import printed, terminal
from tui.term.driver import TerminalDriver
from tui.term.exit_code import ExitCode, ThreadErrors
from tui.term.guardian import Guarded
from tui.term.output import draw_in_few_bytes

if TYPE_CHECKING:
    from tui.app.app import EchoApp
    from tui.map.app import MapApp


class AppScreen:
    def __init__(self, guarded: Guarded, mouse: bool) -> None:
        self.guarded, self._mouse = guarded, mouse
        self.native_log = terminal.keep_native_stderr_off_the_screen(guarded.log)
        terminal.draw_on_the_terminal()
        self.errors = ThreadErrors()

    def until_left(self, shown: Coroutine[Any, Any, int], code_if_gone: Callable[[], int]) -> int:
        """The exit code of what is shown; if the terminal is gone, the process ends with another one."""
        when_gone = partial(terminal.when_terminal_is_gone, guardian=self.guarded.line, wake=self.guarded.wake)
        when_gone(lambda: terminal.leave_process(code_if_gone()))
        # asyncio.run would close the loop, and for that wait forever for the training thread
        with self.errors.keeping():
            return asyncio.new_event_loop().run_until_complete(shown)

    def tell_errors_in(self, app: EchoApp) -> None:
        def tell(words: str) -> None:
            app.call_later(partial(app.notify, words, severity="error", markup=False))

        self.errors.tell = tell

    async def show(self, app: EchoApp | MapApp, behind: Callable[[], str] = lambda: "") -> Any:
        """What an app returns when the user leaves it; FAILED if it crashed, and has said why."""
        app.driver_class = TerminalDriver
        draw_in_few_bytes(app, behind)
        left = await app.run_async(mouse=self._mouse)
        return ExitCode.FAILED if app.return_code else left

    async def show_session(self, app: EchoApp, session: Session) -> int:
        """The exit code of the app of a session, which is ended with it, when all is saved."""
        self.tell_errors_in(app)
        left = await self.show(app, app.behind_an_update)
        code = await asyncio.to_thread(record.end, session, left == ExitCode.CHECKPOINTED)
        has_failed = app.return_code or (session.error and left != ExitCode.CHECKPOINTED)
        return ExitCode.FAILED if has_failed else code

    def last_words(self, code: int, session: Session, goes_on: bool = False) -> list[str]:
        """What to print after the app has ended with this code; a run in which nothing was trained is removed."""
        forgotten = code != ExitCode.CHECKPOINTED and not goes_on and record.forget_if_empty(session)
        if session.refused is not None:
            raise session.refused
        if session.error is not None:
            tail = "" if isinstance(session.error, ConfigError) else self.native_log.tail()
            printed.complain(*f"echornn-tui: {session.frame.message}\n{tail}".splitlines())
        lost = session.outstanding if session.error is None else 0
        what = "the last command was" if lost == 1 else f"the last {lost:,} commands were"
        dropped = [f"the program ended while it was busy: {what} not carried out"] if lost else []
        return dropped if goes_on or forgotten else [*dropped, *record.farewell(session)]
