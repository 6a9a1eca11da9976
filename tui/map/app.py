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
from echornn.sweeps.folder import SweepResults
from echornn.sweeps.table import example_of
from tui.kit.command_text import command_of
from tui.kit.help_screen import HelpScreen
from tui.kit.key_line import KeyLine
from tui.kit.keyed_app import KeyedApp
from tui.kit.keymap import KeyMap, Moved
from tui.kit.palette import BACK, OPENS, Palette
from tui.kit.theme import Theme
from tui.map import keys, state
from tui.map.follower import Follower
from tui.map.frame import MapFrame
from tui.map.help_text import chapters
from tui.map.progress import progress_of
from tui.map.state import MapState, MarkedCell
from tui.map.widgets import MapGrid, MapHead, MapReading
from tui.term.exit_code import ExitCode

OTHER_KEYS = (OPENS, BACK, *HelpScreen.BINDINGS, *Palette.BINDINGS)
"""The keys of the screens that lie over the map, and the key of the palette."""

FOLLOW_SECONDS = 1.0
"""How often the folder is checked for new results, in seconds."""


@dataclass(frozen=True)
class Opened:
    """The result of the map app when the user opened a point: the configuration to train before the map is shown
    again.
    """

    config: EchoConfig


class MapApp(KeyedApp[Opened | int]):
    """The app that shows the map of a sweep.

    Attributes:
        frame: the current contents of the map.

    Args:
        follower: reads the results from the sweep's folder.
        first: the state of the map at the start; by default `MapState.first`.
        says: returns the progress of the computation if this program computes the sweep, otherwise an empty text.
        wrong: returns the error of this program's computation; empty if there is none.
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
        self._seen = follower.seen
        self._says, self._wrong = says, wrong
        self.ascii_only = ascii_only
        self._hint = hint
        self.frame = MapFrame.of(first or MapState.first(self._results.axes), self._results)

    def compose(self) -> ComposeResult:
        yield MapHead()
        yield MapGrid()
        yield MapReading()
        yield Input(placeholder=example_of(self._results.axes), id="filter", compact=True)
        yield KeyLine(self._offers, lambda: keys.LEFT_OUT)

    def _offers(self, action: str, _: str) -> bool:
        return action != "step_other(-1)" or bool(state.others(self.frame.state, self._results.axes))

    def on_mount(self) -> None:
        self.theme = f"textual-{self._first_theme}"
        self._filter.value = self.frame.state.filter
        self.screen.set_focus(self._grid)
        self._grid.on_hover = self._read
        self.call_after_refresh(self._show)
        self.set_interval(FOLLOW_SECONDS, self.look)

    def look(self) -> None:
        """Show the newest results that were read, and start reading the folder again."""
        self._follower.look()
        self.show_newest()

    def show_newest(self) -> None:
        """Show the newest results that were read."""
        before, self._seen = self._seen, self._follower.seen
        if self._results is not before.results:
            self.frame = MapFrame.of(self.frame.state.settled(self._results.axes), self._results)
        self._show()

    @property
    def _results(self) -> SweepResults:
        return self._seen.results

    @property
    def _grid(self) -> MapGrid:
        return self.screen_stack[0].query_one(MapGrid)

    @property
    def _filter(self) -> Input:
        return self.screen_stack[0].query_one("#filter", Input)

    def _see(self, chosen: MapState) -> None:
        self.frame = self.frame.with_state(chosen)
        self._show()

    def _show(self) -> None:
        if not self.is_running:  # while it ends, its widgets go, but its timers may still run
            return
        main = self.screen_stack[0]
        progress = progress_of(self._seen, self._says())
        main.query_one(MapHead).show(self.frame, progress, self._wrong() or self._seen.trouble)
        main.query_one(MapGrid).show(self.frame)
        self._read()

    def _read(self) -> None:
        """Show the lines about the cell under the pointer, or else at the cursor."""
        self.screen_stack[0].query_one(MapReading).show(self._grid.hovered_frame(self.frame), self._hint)

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
        self._turn(state.next_across(self.frame.state, self._results.axes))

    def action_down(self) -> None:
        self._turn(state.next_down(self.frame.state, self._results.axes))

    def action_swap(self) -> None:
        self._turn(state.swapped(self.frame.state).settled(self._results.axes))

    def _turn(self, chosen: MapState) -> None:
        if chosen == self.frame.state:
            self._say(keys.NEEDS_TWO if len(self._results.axes) < 2 else keys.NEEDS_DOWN)
        self._see(chosen)

    def action_measure(self) -> None:
        self._see(state.measured(self.frame.state))

    def action_step_other(self, by: int) -> None:
        self._hold(state.stepped(self.frame.state, self._results.axes, by))

    def action_other(self) -> None:
        self._hold(state.next_other(self.frame.state, self._results.axes))

    def _hold(self, chosen: MapState) -> None:
        if not state.others(chosen, self._results.axes):
            self._say(keys.NEEDS_OTHERS)
        self._see(chosen)

    def action_move(self, rows: int, columns: int) -> None:
        self._see(state.moved(self.frame.state, self.frame.table, rows, columns))

    def action_mark(self) -> None:
        row, column = self.frame.cursor
        here = MarkedCell(self.frame.table.cells[row][column].places, self.frame.name)
        chosen = self.frame.state
        self._see(replace(chosen, mark=None if chosen.mark is not None and chosen.mark.points == here.points else here))

    def action_open(self) -> None:
        best = self.frame.best
        if best is None:
            self._say(keys.CANNOT_OPEN)
        else:
            self.exit(Opened(best))

    def action_copy(self) -> None:
        best = self.frame.best
        if best is None:
            self._say(keys.CANNOT_OPEN)
            return
        command = command_of(best)
        self.copy_to_clipboard(command)
        self._say(f"copied: {command}")

    def action_filter(self) -> None:
        self._filter.display = True
        self.screen.set_focus(self._filter)

    def action_escape(self) -> None:
        chosen = self.frame.state
        if self._filter.display or chosen.filter:
            self._filter.value = ""
            self._leave_filter()
            self._see(replace(chosen, filter=""))
        elif chosen.mark is not None:
            self._see(replace(chosen, mark=None))
        else:
            self._say("«quit» ends the program")

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input is self._filter:
            self._see(replace(self.frame.state, filter=event.value))

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
            self.push_screen(HelpScreen(chapters()))

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
