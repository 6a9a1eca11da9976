"""The app: puts the widgets together, runs the session on a thread, and turns keys into commands."""

from __future__ import annotations

import dataclasses
import gc
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.events import Key, MouseMove, Resize
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from echornn.session.commands import Command, Go, Undo
from echornn.session.pictures.frame import State
from echornn.session.pictures.picture import Query
from echornn.session.session import ViewedSession
from tui.app import keys
from tui.app.all_keys import keymap_with
from tui.app.help_screen import HelpScreen
from tui.app.key_line import KeyLine, Tabs, character_of
from tui.app.layout import PANEL_WIDTH, layout
from tui.app.line_actions import LineActions
from tui.app.palette import OPENS
from tui.app.parts import PANELS, SlowTerminal
from tui.app.status import StatusLine
from tui.app.theme import Theme
from tui.panels.branches import BranchList
from tui.panels.runs import FOLLOW_SECONDS, Futures, RunList
from tui.panels.settings import SettingsPanel
from tui.views.keymap import Moved
from tui.views.plot import LossPlot
from tui.views.plot_axes import zoomed
from tui.views.table import NAMES_OF_VIEWS, VIEWS

VIEWS_A_SECOND = 3.4
"""How many times per second views that keep changing are drawn: all of their cells change, too much for a slow line."""

SWITCH_SECONDS = 1e-4
"""Seconds that the training thread waits for Python while the screen is drawn, each time it returns from native code.

Python's default of 5 ms costs about 4 % of full speed; 0.5 ms gains nothing.
"""


def _nothing() -> None:
    """Does nothing; the default for `EchoApp.on_loaded`."""


class EchoApp(LineActions, SlowTerminal):
    """The app: shows a session, with at most ``fps`` frames per second, and sends it commands."""

    CSS_PATH = "app.tcss"
    TITLE = "echornn-tui"
    ALLOW_SELECT = False
    """Without this, Textual selects text while the mouse drags over the curve; the terminal selects with shift held."""
    BINDINGS: ClassVar[list[BindingType]] = [*keys.BINDINGS, *keys.OF_WHAT_IS_WATCHED, OPENS]
    HELPED_KEYS: ClassVar[list[Binding]] = keys.BINDINGS
    """The keys that the help explains first."""
    LAST_WORDS: ClassVar[tuple[str, ...]] = ()
    """The lines that are printed last, after the app has ended."""

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
        self.ascii_only = ascii_only
        self.take_keys(keymap_with(moved or {}))
        self._first_theme = theme
        self.session = session
        self.on_loaded: Callable[[], None] = _nothing
        """Called once, when the first network has been loaded."""
        self.futures = Futures(session, compared)
        self._fps = fps
        self._picture = self.futures.look(Query())
        self._ticks = 0
        self._offered: tuple[object, ...] = ()

    # ---- the screen depends only on the newest picture

    @property
    def _query(self) -> Query:
        return dataclasses.replace(self._plot.looks_at, branches=self._branches.is_open)

    def _look_again(self) -> None:
        """Get a new picture of the shown position, for the current query."""
        self._picture = self.futures.look_again(self._query, self._picture)

    def compose(self) -> ComposeResult:
        yield StatusLine(self._frame)
        with Container(id="body"):
            with Container(id="watched"):
                yield LossPlot(self._picture, self.ascii_only)
                with Horizontal(id="views"):
                    for view in VIEWS:
                        yield view()
            yield SettingsPanel(self._frame.config, self._send, self._panel_closed)
            yield BranchList(self._send, self._hint, self._panel_closed)
            yield RunList(self.futures, self._complain, self._panel_closed)
        tabs = Tabs(keys.VIEW_KEYS[0].action, NAMES_OF_VIEWS, self._open_views)
        yield KeyLine(self._offers, lambda: keys.left_out(self._frame), tabs)
        yield self._command_line

    def _open_views(self) -> list[str]:
        """The ids of the keys of the views that are shown."""
        return [keys.ID_OF_VIEW[view.key] for view in self._views]

    def on_mount(self) -> None:
        self.theme = f"textual-{self._first_theme}"
        self._plot.on_viewport = self._viewport_changed
        self._plot.ask = lambda query: self.session.look_again(query, self._picture)
        self._plot.on_hover, self._plot.say = self._hover_moved, self._hint
        for view in self._all_views:
            view.on_view, view.on_hover = self._view_changed, self._hover_moved
        self._connect_the_seeds()
        self._plot.on_go = lambda window: self._send(Go(self._frame.line, window))
        self._main.query_one(StatusLine).on_return = lambda: self._send(Go(self._frame.line))
        self._main.set_focus(self._plot)
        self._lay_out(self.size)
        self._show()
        self._show_views()
        self.set_interval(1 / self._fps, self.show_newest_frame)
        self.set_interval(FOLLOW_SECONDS, self._look_at_other_runs)
        self.call_after_refresh(self._train)

    def on_unmount(self) -> None:
        self.session.stop()
        self.futures.end()

    @work(thread=True, name="training", exit_on_error=False)
    def _train(self) -> None:
        threading.current_thread().name = "training"  # Textual has given the thread a name of its own
        sys.setswitchinterval(SWITCH_SECONDS)
        self.session.run()

    def show_newest_frame(self) -> None:
        """Draw the newest frame, if there is a new one; views that keep changing are drawn only in some of the
        calls.
        """
        if not self._has_widgets or not self._may_draw():
            return
        self._show_hovered()
        self._ticks += 1
        shown, before = self._picture, self._frame
        picture = self.futures.look(self._query, shown)
        if picture.frame is not before:
            self._picture = picture
            if before.config != self._frame.config:
                self._lay_out(self.size)
            if before.state is State.LOADING is not self._frame.state:
                # otherwise the garbage collector searches all loaded objects, which blocks the screen for 0.2 s
                gc.freeze()
                self.on_loaded, loaded = _nothing, self.on_loaded
                loaded()
            counted = self._frame.seed_stats, before.seed_stats
            new_count = len({one.solved for one in counted if one is not None}) > 1
            if before.state is not self._frame.state or self._frame.state.stands_still or new_count:
                self._show_views()  # before the status, which reads the values under the views' cursors
            self._show()
            refused = self._frame.refused
            if refused is not None and refused != before.refused and not self._says_itself(refused):
                self.notify(refused.why_not, severity="error", markup=False)
            if self._frame.state is State.FAILED and (self._settings.is_open or self._branches.is_open):
                self._panel_closed()  # a panel has no use any more
        else:
            drawn = dataclasses.replace(shown.query, seeds=None), shown.ghosts, shown.audience
            if (picture.query, picture.ghosts, picture.audience) != drawn:
                self._picture = picture
                self._show()
        every = max(1, round(self._fps / VIEWS_A_SECOND))
        if self._picture is not self._picture_of_views and self._ticks % every == 0:
            self._show_views()
        if self._scripts:
            self.call_later(self._go_on_with_lines)

    def _show(self) -> None:
        frame = self._frame
        self._seeds_view.saw(frame)
        self._say_the_turn(frame)
        self._plot.show(self._picture)
        self._show_status_now()
        self._settings.show(frame)
        self._branches.look(self._picture)
        offered = (frame.state, frame.start, frame.is_past, frame.undoable, frame.redoable, self._remedy is None)
        if (*offered, self._picture.audience.only_looks) != self._offered:
            self._offered = (*offered, self._picture.audience.only_looks)
            self.refresh_bindings()

    def _viewport_changed(self) -> None:
        """Draw the new visible part of the run, in the curve and in the view over the same windows."""
        self._look_again()
        self._plot.show(self._picture)
        self._show_rows()
        self._show_status()

    def on_resize(self, event: Resize) -> None:
        self._lay_out(event.size)
        self._show_status()

    def size_settled(self) -> None:
        if self._has_widgets:
            self._lay_out(self.size)
            super().size_settled()

    def _lay_out(self, size: Size) -> None:
        """Divide the screen between curve, views and a panel; if it is too small, the status says so."""
        panel = self._panel
        shares = layout(self._frame.config, size.width, size.height, panel is not None, self._choice)
        for one in (self._settings, self._branches, self._runs):
            one.display = one.is_open
        self._main.set_class(bool(shares.too_small), "small")
        self._main.query_one("#body").styles.layout = "horizontal" if shares.wide else "vertical"
        status = self._main.query_one(StatusLine)
        status.too_small = shares.too_small
        if panel is not None:
            panel.styles.width = PANEL_WIDTH if shares.wide else "1fr"
            panel.styles.height = shares.panel or "1fr"
        self._place_views(shares.shown, shares.views)

    def action_show_all(self) -> None:
        """Draw every cell again, without assuming what the terminal shows."""
        self.screen.refresh()

    # ---- keys

    def overtakes(self, message: Message, waiting: Iterable[Message]) -> bool:
        """The keys that quit and pause overtake, unless a waiting one may change what they do."""
        if super().overtakes(message, waiting) or not isinstance(message, Key):
            return isinstance(message, Key)
        held = self.keymap.keys
        if message.key in held["quit"]:
            changing: tuple[str, ...] = keys.LEADS_ELSEWHERE
        elif message.key in held["pause"] and self.trains:
            changing = (*keys.LEADS_ELSEWHERE, *keys.STARTS_OR_STOPS)
        else:
            return False
        first = {key for name in changing for key in held[name]}
        watches = self._watching and not self._command_line.is_open
        return watches and all(
            isinstance(one, MouseMove) or (isinstance(one, Key) and one.key not in first) for one in waiting
        )

    @property
    def trains(self) -> bool:
        """Whether the frame that was shown last trains, or will when it is loaded."""
        return self._frame.state is State.RUNNING or (self._frame.state is State.LOADING and self._frame.start.trains)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action is available in this state."""
        if action in PANELS and (len(self.screen_stack) > 1 or self._main.focused is self._panel is not None):
            return False
        if action == "no_curve":
            return self._watching and self._main.has_class("small")
        if action in ("on_a_view", "no_view", "no_rows", "on_the_curve"):
            return self._watching
        if action == "line":
            panel = self._panel
            takes = panel is not None and self._main.focused is panel and panel.is_text(":")
            return len(self.screen_stack) == 1 and not (takes or isinstance(self._main.focused, RunList))
        return action != "send" or keys.is_of_this_state(keys.SENT[str(parameters[0])], self._frame)

    def _offers(self, action: str, key: str) -> bool:
        """Whether the footer shows a key; not if the key is text now."""
        panel, character = self._panel, character_of(key)
        is_text = character != "" and self._main.focused is panel is not None and panel.is_text(character)
        meaning = keys.meaning(action)
        is_undo_later = meaning == Undo() and self._frame.undoable == 0
        advises_nothing = action == "advice" and self._remedy is None
        steers = isinstance(meaning, Command) or action == "advice"
        would_be_refused = steers and self._picture.audience.only_looks
        has_no_use = is_undo_later or advises_nothing or would_be_refused
        return keys.is_offered(action, self._frame) and not (has_no_use or is_text)

    def _watch_again(self) -> None:
        self._focus(self._plot)

    def _focus(self, widget: Widget) -> None:
        """Give a widget the keyboard focus at once, so that a key that follows quickly goes to it."""
        self._main.set_focus(widget)
        self._focus_moved()

    def on_descendant_focus(self) -> None:
        """Follow a click, with which Textual moves the focus itself."""
        if self._has_widgets:
            self._focus_moved()

    def action_focus_next(self) -> None:
        if len(self.screen_stack) > 1 or not self._shows_no_curve:
            super().action_focus_next()
            self._focus_moved()

    def action_focus_previous(self) -> None:
        if len(self.screen_stack) > 1 or not self._shows_no_curve:
            super().action_focus_previous()
            self._focus_moved()

    def _focus_moved(self) -> None:
        """Show the cursor of the view that has the arrow keys."""
        for view in self._views:
            if self._main.focused is not view:
                view.action_leave()
        self._show_status()

    def action_log(self) -> None:
        if self._shows_no_curve:
            return
        viewport = self._plot.viewport
        self._plot.change_viewport(dataclasses.replace(viewport, log=not viewport.log))

    def action_zoom(self, closer: bool) -> None:
        if self._shows_no_curve:
            return
        self._plot.change_viewport(zoomed(self._plot.viewport, self._frame.line_end, closer))

    def action_help(self) -> None:
        from tui.app.help import chapters  # imported late: the first frame does not need the help

        if isinstance(self.screen, HelpScreen):
            return
        self.push_screen(HelpScreen(chapters(self._frame, self._picture.audience, self.HELPED_KEYS)))
