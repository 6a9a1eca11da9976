"""The screen on a session: the curve, views and panels, and what keys and words do to them."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.geometry import Size
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from echornn.config import ConfigError
from echornn.run import kept_runs
from echornn.run.branch import letter_of
from echornn.session import commands
from echornn.session.commands import Answer, Command, Go, Save
from echornn.session.exchange import union
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import Audience, Query
from echornn.session.session import ViewedSession
from echornn.sweeps.grid import sizes_of
from tui.app import actions, keys
from tui.app import screen_commands as screen
from tui.app.actions import ACTIONS, Action
from tui.app.along import AlongScreen
from tui.app.beside import BesideScreen
from tui.app.evaluation import EvaluationScreen
from tui.app.help import HelpScreen
from tui.app.help_page import chapters
from tui.app.hints import Hints
from tui.app.key_line import KeyLine
from tui.app.keyed_app import TakesKeys, save_to
from tui.app.layout import LEAST_HEIGHT, LEAST_WIDTH, PANEL_WIDTH, WIDE, is_large, layout
from tui.app.line import CommandLine
from tui.app.lines import Lines
from tui.app.run_files import KeptPosition, make_figure, save_position
from tui.app.screen_commands import ScreenCommand, What
from tui.app.script import Begun, Outcome, Scripts
from tui.app.seed_choice import SeedChoice
from tui.app.sender import Sender
from tui.app.shown import Shown
from tui.app.status import StatusLine
from tui.app.theme import Theme, remember
from tui.app.watched import Watched
from tui.app.words import WORDS, Line, WordError, lines_of, word_help
from tui.panels.branches import BranchList
from tui.panels.panel import Panel
from tui.panels.run_list import RunList
from tui.panels.runs import UnderCurve, kept_runs_beside, show_or_hide
from tui.panels.settings import SettingsPanel
from tui.term.printed import export_whole, printable
from tui.text.command_line import command_again, command_of
from tui.views.canvas import CellWidget
from tui.views.keymap import key_name
from tui.views.plot import LossPlot
from tui.views.seeds import SeedsView
from tui.views.view import View

CANNOT_DETACH = "this cannot go on without the screen"
NO_FALL = "no further fall of the loss is in sight"


class TrainingScreen(Screen[None]):
    """Shows the newest picture of a session, and sends it commands.

    What keys and words can have done stands in `tui.app.actions`; `do` does it.
    """

    AUTO_FOCUS = None
    HINTS: ClassVar[type[Hints]] = Hints
    BINDINGS: ClassVar[list[BindingType]] = [
        *actions.bindings_of(actions.KEYED),
        *actions.bindings_of(actions.OF_VIEWS),
        *actions.bindings_of(actions.ON_THE_CURVE),
        *actions.bindings_of([actions.FOCUS_BEFORE]),
    ]

    class Loaded(Message):
        """The first network has been loaded."""

    def __init__(
        self,
        session: ViewedSession,
        compared: Sequence[Path] = (),
        ascii_only: bool = False,
        why_no_detach: Callable[[], str] = lambda: CANNOT_DETACH,
    ) -> None:
        super().__init__()
        self.session = session
        self.under_curve = UnderCurve(session, compared)
        self._why_no_detach = why_no_detach
        self.shown = Shown(self.under_curve)
        self.sender = Sender(session, self.shown)
        self.hints = self.HINTS(self._status_changed)
        self.lines = Lines(self.shown, self.sender, doer=self)
        self.scripts = Scripts(self.begin_line, self.look_for_lines, self.tell)
        self.watched = Watched(self.shown, ascii_only)
        self.seed_choice = SeedChoice(
            self.shown, self.watched.seeds, self.watched.solutions, self.send
        )
        # What is open over this screen, and asks for readings too
        self._reads_over: EvaluationScreen | BesideScreen | None = None
        self._watched_before: Widget | None = None  # what had the arrow keys before a panel opened
        self._replicas = 0  # how many networks are trained side by side, once that is known
        self._offered: tuple[object, ...] = ()  # what the keys on the last line depend on
        self._status_is_stale = False
        self._make_widgets()

    def _make_widgets(self) -> None:
        self._status = StatusLine(self.shown.picture)
        self._body = Container(id="body")
        self._views_row = Horizontal(id="views")
        send = self._send_or_say
        self._settings = SettingsPanel(self._frame.config, send)
        self._branches = BranchList(send, self.hints.say)
        self._runs = RunList(self.under_curve, self._complain)
        self._panels: dict[screen.PanelName, Panel] = {
            "settings": self._settings,
            "branches": self._branches,
            "runs": self._runs,
        }
        self._key_line = KeyLine(
            self._offers,
            left_out=lambda: keys.left_out(self._frame),
            tabs=actions.NUMBERED,
            opened=lambda: [f"view.{view.title}" for view in self.watched.views],
        )
        self._command_line = CommandLine(
            known=lambda: (self._frame.config, self.shown.picture.branch_count),
            enter=self._enter_line,
        )

    def compose(self) -> ComposeResult:
        yield self._status
        with self._body:
            with Container(id="watched"):
                yield self.watched.plot
                with self._views_row:
                    yield from self.watched.all_views
            yield from self._panels.values()
        yield self._key_line
        yield self._command_line

    def on_mount(self) -> None:
        for panel in self._panels.values():
            self.watch(panel, "is_open", self._give_back, init=False)
        self.set_focus(self.watched.plot)
        self._lay_out(self.app.size)
        self._show_picture()
        self._show_views()

    @property
    def has_widgets(self) -> bool:
        """Whether the widgets are there; when the app ends, they go while its timers may still
        run."""
        return self.is_running and self.watched.plot.is_attached

    @property
    def _frame(self) -> Frame:
        return self.shown.frame

    @property
    def audience(self) -> Audience:
        return self.shown.picture.audience

    # ---- what is drawn depends only on the newest picture

    def show_newest_frame(self) -> None:
        """Draw the newest picture, if it has changed."""
        self.hints.tick()
        before = self._frame
        if self.shown.look(self._query):
            if self._frame is before:
                self._show_picture()
            else:
                self._take_frame(before)
        if self.scripts:
            self.call_later(self.scripts.go_on)

    def show_views_if_stale(self) -> None:
        """Draw the views, if there is a newer picture than theirs."""
        if self.watched.views_are_stale:
            self._show_views()

    def _take_frame(self, before: Frame) -> None:
        frame = self._frame
        if before.config != frame.config:
            self._lay_out(self.app.size)
        has_loaded = before.state is State.LOADING and frame.state is not State.LOADING
        if has_loaded:
            # Otherwise the garbage collector searches all loaded objects, which blocks the screen
            # for 0.2 s
            gc.freeze()
            self.post_message(self.Loaded())
        if before.state is not frame.state or frame.state.stands_still:
            self._show_views()  # before the status, which reads the values under the views' cursors
        self._show_picture()
        refused = frame.refused
        if refused is not None and refused != before.refused and not self._is_said(refused):
            self._complain(refused.why_not)
        panel = self._panel
        if frame.state is State.FAILED and panel in (self._settings, self._branches):
            panel.close()  # it has no use any more

    def _is_said(self, answer: Answer) -> bool:
        """Whether the settings or a line wait for this answer, and say what became of the
        command."""
        return self._settings.is_open or self.scripts.await_answer_to(answer.command)

    def _show_picture(self) -> None:
        picture, frame = self.shown.picture, self._frame
        self.watched.seeds.saw(frame)
        self._note_replicas(frame)
        self.watched.plot.show(picture)
        self._show_status()
        for panel in self._panels.values():
            panel.show(picture)
        if self._reads_over is not None:
            self._reads_over.show(frame)
        offered = (
            frame.state,
            frame.start,
            frame.is_past,
            frame.trained == 0,
            frame.undoable,
            frame.redoable,
            self._status.remedy is None,
            picture.audience.only_looks,
        )
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

    def _note_replicas(self, frame: Frame) -> None:
        """Say how to see several networks, when one becomes several."""
        if frame.state is State.LOADING or frame.message:
            return
        before, self._replicas = self._replicas, frame.config.replicas
        if before in (0, self._replicas):
            return
        self.hints.say("«seeds» goes back; «view.seeds» shows each network")
        if before == 1:
            self._offer_arrows(self.watched.seeds)

    def _status_changed(self) -> None:
        """Update the status once, after the waiting keys: the text depends on the position of a
        cursor."""
        if not self._status_is_stale and self.has_widgets:
            self._status_is_stale = True
            self._status.call_later(self._show_status)

    def _show_status(self) -> None:
        self._status_is_stale = False
        self.hints.read()
        if not self.has_widgets:
            return
        hovers = self.hints.hovers
        self.watched.point(hovers)
        reading = self.watched.reading(self.focused, hovers)
        self._status.show(self.shown.picture, reading, self.hints.text)

    # ---- where everything is

    @on(events.Resize)
    def resized(self, event: events.Resize) -> None:
        if self.has_widgets:
            self._lay_out(event.size)
            self._status_changed()

    def _room(self, size: Size) -> Size:
        """The columns and lines for curve, views and panels."""
        return size

    def _lay_out(self, size: Size) -> None:
        width, height = self._room(size)
        panel = self._panel
        views, view_lines, panel_lines = layout(
            self._frame.config, width, height, panel is not None, self.watched.choice
        )
        is_small, is_wide = not is_large(width, height), width >= WIDE
        self.set_class(is_small, "small")
        self._body.styles.layout = "horizontal" if is_wide else "vertical"
        lines_of_others = size.height - height
        too_small = self._too_small(LEAST_HEIGHT + lines_of_others)
        self._status.too_small = too_small if is_small else ""
        for other in self._panels.values():
            other.display = other is panel
        if panel is not None:
            panel.styles.width = PANEL_WIDTH if is_wide else "1fr"
            panel.styles.height = panel_lines or "1fr"
        self._views_row.styles.height = view_lines
        self.watched.show_only(views)
        if isinstance(self.focused, View) and not self.focused.display:
            self._focus(self.watched.plot)
        self._key_line.redraw()  # it marks the views that are shown
        self._ask()

    def _too_small(self, least_height: int) -> str:
        return f"too small: the curve needs {LEAST_WIDTH}x{least_height}"

    # ---- what has the arrow keys

    @property
    def _is_watching(self) -> bool:
        """Whether the curve or a view has the arrow keys, rather than a panel or another screen."""
        return self.is_current and isinstance(self.focused, LossPlot | View | None)

    def _focus(self, widget: Widget) -> None:
        """Give a widget the keyboard focus at once, so that a key that follows quickly goes to
        it."""
        self.set_focus(widget)
        self._focus_moved()

    @on(events.DescendantFocus)
    def _focus_moved(self) -> None:
        self.watched.leave_cursors(self.focused)
        self._status_changed()

    def _give_arrows_on(self, by: int) -> None:
        if by > 0:
            self.focus_next()
        else:
            self.focus_previous()
        self._focus_moved()

    def _offer_arrows(self, view: View) -> None:
        """Give a view the arrow keys, if it is shown and neither a panel nor the crosshair uses
        them."""
        if view.display and self._is_watching and self.watched.plot.viewport.cursor is None:
            self._focus(view)

    # ---- the curve and the views

    @property
    def _query(self) -> Query:
        return self.watched.query(branches=self._branches.is_open)

    @on(LossPlot.ViewportChanged)
    def _viewport_changed(self) -> None:
        self.shown.look_again(self._query)
        self.watched.plot.show(self.shown.picture)
        self._ask_after_change()

    @on(View.Changed)
    def _view_changed(self) -> None:
        if self.watched.seeds.display:  # other lines of it may be visible
            self.shown.look_again(self._query)
        self._ask_after_change()

    def _ask_after_change(self) -> None:
        self.watched.show_seed_rows()
        self._ask()
        self._status_changed()

    @on(CellWidget.Hovered)
    def _hovered(self) -> None:
        self.hints.hovered()

    def _open_view(self, key: str) -> None:
        """Show the view with this number key; if the one that it replaces had the arrow keys, it
        gets them."""
        watched = self.watched
        watched.choice = watched.choice.pressed(key)
        had_the_arrows = isinstance(self.focused, View)
        self._lay_out(self.app.size)
        self._show_views()
        (view,) = [view for view in watched.all_views if view.key == key]
        if had_the_arrows and not isinstance(self.focused, View):
            self._focus(view)
        elif view.wants_arrows:
            self._offer_arrows(view)
        self._status_changed()

    def _show_views(self) -> None:
        self.watched.show_views()
        self._ask()  # the readings that a view needs may depend on the picture that it shows

    def _ask(self) -> None:
        """Ask the session for the readings that are needed, unless it was asked already."""
        question = self.watched.question
        if self._reads_over is not None:
            question = union(self._reads_over.question, question)
        self.sender.ask(question)

    # ---- keys

    @property
    def takes_keys(self) -> TakesKeys | None:
        """The open line, or the panel that has the focus."""
        if self._command_line.is_open:
            return self._command_line
        panel = self._panel
        return panel if panel is not None and panel is self.focused else None

    def key_comes(self) -> None:
        """End what was said of the key before."""
        self.hints.forget()
        self._forget_refused_line()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key may act here: that depends on the focus and the room, and the same key may
        have two meanings. Whether it has an effect is another question: the screen says why not."""
        if action != "do":
            return super().check_action(action, parameters)
        return self._may_do(ACTIONS[str(parameters[0])])

    def _may_do(self, action: Action) -> bool:
        what = action.command
        if self._is_too_small_for(what):
            return False
        match what:
            case screen.OpenPanel():  # an open one with the focus is closed by its own key
                return self._panel is None or self.focused is not self._panel
            case screen.GoThere():
                return self._is_watching and self.watched.plot.viewport.cursor is not None
            case screen.KeyOfView() | screen.Crosshair():
                return self._is_watching
            case commands.Alone():  # with one network, ``enter`` is the curve's
                return self._frame.config.replicas > 1
        return keys.is_of_this_state(what, self._frame)

    def _is_too_small_for(self, what: What) -> bool:
        return isinstance(what, screen.NEEDS_ROOM) and self.has_class("small")

    async def action_do(self, name: str) -> None:
        """Do what a key commands, or say why not."""
        action = ACTIONS[name]
        why_not = await self._do_by_key(action.command)
        self._say(why_not)
        self.did(action.command, why_not)

    def did(self, what: What, why_not: str) -> None:
        """Called after a key or a line has had something done, or has not."""

    async def _do_by_key(self, what: What) -> str:
        why_not = self.sender.why_not(what)
        if why_not:
            return why_not
        if isinstance(what, ScreenCommand):
            return await self.do(what)
        if isinstance(what, commands.Pause | commands.Resume):
            what = commands.Toggle()  # so that pressing the key twice toggles twice
        is_late = isinstance(what, commands.ChangeCommand | commands.LookCommand)
        if is_late and self._frame.state is State.LOADING:
            self.hints.say(keys.LATER)
        return self.send(what)

    def send(self, command: Command) -> str:
        """Send a command; returns why this viewer may not, or nothing."""
        if isinstance(command, commands.Undo | commands.Redo | commands.ChangingCommand):
            self._settings.form.forget()
        return self.sender.send(command)

    def _send_or_say(self, command: Command) -> None:
        """Send a command of a panel; the settings know themselves what they have sent."""
        self._say(self.sender.send(command))

    def _say(self, why_not: str) -> None:
        """Say why something was not done, if it was not."""
        if why_not:
            self.hints.say(why_not)

    def _complain(self, text: str) -> None:
        self.notify(text, severity="error")

    # ---- what the screen can do

    async def do(self, what: ScreenCommand) -> str:
        """Do something on this screen; returns why that is impossible, or nothing."""
        if self._is_too_small_for(what):  # a line, which no `check_action` has held back
            return self._status.too_small
        match what:
            case screen.ShowView(key):
                self._open_view(key)
            case screen.OpenPanel(name):
                return self._open_panel(name)
            case screen.Draw(what=name):
                self.watched.plot.toggle(name)
                self._ask()
            case screen.Zoom(closer):
                self.watched.plot.zoom(closer)
            case screen.Crosshair(to):
                return self._move_crosshair(to)
            case screen.GoThere():
                return self._go_there()
            case screen.KeyOfView(id, word):
                return await self._press_in_view(id, word)
            case screen.MoveFocus(by):
                self._give_arrows_on(by)
            case screen.UseTheme(theme):
                self.use_theme(theme)
            case screen.DrawAnew():
                self.refresh()
            case screen.ShowBranch(number):
                return self._show_branch(number)
            case screen.Compare(name):
                return self._compare(name)
            case screen.MoveSeed(lines):
                return self.seed_choice.move(lines)
            case screen.MoveSeedPage(pages):
                return self.seed_choice.move(pages * self.watched.seeds.page_lines)
            case screen.ShowSeed(seed):
                return self.seed_choice.choose_seed(seed)
            case screen.OpenLine(text):
                self.app.clear_notifications()
                self._command_line.open(text)
            case screen.OpenHelp():
                await self.app.push_screen(HelpScreen(chapters(self._frame, self.audience)))
            case screen.OpenAlong():
                return await self._open_along()
            case screen.Evaluate(axis):
                return await self._evaluate(axis)
            case screen.FollowAdvice():
                return self._follow_advice()
            case screen.CopyCommand():
                self._copy_command()
            case screen.TakeOver():
                return self._take_over()
            case screen.Leave(detach):
                return await self._leave(detach)
            case _:
                raise NotImplementedError(f"{what} has no case here")
        return ""

    def _open_panel(self, name: screen.PanelName) -> str:
        """Open a panel in place of the one that is open; one that is open is closed."""
        if name == "runs":
            why_not = self.sender.why_no_files()
            if why_not:
                return why_not
        panel, was_open = self._panels[name], self._panel
        if was_open is not None:
            was_open.close()
        if panel is was_open:
            return ""
        self._watched_before = self.focused
        panel.is_open = True
        self.shown.look_again(self._query)  # with the branches, if these are listed
        panel.begin(self.shown.picture)
        if name == "runs":  # a worker of the app, which reports its errors
            self.app.run_worker(
                self._read_runs, thread=True, group="runs", exclusive=True, exit_on_error=False
            )
        self._lay_out(self.app.size)
        self._focus(panel)
        return ""

    @property
    def _panel(self) -> Panel | None:
        """The panel that is open."""
        for panel in self._panels.values():
            if panel.is_open:
                return panel
        return None

    def _give_back(self, is_open: bool) -> None:
        """When a panel has closed, give its room and the arrow keys back to what had them."""
        if is_open:  # just now, by `_open_panel`
            return
        self._focus(self.watched.plot)
        self._lay_out(self.app.size)
        before, self._watched_before = self._watched_before, None
        if before is not None and before.display:
            self._focus(before)

    def _read_runs(self) -> None:
        under_curve = list(self.under_curve.others)
        runs = kept_runs_beside(self._frame.config, self.shown.folder, under_curve)
        self.app.call_from_thread(self._runs.take, runs)

    def _move_crosshair(self, to: int | str) -> str:
        plot, end = self.watched.plot, self._frame.path_end
        if to == "off":
            plot.action_follow()
            return ""
        if to == "fall" and not end:
            return NO_FALL
        if to == "fall":
            self._focus(plot)
            has_moved = plot.put_cursor_on_fall(self.shown.falls(plot.columns))
            return "" if has_moved else NO_FALL
        if not isinstance(to, int) or not 1 <= to <= end:
            branch = letter_of(self._frame.path_branch)
            return f"window = {to} cannot be shown: 1 to {end:,} on branch {branch}"
        plot.put_cursor(to - 1)
        return ""

    def _go_there(self) -> str:
        self._focus(self.watched.plot)
        window = self.watched.plot.take_crosshair()
        if window is None:
            return ""
        return self.send(Go(self._frame.path_branch, window))

    async def _press_in_view(self, id: str, word: str) -> str:
        """Do a view's key while the curve or another view has the focus: the view takes it.

        Or do its word, which only some of the views with this key may have.
        """
        having = [view for view in self.watched.all_views if actions.has_letter(view, id, word)]
        for view in self.watched.views:
            if view not in having:
                continue
            if not word:
                self._focus(view)
            await view.press(id)
            return ""
        titles = " and ".join(view.title for view in having)
        if word:
            return f"{word} is for the view {titles}"
        return f"«{id}» is a key of the view {titles}"

    def use_theme(self, theme: Theme) -> None:
        self.app.theme = f"textual-{theme}"
        if not self.sender.why_no_files():
            remember(theme)

    def _show_branch(self, number: int) -> str:
        if number < self.shown.picture.branch_count and number != self._frame.path_branch:
            return self.send(show_or_hide(number, self.shown.picture))
        letter = letter_of(number)
        return f"{letter} cannot lie under the curve: another branch of this run can"

    def _compare(self, name: str) -> str:
        return self.sender.why_no_files() or self.under_curve.lay_under(kept_runs.find(name))

    @on(SeedsView.Clicked)
    async def _seed_clicked(self, event: SeedsView.Clicked) -> None:
        if event.again:
            await self.action_do("alone")
        else:
            self._say(self.seed_choice.choose(event.replica))

    def action_choose(self, replica: int) -> None:
        self._say(self.seed_choice.choose(replica))

    @on(SeedsView.Scrolled)
    def _seeds_scrolled(self, event: SeedsView.Scrolled) -> None:
        self._say(self.seed_choice.move(event.lines))

    def _follow_advice(self) -> str:
        remedy = self._status.remedy
        if remedy is None:
            return keys.NO_ADVICE
        command: Command = commands.Edit(remedy.changes)
        if remedy.anew:
            command = commands.StartOver(remedy.changes)
        why_not = self.send(command)
        if not why_not:
            self.hints.say(f"{remedy}, all else as it was: «undo» undoes")
        return why_not

    def _copy_command(self) -> None:
        frame = self._frame
        path = self.shown.path()
        if path:
            text = command_again(path, frame.trained, frame.is_past, self.shown.folder)
        else:
            text = command_of(frame.config)
        self.app.copy_to_clipboard(printable(text))
        self.notify(text, title="copied")

    async def _open_along(self) -> str:
        if not self._frame.trained:
            return "nothing trained yet"
        kept = save_position(self.shown, self.sender, self._chosen_replica)
        if isinstance(kept, str):
            return kept
        config = self._frame.own_config
        along = AlongScreen(config, str(kept.folder), kept.where, kept.wait_until_saved)
        await self.app.push_screen(along)
        return ""

    async def _evaluate(self, axis: str) -> str:
        frame = self._frame
        if frame.state is State.FAILED:
            return keys.FAILED
        try:
            sizes = sizes_of(frame.own_config, axis) if axis else ()
        except ConfigError as error:
            return str(error)
        await self._open_over(EvaluationScreen(frame, sizes))
        return ""

    async def action_open_beside(self) -> None:
        marked = self.watched.solutions.marked
        if marked in (None, self._chosen_replica):
            self._say("«mark» marks the shown network; then choose another, to compare it with")
        else:
            await self._open_over(BesideScreen(self.shown.picture, marked, self._ask))

    async def _open_over(self, over: EvaluationScreen | BesideScreen) -> None:
        self._reads_over = over
        await self.app.push_screen(over, self._end_over)
        self._ask()

    def _end_over(self, _: None) -> None:
        self._reads_over = None
        self._ask()

    def _take_over(self) -> str:
        why_not = self.sender.take_over()
        self._status_changed()
        return why_not

    async def _leave(self, detach: bool) -> str:
        if not detach:
            await self.run_action("app.quit")
            return ""
        is_over = self._frame.state in (State.FINISHED, State.FAILED)
        why_not = self._why_no_detach()
        if not why_not and is_over:
            why_not = "nothing is left to train in the background"
        if why_not:
            return f"{why_not}: «quit» leaves, and the run is kept"
        await self.run_action("app.detach")
        return ""

    # ---- files

    @property
    def _chosen_replica(self) -> int:
        """Also if the session has not got so far as to show it."""
        return self.watched.seeds.chosen(self._frame)

    def make(self, what: screen.FileCommand) -> asyncio.Task[str] | str:
        """Begin to write a file; returns the task, or why that is impossible."""
        if isinstance(what, screen.MakeFigure):
            kept = save_position(self.shown, self.sender, self._chosen_replica)
            if isinstance(kept, str):
                return kept
            return asyncio.create_task(self._make_figure(kept, what))
        why_not = self.sender.why_no_files()
        if why_not:
            return why_not
        return asyncio.create_task(self._save_screen(Path(what.file).expanduser()))

    async def _make_figure(self, kept: KeptPosition, what: screen.MakeFigure) -> str:
        """Make a figure on a thread of its own, and say how far it is."""
        tell = partial(self.app.call_from_thread, self.hints.working)
        try:
            return await asyncio.to_thread(make_figure, kept, what.kind, what.file, tell)
        finally:
            self.hints.working("")

    async def _save_screen(self, file: Path) -> str:
        drawn = asyncio.Event()
        self.when_drawn(drawn.set)
        await drawn.wait()
        export_whole(file, partial(save_to, self.app))
        return f"saved {file}"

    def when_drawn(self, call: Callable[[], None]) -> None:
        """Call this once everything that has changed is drawn: with the second refresh also the
        status, which follows a moved crosshair only after the first."""
        self.call_after_refresh(partial(self.call_after_refresh, call))

    # ---- lines of words

    def _enter_line(self, text: str) -> str:
        """Do a typed line; returns why it is none, or nothing."""
        try:
            lines = self.lines.read(text)
        except WordError as error:
            return str(error)
        self.scripts.do(lines)
        return ""

    async def begin_line(self, line: Line) -> Begun:
        begun = await self.lines.begin(line)
        outcome = None if begun.outcome is None else begun.outcome()
        self.did(line.what, outcome.why_not if outcome is not None else "")
        return begun

    def look_for_lines(self, number: int) -> tuple[Frame, Answer | None]:
        """The newest frame, and the answer to a command if it was not carried out."""
        is_answered = 0 < number <= self._frame.answered
        if not is_answered:  # the frame that comes with the answer has it too
            return self._frame, None
        return self._frame, self.session.not_done(number)

    def tell(self, outcome: Outcome) -> None:
        """Say what became of a line, unless the screen shows it."""
        has_failed = outcome.has_failed and self._frame.state is State.FAILED  # which is said
        if outcome.why_not and not has_failed:
            self.app.clear_notifications()  # they would cover it
            self._command_line.refuse(outcome.line.text, outcome.why_not)
        elif outcome.line.what == Save():
            folder = self._frame.folder
            saved = f"saved in {folder}" if folder else "this run has no folder: nothing is kept"
            self.notify(saved)
        elif outcome.note:
            self.notify(outcome.note)

    # ---- typed and pasted text

    def paste(self, text: str) -> bool:
        """Insert a pasted text into the open line; returns whether it was for this."""
        self._forget_refused_line()
        if not self._command_line.is_open:
            return False
        self._command_line.insert(text)
        return True

    def _forget_refused_line(self) -> None:
        line = self._command_line
        if line.display and not line.is_open:
            line.close()

    def mouse_comes(self, x: int, y: int) -> None:
        """Close the line if the mouse is pressed elsewhere: a key that is clicked would be text."""
        self.hints.forget()
        if not self._command_line.region.contains(x, y):
            self._command_line.close()

    # ---- the last line, and the palette

    def _offers(self, binding: Binding) -> bool:
        """Whether the last line shows a key; not if it is text now."""
        panel = self._panel
        if panel is not None and panel is self.focused:
            character = " " if binding.key == "space" else key_name(binding.key)
            if len(character) == 1 and panel.is_text(character):
                return False
        action = actions.action_of(binding)
        if action is None:
            return True
        what = action.command
        if isinstance(what, screen.FollowAdvice) and self._status.remedy is None:
            return False
        steers = isinstance(what, screen.FollowAdvice) or not isinstance(what, ScreenCommand)
        if steers and self.audience.only_looks:
            return False
        return keys.is_offered(action, self._frame)

    def palette_commands(self) -> Iterable[SystemCommand]:
        """What has a key, the other theme, and the words that no key has."""
        for action in actions.KEYED:
            if keys.is_offered(action, self._frame):
                help = f"{action.help} ({self.app.get_key_display(action.binding)})"
                yield SystemCommand(action.label, help, partial(self.action_do, action.name))
        theme: Theme = "dark" if self.app.theme == "textual-light" else "light"
        use = partial(self.use_theme, theme)
        yield SystemCommand(f"Theme: {theme}", f"A {theme} background", use)
        for word in WORDS.values():
            if not word.keys:
                title = f":{word.name} {word.usage}".strip()
                yield SystemCommand(title, word_help(word), partial(self._begin_word, word))

    def _begin_word(self, word: Action) -> None:
        """Do a word, or open the line with it if it takes arguments."""
        if word.usage:
            self._command_line.open(f"{word.name} ")
        else:
            self.scripts.do(lines_of(word.name))
