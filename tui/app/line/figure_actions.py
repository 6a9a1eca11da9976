"""The action ``figure``: a figure of the run for a paper, with its numbers beside it."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path
from typing import Any

from echornn.files.run_error import RunError
from echornn.runs import run_dir
from echornn.session.commands import Save
from tui.app.line.line_actions import LineActions
from tui.app.line.script import Outcome
from tui.app.line.words import Line

SECONDS_TO_SAVE = 10.0
"""How long a figure waits until what is on the screen is in the run's folder; then it shows what was saved before."""


class FigureActions(LineActions):
    """The part of the app that makes figures."""

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

        self.run_worker(partial(make), name="figure", group="figure", exit_on_error=False, thread=True)


def outcome_of_figure(line: Line, folder: Path, kind: str, file: Path, where: dict[str, Any], trained: int) -> Outcome:
    """Make a figure once this many windows are saved; returns what became of it."""
    from tui.figures.data import FigureError
    from tui.figures.kinds import KINDS
    from tui.figures.make import figure, require_drawable

    try:
        require_drawable(kind, file)
        until = time.monotonic() + SECONDS_TO_SAVE
        while run_dir.glance(folder).trained < trained and time.monotonic() < until:
            time.sleep(0.05)
        used = {name: value for name, value in where.items() if name in KINDS[kind].uses}
        files = figure(folder, kind, file, **used)
    except (FigureError, RunError) as error:
        return Outcome(line, str(error), is_refused=True)
    except OSError as error:
        return Outcome(line, f"{file} cannot be written: {error.strerror or error}", is_refused=True)
    return Outcome(line, note=f"made {' and '.join(map(str, files))}")
