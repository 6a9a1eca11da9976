"""What a view is: a widget below the curve with a key of its own; views of probe readings, and of
time steps."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, NamedTuple, TypeGuard

from textual.binding import Binding, BindingType
from textual.message import Message

from echornn.config import EchoConfig
from echornn.readings import KINDS, Kind, Question, Readings, parts_of
from echornn.run.branch import letter_of
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import Picture
from tui.text.lines import shortened, wrapped
from tui.views.canvas import Cells, CellWidget

# Before the head of the view that has the keyboard, since a colour alone is not enough
FOCUSED = ">"
HOW_TO_FOCUS = "«focus»: «arrows» act here"

hidden = partial(Binding, show=False)

LEAVE = hidden("escape", "leave", "Leave", tooltip="Take the cursor away", id="leave")
PART_BINDINGS = [
    hidden(
        "n",
        "part(1)",
        "Part",
        tooltip="The next part of the network: layer, memory, gate, matrix",
        id="next",
    ),
    hidden("N", "part(-1)", "Part before", tooltip="The part before", id="before"),
]


def cursor_keys(earlier: str, later: str, up: str, down: str) -> list[BindingType]:
    """The arrow keys for a view's ``action_move(steps, rows)``, with the help on each."""
    return [
        hidden("left", "move(-1, 0)", "Back", tooltip=earlier, id="left"),
        hidden("right", "move(1, 0)", "On", tooltip=later, id="right"),
        hidden("up", "move(0, -1)", "Up", tooltip=up, id="up"),
        hidden("down", "move(0, 1)", "Down", tooltip=down, id="down"),
    ]


# ---- what the cells of views show, for the mouse: of the shown window, or of the curve's line; all
# count from 0


class TimeStep(NamedTuple):
    row: int
    step: int


class UnitStep(NamedTuple):
    row: int
    unit: int
    step: int


class Lag(NamedTuple):
    lag: int


class Weight(NamedTuple):
    matrix: str
    row: int
    column: int


class Replica(NamedTuple):
    number: int


class Window(NamedTuple):
    window: int


class FixedPoint(NamedTuple):
    number: int  # among those that were found


class StatesInCell(NamedTuple):
    counts: tuple[int, ...]  # of the states in a cell with each group of targets


def time_step_of(spot: object) -> TimeStep | None:
    return TimeStep(spot.row, spot.step) if isinstance(spot, TimeStep | UnitStep) else None


class View(CellWidget, can_focus=True):
    """A view below the curve."""

    class Changed(Message):
        """A key or the mouse has changed what the view shows or asks for."""

    key: ClassVar[str]  # the number key that shows it
    title: ClassVar[str]
    about: ClassVar[str]  # for help and the palette
    reads_beside = False  # whether the diagnosis stays above the text about the cursor

    _message = ""
    _cursor: object = None

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self._picture = picture

    @property
    def _frame(self) -> Frame:
        return self._picture.frame

    async def press(self, id: str) -> None:
        """Do what the view's key with this id does."""
        for binding in self.BINDINGS:
            if isinstance(binding, Binding) and binding.id == id:
                await self.run_action(binding.action)
                return

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        return most

    @property
    def question(self) -> Question | None:
        return None

    @property
    def wants_arrows(self) -> bool:
        """Whether it gets the keyboard when it is shown, unless the crosshair has it."""
        return False

    def is_waiting(self, frame: Frame) -> bool:
        return False

    @property
    def at_cursor(self) -> object:
        return None

    @property
    def reading(self) -> str:
        return self.reading_of(self.at_cursor)

    def reading_of(self, spot: object) -> str:
        """The text about what a cell shows, at most 78 characters; empty if nothing is known."""
        return ""

    def point_at(self, step: TimeStep | None) -> None:
        """Mark the time step that is under the pointer or the cursor in any view."""

    def show(self, picture: Picture, message: str = "") -> None:
        self._picture, self._message = picture, self.keymap.text(message)
        self.redraw()

    def draw_text(self, cells: Cells, text: str) -> None:
        """Write a text in place of a picture that there is not."""
        for y, line in enumerate(wrapped(text, cells.width, cells.height)):
            cells.write(0, y, line, "text")

    def action_leave(self) -> None:
        self._cursor = None
        self._changed()

    def _changed(self) -> None:
        self.redraw()
        self.post_message(self.Changed())


class ProbeView(View):
    """A view of probe readings; it says of which window they are if another is shown."""

    kinds: ClassVar[frozenset[Kind]]
    needs: ClassVar[Kind]  # the reading without which there is no picture

    _part = ""
    _is_swapped = False  # of what does not fit side by side, the other is shown

    @property
    def unasked(self) -> str:
        """Why it asks for no readings here, in place of the picture; empty if it asks."""
        return ""

    @property
    def question(self) -> Question | None:
        return None if self.unasked else Question(self.kinds, self._asked_part())

    def _asked_part(self) -> str:
        """The selected part; empty, which means the top layer's h, if the network has no such
        part."""
        return self._part if self._part in parts_of(self._frame.config) else ""

    @property
    def _readings(self) -> Readings | None:
        readings = self._frame.readings
        return readings if readings is not None and self.answered(readings) else None

    def is_waiting(self, frame: Frame) -> bool:
        readings = frame.readings
        if (
            frame.why_no_readings
            or not frame.trained
            or frame.state in (State.LOADING, State.FAILED)
        ):
            return False
        if readings is None or (frame.state.stands_still and not is_of_here(readings, frame)):
            return True
        return not (self.answered(readings) or is_empty(readings))

    def answered(self, readings: Readings) -> bool:
        return getattr(readings, self.needs) is not None

    def paint(self, cells: Cells, readings: Readings) -> None:
        raise NotImplementedError

    def draw(self, cells: Cells) -> None:
        readings, frame = self._readings, self._frame
        if self.unasked:
            self.draw_text(cells, self.keymap.text(self.unasked))
            return
        if readings is not None and not frame.why_no_readings:
            self.paint(cells, readings)
            return
        if not frame.trained or frame.state in (State.LOADING, State.FAILED):
            text = self._message or f"{self.title}: nothing trained yet"
        elif frame.why_no_readings or self.is_waiting(frame):
            text = (
                frame.why_no_readings
                or f"{self.title}: computing; the first time takes some seconds"
            )
        else:
            text = f"{self.title}: numbers are not finite; «undo» goes back to where they were"
        self.draw_text(cells, text)

    def draw_head(self, cells: Cells, readings: Readings, text: str, part: str = "") -> None:
        """The first line: a text about the part that was read, and at the right the window of the
        readings, which stays whole: otherwise old readings could be taken for current ones.
        """
        if part and self._asked_part() not in ("", part):
            text = f"computing {self._asked_part()}"
        title = self.title
        if part and part not in readings.parts[:1]:  # the first is what is read unless asked
            title += f" of {part}"
        ink = "text"
        if self.has_focus:
            title = f"{FOCUSED}{title}"
            ink = "focused"
        text = self.keymap.text(f": {text}")

        note = position_text(self._frame, readings)
        if not note and self.can_focus and not self.has_focus:
            how = self.keymap.text(HOW_TO_FOCUS)
            if len(f"{title}{text}  {how}") <= cells.width:
                note = how
        room = cells.width
        if note:
            room = max(0, cells.width - len(note) - 2)
        end = cells.write(0, 0, title[:room], ink)
        cells.write(end, 0, shortened(text, max(0, room - end)), "text")
        cells.write(cells.width - len(note), 0, note, "note")

    def action_swap(self) -> None:
        self._is_swapped = not self._is_swapped
        self._changed()

    def action_part(self, by: int) -> None:
        parts = [*parts_of(self._frame.config)]
        at = parts.index(self._part) if self._part in parts else 0
        self._part = parts[(at + by) % len(parts)]
        self._changed()


def is_of_here(readings: Readings, frame: Frame) -> bool:
    return (readings.window, readings.branch) == (frame.trained, frame.branch)


def position_text(frame: Frame, readings: Readings) -> str:
    """The window, branch and seed of readings, as far as they are not the frame's."""
    window = "" if is_of_here(readings, frame) else f"of window {readings.window:,}"
    branch = f"branch {letter_of(readings.branch)}" if frame.branch != readings.branch else ""
    other_seed = frame.config.replicas > 1 and readings.config.seed != frame.own_config.seed
    seed = f"of seed {readings.config.seed}" if other_seed else ""
    return ", ".join(filter(None, (window, branch, seed)))


def is_of_part(readings: Readings, part: str) -> bool:
    of_parts = (readings.memory, readings.units, readings.plane)
    read = {reading.part for reading in of_parts if reading is not None}
    return part not in readings.parts or read <= {part}


def is_empty(readings: Readings) -> bool:
    """Whether nothing could be read, since weights are not finite."""
    return all(getattr(readings, kind) is None for kind in KINDS)


class TimeStepView(View):
    """A view with a cursor on a time step while training stands still.

    It scrolls if not all rows fit.
    """

    BINDINGS = [
        *cursor_keys(
            "Paused: cursor a step back", "Paused: cursor a step on", "A row up", "A row down"
        ),
        hidden("pageup", "move(0, -5)", "Up", tooltip="Five rows up", id="page_up"),
        hidden("pagedown", "move(0, 5)", "Down", tooltip="Five rows down", id="page_down"),
        LEAVE,
    ]

    _first_row = 0
    _cursor: TimeStep | None = None

    def rows_that_fit(self, frame: Frame) -> int:
        raise NotImplementedError

    @property
    def at_cursor(self) -> TimeStep | None:
        return self._cursor if self._has(self._cursor) else None

    def _has(self, spot: object) -> TypeGuard[TimeStep]:
        if not isinstance(spot, TimeStep) or not self._frame.state.stands_still:
            return False
        rows, steps = extent(self._frame)
        return spot.row < rows and spot.step < steps

    def clicked(self, spot: object, again: bool) -> None:
        if self._has(spot):
            self._put_cursor(spot)

    def action_move(self, steps: int, rows: int) -> None:
        frame, cursor = self._frame, self.at_cursor
        (count, length), shown = extent(frame), self.rows_that_fit(frame)
        if cursor is not None:
            row, step = (
                min(max(0, cursor.row + rows), count - 1),
                min(max(0, cursor.step + steps), length - 1),
            )
            self._first_row = min(max(self._first_row, row - shown + 1), row)
            self._put_cursor(TimeStep(row, step))
        elif steps and frame.state.stands_still:
            self._put_cursor(TimeStep(self._first_row, 0 if steps > 0 else length - 1))
        else:
            self._first_row = min(max(0, self._first_row + rows), max(0, count - shown))
            self._changed()

    def _put_cursor(self, cursor: TimeStep) -> None:
        self._cursor = cursor
        self._changed()


def extent(frame: Frame) -> tuple[int, int]:
    """The rows and the time steps of the newest window, or of the first."""
    if frame.progress is not None:
        return len(frame.progress.y), frame.progress.y.shape[1]
    return frame.config.batch_size, frame.config.window_steps
