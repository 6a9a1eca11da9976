"""The app: runs the session on a thread, and ends when its user, a signal or the terminal says
so."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from textual import on, work
from textual.app import SystemCommand
from textual.events import Event, Key, MouseDown
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from echornn.runtime.background import report
from echornn.session import commands
from echornn.session.session import ViewedSession
from tui.app.keyed_app import KeyedApp, TakesKeys
from tui.app.keys import is_of_this_state, keymap_with
from tui.app.theme import Theme
from tui.app.training_screen import CANNOT_DETACH, TrainingScreen
from tui.panels.runs import FOLLOW_SECONDS
from tui.term.exit_code import ExitCode
from tui.term.output import ASK, Backpressure
from tui.views.keymap import Moved

# All cells of a view change, which is too much for a slow line; chosen by eye: with ten frames a
# second, it is every third
VIEWS_A_SECOND = 3.4
# For which training waits for Python while the screen is drawn; 5 ms cost 4 % of full speed
SWITCH_SECONDS = 1e-4


class EchoApp(KeyedApp[int]):
    """Shows a session, with at most ``fps`` frames per second, and sends it commands.

    Args:
        session: the session; the app runs it.
        fps: the most frames per second.
        ascii_only: whether all signs are ASCII.
        theme: the background, at first.
        compared: folders of runs under the curve, at first.
        moved: the keys that the user has chosen.
        training: makes the screen.
        on_loaded: is called once, when the first network has been loaded.
        why_no_detach: why the training cannot go on without the screen; nothing if it can.
    """

    CSS_PATH = "app.tcss"
    TITLE = "echornn-tui"

    detaches = False  # whether the user left with `D`, so that the training goes on

    def __init__(
        self,
        session: ViewedSession,
        fps: float = 10.0,
        ascii_only: bool = False,
        theme: Theme = "dark",
        compared: Sequence[Path] = (),
        moved: Moved | None = None,
        *,
        training: Callable[..., TrainingScreen] = TrainingScreen,
        on_loaded: Callable[[], None] = lambda: None,
        why_no_detach: Callable[[], str] = lambda: CANNOT_DETACH,
    ) -> None:
        super().__init__()
        self.ascii_only = ascii_only
        self.session = session
        self.training = training(session, compared, ascii_only, why_no_detach)
        self._fps = fps
        self._first_theme = theme
        self._on_loaded = on_loaded
        self._ticks = 0
        # The terminal is asked after a frame whether it has drawn it
        self._backpressure = Backpressure()
        self._asks_with_next = False
        self._leaving: asyncio.Task[None] | None = None
        self._code = ExitCode.DONE
        self.take_keys(keymap_with(moved or {}))

    def get_default_screen(self) -> Screen[None]:
        return self.training

    def on_mount(self) -> None:
        self.theme = f"textual-{self._first_theme}"
        self.set_interval(1 / self._fps, self.show_newest_frame)
        self.set_interval(FOLLOW_SECONDS, self.training.under_curve.follow)
        self.call_after_refresh(self._train)

    def on_unmount(self) -> None:
        self.session.stop()
        self.training.under_curve.end()

    @work(thread=True, name="training", exit_on_error=False)
    def _train(self) -> None:
        # Textual has given the thread a name of its own
        threading.current_thread().name = "training"
        sys.setswitchinterval(SWITCH_SECONDS)
        self.session.run()

    @on(Worker.StateChanged)
    def _report_error(self, event: Worker.StateChanged) -> None:
        """Report an exception of a worker thread as that of any other thread."""
        if event.state is WorkerState.ERROR and isinstance(event.worker.error, Exception):
            report(event.worker.error)

    @on(TrainingScreen.Loaded)
    def _loaded(self) -> None:
        self._on_loaded()

    @property
    def trains(self) -> bool:
        """Whether training runs, or will as soon as it is loaded: then it can be paused."""
        return is_of_this_state(commands.Pause(), self.training.shown.frame)

    # ---- keys, and frames

    @property
    def takes_keys(self) -> TakesKeys | None:
        if self.screen is not self.training:  # such as the help, over a panel
            return None
        return self.training.takes_keys

    async def press(self, key: Key) -> None:
        self.training.key_comes()
        await super().press(key)
        if self.training.scripts and not self._is_leaving:  # the key may have entered a line
            await self.training.scripts.go_on()

    def paste(self, text: str) -> None:
        if not self.training.paste(text):
            super().paste(text)

    async def on_event(self, event: Event) -> None:
        if isinstance(event, MouseDown) and not event.is_forwarded:
            self.training.mouse_comes(event.x, event.y)
        await super().on_event(event)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        return self.training.palette_commands()

    def show_newest_frame(self) -> None:
        """Draw the newest picture, if there is a new one and the terminal has drawn those
        before."""
        if not self.training.has_widgets or not self._backpressure.is_clear:
            return
        self._asks_with_next = True
        self.training.show_newest_frame()
        self._ticks += 1
        every = max(1, round(self._fps / VIEWS_A_SECOND))
        if self._ticks % every == 0:
            self.training.show_views_if_stale()

    def behind_an_update(self) -> str:
        """Bytes to send after an update: after the first of a frame, a query that is answered when
        it is drawn."""
        if not self._asks_with_next or self.is_headless or self._leaving:
            return ""
        self._asks_with_next = False
        self._backpressure.asked()
        return ASK

    def on_cursor_position(self) -> None:
        self._backpressure.answered()

    # ---- the end

    def save(self) -> None:
        self.training.send(commands.Save())

    def leave(self, code: ExitCode) -> None:
        self._is_leaving = True
        self.session.stop()
        self._code = max(self._code, code)
        if self._backpressure.is_settled:
            self.exit(self._code)
        elif self._leaving is None:
            loop = asyncio.get_running_loop()
            self._leaving = loop.create_task(self._leave_when_settled())

    async def _leave_when_settled(self) -> None:
        await self._backpressure.settle()
        self.exit(self._code)

    async def action_quit(self) -> None:
        self.leave(ExitCode.DONE)

    async def action_detach(self) -> None:
        self.detaches = True
        self.leave(ExitCode.DONE)
