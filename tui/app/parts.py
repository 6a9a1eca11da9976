"""Declares the methods that the parts of the app call on each other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from textual import work
from textual.app import App, SystemCommand
from textual.events import Event, Key, MouseDown
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from echornn.config import EchoConfig
from echornn.diagnosis.cases import Remedy
from echornn.readings import Question
from echornn.runtime.background import report
from echornn.session.commands import (
    Ask,
    ChangeCommand,
    Command,
    Edit,
    LookCommand,
    NoteCommand,
    Pause,
    Redo,
    Resume,
    Save,
    StartOver,
    Toggle,
    ToggleReplicas,
    Undo,
)
from echornn.session.exchange import union
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import Picture, Query
from echornn.session.session import ViewedSession
from tui.app import keys
from tui.app.base import KeyedApp
from tui.app.key_line import KeyLine
from tui.app.keys import LATER, NO_ADVICE, where_it_ends
from tui.app.palette import Palette
from tui.app.save_screen import save_picture, save_text
from tui.app.status import ONLY_LOOKS, STEERS_ALREADY, StatusLine, audience_text
from tui.app.theme import Theme, remember
from tui.command_text import command_again, command_of
from tui.panels.branches import BranchList
from tui.panels.runs import Futures, RunList, kept_runs_beside
from tui.panels.settings import SettingsPanel
from tui.term.exit_code import ExitCode
from tui.term.output import ASK, Backpressure
from tui.term.printed import printable
from tui.views.plot import LossPlot
from tui.views.seeds import SeedsView
from tui.views.table import VIEWS, ViewChoice
from tui.views.view import View, time_step_of

LARGER = "{}: shown on a larger screen"
"""The message about a key of the curve, of a view or of a panel while the screen is too small for it."""


class AppPart(KeyedApp[int]):
    """The base class of the parts of the app. Methods that are not implemented here are implemented by another part."""

    session: ViewedSession
    _picture: Picture
    """The picture that the screen shows."""
    _sent = 0
    """The number of the command that was sent last."""
    _refusal = ""
    """Why the newest action that did nothing could not be done."""

    @property
    def _frame(self) -> Frame:
        return self._picture.frame

    @property
    def _folder(self) -> Path | None:
        """The folder in which the run is kept; None if it is not kept."""
        return Path(self._frame.folder) if self._frame.folder else None

    def _refuse(self, text: str) -> None:
        """Say why nothing is done."""
        self._refusal = text
        self._hint(text)

    def _send(self, command: Command) -> int:
        """Send the session a command; returns its number. If this viewer may not, say so instead."""
        audience = self._picture.audience
        may_send = audience.may_note if isinstance(command, NoteCommand) else audience.may_steer
        if not (may_send or isinstance(command, Ask)):
            self._refuse(audience_text(audience))
            return self._sent
        self._sent = self.session.send(command)
        return self._sent

    def _may_use_files(self) -> bool:
        """Whether this viewer may read and write files beside the run's; if it only looks, it may not, and is told."""
        if only_looks := self._picture.audience.only_looks:
            self._refuse(f"{ONLY_LOOKS}: no file is read or written")
        return not only_looks

    @property
    def _is_behind(self) -> bool:
        """Whether commands were sent that are not carried out yet, or whose effect is not on the screen yet."""
        return self._sent > self._frame.answered

    def _says_why_not(self, what: Command | str) -> bool:
        """Whether a key can do nothing now; then the screen says why.

        Args:
            what: see `tui.app.keys.meaning`.
        """
        why_not = keys.why_not(what, keys.soon(self._frame) if self._is_behind else self._frame)
        if why_not:
            self._refuse(why_not)
        return bool(why_not)

    @property
    def _main(self) -> Screen[object]:
        return self.screen_stack[0]

    @property
    def _has_widgets(self) -> bool:
        """Whether the app's widgets are there; when it ends, they go while its timers may still run."""
        are_there = self.is_running and bool(self.screen_stack)
        return are_there and bool(self._main.query("StatusLine")) and bool(self._main.query("LossPlot"))

    def _lay_out(self, size: Any) -> None:
        """Divide the screen between curve, views and panel."""
        raise NotImplementedError

    def _look_again(self) -> None:
        """Get a new picture of the shown position, for the current query."""
        raise NotImplementedError

    def _show_status(self) -> None:
        """Show the status lines, or the text about the value under a cursor."""
        raise NotImplementedError

    def _hint(self, text: str) -> None:
        """Show a hint for some seconds."""
        raise NotImplementedError

    def _focus(self, widget: Widget) -> None:
        """Give a widget the keyboard focus."""
        raise NotImplementedError

    def _watch_again(self) -> None:
        """Return the keyboard focus to the curve or view that had it before."""
        raise NotImplementedError


ONLY_HERE = "this cannot go on without the screen; «quit» ends it, and the run is kept"


OVER = "nothing is left to train in the background: «quit» leaves, and the run is kept"


class SlowTerminal(AppPart):
    """The part of the app that keeps a slow terminal connection from falling behind."""

    def __init__(self) -> None:
        super().__init__()
        self._line = Backpressure()
        self._ask_with_next = False
        self._leaving: asyncio.Task[None] | None = None
        self._code: ExitCode | None = None
        self.detaches = False
        """Whether the user left with `D`, so that the training goes on."""
        self.why_no_detach: Callable[[], str] = lambda: ONLY_HERE
        """Returns why the training cannot go on without this screen; empty if it can."""

    def _may_draw(self) -> bool:
        """Whether the terminal is ready for a frame. If so, the next update asks it to report when it has drawn the
        frame.
        """
        if not self._line.is_clear:
            return False
        self._ask_with_next = True
        return True

    def behind_an_update(self) -> str:
        """Bytes to send after an update of the screen: after the first update of a frame, a query that the terminal
        answers once it has drawn the frame; otherwise empty.
        """
        if not self._ask_with_next or self.is_headless or self._leaving:
            return ""
        self._ask_with_next = False
        self._line.asked()
        return ASK

    def on_cursor_position(self) -> None:
        """Record the terminal's answer: it has drawn the frame."""
        self._line.answered()

    async def action_quit(self) -> None:
        self._leave(ExitCode.DONE)

    async def action_detach(self) -> None:
        """Leave the screen, while the training goes on without it."""
        state = self._frame.state
        over = OVER if state in (State.FINISHED, State.FAILED) else ""
        if why_not := self.why_no_detach() or over:
            self._refuse(why_not)
            return
        self.detaches = True
        await self.action_quit()

    def action_help_quit(self) -> None:
        """Show a message on how to quit. Ctrl+C does not quit, since the user may have meant to copy."""
        self.notify("«quit» ends the program; the run is kept")

    def _save(self) -> None:
        self._send(Save())

    def _leave(self, code: ExitCode) -> None:
        """End the app with this exit code. If a signal came first, its exit code is used instead."""
        self._is_leaving = True
        self.session.stop()
        self._code = code if self._code is None else max(self._code, code)
        if self._line.is_settled:
            self.exit(self._code)
        elif self._leaving is None:
            self._leaving = asyncio.get_running_loop().create_task(self._leave_when_settled())

    async def _leave_when_settled(self) -> None:
        await self._line.settle()
        self.exit(self._code)


def where_it_led(config: EchoConfig, begun: bool, seeds_shown: bool = False) -> str:
    """The message after a switch between one network and many: what is trained now, and how to switch back.

    Args:
        config: the configuration after the switch.
        begun: whether the switch started new networks at window 0, rather than returning to existing ones.
        seeds_shown: whether the view of the seeds is shown, so that its key need not be named.
    """
    if config.replicas > 1:
        many = f"{config.replicas:,} networks of seeds {config.seed} to {config.seed + config.replicas - 1}"
        each = "" if seeds_shown else "«view.seeds» shows each, "
        return f"{many}{', from the start' if begun else ''}: {each}«seeds» goes back"
    if begun:
        return f"seed {config.seed} alone, from the start: «seeds» goes back, and «alone» in «view.seeds» goes on there"
    return f"seed {config.seed} alone, where you left it: «seeds» goes back to the seeds"


class Viewing(AppPart):
    """The part of the app that manages the views below the curve."""

    futures: Futures
    _choice = ViewChoice()
    _picture_of_views: Picture | None = None
    _asked: Question | None = None
    _turned_at: tuple[Frame, int, int] | None = None
    """State before the latest switch: the frame and the number of branches; then the number of the switch command."""

    @property
    def _query(self) -> Query:
        """The query for the next picture, without the rows of the seeds view."""
        raise NotImplementedError

    @property
    def _plot(self) -> LossPlot:
        return self._main.query_one(LossPlot)

    @property
    def _all_views(self) -> list[View]:
        return [self._main.query_one(view) for view in VIEWS]

    @property
    def _views(self) -> list[View]:
        """The views that are visible."""
        return [view for view in self._all_views if view.display]

    def action_view(self, key: str) -> None:
        """Show the view with this number key, or, if the screen is too small, as soon as it is larger. If the view that
        it replaces had the arrow keys, the new view gets them.
        """
        self._choice = self._choice.pressed(key)
        if self._main.has_class("small"):
            title = next(view.title for view in VIEWS if view.key == key)
            self._hint(LARGER.format(title))
            return
        had_the_arrows = isinstance(self._main.focused, View)
        self._lay_out(self.size)
        self._show_views()
        view = next(view for view in self._all_views if view.key == key)
        left_without = had_the_arrows and not isinstance(self._main.focused, View)
        if left_without:
            self._focus(view)
        elif view.wants_arrows:
            self._offer_arrows(view)
        self._show_status()

    def _offer_arrows(self, view: View) -> None:
        """Give a view the arrow keys, if it is shown and neither a panel nor the crosshair uses them."""
        crosshair = self._plot.viewport.cursor
        if view.display and self._watching and crosshair is None:
            self._focus(view)

    @property
    def _watching(self) -> bool:
        """Whether the curve or a view has the keyboard focus."""
        return len(self.screen_stack) == 1 and isinstance(self._main.focused, LossPlot | View | None)

    @property
    def _has_cursor(self) -> bool:
        """Whether escape has something to do on the curve or a view: a cursor to remove, or the newest to follow."""
        viewport = self._plot.viewport
        return viewport != viewport.following() or any(view.reading and not view.reads_beside for view in self._views)

    async def action_on_a_view(self, name: str) -> None:
        """Handle a view's key while the curve or another view has the focus: the view takes the focus.

        Args:
            name: the id of the view's binding.
        """
        for view in self._views:
            action = view.own_actions().get(name)
            if action is not None:
                self._focus(view)
                await view.run_action(action)
                return
        self._hint(keys.views_of(name))

    def action_no_view(self, digit: str) -> None:
        """Say that no view has this digit as its key."""
        self._hint(keys.no_view_of(digit))

    def action_no_rows(self) -> None:
        """Say that the curve has no rows to choose among, if it has the arrow keys."""
        if not isinstance(self._main.focused, View):
            self._hint(keys.NO_ROWS)

    def action_no_curve(self) -> None:
        """Say that the curve, whose key this is, is not shown."""
        self._refuse(LARGER.format("curve"))

    @property
    def _shows_no_curve(self) -> bool:
        """Whether the screen is too small for the curve, whose keys can do nothing then; if so, the screen says it."""
        is_small = self._main.has_class("small")
        if is_small:
            self.action_no_curve()
        return is_small

    async def action_on_the_curve(self, action: str) -> None:
        """Handle a key of the curve while a view has the focus: the curve takes the focus if its crosshair moves."""
        if self._shows_no_curve:
            return
        plot = self._plot
        if action == "go_there" and plot.viewport.cursor is None:
            self._hint(keys.NO_CROSSHAIR)
            return
        self._focus(plot)
        await plot.run_action(action)

    def _place_views(self, shown: tuple[type[View], ...], lines: int) -> None:
        """Show these views on ``lines`` lines, and hide all others. If a hidden view had the focus, the curve gets
        it.
        """
        self._main.query_one("#views").styles.height = lines
        for view in self._all_views:
            view.display = type(view) in shown
            if not view.display and view is self._main.focused:
                self._watch_again()
        self._main.query_one(KeyLine).redraw()  # it marks the views that are shown
        self._ask()

    def _show_views(self) -> None:
        self._picture = self._picture_of_views = self._with_rows(self._picture)
        for view in self._views:
            view.show(self._picture, self._instead_of(view))
        self._ask()  # the readings that a view needs may depend on the picture that it shows

    def _with_rows(self, picture: Picture) -> Picture:
        """The picture, with the losses of the replicas that the seeds view shows, if it is visible."""
        view = self._seeds_view
        rows = view.rows(picture.frame, view.size.width, view.size.height) if view.display else None
        return self.futures.look_again(replace(self._query, seeds=rows), picture)

    def _show_rows(self) -> None:
        """Get a new picture after the seeds view has scrolled to other replicas, or shows other windows."""
        view = self._seeds_view
        before = self._picture_of_views
        if view.display and before is not None:
            self._picture_of_views = self._with_rows(before)
            if before.frame is self._frame:
                self._picture = self._picture_of_views
            view.show(self._picture_of_views, self._instead_of(view))

    def _view_changed(self) -> None:
        """Draw again after a key has changed what a view shows, or which readings it needs."""
        self._ask()
        self._show_status()

    def _ask(self) -> None:
        """Request the probe readings that the visible views need."""
        question = union(*(view.question for view in self._views))
        if question != self._asked:
            self._asked = question
            self._send(Ask(question))

    def _instead_of(self, view: View) -> str:
        """The message that a view shows when it has nothing to draw."""
        frame = self._frame
        match frame.state:
            case State.LOADING if frame.is_new:
                return f"{frame.message}; {keys.MEANWHILE}"
            case State.LOADING:
                return f"{view.title}: shown when the network is there"
            case State.FAILED:
                return frame.message
            case _ if view.question is not None:
                return frame.unread
            case State.PAUSED:
                return "press «step» to train a window" if view is self._views[0] else ""
            case State.FINISHED:
                return keys.FINISHED
            case _:
                return ""

    # ---- one network and many

    @property
    def _seeds_view(self) -> SeedsView:
        return self._main.query_one(SeedsView)

    def _connect_the_seeds(self) -> None:
        """Connect the seeds view to the session: its commands are sent, and new rows are fetched when it scrolls."""
        self._seeds_view.send = self._send
        self._seeds_view.on_rows = self._show_rows

    def _toggle_replicas(self, command: ToggleReplicas) -> None:
        """Send the command that switches between one network and many; a message follows once it is carried out."""
        self._turned_at = self._frame, self._picture.branch_count, self._send(command)

    def _say_the_turn(self, frame: Frame) -> None:
        """Show the message about a switch as soon as the session has carried it out."""
        if self._turned_at is None or frame.state is State.LOADING or frame.message:
            return
        before, branches, number = self._turned_at
        if before.config.replicas != frame.config.replicas:
            self._hint(where_it_led(frame.config, frame.branch >= branches, self._seeds_view.display))
            if frame.config.replicas > 1:
                self._offer_arrows(self._seeds_view)
        if number <= frame.answered:
            self._turned_at = None

    def action_replica(self, lines: int) -> None:
        """Show the network that is ``lines`` further down in the seeds view (negative: further up)."""
        if not self._says_why_not("replica"):
            self._seeds_view.choose(self._frame, lines)


HINT_SECONDS = 4.0
"""How many seconds the app shows why a key has no effect, and what is under a pointer that rests."""


class StatusMessages(Viewing):
    """The part of the app that shows messages: in the status lines, or as notifications."""

    _said = ""
    _hint_ends: Timer | None = None
    _hover_ends: Timer | None = None
    _status_is_stale = _hover_is_stale = _hovers = False

    def _show_status(self) -> None:
        """Update the status once, after the waiting keys: the text depends on the position of a cursor."""
        if not self._status_is_stale and self._has_widgets:
            self._status_is_stale = True
            self._main.query_one(StatusLine).call_later(self._show_status_now)

    def _show_status_now(self) -> None:
        self._status_is_stale = self._hover_is_stale = False
        if not self._has_widgets:
            return
        self._mark_pointed()
        focused = self._main.focused
        watched: tuple[LossPlot | View, ...] = (self._plot, *self._views)
        read = [one for one in watched if focused in (one, None)]
        readings = (one.reading_of(one.hovered) for one in watched if self._hovers)
        reading = next(filter(None, (*readings, *(one.reading for one in read))), "")
        self._main.query_one(StatusLine).show(self._picture, reading, self._said)

    def _mark_pointed(self) -> None:
        """Mark in all views the time step that is under the pointer or a cursor in one of them."""
        spots = [*(one.hovered for one in self._views if self._hovers), *(one.at_cursor for one in self._views)]
        step = next((step for step in map(time_step_of, spots) if step is not None), None)
        for view in self._views:
            view.point_at(step)

    @property
    def _remedy(self) -> Remedy | None:
        """The configuration change that the advice on the screen names; None if it names none."""
        return self._main.query_one(StatusLine).remedy

    def _hover_moved(self) -> None:
        """Read what is under the pointer with the next frame: a slow line then gets no more than its frames."""
        self._hover_is_stale = self._hovers = True

    def _show_hovered(self) -> None:
        """Show for some seconds what is under the pointer, if it has moved to something else."""
        if self._hover_is_stale:
            self._show_status()
            if self._hover_ends is not None:
                self._hover_ends.stop()
            self._hover_ends = self.set_timer(HINT_SECONDS, self._end_hover)

    def _end_hover(self) -> None:
        self._hovers = False
        self._show_status()

    def _hint(self, text: str) -> None:
        """Show a hint above the diagnosis for some seconds."""
        self._said = text
        self._show_status()
        if self._hint_ends is not None:
            self._hint_ends.stop()
        self._hint_ends = self.set_timer(HINT_SECONDS, self._end_hint)

    async def on_event(self, event: Event) -> None:
        """Remove the hint at the next key or click, before that may show another one. On a screen that is too small for
        the curve a key removes the notifications too: they cover what the next one says.
        """
        if isinstance(event, Key | MouseDown) and not event.is_forwarded and self._said:
            self._end_hint()
        if isinstance(event, Key) and not event.is_forwarded and self._has_widgets and self._main.has_class("small"):
            self.clear_notifications()
        await super().on_event(event)

    def _end_hint(self) -> None:
        self._said = ""
        self._show_status()

    def notify(self, message: str, **options: Any) -> None:
        """Show a notification for some seconds. The text may be from outside, such as an error or a folder's name."""
        text = self.keymap.text(message)
        super().notify("\n".join(printable(line) for line in text.split("\n")), **options)


PANELS = ("settings", "branches", "runs")
"""The actions that open a panel beside the curve."""


class Panels(StatusMessages):
    """The part of the app that opens and closes panels."""

    _watched_before: Widget | None = None
    """The widget that had the keyboard focus before a panel was opened."""

    @property
    def _settings(self) -> SettingsPanel:
        return self._main.query_one(SettingsPanel)

    @property
    def _branches(self) -> BranchList:
        return self._main.query_one(BranchList)

    @property
    def _runs(self) -> RunList:
        return self._main.query_one(RunList)

    @property
    def _panel(self) -> SettingsPanel | BranchList | RunList | None:
        """The open panel; None if all are closed."""
        return next((one for one in (self._settings, self._branches, self._runs) if one.is_open), None)

    def _forget_drafts(self) -> None:
        """Drop typed changes that were not entered."""
        self._settings.form.forget()

    def action_settings(self) -> None:
        """Open the settings panel, or close it. A focused panel handles this key itself, in the order of all typed
        keys.
        """
        if not self._says_why_not("settings") and self._may_open(self._settings, "settings"):
            self._settings.open(self._frame)
            self._panel_opened(self._settings)

    def action_branches(self) -> None:
        """Open the list of branches, or close it."""
        if not self._says_why_not("branches") and self._may_open(self._branches, "branches"):
            self._branches.is_open = True
            self._look_again()
            self._branches.open(self._picture)
            self._panel_opened(self._branches)

    def action_runs(self) -> None:
        """Open the list of other runs, or close it."""
        if self._may_use_files() and self._may_open(self._runs, "other runs"):
            self._runs.open()
            self._read_runs()
            self._panel_opened(self._runs)

    @work(thread=True, group="runs", exclusive=True, exit_on_error=False)
    def _read_runs(self) -> None:
        under = list(self.futures.others)
        runs = kept_runs_beside(self._frame.config, self._folder, under)
        self.call_from_thread(self._runs.take, runs)

    def _look_at_other_runs(self) -> None:
        self.futures.follow()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Report an exception of a worker thread in the same way as an exception of any other thread."""
        if event.state is WorkerState.ERROR and isinstance(event.worker.error, Exception):
            report(event.worker.error)

    def _complain(self, text: str) -> None:
        self.notify(text, severity="error", markup=False)

    def _may_open(self, panel: Widget, name: str) -> bool:
        """Close the panel that is open, if any. Returns whether ``panel`` should be opened: it is another panel, and
        the screen is large enough.
        """
        if self._main.has_class("small"):
            self._refuse(LARGER.format(name))
            return False
        was_open = self._panel
        if was_open is not None:
            self._panel_closed()
        return was_open is not panel

    def _panel_opened(self, panel: Widget) -> None:
        self._watched_before = self._main.focused
        self._lay_out(self.size)
        self._focus(panel)

    def _panel_closed(self) -> None:
        panel = self._panel
        if panel is not None:
            panel.is_open = False
        self._watch_again()
        self._lay_out(self.size)
        before, self._watched_before = self._watched_before, None
        if before is not None and before.display:
            self._focus(before)


EXPORT_SECONDS = 0.3
"""Seconds that an export waits for the command palette to disappear from the screen."""


class PaletteCommands(AppPart):
    """The part of the app with the command palette."""

    def action_copy(self) -> None:
        """Copy the command line to the clipboard, if the terminal supports this, and show it."""
        frame, path = self._frame, self.session.look_again(Query(path=True), self._picture).path
        again = command_again(path, frame.trained, frame.is_past, self._folder) if path else command_of(frame.config)
        self.copy_to_clipboard(printable(again))
        self.notify(again, title="copied", markup=False)

    def action_other_theme(self) -> None:
        self.theme = f"textual-{self._other_theme}"
        if not self._picture.audience.only_looks:
            remember(self._shown_theme)

    @property
    def _shown_theme(self) -> Theme:
        return "light" if self.theme == "textual-light" else "dark"

    @property
    def _other_theme(self) -> Theme:
        return "dark" if self.theme == "textual-light" else "light"

    def action_export(self, save: Callable[[App[int], Path], Path]) -> None:
        """Save the screen to a file in the current folder, and show the file's path."""
        if not self._may_use_files():
            return
        try:
            self.notify(f"saved {save(self, Path.cwd())}", markup=False)
        except OSError as error:
            self.notify(f"could not be saved: {error}", severity="error", markup=False)

    def action_command_palette(self) -> None:
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(self.get_system_commands(self.screen)))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The entries of the command palette: every key's action, and actions without a key."""
        for view in VIEWS:
            showing = partial(self.call_later, self.run_action, f"view('{view.key}')")
            yield SystemCommand(f"View: {view.title}", f"{view.about} ({keys.key_of(view)})", showing)
        for binding in keys.BINDINGS:
            if binding not in keys.VIEW_KEYS and keys.is_offered(binding.action, self._frame):
                action = binding.action
                yield SystemCommand(
                    binding.description,
                    f"{binding.tooltip} ({self.get_key_display(binding)})".strip(),
                    lambda action=action: self.call_later(self.run_action, action),
                )
        other = self._other_theme
        yield SystemCommand(f"Theme: {other}", f"A {other} background", self.action_other_theme)
        for name, save in (("picture", save_picture), ("text", save_text)):
            later = partial(self.set_timer, EXPORT_SECONDS, partial(self.action_export, save))
            yield SystemCommand(f"Save {name}", f"Export the screen as {name} to the current folder", later)


class SessionKeys(Panels):
    """The part of the app whose actions send commands to the session."""

    def action_send(self, key: str) -> None:
        """Send a key's command to the session. Say so if the command has to wait, or if it would have no effect."""
        command, frame = keys.SENT[key], self._frame
        if isinstance(command, Pause | Resume):
            command = Toggle()  # so that pressing the key twice toggles twice
        if self._says_why_not(command):
            return
        if frame.state is State.LOADING and isinstance(command, ChangeCommand | LookCommand):
            self._hint(LATER)
        elif isinstance(command, LookCommand) and not self._is_behind and (ends := where_it_ends(command, frame)):
            self._hint(ends)
        if isinstance(command, Undo | Redo):
            self._forget_drafts()
        if isinstance(command, ToggleReplicas):
            self._toggle_replicas(command)
        else:
            self._send(command)

    def action_take_over(self) -> None:
        """Steer the session from here, if another viewer steers it."""
        audience = self._picture.audience
        if audience.ended or audience.only_looks:
            self._refuse(audience_text(audience))
        elif audience.may_steer:
            self._refuse(STEERS_ALREADY)
        else:
            self.session.take_over()
            # a key that follows at once steers already
            self._picture = replace(self._picture, audience=replace(audience, steering=""))
            self._show_status()

    def action_advice(self) -> None:
        """Make the change that the line above the curve names; all other fields keep their values."""
        remedy = self._remedy
        if self._says_why_not("advice"):
            return
        if remedy is None:
            self._refuse(NO_ADVICE)
        else:
            self._send(StartOver(remedy.changes) if remedy.anew else Edit(remedy.changes))
            self._hint(f"{remedy}, all else as it was: «undo» undoes")
