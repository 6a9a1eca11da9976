"""View 4, gradient: how far back the error travels, what a cut at T leaves out, and which inputs a prediction uses."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from echornn.config import RULES, EchoConfig
from echornn.data.series import source_lags
from echornn.readings import Effects, Flip, Gradient, Kind, Question, Readings, RowDependence
from echornn.tasks.task import Numbers
from tui.views.canvas import Cells
from tui.views.lags import GUTTER, LagChart, draw_lag_chart, lags_shown, share_room
from tui.views.row_panel import LEAST_WIDTH, RowPanel, change_of, changing, draw_row, label_width, lines_for, turned_by
from tui.views.text import LONGEST, percent, shortened, source_name
from tui.views.view import Lag, ProbeView, TimeStep, cursor_keys, hidden

LAGS_BEYOND = 3  # T, so that the chart shows whether anything is cut off there
MOST_NAMED = 3  # lags in a text
DECADES = 8  # the most powers of ten on the axis


class GradientView(ProbeView):
    """At the left the gradient by lag; beside or below it the row under the cursor, whose inputs can be flipped."""

    key = "4"
    title = "gradient"
    about = "How far the error travels back, what is cut off at T, which inputs a prediction uses"
    kinds = frozenset({"gradient", "reliance"})

    BINDINGS = [
        *cursor_keys("Cursor a step back", "Cursor a step on", "Cursor a row up", "Cursor a row down"),
        hidden("f", "flip", "Flip", tooltip="Flip the input at the cursor, or take that back", id="flip"),
        hidden("n", "derivative", "Derivative", tooltip="The local derivative, or what a flip does", id="next"),
        hidden("v", "swap", "Swap", tooltip="Where there is room for one: bars by lag, or the row", id="swap"),
        hidden("escape", "leave", "Leave", tooltip="Take the cursor and the flip away", id="leave"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._cursor: TimeStep | None = None
        self._flip: TimeStep | None = None
        self._row_first = self._is_derivative = False

    @property
    def question(self) -> Question:
        kinds: set[Kind] = {"connectivity" if self._is_derivative else "effects"}
        kinds |= {"flip"} if self._flip is not None else set()
        flip = None if self._flip is None else (self._flip.row, self._flip.step)  # plain, for a session elsewhere
        return Question(self.kinds | kinds, flip=flip, row=self._cursor.row if self._cursor is not None else 0)

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        return min(most, 3 + lines_for(config) + max(config.window_steps, lines_for(config)))

    @property
    def at_cursor(self) -> TimeStep | None:
        place = self._place() if self._cursor is not None else None
        return place and place[1]

    def reading_of(self, spot: object) -> str:
        readings, place = self._readings, self._place()
        if readings is not None and isinstance(spot, Lag):
            return read_lag(readings, spot.lag)
        if readings is None or place is None or not isinstance(spot, TimeStep):
            return ""
        return read_step(readings.config, place[0], spot.row, spot.step)

    def clicked(self, spot: object, again: bool) -> None:
        if isinstance(spot, TimeStep):
            self._cursor = spot
            self._changed()
            if again:
                self.action_flip()

    def _place(self) -> tuple[RowDependence, TimeStep] | None:
        """How predictions depend on inputs, unknown while it is computed, and the row and step under the cursor."""
        readings = self._readings
        if readings is None or readings.progress is None:
            return None
        both: tuple[RowDependence | None, ...] = (readings.effects, readings.connectivity)
        rows, other = reversed(both) if self._is_derivative else both
        if rows is None and other is not None:
            rows = replace(other, strength=np.full_like(other.strength, np.nan))
        if rows is None:
            return None
        last = rows.first_step + rows.strength.shape[1] - 1
        echoed = last - max(source_lags(readings.config), default=0)  # without a cursor, an input whose echo is seen
        row, step = self._cursor or (0, echoed if echoed >= rows.first_step else last)
        return rows, TimeStep(min(row, readings.config.batch_size - 1), min(max(rows.first_step, step), last))

    def paint(self, cells: Cells, readings: Readings) -> None:
        gradient, config = readings.gradient, readings.config
        assert gradient is not None
        self.draw_head(cells, readings, missed_words(config, gradient))
        panel, widths = self._panel(readings), list[int]()
        if panel is not None:
            widths = [max(LEAST_WIDTH, label_width(config) + block * panel.rows.strength.shape[1]) for block in (2, 1)]
        lags = lags_shown(config, len(gradient.by_lag), LAGS_BEYOND)
        left, right = share_room(cells, lags, (3, 5), widths, lines_for(config), self._row_first)
        if left is not None:
            draw_lag_chart(cells, left, chart_of(config, gradient, left.width))
        if right is not None and panel is not None:
            draw_row(cells, right, panel)

    def _panel(self, readings: Readings) -> RowPanel | None:
        place = self._place()
        if place is None:
            return None
        flip, change = readings.flip, changing(readings.config)
        if self._flip is None or flip is None or flip.row != place[1].row:
            flip = None
        if flip is not None:
            text = flip_words(readings.config, flip)
        elif self._is_derivative:
            text = "says little where saturated"
        else:
            text = f"«flip» {change}s that input" if self.has_focus else f"«focus», then «arrows»; «flip» {change}s it"
        texts = (self.keymap.text(text), "" if self._is_derivative else relied_on(readings))
        return RowPanel(readings, place[0], *place[1], flip, self._is_derivative, self._cursor is not None, texts)

    def action_move(self, steps: int, rows: int) -> None:
        if self._cursor is not None:  # the first key only shows it
            self._cursor = TimeStep(max(0, self._cursor.row + rows), max(0, self._cursor.step + steps))
        place = self._place()
        self._cursor = place and place[1]
        self._changed()

    def action_flip(self) -> None:
        place = self._place()
        self._cursor = place and place[1]
        self._flip = None if self._flip == self._cursor else self._cursor
        self._changed()

    def action_derivative(self) -> None:
        self._is_derivative = not self._is_derivative
        self._changed()

    def action_swap(self) -> None:
        self._row_first = not self._row_first
        self._changed()

    def action_leave(self) -> None:
        self._cursor = self._flip = None
        self._changed()


def chart_of(config: EchoConfig, gradient: Gradient, width: int) -> LagChart:
    """On an axis in powers of ten: all lags if they fit, otherwise those that matter; hollow where they are cut off."""
    sources, wall = source_lags(config), config.truncated_backprop_length
    lags = lags_shown(config, len(gradient.by_lag), LAGS_BEYOND, (width - GUTTER - 2) // 3)
    sizes = gradient.by_lag[:lags].astype(np.float64)
    bottom, top = decades(sizes)
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = (np.log10(np.where(sizes > 0, sizes, np.nan)) - bottom) / (top - bottom)
    is_whole = gradient.complete and wall >= config.window_steps
    goes_on = is_whole or config.is_uncut
    uncut = ("the whole trial",) if is_whole else (f"{config.rule} goes on", "no cut")
    what = uncut if goes_on else (f"cut off by {config.rule}", "cut off")
    inks = ("beyond" if lag >= wall and not goes_on else "target" if lag in sources else "input" for lag in range(lags))
    powers = range(bottom, top + 1, max(1, (top - bottom) // 3))
    return LagChart(
        config,
        heights=np.where(heights >= 0, np.clip(heights, 0.01, 1), np.nan),
        values=tuple(map(size_text, sizes.tolist())),
        inks=tuple(inks),
        ticks=[((power - bottom) / (top - bottom), f"1e{power}") for power in powers],
        wall=wall,
        wall_texts=what,
        sample=(gradient.samples, "losses"),
        hollow_from=None if goes_on else wall,
    )


def decades(sizes: npt.NDArray[np.float64]) -> tuple[int, int]:
    """The lowest and highest power of ten of the axis, which holds all finite sizes above zero, or the largest."""
    positive = sizes[np.isfinite(sizes) & (sizes > 0)]
    if not positive.size:
        return -1, 0
    top = math.ceil(math.log10(positive.max()) + 1e-9)
    return max(min(math.floor(math.log10(positive.min())), top - 1), top - DECADES), top


def size_text(value: float) -> str:
    """A size of 0 or more in four characters, such as .043 or 2e-4."""
    if not math.isfinite(value):
        return "?"
    if 1e-2 <= value < 10:
        return f"{value:.3f}".removeprefix("0")[:4]
    return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e") if value > 0 else "0"


def missed_words(config: EchoConfig, gradient: Gradient) -> str:
    """The share of the gradient that a cut at T misses; for a rule without a cut, what a cut would miss."""
    length, share = config.truncated_backprop_length, gradient.bias_of_windows
    cut = f"{next(name for name, rule in RULES.items() if rule.cuts)} with T {length}"
    if not gradient.travels:
        return "no error travels back"
    if not np.isfinite(gradient.by_lag).all():
        return "the error grows too large on its way back"
    if math.isnan(share):
        return f"what {cut} misses is within the noise"
    misses = ("would miss" if config.is_uncut else "misses") if share < 1 else "is off by"
    return f"{config.rule} misses nothing; " * config.is_uncut + f"{cut} {misses} {percent(share)}"


def input_name(lag: int) -> str:
    return f"x[t-{lag}]" if lag else "x[t]"


def relied_on(readings: Readings) -> str:
    """Which inputs turn predictions, and how many; or of numbers, which moves them most."""
    reliance = readings.reliance
    if reliance is None or not len(reliance.turned):
        return ""
    if isinstance(readings.config.the_task.outputs, Numbers):
        lag = int(np.nan_to_num(reliance.moved).argmax())
        return f"all move most with {input_name(lag)}, by {size_text(float(reliance.moved[lag]))}"
    order = np.argsort(-reliance.turned, kind="stable")[:MOST_NAMED].tolist()
    each = [f"{input_name(lag)} {percent(share)}" for lag in order if (share := float(reliance.turned[lag])) > 0]
    return f"flips turn: {', '.join(each)} of {reliance.samples:,}" if each else "no flip turns a prediction"


def flip_words(config: EchoConfig, flip: Flip) -> str:
    turned = [str(step + 1) for step in turned_by(flip)]
    if isinstance(config.the_task.outputs, Numbers):
        text = f"moves by {np.nan_to_num(np.abs(change_of(flip)), posinf=0.0).max():.2g}"
    elif turned:
        which = ", ".join(turned) if len(turned) <= MOST_NAMED else f"{len(turned)} steps"
        text = f"{which} turn{'s' * (len(turned) == 1)}"
    elif config.value("task") == "echo" and flip.step + config.echo_step >= len(flip.x):
        text = "its echo comes later"
    else:
        text = "none turns"
    return f"step {flip.step + 1} {'raised' if changing(config) == 'raise' else 'flipped'}: {text}"


def read_lag(readings: Readings, lag: int) -> str:
    gradient, config = readings.gradient, readings.config
    if gradient is None or lag >= len(gradient.by_lag):
        return ""
    what = f", the {source_name(config)}" if lag in source_lags(config) else ""
    return f"lag {lag}{what}: gradient {size_text(float(gradient.by_lag[lag]))}"


def read_step(config: EchoConfig, rows: RowDependence, row: int, step: int) -> str:
    """The inputs that a prediction uses, the strongest first, as many as fit."""
    at_step, text = step - rows.first_step, f"row {row + 1}, step {step + 1}: "
    strength = rows.of_row(row)[at_step, : at_step + 1] if 0 <= at_step < rows.strength.shape[1] else np.zeros(0)
    if np.isnan(strength).all():
        return f"{text}computing"
    is_share = isinstance(rows, Effects) and not isinstance(config.the_task.outputs, Numbers)
    sizes = [f"{size:.2f}" if is_share else size_text(size) for size in strength.tolist()]
    is_early = config.value("task") == "echo" and step < config.echo_step
    order = np.argsort(np.nan_to_num(-strength), kind="stable")[: MOST_NAMED - is_early].tolist()
    text += "source before the window; " * is_early
    text += "depends on " if isinstance(rows, Effects) else "local derivative by "
    return shortened(text + ", ".join(f"{input_name(at_step - at)} {sizes[at]}" for at in order), LONGEST)
