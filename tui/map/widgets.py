"""The widgets of the map: the head, the cells with their legend, and the lines about the cell at the cursor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from echornn.maps.measures import Measure, words_of
from tui.kit.cells import Cells, CellWidget
from tui.kit.fitting import LinePart, fitted, joined, shortened
from tui.kit.paint import Box
from tui.map.common_settings import common_to_all
from tui.map.drawing import STYLES, Square, draw_map
from tui.map.frame import MapFrame
from tui.map.labels import held_text, legend_of
from tui.map.signs import BLOCKS
from tui.map.state import others

LEGEND_LINES = 2

IN_SHORT = {Measure.SUCCESS: "solved, %", Measure.WINDOWS: "half by window", Measure.LOSS: "median loss"}
"""Short names of the measures, for a narrow screen."""


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
        parts = parts_of(self._frame)
        if len(joined(parts)) > cells.width:
            parts[0] = replace(parts[0], text=IN_SHORT[self._frame.state.measure])
        cells.write(0, 1, fitted(parts, cells.width), "head--fields")
        if cells.height > 2:
            cells.write(0, 2, fitted(common_parts(self._frame), cells.width), "head--common")


def parts_of(frame: MapFrame) -> list[LinePart]:
    """The parts of the line about what is shown: the measure, the fields, the filter."""
    state, axes = frame.state, frame.table.overview.axes
    parts = [LinePart(words_of(state.measure, frame.table.overview.losses), 3, "measure")]
    parts += [LinePart(f"across {state.across}", 4, "axes")] if state.across else []
    parts += [LinePart(f"down {state.down}", 4, "axes")] if state.down else []
    names = others(state, axes)
    for name in names:
        left = frame.table.choice.left(name, axes[name])
        here = ">" if name == state.turned and len(names) > 1 else ""
        parts.append(LinePart(f"{here}{held_text(name, left, axes[name])}", 2, "others", missed=True))
    if state.filter:
        parts.append(LinePart(f"filter {state.filter}", 1, "filter", missed=True))
    return parts


def common_parts(frame: MapFrame) -> list[LinePart]:
    """The parts of the line about what all networks have in common."""
    common = common_to_all(frame.table.overview)
    if common is None:
        return []
    fields = [LinePart(field, 2, "fields", missed=True) for field in common.fields]
    rest = ((common.until, 3), (common.windows, 3 if common.differs else 1), (common.seeds, 4), (common.versions, 3))
    return [*fields, *(LinePart(text, matters) for text, matters in rest if text)]


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
        legend = legend_of(frame.table.counts, frame.scale, frame.walls, BLOCKS)
        legend = [line for line in legend if line] if cells.height > 4 + LEGEND_LINES else []
        box = Box(0, 0, cells.width, cells.height - len(legend))
        draw_map(cells, box, frame, BLOCKS)
        for number, line in enumerate(legend):
            self._write_legend(cells, box.bottom + number, line, frame)

    def _write_legend(self, cells: Cells, line: int, text: str, frame: MapFrame) -> None:
        cells.write(0, line, shortened(text, cells.width), "map--label")
        for one in frame.walls:
            at = text.find(BLOCKS.upright[one.number])
            if 0 <= at < cells.width:
                cells.write(at, line, text[at], f"map--limit{one.number}")


class MapReading(CellWidget):
    """The lines about the cell at the cursor: two about its results, and one for a comparison or for the hint why a key
    had no effect.
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
