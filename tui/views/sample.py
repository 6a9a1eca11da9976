"""View sample: what the network writes, again and again while it trains."""

from __future__ import annotations

from echornn.config import EchoConfig
from echornn.readings import SAMPLE_LENGTH, Readings
from tui.views.canvas import Cells
from tui.views.view import ProbeView

MOST_LINES = 12  # chosen by eye: what a viewer reads at a glance
NOT_WRITING = "sample: only a network that predicts the next symbol can write, as in the task text"


class SampleView(ProbeView):
    """Always with the same random numbers, so that only the network changes the text."""

    key = "w"
    title = "sample"
    about = "What the network writes: each character is drawn as it predicts, and is its next input"
    kinds = frozenset({"sample"})
    needs = "sample"

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        return min(most, MOST_LINES)

    @property
    def unasked(self) -> str:
        return "" if self._frame.own_config.the_task.characters else NOT_WRITING

    def paint(self, cells: Cells, readings: Readings) -> None:
        how = f"{SAMPLE_LENGTH} characters, each drawn as the network predicts"
        self.draw_head(cells, readings, how)
        y = 1
        for line in (readings.sample or "").split("\n"):
            for begin in range(0, max(1, len(line)), cells.width):
                cells.write(0, y, line[begin : begin + cells.width], "prediction")
                y += 1
