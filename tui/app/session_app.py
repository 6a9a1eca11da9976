"""The app's share of a session: what it sends, what its widgets show of the newest picture, and
where they are."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from textual import work
from textual.app import ComposeResult, SystemCommand
from textual.containers import Container, Horizontal
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from echornn.config import EchoConfig
from echornn.readings import Question
from echornn.runtime.background import report
from echornn.session.commands import Ask, Command, Go
from echornn.session.exchange import union
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import Picture, Query
from echornn.session.probing import HELD_OUT
from echornn.session.rules import may_send
from echornn.session.session import ViewedSession
from tui.app import keys
from tui.app.base import KeyedApp
from tui.app.key_line import KeyLine
from tui.app.status import HEIGHT as STATUS_HEIGHT
from tui.app.status import ONLY_LOOKS, StatusLine, audience_text
from tui.app.theme import Theme, remember
from tui.panels.panel import BranchList, Panel, RunList, SettingsPanel
from tui.panels.runs import UnderCurve, kept_runs_beside
from tui.term.printed import printable
from tui.views.keymap import key_name
from tui.views.plot import LossPlot
from tui.views.seeds import SeedsView
from tui.views.table import VIEWS, ViewChoice
from tui.views.view import View, time_step_of

# For which the status says why a key did nothing, and what is under a pointer that rests
HINT_SECONDS = 4.0
MEANWHILE = "«view.data»: data, «settings»: settings, «pause»: pause, «help»: help"

LEAST_WIDTH, LEAST_HEIGHT = 60, 16  # of the whole app; a smaller screen shows only the status
STATUS_AND_FOOTER = STATUS_HEIGHT + 1
LEAST_PLOT_HEIGHT, LEAST_VIEW_HEIGHT = 7, 4
MOST_VIEW_SHARE = 0.64  # of the lines; the curve gets the others
# The fewest columns for two views, and for a panel beside the curve instead of below it
TWO_VIEWS, WIDE = 160, 100
PANEL_WIDTH, PANEL_HEIGHT = 44, 14  # beside the curve, and below it
LEAST_PANEL_HEIGHT = 8  # below the curve: to keep these lines, the views are hidden


def layout(
    config: EchoConfig, width: int, height: int, panel_open: bool, choice: ViewChoice
) -> tuple[tuple[type[View], ...], int, int]:
    """The views that are shown, from left to right, their lines, and the lines of a panel below the
    curve."""
    views_shown, lines_of_panel = is_large(width, height), 0
    height -= STATUS_AND_FOOTER
    if panel_open and width >= WIDE:
        width -= PANEL_WIDTH
    elif panel_open:
        views_shown &= height - LEAST_PLOT_HEIGHT - LEAST_VIEW_HEIGHT >= LEAST_PANEL_HEIGHT
        lines_of_panel = max(
            1, min(PANEL_HEIGHT, height - LEAST_PLOT_HEIGHT - LEAST_VIEW_HEIGHT * views_shown)
        )
        height -= lines_of_panel
    if not views_shown:
        return (), 0, lines_of_panel
    shown = choice.shown(2 if width >= TWO_VIEWS else 1)
    most = max(LEAST_VIEW_HEIGHT, min(height - LEAST_PLOT_HEIGHT, int(MOST_VIEW_SHARE * height)))
    lines = max(view.height_for(config, width // len(shown) - 2, most) for view in shown)
    return shown, min(lines, most), lines_of_panel


def is_large(width: int, height: int) -> bool:
    return width >= LEAST_WIDTH and height >= LEAST_HEIGHT


class SessionApp(KeyedApp[int]):
    """An app on a session, whose screen depends only on the newest picture."""

    session: ViewedSession
    under_curve: UnderCurve
    _picture: Picture  # that the screen shows
    _picture_of_views: Picture | None = None
    _choice = ViewChoice()
    _asked: Question | None = None
    _sent = 0  # the number of the newest command
    _refusal = ""  # why the newest action that did nothing could not be done
    _said, _said_until, _hovers_until = "", 0.0, 0.0
    _hover_is_stale = _status_is_stale = False
    _watched_before: Widget | None = None  # what had the arrow keys before a panel was opened

    def compose(self) -> ComposeResult:
        self._status = StatusLine(self._picture)
        self._plot = plot = LossPlot(self._picture, self.ascii_only)
        plot.on_viewport, plot.on_hover, plot.say = (
            self._viewport_changed,
            self._hover_moved,
            self._hint,
        )
        plot.ask = lambda query: self.session.look_again(query, self._picture)
        plot.on_go = lambda window: self._send(Go(self._frame.line, window))
        self._seeds_view = SeedsView(self._picture)
        self._seeds_view.send = self._send
        self._all_views = [
            self._seeds_view if kind is SeedsView else kind(self._picture) for kind in VIEWS
        ]
        for view in self._all_views:
            view.on_view, view.on_hover = self._view_changed, self._hover_moved
        self._settings = SettingsPanel(self._frame.config, self._send, self._panel_closed)
        self._branches = BranchList(self._picture, self._send, self._hint, self._panel_closed)
        complain = partial(self.notify, severity="error", markup=False)
        self._runs = RunList(self.under_curve, complain, self._panel_closed)
        self._panels: tuple[Panel, ...] = (self._settings, self._branches, self._runs)
        opened, left_out = (
            lambda: [f"view.{view.title}" for view in self._views],
            lambda: keys.left_out(self._frame),
        )
        self._key_line = KeyLine(self._offers, left_out, keys.NUMBERED, opened)
        yield self._status
        with Container(id="body"):
            with Container(id="watched"):
                yield self._plot
                with Horizontal(id="views"):
                    yield from self._all_views
            yield from self._panels
        yield self._key_line

    @property
    def _frame(self) -> Frame:
        return self._picture.frame

    @property
    def _folder(self) -> Path | None:
        return Path(self._frame.folder) if self._frame.folder else None

    @property
    def _main(self) -> Screen[object]:
        return self.screen_stack[0]

    @property
    def _has_widgets(self) -> bool:
        """Whether the app's widgets are there; when it ends, they go while its timers may still
        run."""
        return self.is_running and bool(self.screen_stack) and self._plot.is_attached

    # ---- what is sent

    def _send(self, command: Command) -> int:
        """Send a command; returns its number. If this viewer may not, say so instead."""
        audience = self._picture.audience
        if may_send(command, audience):
            self._sent = self.session.send(command)
        else:
            self._refuse(audience_text(audience))
        return self._sent

    @property
    def _is_behind(self) -> bool:
        """Whether commands were sent whose effect is not on the screen yet."""
        return self._sent > self._frame.answered

    def _says_why_not(self, what: Command | str) -> bool:
        """Whether a key can do nothing now; then the screen says why."""
        is_sure = not self._is_behind or self._frame.state is State.FAILED
        why_not = keys.why_not(what, self._frame) if is_sure else ""
        if why_not:
            self._refuse(why_not)
        return bool(why_not)

    def _may_use_files(self) -> bool:
        """Whether this viewer may use files beside the run's; if it only looks, it may not, and the
        screen says so."""
        if only_looks := self._picture.audience.only_looks:
            self._refuse(f"{ONLY_LOOKS}: no file is read or written")
        return not only_looks

    # ---- what is said

    def _refuse(self, text: str) -> None:
        self._refusal = text
        self._hint(text)

    def _hint(self, text: str) -> None:
        self._said, self._said_until = text, time.monotonic() + HINT_SECONDS
        self._show_status()

    def _forget_hint(self) -> None:
        if self._said:
            self._hint("")

    def notify(self, message: str, **options: Any) -> None:
        """Show a text that may be from outside, such as an error or a folder's name."""
        super().notify("\n".join(map(printable, self.keymap.text(message).split("\n"))), **options)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Report an exception of a worker thread as that of any other thread."""
        if event.state is WorkerState.ERROR and isinstance(event.worker.error, Exception):
            report(event.worker.error)

    def _show_status(self) -> None:
        """Update the status once, after the waiting keys: the text depends on the position of a
        cursor."""
        if not self._status_is_stale and self._has_widgets:
            self._status_is_stale = True
            self._status.call_later(self._show_status_now)

    def _show_status_now(self) -> None:
        self._status_is_stale = self._hover_is_stale = False
        if not self._has_widgets:
            return
        hovers, views = self._hovers_until > 0, self._views
        spots = [*(view.hovered for view in views if hovers), *(view.at_cursor for view in views)]
        step = next((step for step in map(time_step_of, spots) if step is not None), None)
        for view in views:
            view.point_at(step)
        watched: tuple[LossPlot | View, ...] = (self._plot, *views)
        hovered = (one.reading_of(one.hovered) for one in watched if hovers)
        read = (one.reading for one in watched if self._main.focused in (one, None))
        self._status.show(self._picture, next(filter(None, (*hovered, *read)), ""), self._said)

    def _hover_moved(self) -> None:
        """Read what is under the pointer with the next frame: a slow line then gets no more than
        its frames."""
        self._hover_is_stale = True
        self._hovers_until = time.monotonic() + HINT_SECONDS

    def _show_hovered(self) -> None:
        """Show what is under the pointer, if that has changed, and end what was shown for long
        enough."""
        now = time.monotonic()
        if self._said and now > self._said_until:
            self._hint("")
        if 0 < self._hovers_until < now:
            self._hovers_until, self._hover_is_stale = 0.0, True
        if self._hover_is_stale:
            self._show_status()

    # ---- the screen, and what has the arrow keys

    def _lay_out(self, size: Size) -> None:
        panel = self._panel
        shown, lines, lines_of_panel = layout(
            self._frame.config, *size, panel is not None, self._choice
        )
        is_small, is_wide = not is_large(*size), size.width >= WIDE
        for one in self._panels:
            one.display = one is panel
        self._main.set_class(is_small, "small")
        self._main.query_one("#body").styles.layout = "horizontal" if is_wide else "vertical"
        self._status.too_small = (
            f"too small: the curve needs {LEAST_WIDTH}x{LEAST_HEIGHT}" if is_small else ""
        )
        if panel is not None:
            panel.styles.width = PANEL_WIDTH if is_wide else "1fr"
            panel.styles.height = lines_of_panel or "1fr"
        self._main.query_one("#views").styles.height = lines
        for view in self._all_views:
            view.display = type(view) in shown
            if not view.display and view is self._main.focused:
                self._focus(self._plot)
        self._key_line.redraw()  # it marks the views that are shown
        self._ask()

    def _viewport_changed(self) -> None:
        self._look_again()
        self._plot.show(self._picture)
        self._show_rows()
        self._show_status()

    def _focus(self, widget: Widget) -> None:
        """Give a widget the keyboard focus at once, so that a key that follows quickly goes to
        it."""
        self._main.set_focus(widget)
        self._focus_moved()

    def action_focus_next(self) -> None:
        super().action_focus_next()
        self._focus_moved()

    def action_focus_previous(self) -> None:
        super().action_focus_previous()
        self._focus_moved()

    def on_descendant_focus(self) -> None:
        """Follow a click, with which Textual moves the focus itself."""
        if self._has_widgets:
            self._focus_moved()

    def _focus_moved(self) -> None:
        """Show only the cursor of the view that has the arrow keys."""
        for view in self._views:
            if self._main.focused is not view:
                view.action_leave()
        self._show_status()

    def _offer_arrows(self, view: View) -> None:
        """Give a view the arrow keys, if it is shown and neither a panel nor the crosshair uses
        them."""
        if view.display and self._watching and self._plot.viewport.cursor is None:
            self._focus(view)

    @property
    def _watching(self) -> bool:
        return len(self.screen_stack) == 1 and isinstance(
            self._main.focused, LossPlot | View | None
        )

    @property
    def _has_cursor(self) -> bool:
        """Whether escape has something to do on the curve or a view: a cursor to remove, or the
        newest to follow."""
        viewport = self._plot.viewport
        return viewport != viewport.following() or any(
            view.reading and not view.reads_beside for view in self._views
        )

    # ---- the views

    @property
    def _query(self) -> Query:
        view = self._seeds_view
        rows = view.rows(self._frame, view.size.width, view.size.height) if view.display else None
        return replace(self._plot.looks_at, branches=self._branches.is_open, seeds=rows)

    def _look_again(self) -> None:
        self._picture = self.under_curve.look_again(self._query, self._picture)

    @property
    def _views(self) -> list[View]:
        return [view for view in self._all_views if view.display]

    def action_view(self, key: str) -> None:
        """Show the view with this number key; if the one that it replaces had the arrow keys, it
        gets them."""
        self._choice = self._choice.pressed(key)
        view = next(view for view in self._all_views if view.key == key)
        had_the_arrows = isinstance(self._main.focused, View)
        self._lay_out(self.size)
        self._show_views()
        if had_the_arrows and not isinstance(self._main.focused, View):
            self._focus(view)
        elif view.wants_arrows:
            self._offer_arrows(view)
        self._show_status()

    def _show_views(self) -> None:
        self._picture_of_views = self._picture
        for view in self._views:
            view.show(self._picture, self._instead_of(view))
        self._ask()  # the readings that a view needs may depend on the picture that it shows

    def _show_rows(self) -> None:
        """Draw other rows of the seeds view: it has scrolled, or shows other windows."""
        if self._seeds_view.display:
            self._look_again()
            self._seeds_view.show(self._picture, self._instead_of(self._seeds_view))

    def _view_changed(self) -> None:
        self._show_rows()
        self._ask()
        self._show_status()

    def _ask(self) -> None:
        held_out = HELD_OUT if self._plot.viewport.held_out else None
        question = union(*(view.question for view in self._views), held_out)
        if question != self._asked:
            self._asked = question
            self._send(Ask(question))

    def _instead_of(self, view: View) -> str:
        frame = self._frame
        if view.question is not None and frame.state not in (State.LOADING, State.FAILED):
            return frame.unread
        messages = {
            State.LOADING: f"{frame.message}; {MEANWHILE}",
            State.FAILED: frame.message,
            State.PAUSED: "press «step» to train a window",
            State.FINISHED: keys.FINISHED,
        }
        return messages.get(frame.state, "")

    # ---- panels

    @property
    def _panel(self) -> Panel | None:
        return next((one for one in self._panels if one.is_open), None)

    def action_settings(self) -> None:
        """Open the panel, or close it."""
        if not self._says_why_not("settings") and self._may_open(self._settings):
            self._settings.open(self._frame)
            self._panel_opened(self._settings)

    def action_branches(self) -> None:
        if not self._says_why_not("branches") and self._may_open(self._branches):
            self._branches.is_open = True
            self._look_again()
            self._branches.open(self._picture)
            self._panel_opened(self._branches)

    def action_runs(self) -> None:
        if self._may_use_files() and self._may_open(self._runs):
            self._runs.open()
            self._read_runs()
            self._panel_opened(self._runs)

    @work(thread=True, group="runs", exclusive=True, exit_on_error=False)
    def _read_runs(self) -> None:
        runs = kept_runs_beside(self._frame.config, self._folder, list(self.under_curve.others))
        self.call_from_thread(self._runs.take, runs)

    def _may_open(self, panel: Widget) -> bool:
        """Close the panel that is open, if any.

        Returns whether this one should be opened: it is another one.
        """
        was_open = self._panel
        if was_open is not None:
            self._panel_closed()
        return was_open is not panel

    def _panel_opened(self, panel: Widget) -> None:
        self._watched_before = self._main.focused
        self._lay_out(self.size)
        self._focus(panel)

    def _panel_closed(self) -> None:
        if self._panel is not None:
            self._panel.is_open = False
        self._focus(self._plot)
        self._lay_out(self.size)
        before, self._watched_before = self._watched_before, None
        if before is not None and before.display:
            self._focus(before)

    # ---- the last line, and the palette

    def _offers(self, action: str, key: str) -> bool:
        """Whether the last line shows a key; not if it is text now."""
        panel, character = self._panel, " " if key == "space" else key_name(key)
        if (
            panel is not None
            and panel is self._main.focused
            and len(character) == 1
            and panel.is_text(character)
        ):
            return False
        if action == "advice" and self._status.remedy is None:
            return False
        steers = action == "advice" or isinstance(keys.meaning(action), Command)
        return keys.is_offered(action, self._frame) and not (
            steers and self._picture.audience.only_looks
        )

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        for one in keys.BINDINGS:
            if keys.is_offered(one.action, self._frame):
                run = partial(self.run_action, one.action)
                yield SystemCommand(
                    one.description, f"{one.tooltip} ({self.get_key_display(one)})", run
                )
        other: Theme = "dark" if self.theme == "textual-light" else "light"
        yield SystemCommand(
            f"Theme: {other}", f"A {other} background", partial(self.action_theme, other)
        )

    def action_theme(self, theme: Theme) -> None:
        self.theme = f"textual-{theme}"
        if not self._picture.audience.only_looks:
            remember(theme)
