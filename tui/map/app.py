"""The map app: follows the folder of a sweep, shows its map, and turns keys into changes of the map."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult, SystemCommand
from textual.binding import BindingType
from textual.events import Event, Key, MouseDown
from textual.screen import Screen
from textual.widgets import Input

from echornn.config import EchoConfig
from echornn.errors import RunError
from echornn.files.own_files import is_held
from echornn.runtime.background import Background
from echornn.sweeps.folder import SweepResults
from echornn.sweeps.results import Cell
from tui.app.base import BACK, OPENS, KeyedApp, Palette
from tui.app.help import HelpScreen
from tui.app.key_line import KeyLine
from tui.app.theme import Theme
from tui.command_text import command_of
from tui.figures.sweep_table import Axes
from tui.map import drawing, keys
from tui.map.state import MapFrame, MapState, MarkedCell, common_to_all, example_of, name_of
from tui.term.exit_code import ExitCode
from tui.views.canvas import Box, Cells, CellWidget
from tui.views.keymap import KeyMap, Moved
from tui.views.text import shortened

OTHER_KEYS = (OPENS, BACK, *HelpScreen.BINDINGS, *Palette.BINDINGS)
"""The keys of the screens that lie over the map, and the key of the palette."""

FOLLOW_SECONDS = 1.0
"""How often the folder is checked for new results, in seconds."""

LEAST_WITH_LEGEND = 7
"""The fewest lines of the map with which it has a legend."""

NEEDS_TWO = "there is only one field: with a second --grid field they can be turned"
NEEDS_DOWN = "no field is down, so nothing can be turned: «map.down» chooses one"
NEEDS_OTHERS = "no other field to hold: «map.across» and «map.down» show all fields"
CANNOT_OPEN = "nothing to train here: this combination is not possible"


@dataclass(frozen=True, eq=False)
class SweepSeen:
    """A sweep as its folder was last read; the trouble says why it can no longer be read."""

    results: SweepResults
    trouble: str = ""
    is_computed: bool = False

    def progress(self, says: str) -> str:
        """How many networks are trained, failed and solved, and what this program's own computation says."""
        points = [Cell((), (point,)) for point in self.results.points]
        trained, solved, lost, failed, missing = (
            sum(getattr(point, name) for point in points)
            for name in ("finished", "solved", "lost", "failed", "missing")
        )
        state = "■ done" if not missing else "▶ computing" if says or self.is_computed else "… unfinished"
        words = [f"{state}   {trained:,} of {trained + failed + missing:,} trained", f"{solved:,} solved"]
        words += [f"{lost:,} lost again"] if lost else []
        words += [f"{failed:,} failed"] if failed else []
        return "   ".join([*words, *filter(None, [says])])


class Follower:
    """Follows the folder of a sweep, on a separate thread, since reading may be slow; `seen` is replaced as a whole."""

    def __init__(self, results: SweepResults) -> None:
        self._background = Background("map")
        self._folder = results.folder
        self.seen = SweepSeen(results, is_computed=self._is_computed(False))

    def look(self) -> None:
        """Start reading on the other thread; afterwards `seen` has the new results."""
        self._background.do(self.look_now)

    def look_now(self) -> None:
        """Read the folder now."""
        before = self.seen
        try:
            self.seen = SweepSeen(before.results.refresh(), "", self._is_computed(before.is_computed))
        except RunError as error:
            self.seen = replace(before, trouble=str(error))

    def _is_computed(self, otherwise: bool) -> bool:
        """Whether some process is computing the sweep; ``otherwise`` if the disk cannot be read."""
        try:
            return is_held(self._folder)
        except OSError:
            return otherwise

    def end(self) -> None:
        """Stop reading."""
        self._background.end()


class Lines(CellWidget):
    """Lines of text, each with its style."""

    _lines: tuple[tuple[str, str], ...] = ()

    def show(self, *lines: tuple[str, str]) -> None:
        self._lines = lines
        self.redraw()

    def draw(self, cells: Cells) -> None:
        for number, (text, style) in enumerate(self._lines[: cells.height]):
            fitted = with_result if style == "strong" else shortened
            cells.write(0, number, fitted(text, cells.width), style)


class MapHead(Lines):
    """The progress of the sweep, what is shown, and on a high screen what all networks have in common."""


class MapReading(Lines):
    """Two lines about the cell at the cursor, and one about the marked cell, or why a key had no effect."""


class MapGrid(CellWidget, can_focus=True):
    """The cells, and the legend below them."""

    frame: MapFrame | None = None

    async def clicked(self, spot: object, again: bool) -> None:
        """Put the cursor on a cell, as the arrow keys do; again: open it, as ``enter`` does."""
        if again:
            self.app.simulate_key(self.keymap.key("map.open"))
        elif isinstance(spot, drawing.Square) and self.frame is not None:
            row, column = self.frame.cursor
            await self.app.run_action(f"move({spot.row - row}, {spot.column - column})")

    async def on_mouse_scroll_down(self) -> None:
        await self.app.run_action("move(1, 0)")

    async def on_mouse_scroll_up(self) -> None:
        await self.app.run_action("move(-1, 0)")

    def hover_moved(self) -> None:
        if isinstance(self.app, MapApp):
            self.app.read()

    def draw(self, cells: Cells) -> None:
        if self.frame is None:
            return
        legend = [line for line in self.frame.legend if line] if cells.height >= LEAST_WITH_LEGEND else []
        box = Box(0, 0, cells.width, cells.height - len(legend))
        drawing.draw_map(cells, box, self.frame)
        for number, line in enumerate(legend):
            cells.write(0, box.bottom + number, shortened(line, cells.width), "muted")


def with_result(text: str, width: int) -> str:
    """The name and the results of a cell in one line; if it is too long, the last fields of the name are left out."""
    name, colon, result = text.partition(": ")
    room = width - len(colon + result)
    return shortened(name, room) + colon + result if 0 < room < len(name) else shortened(text, width)


@dataclass(frozen=True)
class Opened:
    """The user opened a point: the configuration to train before the map is shown again."""

    config: EchoConfig


class MapApp(KeyedApp[Opened | int]):
    """The app that shows the map of a sweep.

    Args:
        says: the progress of the computation if this program computes the sweep, otherwise an empty text.
        wrong: the error of this program's computation; empty if there is none.
        hint: a message to show until the first key.
        moved: the keys that the user chose.
    """

    CSS_PATH = ["../app/app.tcss", "map.tcss"]
    TITLE = "echornn-tui map"
    ALLOW_SELECT = False
    VERTICAL_BREAKPOINTS = [(0, "-low"), (16, "-high")]
    BINDINGS: ClassVar[list[BindingType]] = [*keys.BINDINGS, OPENS]

    def __init__(
        self,
        follower: Follower,
        first: MapState | None = None,
        ascii_only: bool = False,
        theme: Theme = "dark",
        says: Callable[[], str] = lambda: "",
        wrong: Callable[[], str] = lambda: "",
        hint: str = "",
        moved: Moved | None = None,
    ) -> None:
        super().__init__()
        self.take_keys(KeyMap.of([*keys.BINDINGS, *OTHER_KEYS], moved or {}, keys.TOGETHER))
        self._first_theme = theme
        self._follower = follower
        self._says, self._wrong = says, wrong
        self.ascii_only = ascii_only
        self._hint = hint
        results = follower.seen.results
        self.frame = MapFrame.of(first or MapState.first(results.axes), results)
        self._head, self._grid, self._reading = MapHead(), MapGrid(), MapReading()
        self._filter = Input(self.frame.state.filter, example_of(results.axes), id="filter", compact=True)

    def compose(self) -> ComposeResult:
        yield from (self._head, self._grid, self._reading, self._filter)
        yield KeyLine(self._offers, lambda: keys.LEFT_OUT)

    def _offers(self, action: str, _: str) -> bool:
        return action != "step_other(-1)" or self._state.turned is not None

    def on_mount(self) -> None:
        self.theme = f"textual-{self._first_theme}"
        self.screen.set_focus(self._grid)
        self.call_after_refresh(self._show)
        self.set_interval(FOLLOW_SECONDS, self.look)

    def look(self) -> None:
        """Show the newest results that were read, and start reading the folder again."""
        self._follower.look()
        self.show_newest()

    def show_newest(self) -> None:
        """Show the newest results that were read."""
        results = self._follower.seen.results
        if results is not self.frame.table.results:
            self.frame = MapFrame.of(self._state.settled(results.axes), results)
        self._show()

    @property
    def _state(self) -> MapState:
        return self.frame.state

    @property
    def _axes(self) -> Axes:
        return self.frame.table.results.axes

    def _see(self, chosen: MapState) -> None:
        self.frame = self.frame.with_state(chosen)
        self._show()

    def _show(self) -> None:
        if not self.is_running:  # while it ends, its widgets go, but its timers may still run
            return
        seen = self._follower.seen
        trouble = self._wrong() or seen.trouble
        first = (trouble, "trouble") if trouble else (seen.progress(self._says()), "strong")
        common = common_to_all(self.frame.table.results)
        self._head.show(first, (self.frame.heading, "muted"), (common, "muted"))
        self._grid.frame = self.frame
        self._grid.redraw()
        self.read()

    def read(self) -> None:
        """Show the lines about the cell under the pointer, or else at the cursor."""
        at, frame = self._grid.hovered, self.frame
        first, second, third = (frame.at(*at) if isinstance(at, drawing.Square) else frame).reading
        hint = self.keymap.text(self._hint or frame.refusal)
        last = (hint, "hint") if hint else (third, "text")
        self._reading.show((first, "strong"), (second, "text"), last)

    def _say(self, hint: str) -> None:
        self._hint = hint
        self._show()

    async def on_event(self, event: Event) -> None:
        """Remove the hint at the next key or click."""
        if isinstance(event, Key | MouseDown) and not event.is_forwarded and self._hint:
            self._say("")
        await super().on_event(event)

    # ---- keys

    def action_across(self) -> None:
        self._turn(self._state.next_across(self._axes))

    def action_down(self) -> None:
        self._turn(self._state.next_down(self._axes))

    def action_swap(self) -> None:
        self._turn(self._state.swapped(self._axes))

    def _turn(self, chosen: MapState) -> None:
        if chosen == self._state:
            self._say(NEEDS_TWO if len(self._axes) < 2 else NEEDS_DOWN)
        self._see(chosen)

    def action_measure(self) -> None:
        self._see(self._state.measured())

    def action_step_other(self, by: int) -> None:
        self._hold(self._state.stepped(self._axes, by))

    def action_other(self) -> None:
        self._hold(self._state.next_other(self._axes))

    def _hold(self, chosen: MapState) -> None:
        if chosen.turned is None:
            self._say(NEEDS_OTHERS)
        self._see(chosen)

    def action_move(self, rows: int, columns: int) -> None:
        row, column = self.frame.cursor
        self.frame = self.frame.at(row + rows, column + columns)
        self._show()

    def action_mark(self) -> None:
        mark, places = self._state.mark, self.frame.cell.places
        is_marked = mark is not None and mark.places == places
        here = MarkedCell(places, name_of(self.frame.table, *self.frame.cursor))
        self._see(replace(self._state, mark=None if is_marked else here))

    def action_open(self) -> None:
        best = self.frame.cell.best
        if best is None:
            self._say(CANNOT_OPEN)
        else:
            self.exit(Opened(best))

    def action_copy(self) -> None:
        best = self.frame.cell.best
        if best is None:
            self._say(CANNOT_OPEN)
            return
        command = command_of(best)
        self.copy_to_clipboard(command)
        self._say(f"copied: {command}")

    def action_filter(self) -> None:
        self._filter.display = True
        self.screen.set_focus(self._filter)

    def action_escape(self) -> None:
        if self._filter.display or self._state.filter:
            self._filter.value = ""
            self._leave_filter()
            self._see(replace(self._state, filter=""))
        elif self._state.mark is not None:
            self._see(replace(self._state, mark=None))
        else:
            self._say("«quit» ends the program")

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input is self._filter:
            self._see(replace(self._state, filter=event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input is self._filter:
            self._leave_filter()

    def _leave_filter(self) -> None:
        self._filter.display = False
        self.screen_stack[0].set_focus(self._grid)

    def action_show_all(self) -> None:
        """Draw every cell again, without assuming what the terminal shows."""
        self.screen.refresh()

    def action_help(self) -> None:
        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(keys.HELP))

    def action_command_palette(self) -> None:
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(self.get_system_commands(self.screen)))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The entries of the command palette: the actions of all keys except the arrow keys."""
        for binding in keys.BINDINGS:
            if not binding.action.startswith("move("):
                run = partial(self.call_later, self.run_action, binding.action)
                yield SystemCommand(binding.description, f"{binding.tooltip} ({self.get_key_display(binding)})", run)

    async def action_quit(self) -> None:
        self._leave(ExitCode.DONE)

    def _leave(self, code: ExitCode) -> None:
        self.exit(code)


async def drawn(results: SweepResults, chosen: MapState) -> str:
    """The map of a sweep as the app shows it, as SVG, with room for each cell."""
    app = MapApp(Follower(results), chosen, theme="light")
    table = app.frame.table
    async with app.run_test(size=(max(100, 20 + 9 * len(table.columns)), 10 + 3 * len(table.rows))) as pilot:
        for part in (MapReading, KeyLine):
            app.query_one(part).display = False
        await pilot.pause()
        return app.export_screenshot(title=app.frame.heading)
