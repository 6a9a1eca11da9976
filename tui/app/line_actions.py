"""The part of the app with the line after ``:``: opens it, passes keys to it, and does what was entered."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from textual.actions import parse
from textual.app import SystemCommand
from textual.events import Event, Key, MouseDown, Paste
from textual.screen import Screen

from echornn.errors import RunError
from echornn.runs import folders
from echornn.runs.run_dir import Run
from echornn.session.commands import (
    Answer,
    ChangingCommand,
    Choose,
    Command,
    DriveCommand,
    Edit,
    Redo,
    Save,
    StartOver,
    Undo,
)
from echornn.session.pictures.frame import Frame, State
from echornn.timeline.branch import letter_of
from tui.app import keys
from tui.app.base import save_to
from tui.app.command_words import WordError, require_changes
from tui.app.line import CommandLine, Known, LineEditor, about, completions
from tui.app.script import Begun, Outcome, Script
from tui.app.session_app import SessionApp
from tui.app.theme import Theme
from tui.app.words import CURSOR, Line, letters_of, lines_of, named, without_a_key
from tui.panels.runs import show_or_hide

NOT_TEXT = ("ctrl+q", "ctrl+l")
"""Keys that keep their meaning while a line is typed."""

SECONDS_OF_A_PANEL = 0.5
"""How long the line waits for a panel that still handles earlier keys."""

FINISHED = "finished: edit num_epochs=NUMBER trains more epochs, restart starts over"


class LineKeys(SessionApp):
    """The part of the app that does lines of words."""

    def __init__(self) -> None:
        super().__init__()
        self._command_line = CommandLine(self._about_line, self._enter_line)
        self._entered: list[str] = []
        self._scripts: list[Script] = []
        self._is_beginning = False
        self._doing: asyncio.Future[Outcome] | None = None
        """The outcome of the action that is being done, if it is known only later."""

    # ---- the line that is typed

    async def action_line(self) -> None:
        """Open the line after ``:``. A panel first handles the keys that were typed before."""
        panel = self._panel
        if panel is not None and self._main.focused is panel:
            handled = asyncio.Event()
            panel.call_later(handled.set)
            try:
                await asyncio.wait_for(handled.wait(), SECONDS_OF_A_PANEL)
            except TimeoutError:
                return
            if panel.is_open and panel.is_text(":"):
                panel.post_message(Key("colon", ":"))
                return
        self.clear_notifications()
        self._command_line.open(LineEditor(self._entered, lambda text: completions(text, self._known)))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The entries of the command palette: those of keys, and the names that no key has."""
        yield from super().get_system_commands(screen)
        for name, usage, what in without_a_key():
            later = partial(self.call_later, self._choose_name, name, usage)
            yield SystemCommand(f":{name} {usage}".strip(), what, later)

    async def _choose_name(self, name: str, usage: str) -> None:
        """Do what a name stands for; if it needs a value, begin a line with it."""
        await self.action_line()
        if self._command_line.is_open:
            self._command_line.type(f"{name} " if usage else name)
            if not usage:
                self._command_line.press(Key("enter", None))
                await self._go_on_with_lines()

    @property
    def _known(self) -> Known:
        return Known(self._frame.config, self._picture.branch_count)

    def _about_line(self, text: str, candidates: Sequence[str]) -> str:
        return about(text, candidates, self._frame.config)

    async def on_event(self, event: Event) -> None:
        """Pass keys to the line as long as it is open, before any widget gets them: so keys that follow quickly are in
        order.
        """
        line = self._command_line
        is_typed = isinstance(event, Key | Paste) and not event.is_forwarded
        if is_typed and not self._is_leaving and len(self.screen_stack) == 1:
            if line.says and isinstance(event, Key):
                line.close()
            if line.is_open and isinstance(event, Paste):
                line.type(event.text)
                return
            if line.is_open and isinstance(event, Key) and event.key not in NOT_TEXT:
                line.press(event)
                await self._go_on_with_lines()
                return
        if isinstance(event, MouseDown) and not event.is_forwarded and not line.region.contains(event.x, event.y):
            line.close()  # otherwise a key that is clicked would be text
        await super().on_event(event)

    def _enter_line(self, text: str) -> str:
        """Begin what was entered; returns why it is no command, or cannot be done."""
        try:
            lines = lines_of(text)
            if len(lines) == 1 and not self._is_behind:
                self._require(lines[0])
        except WordError as error:
            return str(error)
        self._command_line.close()
        self._entered = [*(one for one in self._entered if one != text.strip()), text.strip()]
        self.do_lines(lines)
        return ""

    # ---- what the line does

    def do_lines(self, lines: list[Line]) -> Script:
        """Do these lines, one after the other."""
        script = Script(lines, self._begin_line, self._look_for_lines, self._tell)
        self._scripts.append(script)
        return script

    def _look_for_lines(self, number: int) -> tuple[Frame, Answer | None]:
        """The newest frame, and the answer to a command if it was not carried out."""
        return self._frame, self.session.not_done(number) if number else None

    async def _go_on_with_lines(self) -> None:
        """Begin the lines whose turn has come."""
        for script in list(self._scripts):
            await script.go_on()
        self._scripts = [script for script in self._scripts if not script.is_over]

    def _says_itself(self, answer: Answer) -> bool:
        """Whether the settings or a line wait for this answer, and say what became of the command."""
        begun = [script.begun.line.what for script in self._scripts if script.begun is not None]
        return self._settings.is_open or answer.command in begun

    def _tell(self, outcome: Outcome) -> None:
        """Show what became of a line."""
        if outcome.why_not and not (outcome.has_failed and self._frame.state is State.FAILED):
            self.clear_notifications()  # they would cover it
            self._command_line.refuse(outcome.line.text, outcome.why_not)
        elif note := outcome.note or (self._where_saved() if outcome.line.what == Save() else ""):
            self.notify(note, markup=False)

    def _where_saved(self) -> str:
        folder = self._frame.folder
        return f"saved in {folder}" if folder else "this run has no folder: nothing is kept"

    def _require(self, line: Line) -> None:
        """Check that a line can be done now.

        Raises:
            WordError: it cannot; the message says why.
        """
        frame, command = self._frame, line.what
        if frame.state is State.FAILED and keys.why_not(command, frame):
            raise WordError(keys.FAILED)
        if isinstance(command, DriveCommand) and frame.state is State.FINISHED:
            raise WordError(FINISHED)
        if isinstance(command, Choose) and command.replica >= frame.config.replicas and not self._is_behind:
            last = frame.config.replicas - 1
            raise WordError(f"replica = {command.replica} is not trained here: 0 to {last}")
        if isinstance(command, ChangingCommand) and (frame.state is not State.LOADING or frame.is_new):
            require_changes(command.changes, frame.config)

    async def _begin_line(self, line: Line) -> Begun:
        """Begin a line: send its command, or do its action."""
        self._refusal, self._doing, self._is_beginning = "", None, True
        frame = self._frame
        try:
            self._require(line)
            number = self._obey(line.what) if not isinstance(line.what, str) else 0
            if isinstance(line.what, str):
                await self._act(line.what)
        except WordError as error:
            self._refusal = str(error)
            number = 0
        finally:
            self._is_beginning = False
        if self._refusal:
            outcome = Outcome(line, self._refusal, is_refused=True)
            return Begun(line, outcome=lambda: outcome)
        doing = self._doing
        if number or doing is None:
            done = Outcome(line)
            return Begun(line, number, frame.trained_in_all, not frame.has_diverged, lambda: done, frame.config)
        return Begun(line, outcome=lambda: doing.result() if doing.done() else None)

    def _refuse(self, text: str) -> None:
        """Say why nothing is done; what a line cannot do is said by the line."""
        if self._is_beginning:
            self._refusal = text
        else:
            super()._refuse(text)

    def _obey(self, command: Command) -> int:
        """Send a command as its key would; returns its number."""
        if isinstance(command, Undo | Redo | Edit | StartOver):
            self._forget_drafts()
        return self._send(command)

    async def _act(self, action: str) -> None:
        """Do an action of the app. It says by `_refuse` if it cannot."""
        _, name, arguments = parse(action)
        done = getattr(self, f"action_{name}")(*arguments)
        if inspect.isawaitable(done):
            await done


MOST_CELLS = 1000
"""The most cells that a cursor moves at once, which is beyond the end of any view."""

SECONDS_TO_SAVE = 10.0
"""How long a figure waits until what is on the screen is in the run's folder; then it shows what was saved before."""

NOT_IN_THE_LIST = "{letter} is no branch of this run: a to {last}"


class LineActions(LineKeys):
    """The part of the app with these actions."""

    def action_seed(self, seed: int) -> None:
        """Show the network of this seed."""
        config = self._frame.config
        last = config.seed + config.replicas - 1
        if config.seed <= seed <= last:
            self._send(Choose(seed - config.seed))
        else:
            self._refuse(f"seed = {seed} is not trained here: {config.seed} to {last}")

    def action_crosshair(self, to: int | str) -> None:
        """Put the crosshair on a window (from 1), where the loss fell, or take it away."""
        plot, end = self._plot, self._frame.line_end
        if to == "off":
            plot.action_follow()
        elif not end:
            self._refuse("nothing is trained yet")
        elif to == "fall":
            plot.action_fall()
        elif isinstance(to, int) and to > end:
            self._refuse(f"window = {to:,} cannot be shown: 1 to {end:,} on branch {letter_of(self._frame.line)}")
        elif isinstance(to, int):
            plot.put_cursor(to - 1)

    async def action_in_a_view(self, name: str) -> None:
        """Do what a letter key of a view does, in the view that is shown and has it."""
        for view in self._views:
            for key in letters_of(view):
                if named(key) == name:
                    await view.run_action(key.action)
                    return
        having = [view.title for view in self._all_views if name in map(named, letters_of(view))]
        self._refuse(f"{name} is for the view {' or '.join(having)}: view {having[0]} shows it")

    async def action_cursor(self, way: str, cells: int) -> None:
        """Move the cursor of the view that has the arrow keys, or of the first that is shown; or take it away."""
        view = next((one for one in self._views if self._main.focused is one), next(iter(self._views), None))
        actions = {} if view is None else view.own_actions()
        if view is None:
            self._refuse("no view is shown")
        elif (action := actions.get(CURSOR[way])) is None:
            ways = ", ".join(one for one, name in CURSOR.items() if name in actions)
            self._refuse(f"cursor {way} has no meaning in the view {view.title}: {ways}")
        else:
            if way != "off":
                self._focus(view)
            for _ in range(min(cells, MOST_CELLS)):
                await view.run_action(action)

    # ---- branches and runs under the curve

    def show_newest_frame(self) -> None:
        """Draw the newest frame, if there is a new one."""
        raise NotImplementedError

    def draw(self) -> None:
        """Draw the newest frame, whenever a timer would."""
        self.show_newest_frame()

    def _is_a_branch(self, number: int) -> bool:
        branches = self._picture.branch_count
        if number >= branches:
            last = letter_of(branches - 1) if branches else "none yet"
            self._refuse(NOT_IN_THE_LIST.format(letter=letter_of(number), last=last))
        return number < branches

    def action_show_branch(self, number: int) -> None:
        """Draw a branch under the curve, or take it away."""
        if number == self._frame.line:
            self._refuse("the curve shows this branch: it cannot lie under itself")
        elif self._is_a_branch(number):
            self._send(show_or_hide(number, self._picture))

    def action_compare(self, name: str) -> None:
        """Draw another run under the curve, or take it away."""
        if not self._may_use_files():
            return
        try:
            if trouble := self.futures.lay_under(folders.find(name)):
                self._refuse(trouble)
        except (RunError, OSError) as error:
            self._refuse(str(error))

    # ---- the screen

    def action_theme(self, theme: Theme) -> None:
        """Choose the background, also for the next time."""
        if theme != self._shown_theme:
            self.action_other_theme()

    def action_save_screen(self, file: str) -> None:
        """Save the screen in a file, once everything that has changed is drawn."""
        if not self._may_use_files():
            return
        doing = self._doing = asyncio.get_running_loop().create_future()
        path = Path(file).expanduser()
        line = Line(f"save {file}", "")

        def save() -> None:
            if doing.done():
                return
            try:
                save_to(self, path)
                doing.set_result(Outcome(line, note=f"saved {path}"))
            except OSError as error:
                why_not = f"{path} cannot be written: {error.strerror or error}"
                doing.set_result(Outcome(line, why_not, is_refused=True))

        self._when_drawn(save)

    def _when_drawn(self, call: Callable[[], None]) -> None:
        """Call this once everything that has changed is drawn."""
        self.call_after_refresh(partial(self.call_after_refresh, call))

    def action_figure(self, kind: str, file: str) -> None:
        """Make a figure of the position on the screen. What was trained is saved first."""
        folder = self._folder
        if not self._may_use_files():
            return
        if folder is None:
            self._refuse("this run is not kept, so no figure can be made of it")
            return
        if self._picture.audience.may_steer:
            self.session.send(Save())
        doing = self._doing = asyncio.get_running_loop().create_future()
        frame, path = self._frame, Path(file).expanduser()
        where = {"branch": frame.line, "at": frame.trained}
        where |= {"replica": frame.replica} if frame.config.replicas > 1 else {}
        line = Line(f"figure {kind} {file}", "")

        def make() -> None:
            outcome = outcome_of_figure(line, folder, kind, path, where, frame.trained_in_all)
            self.call_from_thread(doing.set_result, outcome)

        self.run_worker(make, name="figure", group="figure", exit_on_error=False, thread=True)


def outcome_of_figure(line: Line, folder: Path, kind: str, file: Path, where: dict[str, Any], trained: int) -> Outcome:
    """Make a figure once this many windows are saved; returns what became of it."""
    from tui.figures.data import FigureError
    from tui.figures.make import KINDS, figure, require_drawable

    try:
        require_drawable(kind, file)
        until = time.monotonic() + SECONDS_TO_SAVE
        while Run.read(folder, quickly=True).trained < trained and time.monotonic() < until:
            time.sleep(0.05)
        used = {name: value for name, value in where.items() if name in KINDS[kind].uses}
        files = figure(folder, kind, file, **used)
    except (FigureError, RunError) as error:
        return Outcome(line, str(error), is_refused=True)
    except OSError as error:
        return Outcome(line, f"{file} cannot be written: {error.strerror or error}", is_refused=True)
    return Outcome(line, note=f"made {' and '.join(map(str, files))}")
