"""What the cells of views show, for the mouse: the values that `Cells.mark` notes and `CellWidget.under` finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType

from echornn.config import EchoConfig
from echornn.readings import Kind, Question, Readings, parts_of
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import Picture
from echornn.timeline.branch import letter_of
from tui.views.canvas import Cells, CellWidget
from tui.views.text import shortened, wrapped


@dataclass(frozen=True)
class TimeStep:
    """A time step of the shown window, in a row of the batch; both count from 0."""

    row: int
    step: int


@dataclass(frozen=True)
class Lag:
    """A bar of a chart by lag."""

    lag: int


@dataclass(frozen=True)
class UnitStep:
    """A unit at a time step of the shown row of the batch; all count from 0."""

    row: int
    unit: int
    step: int


@dataclass(frozen=True)
class Entry:
    """An entry of the weight matrix with this name."""

    matrix: str
    row: int
    column: int


@dataclass(frozen=True)
class Replica:
    """One of several networks that train side by side, from 0."""

    number: int


@dataclass(frozen=True)
class Window:
    """A window along the line that the curve shows, from 0."""

    window: int


@dataclass(frozen=True)
class FixedPoint:
    """A fixed point, by its index among those that were found."""

    index: int


@dataclass(frozen=True)
class States:
    """States that are drawn in the same cell: how many have each group of targets."""

    counts: tuple[int, ...]


def time_step_of(spot: object) -> TimeStep | None:
    """The time step of the shown window to which a spot belongs; None if it belongs to none."""
    match spot:
        case TimeStep():
            return spot
        case UnitStep(row, _, step):
            return TimeStep(row, step)
        case _:
            return None


FOCUSED = ">"
"""The mark before the head of the view that has the keyboard focus, since a colour alone is not enough."""


HOW_TO_FOCUS = "«focus»: «arrows» act here"


class View(CellWidget, can_focus=True):
    """A view below the curve. Subclasses draw a picture in `draw`, which fills the grid of cells.

    Attributes:
        key, title: the number key that shows the view, and the view's name in the palette, in help and in its head.
        about: what the view shows, for help and the palette.
        on_view: called after a key has changed what the view shows, or which readings it needs.
        on_hover: called after the pointer has moved to something else.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    about: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.on_view: Callable[[], None] = lambda: None
        self.on_hover: Callable[[], None] = lambda: None
        self._frame: Frame | None = None
        self._message = ""

    @classmethod
    def own_actions(cls) -> dict[str, str]:
        """The actions of the view's bindings, by the id of the binding."""
        return {one.id: one.action for one in cls.BINDINGS if isinstance(one, Binding) and one.id is not None}

    @property
    def question(self) -> Question | None:
        """The probe readings that the view needs; None if it needs none."""
        return None

    def is_waiting(self, frame: Frame) -> bool:
        """Whether probe readings that the view needs for this frame are still to come."""
        return False

    @property
    def reading(self) -> str:
        """The text about the value at the view's cursor, at most 78 characters; empty without a cursor."""
        return ""

    def reading_of(self, spot: object) -> str:
        """The text about what a cell shows, as `reading` is with the cursor there; empty if nothing is known."""
        return ""

    @property
    def at_cursor(self) -> TimeStep | None:
        """The time step of the shown window under the view's cursor; None without one."""
        return None

    def point_at(self, step: TimeStep | None) -> None:
        """Mark the time step that is under the pointer or the cursor in any view, if this view shows it."""

    def hover_moved(self) -> None:
        self.on_hover()

    @property
    def reads_beside(self) -> bool:
        """Whether the diagnosis stays on the screen, above the text about the cursor."""
        return False

    @property
    def wants_arrows(self) -> bool:
        """Whether showing the view also gives it the arrow keys, unless the crosshair uses them."""
        return False

    def show(self, picture: Picture, message: str = "") -> None:
        """Draw this picture, or the message if there is nothing to draw yet."""
        self._frame, self._message = picture.frame, self.keymap.text(message)
        self.redraw()

    def action_leave(self) -> None:
        """Remove the cursor."""

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        """The lines that the view needs at this width; at most ``most``."""
        return most


PART_BINDINGS = [
    Binding(
        "n",
        "part(1)",
        "Part",
        show=False,
        tooltip="The next part of the network: layer, memory, gate, matrix",
        id="next",
    ),
    Binding("N", "part(-1)", "Part before", show=False, tooltip="The part before", id="before"),
]


class ProbeView(View):
    """The base class of views that draw probe readings. It names the window of the readings if another one is shown.

    Attributes:
        kinds: the kinds of readings that the view needs.
    """

    kinds: ClassVar[frozenset[Kind]]

    def __init__(self) -> None:
        super().__init__()
        self._part = ""

    @property
    def question(self) -> Question:
        return Question(self.kinds, self._asked_part())

    def _asked_part(self) -> str:
        """The selected part of the network if the network has it; otherwise empty, which means the top layer's h."""
        frame = self._frame
        known = frame is not None and frame.readings is not None
        if not known or frame is None or frame.readings is None:
            return self._part
        config = frame.readings.config
        same = (config.cell, config.num_layers) == (frame.config.cell, frame.config.num_layers)
        return self._part if same and self._part in frame.readings.parts else ""

    @property
    def _readings(self) -> Readings | None:
        """The readings to draw; None while they are not available."""
        readings = self._frame.readings if self._frame is not None else None
        return readings if readings is not None and self.answered(readings) else None

    def is_waiting(self, frame: Frame) -> bool:
        readings = frame.readings
        if frame.unread or not frame.trained or frame.state in (State.LOADING, State.FAILED):
            return False
        is_of_here = readings is not None and (readings.window, readings.branch) == (frame.trained, frame.branch)
        if readings is None or (frame.state.stands_still and not is_of_here):
            return True
        return not (self.answered(readings) or is_empty(readings))

    def answered(self, readings: Readings) -> bool:
        """Whether the readings contain what this view needs."""
        raise NotImplementedError

    def paint(self, cells: Cells, readings: Readings) -> None:
        """Draw the readings into an empty grid of the widget's size."""
        raise NotImplementedError

    def draw(self, cells: Cells) -> None:
        readings = self._readings
        if readings is None or (self._frame is not None and self._frame.unread):
            text = waiting(self.title, self._frame, self._message)
            for line, part in enumerate(wrapped(text, cells.width, cells.height)):
                cells.write(0, line, part, "text")
        else:
            self.paint(cells, readings)

    def draw_head(self, cells: Cells, readings: Readings, text: str, part: str = "") -> None:
        """Draw the first line: a text about a part or the whole network, and at the right the window of the readings.

        If both do not fit, the text is shortened rather than the window: otherwise old readings could be taken for
        current ones.
        """
        title = f"{FOCUSED if self.has_focus else ''}{self.title}{f' of {part}' if part else ''}"
        note, short = position_text(self._frame, readings), position_text(self._frame, readings, short=True)
        how = self.keymap.text(HOW_TO_FOCUS)
        if not note and not self.has_focus and len(f"{title}: {text}  {how}") <= cells.width:
            note = how
        if len(f"{title}: {text}  {note}") > cells.width:
            note = shortened(short, cells.width)
        room = cells.width - (len(f"  {note}") if note else 0)
        end = cells.write(0, 0, title[: max(0, room)], "focused" if self.has_focus else "text")
        cells.write(end, 0, shortened(f": {text}" if text else "", max(0, room - end)), "text")
        cells.write(cells.width - len(note), 0, note, "note")

    def action_part(self, by: int) -> None:
        """Select the part that is ``by`` places after the selected part."""
        if self._frame is None:
            return
        readings = self._frame.readings
        parts = tuple(parts_of(self._frame.config)) if readings is None or not readings.parts else readings.parts
        at = parts.index(self._part) if self._part in parts else 0
        self._part = parts[(at + by) % len(parts)]
        self._changed()

    def _changed(self) -> None:
        """Draw again after a key has changed what is shown, or which readings are needed."""
        self.redraw()
        self.on_view()


def position_text(frame: Frame | None, readings: Readings, short: bool = False) -> str:
    """The branch, window and, with several replicas, seed of the readings as text; empty if they are the frame's."""
    if frame is None:
        return ""
    other_seed = frame.config.replicas > 1 and readings.config.seed != frame.own_config.seed
    seed = f"seed {readings.config.seed}" if other_seed else ""
    if (frame.trained, frame.branch) == (readings.window, readings.branch):
        return seed and f"of {seed}"
    branch = f"branch {letter_of(readings.branch)}" if frame.branch != readings.branch else ""
    window = f"{'at' if short else 'of window'} {readings.window:,}"
    return ", ".join(part for part in (window, branch, seed) if part)


def waiting(title: str, frame: Frame | None, message: str) -> str:
    """The message of a view without readings: that it waits, or why there are none."""
    if frame is None:
        return f"{title}: nothing trained yet"
    if frame.unread:
        return frame.unread
    if frame.state in (State.LOADING, State.FAILED) or not frame.trained:
        return message or f"{title}: nothing trained yet"
    readings = frame.readings
    if readings is not None and not position_text(frame, readings) and is_empty(readings):
        return f"{title}: numbers are not finite; «undo» goes back to where they were"
    return f"{title}: computing; the first time takes some seconds"


def is_of_part(readings: Readings, part: str) -> bool:
    """Whether readings are of this part of the network, as far as they are of a part at all; also if there is no such
    part.
    """
    read = (readings.memory, readings.units, readings.plane)
    return part not in readings.parts or all(one is None or one.part == part for one in read)


def is_empty(readings: Readings) -> bool:
    """Whether the readings contain nothing, as when weights are NaN or infinite."""
    kinds = (readings.memory, readings.units, readings.gradient, readings.reliance, readings.weights)
    return all(one is None for one in (*kinds, readings.lyapunov, readings.plane))


def cursor_keys(earlier: str, later: str, up: str, down: str) -> list[BindingType]:
    """The bindings of the arrow keys for a view's ``action_move(steps, rows)``; the arguments are their help texts."""
    return [
        Binding("left", "move(-1, 0)", "Back", show=False, tooltip=earlier, id="left"),
        Binding("right", "move(1, 0)", "On", show=False, tooltip=later, id="right"),
        Binding("up", "move(0, -1)", "Up", show=False, tooltip=up, id="up"),
        Binding("down", "move(0, 1)", "Down", show=False, tooltip=down, id="down"),
    ]


FIVE_ROWS: list[BindingType] = [
    Binding("pageup", "move(0, -5)", "Up", show=False, tooltip="Five rows up", id="page_up"),
    Binding("pagedown", "move(0, 5)", "Down", show=False, tooltip="Five rows down", id="page_down"),
]
"""Keys that move five rows at once, for views that scroll."""

LEAVE = Binding("escape", "leave", "Leave", show=False, tooltip="Take the cursor away", id="leave")


class TimeStepView(View):
    """A view with a cursor on a time step of the shown window, while training is paused. It scrolls if it does not show
    all rows of the batch.
    """

    def __init__(self) -> None:
        super().__init__()
        self._first_row = 0
        self._cursor: tuple[int, int] | None = None

    def _extent(self, frame: Frame) -> tuple[int, int] | None:
        """The numbers of rows and of time steps in the shown window; None if there is no window."""
        raise NotImplementedError

    def _rows_that_fit(self, frame: Frame) -> int:
        """How many rows are on the screen at the same time."""
        raise NotImplementedError

    def _step_of_first_key(self, steps: int, length: int) -> int:
        """The time step at which the cursor appears when the first key moves it by so many steps."""
        return length - 1

    def _has(self, step: TimeStep) -> bool:
        """Whether the shown window has this time step, and training is paused."""
        extent = self._extent(self._frame) if self._frame is not None and self._frame.state.stands_still else None
        return extent is not None and step.row < extent[0] and step.step < extent[1]

    def _visible_cursor(self) -> tuple[int, int] | None:
        """The row and time step under the cursor, if training is paused and the cursor is in the window; otherwise
        None.
        """
        frame = self._frame
        if self._cursor is None or frame is None or not frame.state.stands_still:
            return None
        extent = self._extent(frame)
        return None if extent is None else (min(self._cursor[0], extent[0] - 1), min(self._cursor[1], extent[1] - 1))

    def clicked(self, spot: object, again: bool) -> None:
        """Put the cursor on a time step, as the arrow keys do."""
        if isinstance(spot, TimeStep) and self._frame is not None and self._frame.state.stands_still:
            self._put_cursor((spot.row, spot.step))

    def action_move(self, steps: int, rows: int) -> None:
        """Move the cursor; without one, show it, or scroll."""
        frame = self._frame
        extent = None if frame is None else self._extent(frame)
        if frame is None or extent is None:
            return
        count, length = extent
        shown, cursor = self._rows_that_fit(frame), self._visible_cursor()
        if cursor is None and steps and frame.state.stands_still:
            cursor = self._first_row, self._step_of_first_key(steps, length)
        elif cursor is not None:
            cursor = min(max(0, cursor[0] + rows), count - 1), min(max(0, cursor[1] + steps), length - 1)
            self._first_row = min(max(self._first_row, cursor[0] - shown + 1), cursor[0])
        else:
            self._first_row = min(max(0, self._first_row + rows), max(0, count - shown))
            cursor = self._cursor
        self._put_cursor(cursor)

    def action_leave(self) -> None:
        self._put_cursor(None)

    def _put_cursor(self, cursor: tuple[int, int] | None) -> None:
        self._cursor = cursor
        self.redraw()
        self.on_view()
