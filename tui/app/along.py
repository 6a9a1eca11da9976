"""The screen of what the probes say along the run; a process of its own measures, so that training
goes on."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from subprocess import DEVNULL, PIPE, STDOUT, Popen
from threading import Lock

import numpy as np
import numpy.typing as npt
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.message import Message

from echornn.arrays.along import LAGS, NOTHING, PANELS, Record, by_lag, series
from echornn.config import EchoConfig
from echornn.data import source_lags
from tui.app.modal import ClosesOnce
from tui.views.canvas import Cells, CellWidget
from tui.views.keymap import keymap_of
from tui.views.lags import bar_signs

POSITIONS = 32  # windows measured: a column each beside the names on 80 columns; chosen by eye
NAME = 14  # columns before the bars
IN_POWERS_OF_TEN = "update / weight"  # of `PANELS`: its numbers differ by orders of magnitude
# nothing is imported from the current folder (-P); each line comes when it is printed (-u)
PROGRAM = (sys.executable, "-P", "-u", "-m", "tui")
NICE = 10  # how much the measuring process yields to others
COMPLAINT = b"echornn-tui: "  # what that process says on standard error begins so
# The first windows, which take longer (4 s and 1 s; the others 0.15 s each): TensorFlow is loaded,
# and the training compiled
STARTING = 2

Line = list[tuple[str, str]]  # texts and their inks


# ---- what is drawn


def lines_of(records: Sequence[Record], config: EchoConfig) -> list[Line]:
    """Bars over windows of each number, and pictures of lag against window."""
    lines: list[Line] = []
    for title, labels in PANELS.items():
        lines.append([(title, "strong")])
        for name, values in series(records, labels).items():
            lines.append(_bars(name, values, is_log=title == IN_POWERS_OF_TEN))
    gradient = by_lag(records, "gradient_by_lag")
    most = np.nanmax(gradient, initial=0.0)
    scale = f": log10, {NOTHING:g} (·: nothing is learned) to {most:.2g} (█)"
    lines.append([(LAGS["gradient_by_lag"], "strong"), (scale, "muted")])
    lines += _lag_lines((gradient - NOTHING) / (most - NOTHING), config)
    lines.append([(LAGS["memory"], "strong"), (": r2, 0 to 1 (█)", "muted")])
    lines += _lag_lines(by_lag(records, "memory"), config)
    return lines


def _bars(name: str, values: npt.NDArray[np.float64], is_log: bool) -> Line:
    title = f"{name[: NAME - 1]:<{NAME}}", "text"
    if np.isnan(values).all():
        return [title, ("not known", "muted")]
    heights = np.log10(np.maximum(values, 1e-99)) if is_log else values
    low, high = np.nanmin(heights), np.nanmax(heights)
    # The lowest is a bar too
    shares = 0.1 + 0.9 * (heights - low) / ((high - low) or 1.0)
    signs = "".join(bar_signs(shares, 1)[0].tolist())
    scale = f" {np.nanmin(values):.3g} to {np.nanmax(values):.3g}"
    return [title, (signs, "mean"), (scale, "muted")]


def _lag_lines(shares: npt.NDArray[np.float64], config: EchoConfig) -> list[Line]:
    """A line for each lag, with a sign at sources of the targets and where the gradient is cut
    off."""
    marks = dict.fromkeys(source_lags(config), "▲")
    marks[config.truncated_backprop_length] = "T"
    lines: list[Line] = []
    for lag, row in enumerate(shares.tolist()):
        head = f"{marks.get(lag, ''):>{NAME - 5}}{lag:>4} "
        lines.append([(head, "muted"), *map(_shaded, row)])
    return lines


def _shaded(share: float) -> tuple[str, str]:
    """A sign and its ink, darker for a larger share; a dot if it is none, or not known."""
    if not share > 0:
        return "·", "none"
    shade = min(7, int(8 * share))
    return "░▒▓█"[shade // 2], f"shade{shade}"


class AlongPage(CellWidget):
    """How far the measuring is, what went wrong with it, and what was measured so far."""

    def __init__(self, config: EchoConfig) -> None:
        super().__init__()
        self._config = config
        self._records: list[Record] = []
        self._lines: list[Line] = []
        self._progress = ""
        self.complaint = ""

    def add(self, record: Record) -> None:
        self._records.append(record)
        self._lines = lines_of(self._records, self._config)

    def say(self, progress: str) -> None:
        self._progress = progress
        self.styles.height = len(self._all_lines)
        self.redraw()

    def draw(self, cells: Cells) -> None:
        for y, line in enumerate(self._all_lines):
            x = 0
            for text, ink in line:
                x = cells.write(x, y, text, ink)

    @property
    def _all_lines(self) -> list[Line]:
        notes = filter(None, (self._progress, self.complaint))
        return [*([(note, "note")] for note in notes), *self._lines]


# ---- what is measured


def progress_text(times: Sequence[float], total: int) -> str:
    """How much is done, and about how long the rest takes; from when the measuring began and when
    each window was measured."""
    count = len(times) - 1
    text = f"{count} of {total} windows measured"
    if count == total:
        return text
    now = time.monotonic()
    if count <= STARTING:
        doing = "compiling" if count else "loading TensorFlow"
        return f"{text}, {now - times[0]:.0f} s so far: {doing}"
    seconds_each = (times[-1] - times[STARTING]) / (count - STARTING)
    left = seconds_each * (total - count) - (now - times[-1])
    return f"{text}, about {max(1, round(left))} s left"


class AlongScreen(ClosesOnce):
    """Shows what ``probe --along --json`` prints, while it does."""

    class Began(Message):
        """The measuring process runs."""

    @dataclass
    class Printed(Message):
        """The measuring process has printed a line."""

        line: bytes

    class Ended(Message):
        """The measuring process has ended."""

    BINDINGS = [
        Binding("escape", "dismiss", "Close", id="close"),
        Binding("P,q", "dismiss", "Close", show=False, id="along.close"),
    ]

    def __init__(
        self, config: EchoConfig, folder: str, where: Mapping[str, int], saved: Callable[[], None]
    ) -> None:
        super().__init__()
        self._command = [*PROGRAM, "probe", folder, "--json", "--along", str(POSITIONS)]
        for name, value in where.items():
            self._command += [f"--{name}", str(value)]
        self._total = min(POSITIONS, 1 + where["at"])
        self._last_words = ""  # of the process, besides its records
        self._wait_until_saved = saved
        self._process: Popen[bytes] | None = None
        self._is_closed = False
        # Guards both: a screen that closes while the process starts has it killed all the same
        self._starting = Lock()
        # When the measuring began, and when each window was measured
        self._times: list[float] = []
        self._page = AlongPage(config)
        self._scroll = VerticalScroll(self._page)
        self._frame = Vertical(self._scroll, id="along")

    def compose(self) -> ComposeResult:
        self._frame.border_title = "Along the run"
        self._frame.border_subtitle = keymap_of(self.app).text("«arrows» scroll, «close» closes")
        yield self._frame

    def on_mount(self) -> None:
        self.set_focus(self._scroll)
        self._page.say("waiting until the newest windows are saved")
        self._ticks = self.set_interval(1.0, self._show_progress, pause=True)
        self._measure()

    def on_unmount(self) -> None:
        with self._starting:
            self._is_closed = True
            if self._process is not None:
                self._process.kill()

    @work(thread=True, exit_on_error=False)
    def _measure(self) -> None:
        """Say each line as it is printed, as long as the screen is open."""
        self._wait_until_saved()
        with self._starting:
            if self._is_closed:
                return
            process = Popen(self._command, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT)
            os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
            self._process = process
        self.post_message(self.Began())
        with process:  # which waits for its end, too
            assert process.stdout is not None
            for line in process.stdout:
                self.post_message(self.Printed(line))
        self.post_message(self.Ended())

    @on(Began)
    def _begin(self) -> None:
        self._times.append(time.monotonic())
        self._ticks.resume()
        self._show_progress()

    @on(Printed)
    def _take(self, event: Printed) -> None:
        line = event.line
        if line.startswith(b"{"):
            self._times.append(time.monotonic())
            self._page.add(json.loads(line))
        elif line.startswith(COMPLAINT):
            # What it waits for, or why it ends, which is known when it has ended
            self._last_words = line.removeprefix(COMPLAINT).decode(errors="replace").strip()
        self._show_progress()

    @on(Ended)
    def _end(self) -> None:
        self._ticks.stop()
        count = len(self._times) - 1
        if count < self._total:
            self._page.complaint = self._last_words
            self._page.say(f"{count} of {self._total} windows measured, then the measuring ended")

    def _show_progress(self) -> None:
        self._page.say(progress_text(self._times, self._total))
