"""A row of the newest window: what each prediction uses of its inputs, and what changing one of them does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.progress import Floats
from echornn.readings import Flip, Readings, RowDependence
from echornn.tasks.task import Numbers, Symbols
from tui.views.blocks import BLOCKS, channel_label, scale_of, shade, signed_blocks, signs_of, widest
from tui.views.canvas import Box, Cells, Characters, stamp, write_in
from tui.views.rows import cell_text, number_text
from tui.views.text import shortened
from tui.views.view import TimeStep

LEAST_LABEL, LEAST_WIDTH, LEAST_TRIANGLE = 6, 32, 4
Form = Symbols | Numbers


class BlockLine(NamedTuple):
    label: str
    blocks: Characters  # [T], of two characters
    ink: str
    lit: Mapping[int, str] = {}  # what stands out, by step
    lit_ink: str = "cursor"
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
    def strengths(self) -> Floats:
        """[T, T], how strongly each prediction depends on each input, from the first step on that was read."""
        return self.rows.of_row(self.row)

    @property
    def is_read(self) -> bool:
        return not np.isnan(self.strengths).all()

    def blocks(self, strengths: Floats) -> Characters:
        """Full where a flip moves all of the probability; of derivatives and numbers where they are largest."""
        is_share = isinstance(self.readings.config.the_task.outputs, Symbols) and not self.is_derivative
        return signed_blocks(strengths, 1.0 if is_share else scale_of(strengths))[0]


def least_block(*forms: Form) -> int:
    """The columns in which symbols can be told apart, 1 or 2."""
    return max(widest(signs_of(form, 1)) if isinstance(form, Symbols) else 1 for form in forms)


def value_lines(
    word: str,
    form: Form,
    values: npt.NDArray[Any],
    ink: str,
    lit: Iterable[int] = (),
    lit_ink: str = "cursor",
    block: int = 2,
) -> list[BlockLine]:
    """A line of symbols, or a line for each number."""
    if isinstance(form, Numbers):
        glyphs, _ = signed_blocks(values, scale_of(values))
        texts = [{step: number_text(float(values[step, channel])) for step in lit} for channel in range(form.count)]
        return [
            BlockLine(label, np.char.add(column, column), ink, text, lit_ink, channel)
            for channel, (label, column, text) in enumerate(zip(labels(word, form), glyphs.T, texts, strict=True))
        ]
    signs = [BLOCKS["zero"], BLOCKS["one"]] if form.count == 2 else [f"{sign:<2}" for sign in signs_of(form, block)]
    texts_of_symbols = {step: cell_text(int(values[step]), form, most=block) for step in lit}
    return [BlockLine(word, np.array(signs)[values], ink, texts_of_symbols, lit_ink)]


def predicted_line(
    word: str, form: Symbols, said: Floats, y: npt.NDArray[Any] | None, lit: Iterable[int], lit_ink: str, block: int
) -> BlockLine:
    """Shades of two classes' probabilities, or the likeliest symbols; wrong ones are marked, if targets are known."""
    predicted = said.argmax(axis=-1)
    (line,) = value_lines(word, form, predicted, "prediction", lit, lit_ink, block)
    wrong = np.zeros(len(said), np.bool_) if y is None else predicted != y
    if form.count == 2:
        return line._replace(blocks=np.where(wrong, BLOCKS["wrong"], [BLOCKS[shade(p)] for p in said[:, 1].tolist()]))
    return line._replace(blocks=np.where(wrong, np.char.replace(line.blocks, " ", "<"), line.blocks))


def labels(word: str, form: Form) -> list[str]:
    return [f"{word}{channel_label(form, n)}" for n in range(form.count if isinstance(form, Numbers) else 1)]


def label_width(config: EchoConfig) -> int:
    says = config.the_task.outputs
    words = labels("input", config.the_task.inputs) + labels("change" if isinstance(says, Numbers) else "pred", says)
    return max(LEAST_LABEL, 1 + max(map(len, words)))


def lines_for(config: EchoConfig) -> int:
    """With a changed input, the title and two texts."""
    return 5 + len(labels("input", config.the_task.inputs)) + 2 * len(labels("pred", config.the_task.outputs))


def lines_of(panel: RowPanel, block: int) -> list[BlockLine]:
    config, progress, flip, first = panel.readings.config, panel.readings.progress, panel.flip, panel.rows.first_step
    reads, says, at = config.the_task.inputs, config.the_task.outputs, panel.step - first
    assert progress is not None  # nothing is read without a window
    cursor = (at,) if panel.is_focused else ()
    lines = value_lines("input", reads, progress.x[panel.row, first:], "input", cursor, block=block)
    if flip is not None:
        new = "+ " if isinstance(reads, Numbers) else cell_text(int(flip.x[flip.step]), reads, most=block)
        blanks = np.full(len(panel.strengths), "  ")
        lines.append(BlockLine(changing(config), blanks, "input", {flip.step - first: new}, "changed"))
    uses = panel.blocks(panel.strengths[at])
    uses[at + 1 if panel.is_read else 0 :] = " "
    lines.append(BlockLine("deriv" if panel.is_derivative else "uses", np.char.add(uses, uses), "target"))
    said, y = panel.rows.predictions_of_row(panel.row), progress.y[panel.row, first:]
    if isinstance(says, Numbers):
        lines += value_lines("pred", says, said, "prediction", cursor) if panel.is_read else []
        lines += value_lines("change", says, change_of(flip)[first:], "changed") if flip is not None else []
        return lines
    if panel.is_read:
        lines.append(predicted_line("pred", says, said, y, cursor, "cursor", block))
    if flip is not None:
        echo = flip.step - first + config.echo_step if config.value("task") == "echo" else None
        after = None if echo is None else np.where(np.arange(len(y)) == echo, flip.x[flip.step], y)
        turned = [step - first for step in turned_by(flip)]
        lines.append(predicted_line("then", says, flip.after[first:], after, turned, "changed", block))
    return lines


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
    config, first, steps = panel.readings.config, panel.rows.first_step, len(panel.strengths)
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
    if box.height - used >= LEAST_TRIANGLE:
        draw_triangle(cells, Box(box.x, box.y + used, box.width, box.height - used), panel, shown, block, label)


def draw_blocks(cells: Cells, box: Box, y: int, line: BlockLine, at: int, steps: slice, block: int) -> None:
    """A line of blocks, of two columns or one, for these steps."""
    write_in(cells, box, y, line.label, "muted")
    blocks = line.blocks if block == 2 else np.where(line.blocks == BLOCKS["wrong"], "x", line.blocks)
    write_in(cells, box, y, "".join(one[:block] for one in blocks[steps].tolist()), line.ink, at=at)
    for step, text in line.lit.items():
        if steps.start <= step < steps.stop:
            short = text.strip().lstrip("+.")[:1] or text[:1]  # the digit of a number below 1
            write_in(cells, box, y, text if block == 2 else short, line.lit_ink, at=at + (step - steps.start) * block)


def draw_triangle(cells: Cells, box: Box, panel: RowPanel, shown: slice, block: int, label: int) -> None:
    """A line for each prediction of the row. A network that echoes shows a stripe parallel to the diagonal."""
    steps, at = len(panel.strengths), panel.step - panel.rows.first_step
    count = min(steps, box.height - 1)
    first = min(max(0, at + 1 - count), steps - count)
    write_in(cells, box, 0, "each prediction, by input", "muted")
    later = np.arange(shown.start, shown.stop) > np.arange(first, first + count)[:, np.newaxis]
    blocks = panel.blocks(panel.strengths)[first : first + count, shown]
    blocks = np.where(later | (not panel.is_read), " ", blocks)
    stamp(cells, box.x + label, box.y + 1, np.repeat(blocks, block, axis=1), "target")
    top = panel.rows.first_step + first
    width = label + block * (shown.stop - shown.start)
    cells.mark_each(box.x, box.y + 1, width, count, lambda _, y: TimeStep(panel.row, top + y))
    for line in range(count):
        ink = "cursor" if panel.is_focused and first + line == at else "muted"
        write_in(cells, box, line + 1, f"{top + line + 1:>{label - 1}}", ink)
