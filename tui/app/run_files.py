"""What the screen makes of the run's folder: figures, and measurements along the run."""

from __future__ import annotations

import csv
import fcntl
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from echornn.run.run import Run
from echornn.session.commands import Save
from tui.app.sender import Sender
from tui.app.shown import Shown

LONGEST_WAIT = 10.0  # seconds for windows to be saved: a disk may hang
NOT_KEPT = "this run is not kept: nothing on disk can be read"


@dataclass(frozen=True)
class KeptPosition:
    """What is shown, on the disk."""

    folder: Path
    where: dict[str, int]  # branch, at, and replica of several
    trained: int  # windows in all, when it was asked for

    def wait_until_saved(self) -> None:
        """Wait until its windows are saved; not on the screen's thread."""
        until = time.monotonic() + LONGEST_WAIT
        while time.monotonic() < until:
            if Run.read(self.folder, quickly=True).trained >= self.trained:
                return
            time.sleep(0.05)


def save_position(shown: Shown, sender: Sender, replica: int) -> KeptPosition | str:
    """Have the position on the screen saved, of the chosen replica if there are several; returns
    where, or why that is impossible."""
    folder, frame = shown.folder, shown.frame
    if folder is None:
        return NOT_KEPT
    why_not = sender.why_no_files()
    if why_not:
        return why_not
    if shown.picture.audience.may_steer:
        sender.send(Save())
    where = {"branch": frame.path_branch, "at": frame.trained}
    if frame.config.replicas > 1:
        where["replica"] = replica
    return KeptPosition(folder, where, frame.trained_in_all)


def keep_answer(run: Path, answer: Sequence[str]) -> None:
    """Add the title of a step, its question and an answer to ``answers.csv`` beside the run."""
    # A spreadsheet would take it for a formula
    texts = [f"'{text}" if text.startswith(("=", "+", "-", "@")) else text for text in answer]
    with open(run.parent / "answers.csv", "a", newline="", encoding="utf-8") as rows:
        fcntl.flock(rows, fcntl.LOCK_EX)  # other runs write too
        writer = csv.writer(rows)
        if not os.fstat(rows.fileno()).st_size:
            writer.writerow(["time", "run", "step", "question", "answer"])
        writer.writerow([time.strftime("%Y-%m-%d %H:%M:%S"), run.name, *texts])


def make_figure(position: KeptPosition, kind: str, file: str, tell: Callable[[str], None]) -> str:
    """Make a figure of a kept position, not on the screen's thread: it may take a minute.

    ``tell`` is called with what is being done; returns what was made.
    """
    from tui.figures.make import KINDS, figure, require_drawable  # late: they take 0.2 s

    path = Path(os.path.expanduser(file))
    require_drawable(kind, path)
    tell("waiting until the run is saved")
    position.wait_until_saved()
    where = {name: value for name, value in position.where.items() if name in KINDS[kind].uses}
    files = figure(position.folder, kind, path, tell, **where)
    return f"made {' and '.join(map(str, files))}"
