"""The status lines: state and position of the run, configuration, diagnosis and advice."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace

from echornn.diagnosis.advice import SET
from echornn.diagnosis.remedy import Remedy
from echornn.diagnosis.sentence import Sentence
from echornn.diagnosis.words import said
from echornn.session.audience import ALONE
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import Picture
from tui.app.audience_text import audience_text
from tui.app.widgets.lasting import HeldDiagnosis
from tui.app.widgets.status_parts import SPEED, THEN_RETURNS, news_of, parts_of, status_fields
from tui.kit.cells import Cells, CellWidget, Press
from tui.kit.fitting import LinePart, fitted, in_two_lines, shortened, wrapped

HEIGHT = 4

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

UNTIL_THEN = "this is about the settings until now"
"""In place of advice while other settings are being prepared."""

NAMES_A_KEY = re.compile(r"(?<![\w])([^\s:]+):(?= )[^·|;,:]*")
"""A key with what it does, such as ``a: init glorot`` or ``L: 64 seeds``."""


class StatusLine(CellWidget):
    """The status lines: state, position, loss, accuracy; then speed and configuration; then the diagnosis."""

    STYLES = (
        *(f"status--{state}" for state in State),
        "status--disconnected",
        "status--name",
        "status--configuration",
        "status--verdict",
        "status--advice",
    )
    COMPONENT_CLASSES = set(STYLES)

    def __init__(self, frame: Frame, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._frame = frame
        self._lasting = HeldDiagnosis(clock)
        self._one_seed_told: int | None = None
        self._verdict = frame.sentence
        self._reading = self._hint = ""
        self._beside = False
        self._audience = ALONE
        self.on_return: Callable[[], object] = lambda: None
        """Called when the user clicks on the words that lead from an earlier window to the newest."""
        self.advises = True
        """Whether advice is shown below the diagnosis; not while something else says which key to press."""
        self.open_views: tuple[str, ...] = ()
        """The views that are shown, by the ids of their keys: the advice does not name their keys."""
        self.powers_of_ten = False
        """Whether the curve's losses are in powers of ten already: the advice does not name the key for that."""
        self.too_small = ""
        """The message on the size that the screen needs, if it is too small; shown in place of the diagnosis."""

    def show(self, picture: Picture, reading: str = "", hint: str = "", beside: bool = False) -> None:
        """Draw this picture's state. A text about a cursor's position replaces the diagnosis; a hint is drawn above it.

        Args:
            beside: whether the cursor's text replaces only the advice, so that the diagnosis stays.
        """
        frame, self._audience = picture.frame, picture.audience
        self._frame, self._reading, self._hint, self._beside = frame, reading, hint, beside
        sentence = self._said(frame) if frame.seed_stats is None else frame.sentence
        failed = frame.state is State.FAILED
        after = AFTER_A_FAILURE if frame.trained_in_all else AFTER_A_FAILED_START
        if frame.coming is not None:  # neither the cause nor the advice is about them
            sentence = replace(sentence, advice=UNTIL_THEN, more_advice="", remedy=None)
        self._verdict = Sentence(after, sentence.cause) if failed else sentence if self.advises else sentence.unadvised
        self.redraw()

    def _said(self, frame: Frame) -> Sentence:
        """The diagnosis and the advice. The note that one seed proves nothing is shown only in the first edited
        branch.
        """
        diagnosis = self._lasting.diagnosis(frame)
        if diagnosis.tried:
            if self._one_seed_told is None:
                self._one_seed_told = frame.branch
            if self._one_seed_told != frame.branch:
                diagnosis = replace(diagnosis, tried=())
        return said(diagnosis)

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
        """The lines after the first, each with its style."""
        lost = "" if self._audience.is_connected else audience_text(self._audience)
        say = self.keymap.text
        first, *more = news = wrapped(say(self._hint or lost or news_of(self._frame)), width, 2) or [""]
        if more:
            lines = [(line, "configuration") for line in news]
        else:
            parts = [*parts_of(self._frame, first), *self._audience_parts()]
            parts = [replace(part, text=say(part.text)) for part in parts]
            lines = [(fitted(parts, width), "configuration")]
        seen = (*self.open_views, *("log",) * self.powers_of_ten)
        text, verdict = say(self.too_small or self._reading), self._verdict.beside(seen).in_words(say)
        if more:
            sentence = [shortened(text or str(verdict), width)]
        elif self._beside and text and not self.too_small:
            advised = say(f"{text} · {SET}{self.remedy}") if self.remedy is not None else text
            read = advised if len(advised) <= width else shortened(text, width)
            sentence = [*in_two_lines(verdict, width)[:1], read]
        else:
            sentence = wrapped(text, width, 2) if text else in_two_lines(verdict, width)
        styles = ("verdict", "verdict" if text else "advice")
        return [*lines, *zip(sentence, styles, strict=False)]
