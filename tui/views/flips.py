"""A row of the newest window in the view of the gradient: which inputs each prediction uses, and
what changing one of them does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from textual.geometry import Region

from echornn.config import EchoConfig
from echornn.progress import Floats, Progress
from echornn.readings import Effects, Flip, Readings
from echornn.tasks.task import Numbers, Symbols
from tui.text.lines import LONGEST, shortened
from tui.views.blocks import Blocks, channel_label, scale_of, signed_blocks, value_blocks
from tui.views.canvas import Cells, Characters, stamp, write_in
from tui.views.inks import NUMBER
from tui.views.lags import input_name, size_text
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
from tui.views.view import TimeStep

LEAST_WIDTH = 32  # columns: its texts would say too little on fewer (chosen by eye)
LEAST_TRIANGLE = 4  # lines of all predictions
MOST_NAMED = 3  # inputs or steps in a text
TEXTS_AND_TITLES = 5  # lines besides those of inputs and predictions


# ---- words about a flip


def changing(config: EchoConfig) -> str:
    return "raise" if isinstance(config.the_task.inputs, Numbers) else "flip"


def change_of(flip: Flip) -> Floats:
    with np.errstate(invalid="ignore", over="ignore"):  # of a network that diverged
        return np.asarray(flip.after - flip.before)


def turned_by(flip: Flip) -> list[int]:
    return np.flatnonzero(flip.before.argmax(axis=-1) != flip.after.argmax(axis=-1)).tolist()


def flip_words(config: EchoConfig, flip: Flip) -> str:
    changed = "raised" if changing(config) == "raise" else "flipped"
    where = f"step {flip.step + 1} {changed}"
    if isinstance(config.the_task.outputs, Numbers):
        distances = np.nan_to_num(np.abs(change_of(flip)), posinf=0.0)
        return f"{where}: moves by {distances.max():.2g}"
    turned = [str(step + 1) for step in turned_by(flip)]
    if not turned:
        return f"{where}: none turns"
    if len(turned) == 1:
        return f"{where}: {turned[0]} turns"
    which = ", ".join(turned) if len(turned) <= MOST_NAMED else f"{len(turned)} steps"
    return f"{where}: {which} turn"


def read_step(config: EchoConfig, effects: Effects, spot: TimeStep) -> str:
    """The inputs that a prediction uses, the strongest first, as many as fit."""
    text = f"row {spot.row + 1}, step {spot.step + 1}: "
    step = spot.step - effects.first_step
    strength = np.zeros(0, np.float32)
    if 0 <= step < effects.strength.shape[1]:
        strength = effects.of_row(spot.row)[step, : step + 1]
    if np.isnan(strength).all():
        return f"{text}computing"
    is_number = isinstance(config.the_task.outputs, Numbers)
    used = []
    for source in np.argsort(np.nan_to_num(-strength), kind="stable")[:MOST_NAMED].tolist():
        size = float(strength[source])
        size_shown = size_text(size) if is_number else f"{size:.2f}"
        used.append(f"{input_name(step - source)} {size_shown}")
    return shortened(f"{text}depends on {', '.join(used)}", LONGEST)


# ---- the row


def label_width(config: EchoConfig) -> int:
    return len(row_lines(config, MANY, (INPUT, PREDICTION))[0].label)


def lines_for(config: EchoConfig) -> int:
    inputs, predictions = (row_lines(config, MANY, (part,)) for part in (INPUT, PREDICTION))
    return TEXTS_AND_TITLES + len(inputs) + 2 * len(predictions)


def after_flip(config: EchoConfig, window: Progress, flip: Flip, first: int) -> Progress:
    """The echo of a changed input changes too; of other tasks the targets are not known, and
    nothing is wrong."""
    outputs = flip.after[np.newaxis, first:]
    y = outputs.argmax(axis=-1)
    echoed = config.the_task.echoed
    if echoed is not None:
        repeats_flipped = np.arange(first, len(flip.x)) == flip.step + echoed.lag
        y = np.where(repeats_flipped, flip.x[flip.step], window.y)
    return replace(window, x=flip.x[np.newaxis, first:], y=y, outputs=outputs)


@dataclass(frozen=True, eq=False)
class RowPanel:
    readings: Readings
    effects: Effects  # strengths are NaN while they are computed
    spot: TimeStep  # the prediction whose inputs are shown
    flip: Flip | None
    has_cursor: bool
    texts: tuple[str, ...]  # below the blocks

    @property
    def config(self) -> EchoConfig:
        return self.readings.config

    @property
    def first(self) -> int:
        return self.effects.first_step

    @property
    def steps(self) -> int:
        return len(self.effects.of_row(self.spot.row))

    @property
    def widths(self) -> list[int]:
        """The columns with which all steps are shown, two or one for each."""
        label = label_width(self.config)
        return [max(LEAST_WIDTH, label + block * self.steps) for block in (2, 1)]

    @property
    def is_read(self) -> bool:
        return not np.isnan(self.effects.of_row(self.spot.row)).all()

    @property
    def window(self) -> Progress:
        progress, row = self.readings.progress, self.spot.row
        assert progress is not None  # nothing is read without a window
        part = np.s_[row : row + 1, self.first :]
        return replace(
            progress,
            x=progress.x[part],
            y=progress.y[part],
            scored=scored_in(progress)[part],
            outputs=self.effects.predictions_of_row(row)[np.newaxis],
        )

    def blocks(self, part: Any) -> Characters:
        """How strongly these predictions depend on these inputs, a part of [T, T]. A block is full
        where a flip moves all of the probability; of numbers where it moves them most.
        """
        strengths = self.effects.of_row(self.spot.row)
        is_share = isinstance(self.config.the_task.outputs, Symbols)
        blocks, _ = signed_blocks(strengths[part], 1.0 if is_share else scale_of(strengths))
        return np.where(np.tri(len(strengths), dtype=np.bool_)[part], blocks, " ")

    def lines(self, block: int) -> list[BlockLine]:
        config, window = self.config, self.window
        step = self.spot.step - self.first
        lit = (step,) if self.has_cursor else ()
        lines = part_lines(config, window, INPUT, lit, "cursor", block)
        if not self.is_read:
            return lines
        if self.flip is not None:
            lines.append(self._changed_input(self.flip, block))
        uses = self.blocks(np.s_[step : step + 1])
        inks = np.full(uses.shape, NUMBER["target"], np.int16)
        lines.append(BlockLine("uses", Blocks(np.char.add(uses, uses), inks)))
        lines += part_lines(config, window, PREDICTION, lit, "cursor", block)
        if self.flip is not None:
            lines += self._changed_predictions(self.flip, block)
        return lines

    def _changed_input(self, flip: Flip, block: int) -> BlockLine:
        window, step = self.window, flip.step - self.first
        text = "+ "
        if changing(self.config) == "flip":
            (line, *_) = row_lines(self.config, MANY, (INPUT,))
            after = after_flip(self.config, window, flip, self.first)
            text = value_text(self.config, after, 0, step, line)
        shape = 1, window.y.shape[1]
        blank = Blocks(np.full(shape, "  "), np.zeros(shape, np.int16))
        return BlockLine(changing(self.config), light(blank, step, text, "changed", block))

    def _changed_predictions(self, flip: Flip, block: int) -> list[BlockLine]:
        form = self.config.the_task.outputs
        if isinstance(form, Symbols):
            after = after_flip(self.config, self.window, flip, self.first)
            turned = [step - self.first for step in turned_by(flip)]
            (line,) = part_lines(self.config, after, PREDICTION, turned, "changed", block)
            return [line._replace(label="then")]
        change = change_of(flip)[np.newaxis, self.first :]
        lines = []
        for channel in range(form.count):
            blocks = value_blocks(form, change, "changed", channel, scale_of(change))
            lines.append(BlockLine(f"move{channel_label(form, channel)}", blocks, channel))
        return lines

    def draw(self, cells: Cells, box: Region) -> None:
        """As many of the lines as there is room for, the texts, and below them, if there is room,
        all predictions."""
        task, first = self.config.the_task, self.first
        label = label_width(self.config)
        room = max(0, box.width - label)
        block = 2 if 2 * self.steps <= room else least_block(task.inputs, task.outputs)
        count = min(self.steps, room // block)
        begin = min(max(0, self.spot.step - first + 1 - count), self.steps - count)
        shown = slice(begin, begin + count)
        title = f"row {self.spot.row + 1}, step {self.spot.step + 1}"
        if first or count < self.steps:
            title += f", of {first + begin + 1} to {first + begin + count}"
        write_in(cells, box, 0, f"{title}: what it uses", "muted")
        lines = self._lines_that_fit(box.height, block)
        for y, line in enumerate(lines, start=1):
            draw_blocks(cells, box, y, line, label, shown, block)

        def time_step(x: int, _: int) -> TimeStep:
            return TimeStep(self.spot.row, first + begin + x // block)

        cells.mark_each(box.x + label, box.y + 1, count * block, len(lines), time_step)
        texts = self.texts if self.is_read else ("computing",)
        for y, text in enumerate(texts, start=len(lines) + 1):
            write_in(cells, box, y, shortened(text, box.width), "text")
        used = lines_for(self.config) + 1
        if self.is_read and box.height - used >= LEAST_TRIANGLE:
            below = box._replace(y=box.y + used, height=box.height - used)
            self._draw_all_predictions(cells, below, shown, block)

    def _lines_that_fit(self, height: int, block: int) -> list[BlockLine]:
        lines = self.lines(block)
        fit = max(0, height - 1)
        if any(line.channel for line in lines):
            fit = max(0, fit - 1)  # later channels leave room for a text
        kept = {line.label for line in sorted(lines, key=lambda line: line.channel)[:fit]}
        return [line for line in lines if line.label in kept]

    def _draw_all_predictions(self, cells: Cells, box: Region, shown: slice, block: int) -> None:
        """A triangle: a line for each prediction, a column for each input before it."""
        label, step = label_width(self.config), self.spot.step - self.first
        count = min(self.steps, box.height - 1)
        top = min(max(0, step + 1 - count), self.steps - count)
        write_in(cells, box, 0, "each prediction, by input", "muted")
        blocks = np.repeat(self.blocks(np.s_[top : top + count, shown]), block, axis=1)
        stamp(cells, box.x + label, box.y + 1, blocks, "target")

        def time_step(_: int, y: int) -> TimeStep:
            return TimeStep(self.spot.row, self.first + top + y)

        cells.mark_each(box.x, box.y + 1, label + blocks.shape[1], count, time_step)
        for line in range(count):
            ink = "cursor" if self.has_cursor and top + line == step else "muted"
            number = self.first + top + line + 1
            write_in(cells, box, line + 1, f"{number:>{label - 1}}", ink)
