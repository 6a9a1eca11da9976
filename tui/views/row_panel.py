"""A row of the newest window: what each prediction uses of its inputs, and what changing one of them does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from echornn.config import EchoConfig
from echornn.progress import Floats, Progress
from echornn.readings import Flip, Readings, RowDependence
from echornn.tasks.task import Numbers, Symbols
from tui.views.blocks import Blocks, Form, channel_label, scale_of, signed_blocks, signs_of, value_blocks, widest
from tui.views.canvas import Box, Cells, Characters, stamp, write_in
from tui.views.inks import NUMBER
from tui.views.rows import INPUT, PREDICTION, TARGET, blocks_of, row_lines, scored_in, value_text, values_of
from tui.views.text import shortened
from tui.views.view import TimeStep

LEAST_WIDTH, LEAST_TRIANGLE, MANY = 32, 4, 99


class BlockLine(NamedTuple):
    label: str
    blocks: Blocks  # [1, T]
    channel: int = 0  # later ones go first if there are too few lines


@dataclass(frozen=True, eq=False)
class RowPanel:
    readings: Readings
    rows: RowDependence  # strengths are NaN while they are computed
    row: int
    step: int  # of the prediction under the cursor
    flip: Flip | None
    is_derivative: bool
    is_focused: bool
    texts: tuple[str, ...]  # below the blocks

    @property
    def is_read(self) -> bool:
        return not np.isnan(self.rows.of_row(self.row)).all()

    @property
    def window(self) -> Progress:
        """The row as a window of one row, with the predictions of the current weights; steps that were read."""
        progress, part = self.readings.progress, np.s_[self.row : self.row + 1, self.rows.first_step :]
        assert progress is not None  # nothing is read without a window
        x, y, scored = progress.x[part], progress.y[part], scored_in(progress)[part]
        return replace(progress, x=x, y=y, scored=scored, outputs=self.rows.predictions_of_row(self.row)[np.newaxis])

    def blocks(self, part: Any) -> Characters:
        """How strongly these predictions depend on these inputs, a part of [T, T]. A block is full where a flip moves
        all of the probability; of derivatives and numbers where they are largest.
        """
        strengths = self.rows.of_row(self.row)
        is_share = isinstance(self.readings.config.the_task.outputs, Symbols) and not self.is_derivative
        blocks, _ = signed_blocks(strengths[part], 1.0 if is_share else scale_of(strengths))
        return np.where(np.tri(len(strengths), dtype=np.bool_)[part], blocks, " ")


def least_block(*forms: Form) -> int:
    """The columns in which symbols can be told apart, 1 or 2."""
    return max(1 if isinstance(form, Numbers) or form.count == 2 else widest(signs_of(form)) for form in forms)


def label_width(config: EchoConfig) -> int:
    return len(row_lines(config, MANY, (INPUT, PREDICTION))[0].label)


def lines_for(config: EchoConfig) -> int:
    """With a changed input, the title and two texts."""
    return 5 + len(row_lines(config, MANY, (INPUT,))) + 2 * len(row_lines(config, MANY, (PREDICTION,)))


def part_lines(
    config: EchoConfig, window: Progress, part: str, lit: Iterable[int] = (), ink: str = "cursor", block: int = 2
) -> list[BlockLine]:
    """A line of symbols, or a line for each number, of a window of one row."""
    lines, scale = [], scale_of(values_of(window, INPUT if part == INPUT else TARGET))
    for line in row_lines(config, MANY, (part,)):
        blocks = blocks_of(config, window, np.s_[:], line, scale)
        for step in lit:
            blocks = light(blocks, step, value_text(config, window, 0, step, line), ink, block)
        lines.append(BlockLine(line.label, blocks, line.channel))
    return lines


def light(blocks: Blocks, step: int, text: str, ink: str, block: int) -> Blocks:
    """With a text of two characters at a step; in one column its sign, or the digit of a number below 1."""
    short = text if block == 2 else (text.strip().lstrip("+.") or text)[:1]
    return blocks.where(np.arange(blocks.inks.shape[1]) == step, short, ink)


def lines_of(panel: RowPanel, block: int) -> list[BlockLine]:
    config, window, flip, first = panel.readings.config, panel.window, panel.flip, panel.rows.first_step
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
        lines.append(BlockLine(changing(config), light(blank, flip.step - first, new, "changed", block)))
    uses = panel.blocks(np.s_[at : at + 1])
    label, inks = "deriv" if panel.is_derivative else "uses", np.full(shape, NUMBER["target"], np.int16)
    lines.append(BlockLine(label, Blocks(np.char.add(uses, uses), inks)))
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
    """The echo of a changed input changes too; of other tasks the targets are not known, and nothing is wrong."""
    outputs = flip.after[np.newaxis, first:]
    y = outputs.argmax(axis=-1)
    if config.value("task") == "echo":
        y = np.where(np.arange(first, len(flip.x)) == flip.step + config.echo_step, flip.x[flip.step], window.y)
    return replace(window, x=flip.x[np.newaxis, first:], y=y, outputs=outputs)


def changing(config: EchoConfig) -> str:
    """What happens to an input: a symbol becomes the next one, to numbers something is added."""
    return "raise" if isinstance(config.the_task.inputs, Numbers) else "flip"


def change_of(flip: Flip) -> Floats:
    with np.errstate(invalid="ignore", over="ignore"):  # of a network that diverged
        return np.asarray(flip.after - flip.before)


def turned_by(flip: Flip) -> list[int]:
    """The steps at which another symbol is predicted."""
    return np.flatnonzero(flip.before.argmax(axis=-1) != flip.after.argmax(axis=-1)).tolist()


def draw_row(cells: Cells, box: Box, panel: RowPanel) -> None:
    """As many of the lines as there is room for, the texts, and below them, if there is room, all predictions."""
    config, first, steps = panel.readings.config, panel.rows.first_step, panel.rows.strength.shape[1]
    label = label_width(config)
    room = max(0, box.width - label)
    block = 2 if 2 * steps <= room else least_block(config.the_task.inputs, config.the_task.outputs)
    count = min(steps, room // block)
    begin = min(max(0, panel.step - first + 1 - count), steps - count)
    of = f", of {first + begin + 1} to {first + begin + count}" if first or count < steps else ""
    what = "local derivative" if panel.is_derivative else "what it uses"
    write_in(cells, box, 0, f"row {panel.row + 1}, step {panel.step + 1}{of}: {what}", "muted")
    lines = lines_of(panel, block)
    fit = max(0, box.height - 1 - any(line.channel for line in lines))  # later channels leave room for a text
    kept = {line.label for line in sorted(lines, key=lambda line: line.channel)[:fit]}
    lines = [line for line in lines if line.label in kept]
    shown = slice(begin, begin + count)
    for y, line in enumerate(lines, start=1):
        draw_blocks(cells, box, y, line, label, shown, block)
    at, width = first + begin, count * block
    cells.mark_each(box.x + label, box.y + 1, width, len(lines), lambda x, _: TimeStep(panel.row, at + x // block))
    for y, text in enumerate(panel.texts if panel.is_read else ["computing"], start=len(lines) + 1):
        write_in(cells, box, y, shortened(text, box.width), "text")
    used = lines_for(config) + 1
    if panel.is_read and box.height - used >= LEAST_TRIANGLE:
        draw_triangle(cells, Box(box.x, box.y + used, box.width, box.height - used), panel, shown, block, label)


def draw_blocks(cells: Cells, box: Box, y: int, line: BlockLine, at: int, steps: slice, block: int) -> None:
    write_in(cells, box, y, line.label, "muted")
    characters, inks = line.blocks.line(0, steps.start, steps.stop)
    stamp(cells, box.x + at, box.y + y, characters[:, :: 3 - block], inks[:, :: 3 - block])


def draw_triangle(cells: Cells, box: Box, panel: RowPanel, shown: slice, block: int, label: int) -> None:
    """A line for each prediction of the row. A network that echoes shows a stripe parallel to the diagonal."""
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
