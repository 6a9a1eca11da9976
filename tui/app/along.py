"""The screen of what the probes say along the run; a process of its own measures, so that training goes on."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll

from echornn.arrays.along import LAGS, NOTHING, Record, by_lag, panels
from echornn.config import EchoConfig
from echornn.data.series import source_lags
from tui.app.base import ClosesOnce
from tui.views.canvas import Cells, CellWidget
from tui.views.keymap import keymap_of
from tui.views.lags import bar_signs

POSITIONS, MOST_LAGS = 32, 24  # lags that a picture shows: of more, some
NAME, NUMBERS = 14, 22  # columns before and after the bars
NICE = 10  # how much the measuring process yields to others

Line = list[tuple[str, str]]  # texts and their inks


class AlongPage(CellWidget):
    """Bars over windows of each number, and pictures of lag against window, with the records that there are."""

    def __init__(self, config: EchoConfig) -> None:
        super().__init__()
        self._config, self._records = config, list[Record]()
        self.text = "loading TensorFlow"

    def show(self, text: str, *more: Record) -> None:
        self.text = text
        self._records += more
        self.styles.height = len(self._lines(self.size.width))
        self.redraw()

    def draw(self, cells: Cells) -> None:
        for y, line in enumerate(self._lines(cells.width)):
            x = 0
            for text, ink in line:
                x = cells.write(x, y, text, ink)

    def _lines(self, width: int) -> list[Line]:
        every = max(1, -(-POSITIONS // max(1, width - NAME - NUMBERS)))
        records, lines = self._records[::every], [[(self.text, "note")]]
        for title, named in panels(records).items() if records else ():
            lines.append([(title, "strong")])
            lines += [_bars(name, values, title == "update / weight") for name, values in named.items()]
        for key, title in LAGS.items() if records else ():
            of = f"log10, {NOTHING:g} (·: nothing is learned)" if key == "gradient_by_lag" else "r2, 0"
            values = by_lag(records, key)
            low, high = (NOTHING, np.nanmax(values, initial=0.0)) if key == "gradient_by_lag" else (0.0, 1.0)
            lines.append([(f"{title}", "strong"), (f": {of} to {high:.2g} (█)", "muted")])
            lines += self._picture((values - low) / (high - low))
        return lines

    def _picture(self, shares: npt.NDArray[np.float64]) -> list[Line]:
        """A line for each lag, with a sign at sources of the targets and where the gradient is cut off."""
        every, marks = -(-len(shares) // MOST_LAGS) or 1, dict.fromkeys(source_lags(self._config), "▲")
        marks[self._config.truncated_backprop_length] = "T"
        lines = []
        for lag in range(0, len(shares), every):
            sign = next((marks[one] for one in range(lag, lag + every) if one in marks), "")
            line = [(f"{sign:>{NAME - 5}}{lag:>4} ", "muted")]
            for share in np.nan_to_num(shares[lag], nan=-1.0).tolist():
                level = min(7, int(8 * share))
                line.append(("░▒▓█"[level // 2], f"shade{level}") if share > 0 else ("·", "none"))
            lines.append(line)
        return lines


def _bars(name: str, values: npt.NDArray[np.float64], log: bool) -> Line:
    with np.errstate(divide="ignore"):
        heights = np.log10(values) if log else values
    known = values[np.isfinite(heights)]
    if not len(known):
        return [(f"{name:<{NAME}}", "text"), ("not known", "muted")]
    low, high = heights[np.isfinite(heights)].min(), heights[np.isfinite(heights)].max()
    signs = bar_signs(0.1 + 0.9 * (heights - low) / ((high - low) or 1.0), 1)[0]
    ends = f" {known.min():.3g} to {known.max():.3g}"
    return [(f"{name[: NAME - 1]:<{NAME}}", "text"), ("".join(signs.tolist()), "mean"), (ends, "muted")]


class AlongScreen(ClosesOnce):
    """Shows what ``probe --along --json`` prints, while it does."""

    BINDINGS = [
        Binding("escape", "dismiss", "Close", id="close"),
        Binding("P,q", "dismiss", "Close", show=False, id="along.close"),
    ]

    def __init__(self, config: EchoConfig, folder: str, where: Mapping[str, int], saved: Callable[[], object]) -> None:
        super().__init__()
        flags = [word for name, value in where.items() for word in (f"--{name}", str(value))]
        # nothing is imported from the current folder (-P); each line comes when it is printed (-u)
        program = [sys.executable, "-P", "-u", "-m", "tui"]
        self._words = [*program, "probe", folder, "--json", "--along", str(POSITIONS), *flags]
        self._positions, self._saved = min(POSITIONS, 1 + where["at"]), saved
        self._page = AlongPage(config)

    def compose(self) -> ComposeResult:
        with Vertical(id="along") as frame:
            frame.border_title = "Along the run"
            frame.border_subtitle = keymap_of(self.app).text("«arrows» scroll, «close» closes")
            yield VerticalScroll(self._page)

    def on_mount(self) -> None:
        self._measure()

    @work(exit_on_error=False)
    async def _measure(self) -> None:
        await asyncio.to_thread(self._saved)
        with tempfile.TemporaryFile() as errors:
            process = await _started(self._words, errors)
            try:
                assert process.stdout is not None
                count = 0
                async for line in process.stdout:
                    count += 1
                    self._page.show(f"{count} of {self._positions} windows measured", json.loads(line))
                if await process.wait():
                    errors.seek(0)
                    self._page.show((errors.read().decode(errors="replace").splitlines() or ["it failed"])[-1])
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()


async def _started(words: Sequence[str], errors: Any) -> asyncio.subprocess.Process:
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*words, stdin=nothing, stdout=pipe, stderr=errors, limit=1 << 24)
    os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
    return process
