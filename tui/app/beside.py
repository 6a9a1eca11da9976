"""The screen of two networks of a population side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container

from echornn.readings import Question
from echornn.session.pictures.frame import Frame
from echornn.session.pictures.picture import Picture
from tui.app.actions import letters_of
from tui.app.modal import ClosesOnce
from tui.views.keymap import keymap_of
from tui.views.memory import MemoryView
from tui.views.plane import PlaneView
from tui.views.solutions_scene import NAMES
from tui.views.view import View, hidden
from tui.views.weights import WeightsView

KINDS = (MemoryView, WeightsView, PlaneView)
SIDE_BY_SIDE = 100  # columns from which on they are not one above the other; chosen by eye
HELP = "«view.memory» memory, «view.weights» weights, «view.plane» plane, «close» closes"


def _bindings() -> list[Binding]:
    """The keys of the views, each once, which act on both networks."""
    bindings = {}
    for number, kind in enumerate(KINDS):
        show, id = f"show_kind({number})", f"view.{kind.title}"
        bindings[kind.key] = hidden(kind.key, show, kind.title, tooltip=kind.about, id=id)
        for letter in letters_of(kind):
            bindings[letter.key] = replace(letter, action=f"press_in_both('{letter.id}')")
    return list(bindings.values())


class BesideScreen(ClosesOnce):
    """Shows the same view of the chosen network and of another one."""

    AUTO_FOCUS = None  # keys are those of this screen
    BINDINGS = [
        Binding("escape", "dismiss", "Close", id="close"),
        Binding("B,q", "dismiss", "Close", show=False, id="beside.close"),
        *_bindings(),
    ]

    def __init__(self, picture: Picture, other: int, ask: Callable[[], None]) -> None:
        super().__init__()
        self._picture, self._other, self._ask = picture, other, ask
        self._number = len(KINDS) - 1
        self._pairs = [(kind(picture), kind(picture)) for kind in KINDS]

    @property
    def question(self) -> Question:
        asked = self._pairs[self._number][0].question
        assert asked is not None  # these views always ask
        return replace(asked, beside=self._other)

    def compose(self) -> ComposeResult:
        chosen, other = zip(*self._pairs, strict=True)
        for view in (*chosen, *other):
            view.can_focus = False
        self._boxes = Container(*chosen), Container(*other)
        yield from self._boxes

    def on_mount(self) -> None:
        self.action_show_kind(self._number)

    def on_resize(self) -> None:
        is_wide = self.app.size.width >= SIDE_BY_SIDE
        self.styles.layout = "horizontal" if is_wide else "vertical"

    def action_show_kind(self, number: int) -> None:
        self._number = number
        for pair in self._pairs:
            for view in pair:
                view.display = pair is self._pairs[number]
        self.show(self._picture.frame)
        self._ask()

    async def action_press_in_both(self, id: str) -> None:
        for view in self._pairs[self._number]:
            await view.press(id)

    @on(View.Changed)
    def _view_changed(self) -> None:
        self._ask()

    def show(self, frame: Frame) -> None:
        self._picture = replace(self._picture, frame=frame)
        other = self._frame_of_other()
        views = self._pairs[self._number]
        for view, box, shown in zip(views, self._boxes, (frame, other), strict=True):
            view.show(replace(self._picture, frame=shown))
            box.border_title = f"seed {shown.own_config.seed}{self._distance_text()}"
            box.border_subtitle = keymap_of(self.app).text(HELP)

    def _frame_of_other(self) -> Frame:
        frame = self._picture.frame
        other = replace(frame, replica=self._other, readings=None)
        readings = None if frame.readings is None else frame.readings.beside
        if readings is None or readings.config.seed != other.own_config.seed:
            return other
        return replace(other, readings=readings)

    def _distance_text(self) -> str:
        frame = self._picture.frame
        solutions = None if frame.readings is None else frame.readings.solutions
        if solutions is None:
            return ""
        distance = solutions.distances[frame.replica, self._other]
        return f", {distance:.2f} from the other ({NAMES[solutions.distance]})"
