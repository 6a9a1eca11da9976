"""View 4, gradient: how far back the error travels, what a cut at T leaves out, and which inputs a
prediction uses."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from textual.geometry import Region

from echornn.config import RULES, EchoConfig
from echornn.data.series import source_lags
from echornn.progress import Floats, Progress
from echornn.readings import Effects, Flip, Gradient, Kind, Question, Readings
from echornn.tasks.task import Numbers, Symbols
from tui.views.blocks import Blocks, channel_label, scale_of, signed_blocks, value_blocks
from tui.views.canvas import Cells, Characters, stamp, write_in
from tui.views.inks import NUMBER
from tui.views.lags import GUTTER, LagChart, draw_lag_chart, lags_shown, share_room
from tui.views.row_lines import (
    INPUT,
    MANY,
    PREDICTION,
    BlockLine,
    draw_blocks,
    least_block,
    light,
    part_lines,
    row_lines,
    scored_in,
    value_text,
)
from tui.views.text import LONGEST, percent, shortened, source_name
from tui.views.view import Lag, ProbeView, TimeStep, cursor_keys, hidden

LEAST_WIDTH, LEAST_TRIANGLE = 32, 4  # columns of the row; lines of all its predictions
LAGS_BEYOND = 3  # T, so that the chart shows whether anything is cut off there
MOST_NAMED = 3  # lags in a text
DECADES = 8  # the most powers of ten on the axis


class GradientView(ProbeView):
    """At the left the gradient by lag; beside or below it the row under the cursor, whose inputs
    can be flipped."""

    key = "4"
    title = "gradient"
    about = "How far the error travels back, what is cut off at T, which inputs a prediction uses"
    kinds = frozenset({"gradient", "reliance"})

    BINDINGS = [
        *cursor_keys(
            "Cursor a step back", "Cursor a step on", "Cursor a row up", "Cursor a row down"
        ),
        hidden(
            "f",
            "flip",
            "Flip",
            tooltip="Flip the input at the cursor, or take that back",
            id="flip",
        ),
        hidden(
            "v",
            "swap",
            "Swap",
            tooltip="Where there is room for one: bars by lag, or the row",
            id="swap",
        ),
        hidden("escape", "leave", "Leave", tooltip="Take the cursor and the flip away", id="leave"),
    ]

    _cursor: TimeStep | None = None
    _flip: TimeStep | None = None

    @property
    def question(self) -> Question:
        kinds: set[Kind] = {"effects"} if self._flip is None else {"effects", "flip"}
        # Plain, for a session elsewhere
        flip = None if self._flip is None else (self._flip.row, self._flip.step)
        return Question(
            self.kinds | kinds, flip=flip, row=self._cursor.row if self._cursor is not None else 0
        )

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

    def _place(self) -> tuple[Effects, TimeStep] | None:
        readings = self._readings
        if readings is None or readings.progress is None or (rows := readings.effects) is None:
            return None
        last = rows.first_step + rows.strength.shape[1] - 1
        # Without a cursor, an input whose echo is seen
        echoed = last - max(source_lags(readings.config), default=0)
        row, step = self._cursor or (0, echoed if echoed >= rows.first_step else last)
        return rows, TimeStep(
            min(row, readings.config.batch_size - 1), min(max(rows.first_step, step), last)
        )

    def paint(self, cells: Cells, readings: Readings) -> None:
        gradient, config = readings.gradient, readings.config
        assert gradient is not None
        self.draw_head(cells, readings, missed_words(config, gradient))
        panel, widths = self._panel(readings), list[int]()
        if panel is not None:
            widths = [
                max(LEAST_WIDTH, label_width(config) + block * panel.rows.strength.shape[1])
                for block in (2, 1)
            ]
        lags = lags_shown(config, len(gradient.by_lag), LAGS_BEYOND)
        left, right = share_room(cells, lags, (3, 5), widths, lines_for(config), self._is_swapped)
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
        else:
            text = (
                f"«flip» {change}s that input"
                if self.has_focus
                else f"«focus», then «arrows»; «flip» {change}s it"
            )
        texts = (self.keymap.text(text), relied_on(readings))
        return RowPanel(readings, place[0], *place[1], flip, self._cursor is not None, texts)

    def action_move(self, steps: int, rows: int) -> None:
        if self._cursor is not None:  # the first key only shows it
            self._cursor = TimeStep(
                max(0, self._cursor.row + rows), max(0, self._cursor.step + steps)
            )
        place = self._place()
        self._cursor = place and place[1]
        self._changed()

    def action_flip(self) -> None:
        place = self._place()
        self._cursor = place and place[1]
        self._flip = None if self._flip == self._cursor else self._cursor
        self._changed()

    def action_leave(self) -> None:
        self._flip = None
        super().action_leave()


def chart_of(config: EchoConfig, gradient: Gradient, width: int) -> LagChart:
    """On an axis in powers of ten: all lags if they fit, otherwise those that matter; hollow where
    they are cut off."""
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
    inks = (
        "beyond" if lag >= wall and not goes_on else "target" if lag in sources else "input"
        for lag in range(lags)
    )
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
    """The lowest and highest power of ten of the axis, which holds all finite sizes above zero, or
    the largest."""
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
    return (
        f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
        if value > 0
        else "0"
    )


def missed_words(config: EchoConfig, gradient: Gradient) -> str:
    length, share = config.truncated_backprop_length, gradient.bias_of_windows
    cut = f"{next(name for name, rule in RULES.items() if rule.cuts)} with T {length}"
    if not gradient.travels:
        return "no error travels back"
    if not np.isfinite(gradient.by_lag).all():
        return "the error grows too large on its way back"
    if math.isnan(share):
        return f"what {cut} cuts off is within the noise"
    if share >= 1:
        missed = f"{cut} is off by {percent(share)}"
    elif config.is_uncut:
        missed = f"{cut} would cut off {percent(share)} of it"
    else:
        missed = f"{cut} cuts off {percent(share)} of it"
    return f"{config.rule} cuts off nothing; {missed}" if config.is_uncut else missed


def input_name(lag: int) -> str:
    return f"x[t-{lag}]" if lag else "x[t]"


def relied_on(readings: Readings) -> str:
    reliance = readings.reliance
    if reliance is None or not len(reliance.turned):
        return ""
    if isinstance(readings.config.the_task.outputs, Numbers):
        lag = int(np.nan_to_num(reliance.moved).argmax())
        return f"all move most with {input_name(lag)}, by {size_text(float(reliance.moved[lag]))}"
    order = np.argsort(-reliance.turned, kind="stable")[:MOST_NAMED].tolist()
    each = [
        f"{input_name(lag)} {percent(share)}"
        for lag in order
        if (share := float(reliance.turned[lag])) > 0
    ]
    return (
        f"flips turn: {', '.join(each)} of {reliance.samples:,}"
        if each
        else "no flip turns a prediction"
    )


def flip_words(config: EchoConfig, flip: Flip) -> str:
    turned = [str(step + 1) for step in turned_by(flip)]
    if isinstance(config.the_task.outputs, Numbers):
        text = f"moves by {np.nan_to_num(np.abs(change_of(flip)), posinf=0.0).max():.2g}"
    elif turned:
        which = ", ".join(turned) if len(turned) <= MOST_NAMED else f"{len(turned)} steps"
        text = f"{which} turn{'s' * (len(turned) == 1)}"
    else:
        text = "none turns"
    return f"step {flip.step + 1} {'raised' if changing(config) == 'raise' else 'flipped'}: {text}"


def read_lag(readings: Readings, lag: int) -> str:
    gradient, config = readings.gradient, readings.config
    if gradient is None or lag >= len(gradient.by_lag):
        return ""
    what = f", the {source_name(config)}" if lag in source_lags(config) else ""
    return f"lag {lag}{what}: gradient {size_text(float(gradient.by_lag[lag]))}"


def read_step(config: EchoConfig, rows: Effects, row: int, step: int) -> str:
    """The inputs that a prediction uses, the strongest first, as many as fit."""
    at_step, text = step - rows.first_step, f"row {row + 1}, step {step + 1}: "
    strength = (
        rows.of_row(row)[at_step, : at_step + 1]
        if 0 <= at_step < rows.strength.shape[1]
        else np.zeros(0)
    )
    if np.isnan(strength).all():
        return f"{text}computing"
    is_number = isinstance(config.the_task.outputs, Numbers)
    sizes = [size_text(size) if is_number else f"{size:.2f}" for size in strength.tolist()]
    order = np.argsort(np.nan_to_num(-strength), kind="stable")[:MOST_NAMED].tolist()
    used = ", ".join(f"{input_name(at_step - at)} {sizes[at]}" for at in order)
    return shortened(f"{text}depends on {used}", LONGEST)


# ---- a row: what each prediction uses of its inputs, and what changing one of them does


@dataclass(frozen=True, eq=False)
class RowPanel:
    readings: Readings
    rows: Effects  # strengths are NaN while they are computed
    row: int
    step: int  # of the prediction under the cursor
    flip: Flip | None
    is_focused: bool
    texts: tuple[str, ...]  # below the blocks

    @property
    def is_read(self) -> bool:
        return not np.isnan(self.rows.of_row(self.row)).all()

    @property
    def window(self) -> Progress:
        progress, part = (
            self.readings.progress,
            np.s_[self.row : self.row + 1, self.rows.first_step :],
        )
        assert progress is not None  # nothing is read without a window
        x, y, scored = progress.x[part], progress.y[part], scored_in(progress)[part]
        return replace(
            progress,
            x=x,
            y=y,
            scored=scored,
            outputs=self.rows.predictions_of_row(self.row)[np.newaxis],
        )

    def blocks(self, part: Any) -> Characters:
        """How strongly these predictions depend on these inputs, a part of [T, T]. A block is full
        where a flip moves all of the probability; of numbers where it moves them most.
        """
        strengths = self.rows.of_row(self.row)
        is_share = isinstance(self.readings.config.the_task.outputs, Symbols)
        blocks, _ = signed_blocks(strengths[part], 1.0 if is_share else scale_of(strengths))
        return np.where(np.tri(len(strengths), dtype=np.bool_)[part], blocks, " ")


def label_width(config: EchoConfig) -> int:
    return len(row_lines(config, MANY, (INPUT, PREDICTION))[0].label)


def lines_for(config: EchoConfig) -> int:
    return (
        5 + len(row_lines(config, MANY, (INPUT,))) + 2 * len(row_lines(config, MANY, (PREDICTION,)))
    )


def lines_of(panel: RowPanel, block: int) -> list[BlockLine]:
    config, window, flip, first = (
        panel.readings.config,
        panel.window,
        panel.flip,
        panel.rows.first_step,
    )
    cursor = (panel.step - first,) if panel.is_focused else ()
    lines = part_lines(config, window, INPUT, cursor, "cursor", block)
    if not panel.is_read:
        return lines
    shape, at = (1, window.y.shape[1]), panel.step - first
    after = window if flip is None else after_flip(config, window, flip, first)
    if flip is not None:
        new = value_text(config, after, 0, flip.step - first, row_lines(config, MANY, (INPUT,))[0])
        new = "+ " if changing(config) == "raise" else new
        blank = Blocks(np.full(shape, "  "), np.zeros(shape, np.int16))
        lines.append(
            BlockLine(changing(config), light(blank, flip.step - first, new, "changed", block))
        )
    uses = panel.blocks(np.s_[at : at + 1])
    lines.append(
        BlockLine(
            "uses", Blocks(np.char.add(uses, uses), np.full(shape, NUMBER["target"], np.int16))
        )
    )
    lines += part_lines(config, window, PREDICTION, cursor, "cursor", block)
    if flip is not None and isinstance(says := config.the_task.outputs, Numbers):
        change = change_of(flip)[np.newaxis, first:]
        for channel in range(says.count):
            blocks = value_blocks(says, change, "changed", channel, scale_of(change))
            lines.append(BlockLine(f"move{channel_label(says, channel)}", blocks, channel))
    elif flip is not None:
        turned = [step - first for step in turned_by(flip)]
        (line,) = part_lines(config, after, PREDICTION, turned, "changed", block)
        lines.append(line._replace(label="then"))
    return lines


def after_flip(config: EchoConfig, window: Progress, flip: Flip, first: int) -> Progress:
    """The echo of a changed input changes too; of other tasks the targets are not known, and
    nothing is wrong."""
    outputs = flip.after[np.newaxis, first:]
    y = outputs.argmax(axis=-1)
    if config.value("task") == "echo":
        y = np.where(
            np.arange(first, len(flip.x)) == flip.step + config.echo_step,
            flip.x[flip.step],
            window.y,
        )
    return replace(window, x=flip.x[np.newaxis, first:], y=y, outputs=outputs)


def changing(config: EchoConfig) -> str:
    return "raise" if isinstance(config.the_task.inputs, Numbers) else "flip"


def change_of(flip: Flip) -> Floats:
    with np.errstate(invalid="ignore", over="ignore"):  # of a network that diverged
        return np.asarray(flip.after - flip.before)


def turned_by(flip: Flip) -> list[int]:
    return np.flatnonzero(flip.before.argmax(axis=-1) != flip.after.argmax(axis=-1)).tolist()


def draw_row(cells: Cells, box: Region, panel: RowPanel) -> None:
    """As many of the lines as there is room for, the texts, and below them, if there is room, all
    predictions."""
    config, first, steps = (
        panel.readings.config,
        panel.rows.first_step,
        panel.rows.strength.shape[1],
    )
    label = label_width(config)
    room = max(0, box.width - label)
    block = 2 if 2 * steps <= room else least_block(config.the_task.inputs, config.the_task.outputs)
    count = min(steps, room // block)
    begin = min(max(0, panel.step - first + 1 - count), steps - count)
    of = f", of {first + begin + 1} to {first + begin + count}" if first or count < steps else ""
    write_in(
        cells, box, 0, f"row {panel.row + 1}, step {panel.step + 1}{of}: what it uses", "muted"
    )
    lines = lines_of(panel, block)
    # Later channels leave room for a text
    fit = max(0, box.height - 1 - any(line.channel for line in lines))
    kept = {line.label for line in sorted(lines, key=lambda line: line.channel)[:fit]}
    lines = [line for line in lines if line.label in kept]
    shown = slice(begin, begin + count)
    for y, line in enumerate(lines, start=1):
        draw_blocks(cells, box, y, line, label, shown, block)
    at, width = first + begin, count * block
    cells.mark_each(
        box.x + label,
        box.y + 1,
        width,
        len(lines),
        lambda x, _: TimeStep(panel.row, at + x // block),
    )
    for y, text in enumerate(panel.texts if panel.is_read else ["computing"], start=len(lines) + 1):
        write_in(cells, box, y, shortened(text, box.width), "text")
    used = lines_for(config) + 1
    if panel.is_read and box.height - used >= LEAST_TRIANGLE:
        draw_triangle(
            cells,
            Region(box.x, box.y + used, box.width, box.height - used),
            panel,
            shown,
            block,
            label,
        )


def draw_triangle(
    cells: Cells, box: Region, panel: RowPanel, shown: slice, block: int, label: int
) -> None:
    steps, at = panel.rows.strength.shape[1], panel.step - panel.rows.first_step
    count = min(steps, box.height - 1)
    first = min(max(0, at + 1 - count), steps - count)
    write_in(cells, box, 0, "each prediction, by input", "muted")
    blocks = np.repeat(panel.blocks(np.s_[first : first + count, shown]), block, axis=1)
    stamp(cells, box.x + label, box.y + 1, blocks, "target")
    top = panel.rows.first_step + first
    width = label + block * (shown.stop - shown.start)
    cells.mark_each(box.x, box.y + 1, width, count, lambda _, y: TimeStep(panel.row, top + y))
    for line in range(count):
        ink = "cursor" if panel.is_focused and first + line == at else "muted"
        write_in(cells, box, line + 1, f"{top + line + 1:>{label - 1}}", ink)
