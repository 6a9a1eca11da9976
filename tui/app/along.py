"""The screen of what the probes say along the run; a process of its own measures, so that training
goes on."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll

from echornn.arrays.along import LAGS, NOTHING, PANELS, Record, by_lag, series
from echornn.config import EchoConfig
from echornn.data.series import source_lags
from tui.app.modal import ClosesOnce
from tui.views.canvas import Cells, CellWidget
from tui.views.keymap import keymap_of
from tui.views.lags import bar_signs

POSITIONS = 32
NAME = 14  # columns before the bars
# nothing is imported from the current folder (-P); each line comes when it is printed (-u)
PROGRAM = (sys.executable, "-P", "-u", "-m", "tui")
NICE = 10  # how much the measuring process yields to others

Line = list[tuple[str, str]]  # texts and their inks


class AlongPage(CellWidget):
    """Bars over windows of each number, and pictures of lag against window, with the records that
    there are."""

    def __init__(self, config: EchoConfig) -> None:
        super().__init__()
        self._config, self._records, self._text = config, list[Record](), "loading TensorFlow"

    def show(self, text: str, *more: Record) -> None:
        self._text = text
        self._records += more
        self.styles.height = len(self._lines)
        self.redraw()

    def draw(self, cells: Cells) -> None:
        for y, line in enumerate(self._lines):
            x = 0
            for text, ink in line:
                x = cells.write(x, y, text, ink)

    @property
    def _lines(self) -> list[Line]:
        records, lines = self._records, [[(self._text, "note")]]
        for title, labels in PANELS.items() if records else ():
            lines.append([(title, "strong")])
            lines += [
                _bars(name, line, title == "update / weight")
                for name, line in series(records, labels).items()
            ]
        for key, title in LAGS.items() if records else ():
            values, is_gradient = by_lag(records, key), key == "gradient_by_lag"
            low, high = (NOTHING, np.nanmax(values, initial=0.0)) if is_gradient else (0.0, 1.0)
            of = f"log10, {low:g} (·: nothing is learned)" if is_gradient else "r2, 0"
            lines.append([(title, "strong"), (f": {of} to {high:.2g} (█)", "muted")])
            lines += self._picture((values - low) / (high - low))
        return lines

    def _picture(self, shares: npt.NDArray[np.float64]) -> list[Line]:
        """A line for each lag, with a sign at sources of the targets and where the gradient is cut
        off."""
        marks, lines = dict.fromkeys(source_lags(self._config), "▲"), list[Line]()
        marks[self._config.truncated_backprop_length] = "T"
        for lag, row in enumerate(shares.tolist()):
            levels = [min(7, int(8 * share)) if share > 0 else -1 for share in row]
            cells = [
                ("░▒▓█"[one // 2], f"shade{one}") if one >= 0 else ("·", "none") for one in levels
            ]
            lines.append([(f"{marks.get(lag, ''):>{NAME - 5}}{lag:>4} ", "muted"), *cells])
        return lines


def _bars(name: str, values: npt.NDArray[np.float64], log: bool) -> Line:
    title = (f"{name[: NAME - 1]:<{NAME}}", "text")
    if np.isnan(values).all():
        return [title, ("not known", "muted")]
    heights = np.log10(np.maximum(values, 1e-99)) if log else values
    low, high = np.nanmin(heights), np.nanmax(heights)
    signs = bar_signs(0.1 + 0.9 * (heights - low) / ((high - low) or 1.0), 1)[0].tolist()
    return [
        title,
        ("".join(signs), "mean"),
        (f" {np.nanmin(values):.3g} to {np.nanmax(values):.3g}", "muted"),
    ]


class AlongScreen(ClosesOnce):
    """Shows what ``probe --along --json`` prints, while it does."""

    BINDINGS = [
        Binding("escape", "dismiss", "Close", id="close"),
        Binding("P,q", "dismiss", "Close", show=False, id="along.close"),
    ]

    def __init__(
        self, config: EchoConfig, folder: str, where: Mapping[str, int], saved: Callable[[], None]
    ) -> None:
        super().__init__()
        flags = [word for name, value in where.items() for word in (f"--{name}", str(value))]
        self._words = [*PROGRAM, "probe", folder, "--json", "--along", str(POSITIONS), *flags]
        self._positions, self._saved, self._page = (
            min(POSITIONS, 1 + where["at"]),
            saved,
            AlongPage(config),
        )
        self._scroll = VerticalScroll(self._page)

    def compose(self) -> ComposeResult:
        with Vertical(id="along") as frame:
            frame.border_title = "Along the run"
            frame.border_subtitle = keymap_of(self.app).text("«arrows» scroll, «close» closes")
            yield self._scroll

    def on_mount(self) -> None:
        self.set_focus(self._scroll)
        self._measure()

    @work(exit_on_error=False)
    async def _measure(self) -> None:
        """Show each record as it is printed, as long as the screen is open."""
        await asyncio.to_thread(self._saved)
        process = await create_subprocess_exec(
            *self._words, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, limit=1 << 24
        )
        try:
            os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
            count = 0
            while line := await process.stdout.readline() if process.stdout else b"":
                if line.startswith(b"{"):
                    count, record = count + 1, json.loads(line)
                    text = (
                        f"{count} of {self._positions} windows measured, to window "
                        f"{record['window']:,}"
                    )
                    self._page.show(text, record)
                elif line.startswith(b"echornn-tui: "):
                    self._page.show(line.decode(errors="replace").strip())
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
