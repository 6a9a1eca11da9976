"""The screen of how well the shown network does on data that no training saw."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from echornn.readings import Question, Readings, TaskSettings
from echornn.session.pictures.frame import Frame
from tui.app.modal import ClosesOnce
from tui.text.held_out import chance_text, heads, score_line, scores_of
from tui.views.keymap import keymap_of

COMPUTING = "computing; the first time takes some seconds"
DIVERGED = "the loss is not finite, nor is that on other data; «undo» goes back to where it was"


class EvaluationScreen(ClosesOnce):
    """Shows what ``evaluate`` prints of the network in a session, as soon as it is read, and anew
    at each window that the session reads."""

    BINDINGS = [
        Binding("escape", "dismiss", "Close", id="close"),
        Binding("E,q", "dismiss", "Close", show=False, id="evaluation.close"),
    ]

    def __init__(self, frame: Frame, sizes: tuple[TaskSettings, ...]) -> None:
        super().__init__()
        self._sizes = sizes
        self._page = Static(markup=False)
        self._scroll = VerticalScroll(self._page)
        self._frame = frame

    @property
    def question(self) -> Question:
        return Question(frozenset({"evaluation"}), sizes=self._sizes)

    def compose(self) -> ComposeResult:
        with Vertical(id="evaluation") as border:
            border.border_title = "Evaluation"
            border.border_subtitle = keymap_of(self.app).text("«close» closes")
            yield self._scroll

    def on_mount(self) -> None:
        self.set_focus(self._scroll)
        self.show(self._frame)

    def show(self, frame: Frame) -> None:
        text = "\n".join(self._lines(frame))
        self._page.update(keymap_of(self.app).text(text))

    def _lines(self, frame: Frame) -> Iterator[str]:
        readings = frame.readings
        if frame.why_no_readings:
            yield frame.why_no_readings
        elif readings is not None and self._is_answered_by(readings):
            yield from _scores(readings)
        elif frame.has_diverged:
            yield DIVERGED
        else:
            yield COMPUTING

    def _is_answered_by(self, readings: Readings) -> bool:
        evaluation = readings.evaluation
        return evaluation is not None and evaluation.sizes == self._sizes


def _scores(readings: Readings) -> Iterator[str]:
    """A line for each size, or one for the network's own."""
    config, evaluation = readings.config, readings.evaluation
    assert evaluation is not None
    first, sizes = evaluation.held_out[0], evaluation.sizes
    rows = "rows" if config.is_stream else "trials"
    yield f"seed {config.seed} after window {readings.window:,}: {first.rows:,} fresh {rows}"
    if not sizes:
        yield heads(config, "steps") + chance_text(config)
        yield score_line(config, first.steps, scores_of(first))
        return
    yield heads(config, sizes[0][-1][0])
    for size, held_out in zip(sizes, evaluation.held_out, strict=True):
        yield score_line(config, size[-1][1], scores_of(held_out))
