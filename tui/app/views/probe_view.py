"""The base class of views that draw probe readings: which position they belong to, messages while waiting, and keys."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding

from echornn.readings import Kind, Question, Readings, parts_of
from echornn.session.pictures.frame import Frame, State
from echornn.timeline.branch import letter_of
from tui.app.drawings.blocks import CLASS_COLOURS
from tui.app.views.view import FOCUSED, HOW_TO_FOCUS, View
from tui.kit.cells import Cells
from tui.kit.fitting import shortened, wrapped

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

    STYLES = tuple(
        f"view--{name}"
        for name in (
            *("head", "focused", "note", "axis", "words", "slot", "bar", "echo", "beyond", "wall", "cursor"),
            *("positive", "negative", "saturated", "input", "prediction", "changed", "point", "circle"),
            *("way", "leaves"),
            *(f"class{number}" for number in range(CLASS_COLOURS)),
        )
    )
    COMPONENT_CLASSES = set(STYLES)

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
                cells.write(0, line, part, "view--words")
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
        end = cells.write(0, 0, title[: max(0, room)], "view--focused" if self.has_focus else "view--head")
        cells.write(end, 0, shortened(f": {text}" if text else "", max(0, room - end)), "view--head")
        cells.write(cells.width - len(note), 0, note, "view--note")

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
