"""The part of the app that does lines of words, and the actions that only words have."""

from __future__ import annotations

import asyncio
import inspect
import os
import time
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from textual.actions import parse
from textual.app import SystemCommand
from textual.events import Event, Key, MouseDown
from textual.screen import Screen

from echornn.config import TASK
from echornn.errors import RunError
from echornn.run import kept_runs
from echornn.run.branch import letter_of
from echornn.run.run import Run
from echornn.session import commands
from echornn.session.commands import Answer, Choose, Command, Save
from echornn.session.pictures.frame import Frame, State
from tui.app import keys
from tui.app.along import AlongScreen
from tui.app.base import TakesKeys, save_to
from tui.app.line import CommandLine
from tui.app.script import Begun, Outcome, Script
from tui.app.session_app import SessionApp
from tui.app.words import WORDS, Line, WordError, letters_of, lines_of
from tui.panels.panel import Panel
from tui.panels.runs import show_or_hide
from tui.term.printed import export_whole


class LineActions(SessionApp):
    def __init__(self) -> None:
        super().__init__()
        self._command_line = CommandLine(
            lambda: (self._frame.config, self._picture.branch_count), self._enter_line
        )
        self._scripts: list[Script] = []
        # The action that is being done, if it takes its time
        self._doing: asyncio.Task[str] | None = None

    # ---- the line that is typed

    def action_line(self, text: str = "") -> None:
        self.clear_notifications()
        self._command_line.open(text)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The entries of the command palette: those of keys, and the words that no key has."""
        yield from super().get_system_commands(screen)
        for word in WORDS.values():
            if word.name not in {one.id for one in keys.BINDINGS}:
                begin = partial(self.action_line, f"{word.name} ")
                do = begin if word.usage else partial(self.do_lines, lines_of(word.name))
                yield SystemCommand(f":{word.name} {word.usage}".strip(), word.about, do)

    async def on_event(self, event: Event) -> None:
        if isinstance(event, MouseDown) and not event.is_forwarded:
            self._forget_hint()
            if not self._command_line.region.contains(event.x, event.y):
                self._command_line.close()  # otherwise a key that is clicked would be text
        await super().on_event(event)

    @property
    def takes_keys(self) -> TakesKeys | None:
        """The open line, or the panel that has the focus."""
        if self._command_line.is_open:
            return self._command_line
        panel = self.focused
        return panel if isinstance(panel, Panel) and panel.is_open else None

    async def press(self, key: Key) -> None:
        self._forget_hint()
        self._forget_refused_line()
        await super().press(key)
        if self._scripts and not self._is_leaving:  # the key may have entered a line
            await self._go_on_with_lines()

    def paste(self, text: str) -> None:
        self._forget_refused_line()
        if self._command_line.is_open:
            self._command_line.insert(text)
        else:
            super().paste(text)

    def _forget_refused_line(self) -> None:
        line = self._command_line
        if line.display and not line.is_open:
            line.close()

    def _enter_line(self, text: str) -> str:
        try:
            lines = lines_of(text)
            if len(lines) == 1 and not self._is_behind:
                self._require(lines[0])
        except WordError as error:
            return str(error)
        self.do_lines(lines)
        return ""

    # ---- what the lines do

    def do_lines(self, lines: list[Line]) -> Script:
        script = Script(lines, self._begin_line, self._look_for_lines, self._tell)
        self._scripts.append(script)
        return script

    def _look_for_lines(self, number: int) -> tuple[Frame, Answer | None]:
        """The newest frame, and the answer to a command if it was not carried out."""
        return self._frame, self.session.not_done(number) if number else None

    async def _go_on_with_lines(self) -> None:
        for script in list(self._scripts):
            await script.go_on()
        self._scripts = [script for script in self._scripts if not script.is_over]

    def _says_itself(self, answer: Answer) -> bool:
        """Whether the settings or a line wait for this answer, and say what became of the
        command."""
        begun = [script.begun.line.what for script in self._scripts if script.begun is not None]
        return self._settings.is_open or answer.command in begun

    def _tell(self, outcome: Outcome) -> None:
        folder = self._frame.folder
        if outcome.why_not and not (outcome.has_failed and self._frame.state is State.FAILED):
            self.clear_notifications()  # they would cover it
            self._command_line.refuse(outcome.line.text, outcome.why_not)
        elif outcome.line.what == Save():
            self.notify(
                f"saved in {folder}" if folder else "this run has no folder: nothing is kept",
                markup=False,
            )
        elif outcome.note:
            self.notify(outcome.note, markup=False)

    def _require(self, line: Line) -> None:
        frame, command = self._frame, line.what
        if frame.state is State.FAILED or isinstance(command, commands.DriveCommand):
            if why_not := keys.why_not(command, frame):
                raise WordError(why_not)
        elif isinstance(command, commands.ChangingCommand) and TASK not in command.changes:
            known = frame.config.fields()
            for name in command.changes:
                if name not in known and (close := get_close_matches(name, known, 1)):
                    raise WordError(f"{name!r} is no field of this task: did you mean {close[0]}?")

    async def _begin_line(self, line: Line) -> Begun:
        self._refusal, self._doing, number, frame = "", None, 0, self._frame
        try:
            self._require(line)
            if isinstance(line.what, str):
                _, name, arguments = parse(line.what)
                done = getattr(self, f"action_{name}")(*arguments)
                if inspect.isawaitable(done):
                    await done
            else:
                number = self._obey(line.what)
        except (WordError, RunError, OSError) as error:
            self._refusal = str(error)
        if self._refusal:
            self._hint("")  # the line says it
            return Begun(line, outcome=partial(Outcome, line, self._refusal, is_refused=True))
        if number:
            return Begun(line, number, frame.trained_in_all, config=frame.config)
        return Begun(line, outcome=partial(_outcome_of, line, self._doing))

    def _obey(self, command: Command) -> int:
        if isinstance(command, commands.Undo | commands.Redo | commands.ChangingCommand):
            self._settings.form.forget()
        return self._send(command)

    # ---- actions that only words have

    def action_until(self, *_: int | str) -> None:
        """Nothing: `outcome_of` waits."""

    def action_seed(self, number: int) -> None:
        first, last = (
            self._frame.config.seed,
            self._frame.config.seed + self._frame.config.replicas - 1,
        )
        if first <= number <= last:
            self._send(Choose(number - first))
        else:
            self._refuse(f"{number} is not trained here: {first} to {last}")

    def action_crosshair(self, to: int | str) -> None:
        plot, end = self._plot, self._frame.line_end
        if to == "off":
            plot.action_follow()
        elif to == "fall" and end:
            plot.action_fall()
        elif isinstance(to, int) and 1 <= to <= end:
            plot.put_cursor(to - 1)
        else:
            self._refuse(
                f"window = {to} cannot be shown: 1 to {end:,} on branch "
                f"{letter_of(self._frame.line)}"
            )

    async def action_on_a_view(self, name: str, word: str = "") -> None:
        """Do a view's key while the curve or another view has the focus: the view takes it.

        Or do its word.
        """
        having = [view for view in self._all_views if name in view.own_actions()]
        if word:  # one key may have other words in other views
            having = [view for view in having if word in letters_of(type(view))]
        if view := next((one for one in self._views if one in having), None):
            if not word:
                self._focus(view)
            await view.run_action(view.own_actions()[name])
        else:
            titles = " and ".join(view.title for view in having)
            self._refuse(
                f"{word} is for the view {titles}"
                if word
                else f"«{name}» is a key of the view {titles}"
            )

    def action_show_branch(self, number: int) -> None:
        if number < self._picture.branch_count and number != self._frame.line:
            self._send(show_or_hide(number, self._picture))
        else:
            self._refuse(
                f"{letter_of(number)} cannot lie under the curve: another branch of this run can"
            )

    def action_compare(self, name: str) -> None:
        if self._may_use_files() and (trouble := self.under_curve.lay_under(kept_runs.find(name))):
            self._refuse(trouble)

    def action_save_screen(self, file: str) -> None:
        if self._may_use_files():
            self._doing = asyncio.create_task(self._save_screen(Path(os.path.expanduser(file))))

    async def _save_screen(self, file: Path) -> str:
        drawn = asyncio.Event()
        self._when_drawn(drawn.set)
        await drawn.wait()
        export_whole(file, partial(save_to, self))
        return f"saved {file}"

    def _when_drawn(self, call: Callable[[], None]) -> None:
        """Call this once everything that has changed is drawn."""
        self.call_after_refresh(partial(self.call_after_refresh, call))

    def action_figure(self, kind: str, file: str) -> None:
        if kept := self._kept_position():
            folder, where, saved = kept
            making = asyncio.to_thread(
                _figure, folder, kind, Path(os.path.expanduser(file)), where, saved
            )
            self._doing = asyncio.create_task(making)

    async def action_along(self) -> None:
        if not self._frame.trained:
            self._refuse("nothing trained yet")
        elif kept := self._kept_position():
            folder, where, saved = kept
            screen = AlongScreen(self._frame.own_config, str(folder), where, saved)
            await self.push_screen(screen)

    def _kept_position(self) -> tuple[Path, dict[str, int], Callable[[], None]] | None:
        """The run's folder, the position on the screen, and what waits until it is saved; None if
        it is not kept."""
        folder, frame = self._folder, self._frame
        if folder is None:
            self._refuse("this run is not kept: nothing on disk can be read")
        if folder is None or not self._may_use_files():
            return None
        if self._picture.audience.may_steer:
            self._send(Save())
        where = {"branch": frame.line, "at": frame.trained}
        where |= {"replica": frame.replica} if frame.config.replicas > 1 else {}
        return folder, where, partial(_wait_until_saved, folder, frame.trained_in_all)


def _outcome_of(line: Line, doing: asyncio.Task[str] | None) -> Outcome | None:
    if doing is not None and not doing.done():
        return None
    try:
        return Outcome(line, note=doing.result() if doing is not None else "")
    except (OSError, ValueError) as error:
        return Outcome(line, str(error), is_refused=True)


def _wait_until_saved(folder: Path, trained: int) -> None:
    """Wait until this many windows of a run are saved, at most 10 s."""
    until = time.monotonic() + 10
    while Run.read(folder, quickly=True).trained < trained and time.monotonic() < until:
        time.sleep(0.05)


def _figure(
    folder: Path, kind: str, file: Path, where: dict[str, int], saved: Callable[[], None]
) -> str:
    """Make a figure once its windows are saved; returns what was made."""
    from tui.figures.make import KINDS, figure, require_drawable

    require_drawable(kind, file)
    saved()
    files = figure(
        folder, kind, file, **{name: one for name, one in where.items() if name in KINDS[kind].uses}
    )
    return f"made {' and '.join(map(str, files))}"
