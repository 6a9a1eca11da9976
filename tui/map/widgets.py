"""The widgets of the map: the head, the cells with their legend, and the lines about the cell at the cursor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tui.kit.cells import Cells, CellWidget
from tui.kit.fitting import shortened
from tui.kit.paint import Box
from tui.map.common_settings import common_to_all
from tui.map.drawing import STYLES, Square, draw_map
from tui.map.frame import MapFrame
from tui.map.labels import legend_of

LEGEND_LINES = 2


class MapHead(CellWidget):
    """The head: the progress of the sweep, which measure over which fields is shown, and on a high screen what all
    networks have in common.
    """

    STYLES = ("head--state", "head--fields", "head--trouble", "head--common")
    COMPONENT_CLASSES = set(STYLES)

    def __init__(self) -> None:
        super().__init__()
        self._frame: MapFrame | None = None
        self._progress = self._trouble = ""

    def show(self, frame: MapFrame, progress: str, trouble: str) -> None:
        """Draw this frame."""
        self._frame, self._progress, self._trouble = frame, progress, trouble
        self.redraw()

    def draw(self, cells: Cells) -> None:
        if self._frame is None:
            return
        text, style = (self._trouble, "trouble") if self._trouble else (self._progress, "state")
        cells.write(0, 0, shortened(text, cells.width), f"head--{style}")
        cells.write(0, 1, shortened(self._frame.heading, cells.width), "head--fields")
        if cells.height > 2:
            cells.write(0, 2, shortened(common_to_all(self._frame.table.results), cells.width), "head--common")


class MapGrid(CellWidget, can_focus=True):
    """The cells, and the legend below them."""

    STYLES = STYLES
    COMPONENT_CLASSES = set(STYLES)

    def __init__(self) -> None:
        super().__init__()
        self._frame: MapFrame | None = None
        self.on_hover: Callable[[], None] = lambda: None
        """Called after the pointer has moved to another cell."""

    def show(self, frame: MapFrame) -> None:
        """Draw this frame."""
        self._frame = frame
        self.redraw()

    async def clicked(self, spot: object, again: bool) -> None:
        """Put the cursor on a cell, as the arrow keys do; again: open it, as ``enter`` does."""
        if again:
            self.app.simulate_key(self.keymap.key("map.open"))
        elif isinstance(spot, Square) and self._frame is not None:
            row, column = self._frame.cursor
            await self.app.run_action(f"move({spot.row - row}, {spot.column - column})")

    async def on_mouse_scroll_down(self) -> None:
        await self.app.run_action("move(1, 0)")

    async def on_mouse_scroll_up(self) -> None:
        await self.app.run_action("move(-1, 0)")

    def hover_moved(self) -> None:
        self.on_hover()

    def hovered_frame(self, frame: MapFrame) -> MapFrame:
        """The frame with its cursor under the pointer, if that is on a cell."""
        at = self.hovered
        inside = isinstance(at, Square) and at.row < len(frame.table.rows) and at.column < len(frame.table.columns)
        return replace(frame, cursor=(at.row, at.column)) if isinstance(at, Square) and inside else frame

    def draw(self, cells: Cells) -> None:
        frame = self._frame
        if frame is None:
            return
        legend = legend_of(frame.table, frame.scale)
        legend = [line for line in legend if line] if cells.height > 4 + LEGEND_LINES else []
        box = Box(0, 0, cells.width, cells.height - len(legend))
        draw_map(cells, box, frame)
        for number, line in enumerate(legend):
            cells.write(0, box.bottom + number, shortened(line, cells.width), "map--label")


class MapReading(CellWidget):
    """The lines about the cell at the cursor: two about its results, and one about the marked cell, or for the hint why
    a key had no effect.
    """

    STYLES = ("reading--first", "reading--more", "reading--hint")
    COMPONENT_CLASSES = set(STYLES)

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[tuple[str, str], ...] = ()

    def show(self, frame: MapFrame, hint: str) -> None:
        """Draw this frame."""
        first, second, third = frame.reading
        last = (hint, "hint") if hint else (frame.refusal, "hint") if frame.refusal else (third, "more")
        self._lines = ((first, "first"), (second, "more"), (self.keymap.text(last[0]), last[1]))
        self.redraw()

    def draw(self, cells: Cells) -> None:
        for line, (text, style) in enumerate(self._lines):
            fits = with_result(text, cells.width) if style == "first" else shortened(text, cells.width)
            cells.write(0, line, fits, f"reading--{style}")


def with_result(text: str, width: int) -> str:
    """The name and the results of a cell in one line; if it is too long, the last fields of the name are left out."""
    name, colon, result = text.partition(": ")
    room = width - len(colon + result)
    return shortened(name, room) + colon + result if 0 < room < len(name) else shortened(text, width)
