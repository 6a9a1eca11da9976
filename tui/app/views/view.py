"""The base class of all views below the curve."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding

from echornn.config import EchoConfig
from echornn.readings import Question
from echornn.session.frame import Frame
from echornn.session.picture import Picture
from tui.kit.cells import CellWidget

FOCUSED = ">"
"""The sign before the head of the view that has the keys, since a colour alone is not enough."""


HOW_TO_FOCUS = "tab: arrows act here"


class View(CellWidget, can_focus=True):
    """Shows a picture in its own way; `draw` fills the cells.

    Attributes:
        key, title: the number key that shows it, and its name in the palette, in help and in its own head.
        about: what it shows, for help and the palette.
        on_view: called after a key has changed what it shows, or what it asks for.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    about: ClassVar[str]

    def __init__(self, ascii_only: bool = False) -> None:
        super().__init__()
        self.on_view: Callable[[], None] = lambda: None
        self._ascii_only = ascii_only
        self._frame: Frame | None = None
        self._message = ""

    @classmethod
    def own_keys(cls) -> dict[str, str]:
        """Its actions by key."""
        return {one.key: one.action for one in cls.BINDINGS if isinstance(one, Binding)}

    @property
    def question(self) -> Question | None:
        """Its question to the probes, as long as it is open; None if it needs nothing of them."""
        return None

    @property
    def reading(self) -> str:
        """The text about its cursor's position, in a line of 78 characters; empty if there is no cursor."""
        return ""

    @property
    def reads_beside(self) -> bool:
        """Whether the sentence's cause stays above its reading."""
        return False

    @property
    def wants_arrows(self) -> bool:
        """Whether the arrow keys act here as soon as its key is pressed, unless they move the crosshair."""
        return False

    def show(self, picture: Picture, message: str = "") -> None:
        """Draw this picture, or the message if there is nothing to draw yet."""
        self._frame, self._message = picture.frame, message
        self.redraw()

    def action_leave(self) -> None:
        """Remove the cursor."""

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        """The lines that it needs, at most so many, at this width."""
        return most
