"""Texts of the gradient view: what a cut at T leaves out of the gradient, and which inputs predictions use."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from textual.binding import Binding

from echornn.config import RULES, EchoConfig
from echornn.data.series import source_lags
from echornn.readings import Effects, Flip, Gradient, Kind, Question, Readings, Reliance, RowDependence
from echornn.session.pictures.picture import Picture
from tui.views.canvas import Box, Cells, beside
from tui.views.lags import GUTTER, LagChart, draw_lag_chart, sample_texts
from tui.views.row_panel import (
    LEAST_WIDTH,
    RowPanel,
    draw_row,
    flip_words,
    is_of_symbols,
    is_read,
    label_width,
    lines_for,
    targets_after,
    unread,
)
from tui.views.text import percent, source_name
from tui.views.view import Lag, ProbeView, TimeStep, cursor_keys

MOST_NAMED = 3
"""The most lags that a text names."""

LONGEST = 78
"""The longest text about the cursor's position, in characters."""


def relied_on(reliance: Reliance | None, of_symbols: bool) -> tuple[str, ...]:
    """Texts of different lengths, longest first: for each lag, the share of predictions that the input turns; of
    numbers, the input that moves them most.
    """
    if reliance is None or not len(reliance.turned):
        return ("",)
    if not of_symbols:
        lag = int(np.nan_to_num(reliance.moved).argmax())
        return (f"all move most with {input_name(lag)}, by {size_text(float(reliance.moved[lag]))}",)
    order = [lag for lag in np.argsort(-reliance.turned, kind="stable").tolist() if reliance.turned[lag] > 0]
    if not order:
        return ("no flip turns a prediction",)
    each = [f"{input_name(lag)} {percent(float(reliance.turned[lag]))}" for lag in order[:MOST_NAMED]]
    whole = f"of {reliance.samples:,} predictions flips turn: {', '.join(each)}"
    return whole, f"flips turn: {', '.join(each[:2])}", f"flips turn: {each[0]}", each[0]


def input_name(lag: int) -> str:
    """The name of the input ``lag`` steps ago, such as "x[t-3]"."""
    return f"x[t-{lag}]" if lag else "x[t]"


def read(config: EchoConfig, rows: RowDependence, row: int, step: int) -> str:
    """The inputs that a prediction uses, in words, the strongest first; at most 78 characters.

    The text says so if the strengths of this row are not computed yet.
    """
    strengths, at_step = rows.of_row(row), step - rows.first_step
    text = f"row {row + 1}, step {step + 1}: "
    if not is_read(strengths):
        return f"{text}computing"
    strength = strengths[at_step, : at_step + 1]
    sizes = [size_text(size) for size in strength.tolist()]
    if not isinstance(rows, Effects):
        text += "local derivative by"
    else:
        text += "source before the window; " if config.value("task") == "echo" and step < config.echo_step else ""
        text += "depends on"
        if is_of_symbols(config.the_task.outputs):
            sizes = [f"{size:.2f}" for size in strength]
    for number, at in enumerate(np.argsort(np.nan_to_num(-strength), kind="stable").tolist()):
        entry = f"{',' if number else ''} {input_name(at_step - at)} {sizes[at]}"
        if len(text) + len(entry) > LONGEST:
            break
        text += entry
    return text


def read_lag(config: EchoConfig, gradient: Gradient, lag: int) -> str:
    """The text about a bar: the size of the gradient that reaches so many steps back."""
    if lag >= len(gradient.by_lag):
        return ""
    what = f", the {source_name(config)}" if lag in source_lags(config) else ""
    return f"lag {lag}{what}: gradient {size_text(float(gradient.by_lag[lag])) or '0'}"


def size_text(value: float) -> str:
    """A size of 0 or more in four characters, such as .043 or 2e-4; empty for zero."""
    if not math.isfinite(value):
        return "?"
    if value <= 0:
        return "0"
    if 1e-2 <= value < 10:
        return f"{value:.3f}".removeprefix("0")[:4]
    return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


def missed_words(config: EchoConfig, gradient: Gradient) -> str:
    """The share of the gradient that a cut at T misses; for a rule without a cut, what a cut would miss."""
    cut = f"{next(name for name, rule in RULES.items() if rule.cuts)} with T {config.truncated_backprop_length}"
    share = gradient.bias_of_windows
    if not gradient.travels:
        return "no error travels back"
    if not np.isfinite(gradient.by_lag).all():
        return "the error grows too large on its way back"
    if gradient.complete and config.truncated_backprop_length >= config.window_steps:
        return f"errors reach a trial's start, {config.window_steps} steps back"
    if math.isnan(share):
        return f"what {cut} misses is within the noise"
    misses = ("would miss" if config.is_uncut else "misses") if share < 1 else "is off by"
    return f"{config.rule} misses nothing; " * config.is_uncut + f"{cut} {misses} {percent(share)}"


DECADES = 8
"""The most powers of ten on the axis; values below the axis have no bar."""

LAGS_BEYOND = 3
"""The number of lags shown beyond the truncation, so that the chart shows whether the truncation cuts anything."""


def chart_of(config: EchoConfig, gradient: Gradient, width: int) -> LagChart:
    """The bar chart, on an axis in powers of ten: of all lags if they fit, otherwise of the important lags. Bars of
    lags that the learning rule cuts off are hollow.
    """
    sources, wall = source_lags(config), config.truncated_backprop_length
    lags = min(len(gradient.by_lag), max(lags_that_matter(config), (width - GUTTER - 2) // 3))
    phi = gradient.by_lag[:lags].astype(np.float64)
    bottom, top = decades(phi)
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = (np.log10(np.where(phi > 0, phi, np.nan)) - bottom) / (top - bottom)
    heights = np.where(heights >= 0, np.clip(heights, 0.01, 1), np.nan)
    whole = gradient.complete and wall >= config.window_steps
    goes_on = whole or config.is_uncut
    styles = tuple(
        "beyond" if lag >= wall and not goes_on else "target" if lag in sources else "input" for lag in range(lags)
    )
    every = max(1, (top - bottom) // 3)
    ticks = tuple(((power - bottom) / (top - bottom), f"1e{power}") for power in range(bottom, top + 1, every))
    values = tuple(size_text(value) for value in phi.tolist())
    slots = np.zeros(lags, np.bool_)
    return LagChart(
        heights,
        values,
        styles,
        slots,
        ticks,
        sources,
        wall,
        wall_texts(config, whole),
        sample=sample_texts(gradient.samples, "losses"),
        source_name=source_name(config),
        hollow_from=None if goes_on else wall,
    )


def decades(phi: npt.NDArray[np.floating[Any]]) -> tuple[int, int]:
    """The lowest and highest power of ten of the axis, so that it contains all finite values above zero."""
    positive = phi[np.isfinite(phi) & (phi > 0)]
    if not positive.size:
        return -1, 0
    top = math.ceil(math.log10(float(positive.max())) + 1e-9)
    return max(min(math.floor(math.log10(float(positive.min()))), top - 1), top - DECADES), top


def lags_that_matter(config: EchoConfig) -> int:
    """The number of lags to show: up to the targets' sources and T, and some beyond."""
    return max(*source_lags(config), config.truncated_backprop_length, 0) + LAGS_BEYOND


def wall_texts(config: EchoConfig, whole: bool) -> tuple[str, ...]:
    """The label of the wall, longest first: whether the learning rule cuts errors off there.

    Args:
        whole: whether no error goes farther back than to the wall.
    """
    name = f"T {config.truncated_backprop_length}"
    if whole:
        return f"{name}: the whole trial", name
    if config.is_uncut:
        return f"{name}: {config.rule} goes on", f"{name}: no cut", name
    return f"{name}: cut off by {config.rule}", f"{name}: cut off", name


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
