"""The app: puts the widgets together, runs the session on a thread, and turns keys into
commands."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize

from echornn.session import commands
from echornn.session.pictures.frame import State
from echornn.session.pictures.picture import Picture, Query
from echornn.session.session import ViewedSession
from tui.app import keys
from tui.app.base import BACK, OPENS
from tui.app.help import HelpScreen, chapters
from tui.app.line_actions import LineActions
from tui.app.status import audience_text
from tui.app.theme import Theme
from tui.command_text import command_again, command_of
from tui.panels.runs import FOLLOW_SECONDS, UnderCurve
from tui.term.exit_code import ExitCode
from tui.term.output import ASK, Backpressure
from tui.term.printed import printable
from tui.views.keymap import Moved

VIEWS_A_SECOND = 3.4  # all cells of a view change, which is too much for a slow line
# For which training waits for Python while the screen is drawn; 5 ms cost 4 % of full speed
SWITCH_SECONDS = 1e-4


class EchoApp(LineActions):
    """The app: shows a session, with at most ``fps`` frames per second, and sends it commands."""

    CSS_PATH = "app.tcss"
    TITLE = "echornn-tui"
    # Textual would select cells of all widgets; with shift, the terminal selects text
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [*keys.BINDINGS, *keys.OF_WHAT_IS_WATCHED, OPENS]
    _ticks = 0
    _offered: tuple[object, ...] = ()  # what the keys on the last line depend on
    _replicas = 0  # how many networks are trained side by side, once that is known
    _asks_with_next = False
    _leaving: asyncio.Task[None] | None = None
    _code = ExitCode.DONE
    detaches = False  # whether the user left with `D`, so that the training goes on

    def __init__(
        self,
        session: ViewedSession,
        fps: float = 10.0,
        ascii_only: bool = False,
        theme: Theme = "dark",
        compared: Sequence[Path] = (),
        moved: Moved | None = None,
    ) -> None:
        super().__init__()
        self.ascii_only, self._fps, self._first_theme = ascii_only, fps, theme
        self.take_keys(keys.keymap_with(moved or {}))
        self.session, self.under_curve = session, UnderCurve(session, compared)
        self._picture = self.under_curve.look(Query())
        self._underway = Backpressure()
        # Called once, when the first network has been loaded
        self.on_loaded: Callable[[], None] = lambda: None
        # Empty if it can
        self.why_no_detach: Callable[[], str] = lambda: "this cannot go on without the screen"

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield self._command_line

    def on_mount(self) -> None:
        self.theme = f"textual-{self._first_theme}"
        self._main.set_focus(self._plot)
        self._lay_out(self.size)
        self._show()
        self._show_views()
        self.set_interval(1 / self._fps, self.show_newest_frame)
        self.set_interval(FOLLOW_SECONDS, self.under_curve.follow)
        self.call_after_refresh(self._train)

    def on_unmount(self) -> None:
        self.session.stop()
        self.under_curve.end()

    @work(thread=True, name="training", exit_on_error=False)
    def _train(self) -> None:
        # Textual has given the thread a name of its own
        threading.current_thread().name = "training"
        sys.setswitchinterval(SWITCH_SECONDS)
        self.session.run()

    # ---- the screen depends only on the newest picture

    def show_newest_frame(self) -> None:
        """Draw the newest picture, if there is a new one and the terminal has drawn those
        before."""
        if not self._has_widgets or not self._underway.is_clear:
            return
        self._asks_with_next = True
        self._show_hovered()
        shown = self._picture
        picture = self.under_curve.look(self._query)
        if picture.frame is not shown.frame:
            self._picture = picture
            self._show_frame(shown)
        elif any(
            getattr(picture, name) != getattr(shown, name)
            for name in ("query", "ghosts", "audience")
        ):
            self._picture = picture
            self._show()
        self._ticks += 1
        every = max(1, round(self._fps / VIEWS_A_SECOND))
        if self._picture is not self._picture_of_views and self._ticks % every == 0:
            self._show_views()
        if self._scripts:
            self.call_later(self._go_on_with_lines)

    def _show_frame(self, shown: Picture) -> None:
        frame, before = self._frame, shown.frame
        if before.config != frame.config:
            self._lay_out(self.size)
        if before.state is State.LOADING is not frame.state:
            # otherwise the garbage collector searches all loaded objects, which blocks the screen
            # for 0.2 s
            gc.freeze()
            self.on_loaded, loaded = lambda: None, self.on_loaded
            loaded()
        if before.state is not frame.state or frame.state.stands_still:
            self._show_views()  # before the status, which reads the values under the views' cursors
        self._show()
        if frame.refused not in (None, before.refused) and not self._says_itself(frame.refused):
            self.notify(frame.refused.why_not, severity="error", markup=False)
        if frame.state is State.FAILED and (self._settings.is_open or self._branches.is_open):
            self._panel_closed()  # a panel has no use any more

    def _show(self) -> None:
        frame = self._frame
        self._seeds_view.saw(frame)
        if frame.state is not State.LOADING and not frame.message:
            before, self._replicas = self._replicas, frame.config.replicas
            if before not in (0, self._replicas):
                self._hint("«seeds» goes back; «view.seeds» shows each network")
                if before == 1:
                    self._offer_arrows(self._seeds_view)
        self._plot.show(self._picture)
        self._show_status_now()
        self._settings.show(frame)
        self._branches.look(self._picture)
        here = (
            frame.state,
            frame.start,
            frame.is_past,
            frame.trained == 0,
            frame.undoable,
            frame.redoable,
        )
        offered = here, self._status.remedy is None, self._picture.audience.only_looks
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

    def on_resize(self, event: Resize) -> None:
        self._lay_out(event.size)
        self._show_status()

    def size_settled(self) -> None:
        if self._has_widgets:
            self._lay_out(self.size)
            super().size_settled()

    # ---- the terminal, and the end

    def behind_an_update(self) -> str:
        """Bytes to send after an update: after the first of a frame, a query that is answered when
        it is drawn."""
        if not self._asks_with_next or self.is_headless or self._leaving:
            return ""
        self._asks_with_next = False
        self._underway.asked()
        return ASK

    def on_cursor_position(self) -> None:
        self._underway.answered()

    def save(self) -> None:
        self._send(commands.Save())

    def leave(self, code: ExitCode) -> None:
        self._is_leaving = True
        self.session.stop()
        self._code = max(self._code, code)
        if self._underway.is_settled:
            self.exit(self._code)
        elif self._leaving is None:
            self._leaving = asyncio.get_running_loop().create_task(self._leave_when_settled())

    async def _leave_when_settled(self) -> None:
        await self._underway.settle()
        self.exit(self._code)

    async def action_quit(self) -> None:
        self.leave(ExitCode.DONE)

    async def action_detach(self) -> None:
        is_over = self._frame.state in (State.FINISHED, State.FAILED)
        if why_not := self.why_no_detach() or (
            "nothing is left to train in the background" if is_over else ""
        ):
            self._refuse(f"{why_not}: «quit» leaves, and the run is kept")
        else:
            self.detaches = True
            await self.action_quit()

    # ---- keys

    @property
    def trains(self) -> bool:
        return keys.is_of_this_state(commands.Pause(), self._frame)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self._main.has_class("small") and action in keys.NEEDS_ROOM:
            return False
        if action in keys.OPENS_PANEL:  # an open one with the focus is closed by its own key
            return self._panel is None or self._main.focused is not self._panel
        if action in ("on_a_view", "on_the_curve"):
            return self._watching
        return action != "send" or keys.is_of_this_state(keys.SENT[str(parameters[0])], self._frame)

    def action_send(self, key: str) -> None:
        command = keys.SENT[key]
        if isinstance(command, commands.Pause | commands.Resume):
            command = commands.Toggle()  # so that pressing the key twice toggles twice
        if self._says_why_not(command):
            return
        if self._frame.state is State.LOADING and isinstance(
            command, commands.ChangeCommand | commands.LookCommand
        ):
            self._hint(keys.LATER)
        self._obey(command)

    def action_advice(self) -> None:
        remedy = self._status.remedy
        if self._says_why_not("advice"):
            return
        if remedy is None:
            self._refuse(keys.NO_ADVICE)
        else:
            self._send(
                commands.StartOver(remedy.changes) if remedy.anew else commands.Edit(remedy.changes)
            )
            self._hint(f"{remedy}, all else as it was: «undo» undoes")

    def action_take_over(self) -> None:
        audience = self._picture.audience
        if audience.ended or audience.only_looks or audience.may_steer:
            self._refuse(
                "you steer this session already" if audience.may_steer else audience_text(audience)
            )
        else:
            self.session.take_over()
            # a key that follows at once steers already
            self._picture = replace(self._picture, audience=replace(audience, steering=""))
            self._show_status()

    def action_replica(self, lines: int) -> None:
        if not self._says_why_not("replica"):
            self._seeds_view.choose(self._frame, lines)

    async def action_on_the_curve(self, action: str) -> None:
        """Handle a key of the curve while a view has the focus: the curve takes the focus if its
        crosshair moves."""
        if action != "go_there" or self._plot.viewport.cursor is not None:
            self._focus(self._plot)
            await self._plot.run_action(action)

    def action_draw(self, what: str) -> None:
        """Draw something of the curve, such as the held-out loss, or no longer."""
        viewport = self._plot.viewport
        self._plot.change_viewport(replace(viewport, **{what: not getattr(viewport, what)}))
        self._ask()

    def action_zoom(self, closer: bool) -> None:
        self._plot.zoom(closer)

    def action_copy(self) -> None:
        frame, path = self._frame, self.session.look_again(Query(path=True), self._picture).path
        again = (
            command_again(path, frame.trained, frame.is_past, self._folder)
            if path
            else command_of(frame.config)
        )
        self.copy_to_clipboard(printable(again))
        self.notify(again, title="copied", markup=False)

    async def action_help(self) -> None:
        if not isinstance(self.screen, HelpScreen):
            await self.push_screen(HelpScreen(chapters(self._frame, self._picture.audience)))


class PointApp(EchoApp):
    """An `EchoApp` for a point of a map: escape closes panels and removes cursors, then it goes
    back to the map."""

    BINDINGS: ClassVar[list[BindingType]] = [BACK]

    went_back = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "back":
            return self._watching and not self._has_cursor
        return super().check_action(action, parameters)

    async def action_back(self) -> None:
        self.went_back = True
        await self.action_quit()
