"""View 4, gradient: gradient size by lag, the inputs that each prediction uses, and the effect of a flipped input."""

from __future__ import annotations

from textual.binding import Binding

from echornn.config import EchoConfig
from echornn.data.series import source_lags
from echornn.readings import Flip, Gradient, Kind, Question, Readings, RowDependence
from echornn.session.pictures.picture import Picture
from tui.app.drawings.flips import flip_words, targets_after
from tui.app.drawings.lag_chart import GUTTER, draw_lag_chart
from tui.app.drawings.panel_lines import RowPanel, is_of_symbols, label_width, lines_for
from tui.app.drawings.row_panel import LEAST_WIDTH, draw_row, unread
from tui.app.drawings.spots import Lag, TimeStep
from tui.app.views.cursor_keys import cursor_keys
from tui.app.views.gradient_chart import chart_of, lags_that_matter
from tui.app.views.gradient_words import missed_words, read, read_lag, relied_on
from tui.app.views.probe_view import ProbeView
from tui.kit.cells import Cells
from tui.kit.paint import Box, beside

LOCAL_DERIVATIVE = ("local derivative: says little where units are saturated", "says little where saturated")
"""The caption below the local derivative, in two lengths."""

TALL = 17
"""The fewest lines with which bars and row are drawn one above the other."""


class GradientView(ProbeView):
    """The gradient view: at the left gradient size by lag; beside or below it the row under the cursor, in which key
    ``f`` flips an input.
    """

    key = "4"
    title = "gradient"
    about = "How far the error travels back, what is cut off at T, which inputs a prediction uses"
    kinds = frozenset({"gradient", "reliance"})

    BINDINGS = [
        *cursor_keys(
            "Cursor to an earlier time step", "Cursor to a later time step", "Cursor a row up", "Cursor a row down"
        ),
        Binding("f", "flip", "Flip", show=False, tooltip="Flip the input at the cursor, or take that back", id="flip"),
        Binding(
            "n",
            "derivative",
            "Derivative",
            show=False,
            tooltip="The local derivative, or what a flip does",
            id="next",
        ),
        Binding(
            "v",
            "swap",
            "Swap",
            show=False,
            tooltip="Where there is room for one: bars by lag, or the row",
            id="swap",
        ),
        Binding("escape", "leave", "Leave", show=False, tooltip="Take the cursor and the flip away", id="leave"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._cursor: tuple[int, int] | None = None
        self._flip: tuple[int, int] | None = None
        self._flip_of: tuple[int, int] | None = None
        """The branch and window of the flip; None if it follows the newest window while training runs."""
        self._row_first = False
        self._derivative = False
        """Whether the row shows the local derivative, rather than the effect of flipping each input."""

    @property
    def question(self) -> Question:
        flip = self._flip
        if flip is not None and self._frame is not None:
            config = self._frame.config
            fits = flip[0] < config.batch_size and flip[1] < config.window_steps
            flip = flip if fits else None
        row = self._cursor[0] if self._cursor is not None else 0
        if self._frame is not None:
            row = min(row, self._frame.config.batch_size - 1)
        wanted: dict[Kind, bool] = {
            "connectivity": self._derivative,
            "effects": not self._derivative,
            "flip": flip is not None,
        }
        return Question(self.kinds | {kind for kind, is_wanted in wanted.items() if is_wanted}, flip=flip, row=row)

    def show(self, picture: Picture, message: str = "") -> None:
        """Draw this picture. A flip is dropped when another window is shown."""
        frame = picture.frame
        here = (frame.branch, frame.trained)
        if self._flip_of not in (None, here):
            self._flip = self._flip_of = None
        elif self._flip is not None and frame.state.stands_still:
            self._flip_of = here
        super().show(picture, message)

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        """Lines for the head, for a row, and below it for each prediction of the row."""
        lines = lines_for(config.the_task.inputs, config.the_task.outputs)
        return min(most, 1 + lines + 2 + max(config.window_steps, lines))

    def answered(self, readings: Readings) -> bool:
        return readings.gradient is not None

    @property
    def at_cursor(self) -> TimeStep | None:
        where = self._place(self._readings)
        return None if self._cursor is None or where is None else TimeStep(*where)

    @property
    def reading(self) -> str:
        return self.reading_of(self.at_cursor)

    def reading_of(self, spot: object) -> str:
        readings = self._readings
        rows = self._rows(readings)
        if readings is None or readings.gradient is None:
            return ""
        match spot:
            case Lag(lag):
                return read_lag(readings.config, readings.gradient, lag)
            case TimeStep(row, step) if rows is not None and rows.strength.size:
                there = nearest(rows, readings.config, row, step)
                return read(readings.config, rows, *there) if there == (row, step) else ""
            case _:
                return ""

    def clicked(self, spot: object, again: bool) -> None:
        """Put the cursor on a time step, as the arrow keys do; again: flip its input, as ``f`` does."""
        if isinstance(spot, TimeStep):
            self._cursor = spot.row, spot.step
            self._cursor = self._place(self._readings)
            self._changed()
            if again:
                self.action_flip()

    def _rows(self, readings: Readings | None) -> RowDependence | None:
        """How strongly the predictions of the rows depend on their inputs, by the chosen measure.

        While this is computed, the strengths are unknown; None if there are no rows.
        """
        if readings is None:
            return None
        both: tuple[RowDependence | None, RowDependence | None] = readings.effects, readings.connectivity
        chosen, other = both[::-1] if self._derivative else both
        return chosen if chosen is not None else unread(other) if other is not None else None

    def _place(self, readings: Readings | None) -> tuple[int, int] | None:
        """The row and step of the prediction that is shown; None if there are no predictions.

        This is the prediction under the cursor. Without a cursor it is the last step of the first row whose input is
        echoed within the window, so that flipping an input has an effect.
        """
        rows = self._rows(readings)
        if readings is None or rows is None or not rows.strength.size:
            return None
        first, last = rows.first_step, rows.first_step + rows.strength.shape[1] - 1
        echoed = last - max(source_lags(readings.config), default=0)
        return nearest(rows, readings.config, *(self._cursor or (0, echoed if echoed >= first else last)))

    def paint(self, cells: Cells, readings: Readings) -> None:
        gradient, config = readings.gradient, readings.config
        if gradient is None:
            return
        self.draw_head(cells, readings, missed_words(config, gradient))
        panel = self._panel(readings)
        body = Box(0, 1, cells.width, max(0, cells.height - 1))
        left, right = share_room(config, gradient, panel, body, self._row_first)
        if left is not None:
            draw_lag_chart(cells, left, chart_of(config, gradient, left.width))
        if right is not None and panel is not None:
            draw_row(cells, right, panel)

    def _panel(self, readings: Readings) -> RowPanel | None:
        rows, where = self._rows(readings), self._place(readings)
        if where is None or rows is None:
            return None
        row, step = where
        strengths, first = rows.of_row(row), rows.first_step
        progress = readings.progress
        if progress is not None and (row >= len(progress.x) or progress.x.shape[1] != first + len(strengths)):
            progress = None
        flip = readings.flip if readings.flip is not None and readings.flip.row == row and self._flip else None
        if flip is not None and (len(flip.x) != first + len(strengths) or flip.step < first):
            flip = None
        x, y = (progress.x[row, first:], progress.y[row, first:]) if progress is not None else (None, None)
        if flip is not None and first:
            after = flip.before[first:], flip.after[first:]
            flip = Flip(flip.row, flip.step - first, flip.x[first:], *after)
        echo = readings.config.echo_step if readings.config.value("task") == "echo" else None
        y_after = targets_after(y, flip, echo) if y is not None and flip is not None else y
        reads, says = readings.config.the_task.inputs, readings.config.the_task.outputs
        changes, changed = ("flips", "flipped") if is_of_symbols(reads) else ("raises", "raised")
        if flip is not None:
            words = flip_words(flip, echo, first, changed, is_of_symbols(says))
        elif self._derivative:
            words = LOCAL_DERIVATIVE
        else:
            how = f"«flip» {changes} that input" if self.has_focus else f"«focus», then «arrows»; «flip» {changes} it"
            words = (self.keymap.text(how),)
        return RowPanel(
            row,
            step - first,
            reads,
            says,
            strengths,
            x,
            y,
            y_after,
            rows.predictions_of_row(row),
            flip,
            words,
            self._cursor is not None,
            first,
            "local derivative" if self._derivative else "what it uses",
            None if self._derivative or not is_of_symbols(says) else 1.0,
            ("",) if self._derivative else relied_on(readings.reliance, is_of_symbols(says)),
            "deriv" if self._derivative else "uses",
        )

    def action_move(self, steps: int, rows: int) -> None:
        readings = self._readings
        place = self._place(readings)
        if place is None or readings is None:
            return
        if self._cursor is not None:  # the first key press only shows the cursor
            place = min(max(0, place[0] + rows), readings.config.batch_size - 1), max(0, place[1] + steps)
        self._cursor = place
        self._cursor = self._place(readings)
        self._changed()

    def action_flip(self) -> None:
        place = self._place(self._readings)
        if place is not None and self._frame is not None:
            self._cursor = place
            self._flip = None if self._flip == place else place
            still = self._flip is not None and self._frame.state.stands_still
            self._flip_of = (self._frame.branch, self._frame.trained) if still else None
            self._changed()

    def action_derivative(self) -> None:
        self._derivative = not self._derivative
        self._changed()

    def action_swap(self) -> None:
        self._row_first = not self._row_first
        self._changed()

    def action_leave(self) -> None:
        self._cursor = self._flip = self._flip_of = None
        self._changed()


def nearest(rows: RowDependence, config: EchoConfig, row: int, step: int) -> tuple[int, int]:
    """The row and step that are nearest to these, among those that were read."""
    last = rows.first_step + rows.strength.shape[1] - 1
    return min(row, config.batch_size - 1), min(max(rows.first_step, step), last)


def share_room(
    config: EchoConfig, gradient: Gradient, panel: RowPanel | None, body: Box, row_first: bool
) -> tuple[Box | None, Box | None]:
    """The boxes of the bars and of the row: side by side, one above the other, or only one of the two."""
    if panel is None:
        return body, None
    lags, steps = min(len(gradient.by_lag), lags_that_matter(config)), len(panel.strength)
    least, most = (GUTTER + 2 + pitch * lags for pitch in (3 if body.height >= TALL else 2, 5))
    label = label_width(panel.reads, panel.says)
    side_by_side = beside(body, least, most, [max(LEAST_WIDTH, label + block * steps) for block in (2, 1)])
    if side_by_side is not None:
        return side_by_side
    if body.height >= TALL:
        lower = min(lines_for(panel.reads, panel.says), body.height // 2)
        upper = body.height - lower - 1
        return body._replace(height=upper), Box(body.x, body.y + upper + 1, body.width, lower)
    return (None, body) if row_first else (body, None)
