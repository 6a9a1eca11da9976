"""Actions of the app that only the line after ``:`` and scripts have: they take a value, which no key could give."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from echornn.errors import RunError
from echornn.runs import folders
from echornn.runs.run_dir import Run
from echornn.session.commands import Choose, Save
from echornn.timeline.branch import letter_of
from tui.app.futures import show_or_hide
from tui.app.line.line_keys import LineKeys
from tui.app.line.script import Outcome
from tui.app.line.words import CURSOR, Line, letters_of, named
from tui.app.parts.palette_commands import PaletteCommands
from tui.app.save_screen import save_to
from tui.kit.theme import Theme

MOST_CELLS = 1000
"""The most cells that a cursor moves at once, which is beyond the end of any view."""

SECONDS_TO_SAVE = 10.0
"""How long a figure waits until what is on the screen is in the run's folder; then it shows what was saved before."""

NOT_IN_THE_LIST = "{letter} is no branch of this run: a to {last}"


class LineActions(LineKeys, PaletteCommands):
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
            viewport = plot.viewport.moved(end, 0)
            plot.change_viewport(viewport.moved(end, to - 1 - (viewport.cursor or 0)))

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
