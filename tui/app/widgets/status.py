"""The status lines: state and position of the run; speed and configuration; what the run is, and a key that helps."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from echornn.diagnosis.cases import Remedy
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import ALONE, Picture
from tui.app.audience_text import audience_text
from tui.app.widgets.status_parts import SPEED, THEN_RETURNS, news_of, parts_of, status_fields
from tui.kit.cells import Cells, CellWidget, Press
from tui.kit.fitting import LinePart, fitted, in_a_line, shortened, wrapped

HEIGHT = 3

SIGNS = {
    State.LOADING: "…",
    State.RUNNING: "▶",
    State.PAUSED: "‖",
    State.FINISHED: "■",
    State.FAILED: "!",
}
DISCONNECTED = "× not connected"
"""Is shown in place of the state where a session in another process does not answer, so that its state is unknown."""

AFTER_A_FAILURE = "«quit» ends, and prints the command that goes on from what was saved"
AFTER_A_FAILED_START = "«quit» ends; start again with other flags"
"""What the user can do after training has failed: after some windows, and before the first window."""

NAMES_A_KEY = re.compile(r"(?<![\w])([^\s:]+):(?= )[^·|;,:]*")
"""A key with what it does, such as ``a: init glorot`` or ``L: 64 seeds``."""


class StatusLine(CellWidget):
    """Three lines: state, position, loss, accuracy; speed and configuration; what the run is, with a key."""

    STYLES = (
        *(f"status--{state}" for state in State),
        "status--disconnected",
        "status--name",
        "status--configuration",
        "status--verdict",
    )
    COMPONENT_CLASSES = set(STYLES)

    def __init__(self, frame: Frame) -> None:
        super().__init__()
        self._frame = frame
        self._verdict = frame.sentence
        self._reading = self._hint = ""
        self._audience = ALONE
        self.on_return: Callable[[], object] = lambda: None
        """Called when the user clicks on the words that lead from an earlier window to the newest."""
        self.advises = True
        """Whether the line says a key; not while something else says which key to press."""
        self.too_small = ""
        """The message on the size that the screen needs, if it is too small; shown in place of the sentence."""

    def show(self, picture: Picture, reading: str = "", hint: str = "") -> None:
        """Draw this picture's state. A hint, or a text about a cursor's position, replaces the configuration."""
        self._frame, self._audience = picture.frame, picture.audience
        self._reading, self._hint = reading, hint
        frame = self._frame
        line = frame.sentence
        if frame.state is State.FAILED:
            line = replace(line, text=AFTER_A_FAILURE if frame.trained_in_all else AFTER_A_FAILED_START, key="")
        elif frame.coming is not None:
            line = replace(line, text=f"old settings: {line.text}", key="")
        line = line if self.advises else replace(line, key="")
        self._verdict = line if line.key else replace(line, remedy=None)
        self.redraw()

    @property
    def remedy(self) -> Remedy | None:
        """The configuration change that the advice names, and that is known to help; None if it names none."""
        return self._verdict.remedy

    def draw(self, cells: Cells) -> None:
        frame = self._frame
        sign, style = SIGNS[frame.state], f"status--{frame.state}"
        state = f"{sign} {frame.state}"
        if not self._audience.is_connected:
            state, style = DISCONNECTED, "status--disconnected"
        x = cells.write(0, 0, state, style)
        cells.mark(0, 0, x, 1, Press(self.keymap.key("pause")))
        fields = status_fields(frame)
        all_of_them = x + sum(3 + len(label) + 1 + len(value) for label, value in fields)
        gap = 3 if all_of_them <= cells.width else 1
        for label, value in fields:
            if x + gap + len(label) + 1 + len(value) > cells.width:
                break
            x = cells.write(x + gap, 0, f"{label} ", "status--name")
            x = cells.write(x, 0, value)
        for y, (text, style) in enumerate(self._lines(cells.width), 1):
            cells.write(0, y, text, f"status--{style}")
            for found in NAMES_A_KEY.finditer(text):
                if key := self.keymap.named(found[1]):
                    cells.mark(found.start(), y, len(found[0]), 1, Press(key))
            returns = self.keymap.text(THEN_RETURNS)
            if frame.is_past and returns in text:
                cells.mark(text.index(returns), y, len(returns), 1, THEN_RETURNS)

    def clicked(self, spot: object, again: bool) -> None:
        """Return to the newest window: the key that the words name does so only in the list of branches."""
        if spot == THEN_RETURNS:
            self.on_return()

    def _audience_parts(self) -> list[LinePart]:
        """Who looks at the session too, unless the hint says it."""
        text = audience_text(self._audience) if self._audience.is_connected else ""
        return [LinePart(text, SPEED, "viewers")] if text not in ("", self._hint) else []

    def _lines(self, width: int) -> list[tuple[str, str]]:
        """The lines after the first, each with its style. A long message takes both."""
        lost = "" if self._audience.is_connected else audience_text(self._audience)
        say = self.keymap.text
        read = say(self._hint or lost or self._reading)
        news = wrapped(self.too_small or read or say(news_of(self._frame)), width, 2)
        if len(news) > 1 and self._frame.state is not State.FAILED:
            return [(line, "configuration") for line in news]
        if read and not self._hint and not lost:
            second = read, "verdict"
        else:
            parts = [*parts_of(self._frame, read or say(news_of(self._frame))), *self._audience_parts()]
            second = fitted([replace(part, text=say(part.text)) for part in parts], width), "configuration"
        verdict = replace(self._verdict, text=say(self._verdict.text), key=say(self._verdict.key))
        third = shortened(say(self.too_small), width) or in_a_line(verdict, width)
        return [second, (third, "verdict")]
