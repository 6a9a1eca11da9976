"""The base class of all views below the curve."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding

from echornn.config import EchoConfig
from echornn.readings import Question
from echornn.session.pictures.frame import Frame
from echornn.session.pictures.picture import Picture
from tui.app.drawings.spots import TimeStep
from tui.kit.cells import CellWidget

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
