"""The lines of a row of the batch: its input, target and prediction as blocks of two characters per
time step, as several views draw them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from textual.geometry import Region

from echornn.config import EchoConfig
from echornn.data import batch_of
from echornn.progress import Bools, Progress
from echornn.tasks.task import Batch, Numbers, Symbols, TaskError
from tui.text.targets import is_echo
from tui.views.blocks import (
    Blocks,
    Form,
    channel_label,
    predicted_blocks,
    scale_of,
    signs_of,
    value_blocks,
    widest,
)
from tui.views.canvas import Cells, stamp, write_in

INPUT, TARGET, PREDICTION = PARTS = "input", "target", "prediction"  # also the names of their inks
NOT_SCORED = "- "  # the target of a time step that does not count in the loss
MANY = 99  # lines: all channels
# Time steps of the longest series that is drawn; a longer one would block the screen
MOST_SYMBOLS = 1_000_000

# ---- what a window holds


def values_of(window: Progress, part: str) -> npt.NDArray[Any]:
    """Symbols [rows, T], numbers [rows, T, count], or predictions [rows, T, outputs]."""
    if part == INPUT:
        return window.x
    if part == TARGET:
        return window.y
    return window.outputs


def form_of(config: EchoConfig, part: str) -> Form:
    if part == INPUT:
        return config.the_task.inputs
    return config.the_task.outputs


def channels_of(form: Form) -> int:
    return form.count if isinstance(form, Numbers) else 1


def scored_in(window: Progress) -> Bools:
    if window.scored.size:
        return window.scored > 0
    return np.ones(window.y.shape[:2], np.bool_)


def scale_in(window: Progress, part: str) -> float:
    """Predictions are drawn on the scale of their targets."""
    return scale_of(window.x if part == INPUT else window.y)


def untrained(config: EchoConfig, data_version: int, epoch: int, window: int) -> Progress | None:
    """A window's data without predictions; None if it cannot be drawn."""
    batch = epoch_data(config, data_version, epoch)
    if batch is None:
        return None
    begin = window * config.window_stride
    steps = np.s_[:, begin : begin + config.window_steps]
    x, y, scored = batch.x[steps], batch.y[steps], batch.scored[steps]
    none, no_errors = np.zeros(0, np.float32), np.zeros(0, np.int32)
    return Progress(none, no_errors, epoch, window, x, y, none, none, scored=scored)


@lru_cache(maxsize=2)
def epoch_data(config: EchoConfig, data_version: int, epoch: int) -> Batch | None:
    if config.total_series_length > MOST_SYMBOLS:
        return None
    try:
        return batch_of(config, data_version, epoch)
    except TaskError:
        return None


# ---- the lines, and their blocks


class RowLine(NamedTuple):
    label: str
    part: str
    channel: int = 0  # which of several numbers


def row_lines(config: EchoConfig, most: int, parts: Sequence[str] = PARTS) -> tuple[RowLine, ...]:
    """A line for each channel of these parts; if there are too many, for the first channels of
    each, and at least one."""
    target = "echo" if is_echo(config) else "target"
    words = {INPUT: "input", TARGET: target, PREDICTION: "pred"}
    forms = {part: form_of(config, part) for part in parts}
    shown = max(map(channels_of, forms.values()))
    while shown > 1 and sum(min(shown, channels_of(form)) for form in forms.values()) > most:
        shown -= 1
    lines = []
    for part, form in forms.items():
        for channel in range(min(shown, channels_of(form))):
            label = f"{words[part]}{channel_label(form, channel)} "
            lines.append(RowLine(label, part, channel))
    width = max(len(line.label) for line in lines)
    return tuple(line._replace(label=line.label.ljust(width)) for line in lines)


def blocks_of(
    config: EchoConfig, window: Progress, rows: slice, line: RowLine, scale: float
) -> Blocks:
    """The blocks of a line, [rows, T].

    Steps that do not count are dim, and their target is a dash.
    """
    form, part = form_of(config, line.part), line.part
    values, scored = values_of(window, part)[rows], scored_in(window)[rows]
    if part == PREDICTION and isinstance(form, Symbols):
        blocks = predicted_blocks(form, window.y[rows], values, scored)
    else:
        blocks = value_blocks(form, values, part, line.channel, scale)
    if part == INPUT:
        return blocks
    return blocks.where(~scored, NOT_SCORED if part == TARGET else None, "dim")


def value_text(config: EchoConfig, window: Progress, row: int, step: int, line: RowLine) -> str:
    """The value at a step in two characters; of a prediction that is wrong, with a mark."""
    form, value = form_of(config, line.part), values_of(window, line.part)[row, step]
    is_scored = scored_in(window)[row, step]
    if line.part == TARGET and not is_scored:
        return NOT_SCORED
    if isinstance(form, Numbers):
        return number_text(float(value[line.channel]))
    symbol, mark = value, " "
    if line.part == PREDICTION:
        symbol = value.argmax()
        if is_scored and symbol != window.y[row, step]:
            mark = "<"
    if form.count == 2:
        return f"{symbol:>2}"
    return f"{signs_of(form)[symbol]}{mark}"[:2]


def number_text(value: float) -> str:
    """Two characters: sign and first digit, ``.5`` and ``-.`` within 1, ``++`` and ``--`` from 10
    on."""
    if value != value:
        return "? "
    sign, size = "-" if value < 0 else "+", abs(value)
    if size >= 9.5:
        return sign * 2
    if size >= 0.95:
        return f"{sign}{size:.0f}"
    if size < 0.05:
        return " 0"
    if value < 0:
        return "-."
    return f".{min(9, round(10 * size))}"


# ---- one row of a window, in views that show only one


class BlockLine(NamedTuple):
    label: str
    blocks: Blocks  # [1, T]
    channel: int = 0  # later ones go first if there are too few lines


def least_block(*forms: Form) -> int:
    """The columns in which symbols can be told apart, 1 or 2."""
    least = 1
    for form in forms:
        if isinstance(form, Symbols) and form.count > 2:
            least = max(least, widest(signs_of(form)))
    return least


def part_lines(
    config: EchoConfig,
    window: Progress,
    part: str,
    lit: Iterable[int] = (),
    ink: str = "cursor",
    block: int = 2,
) -> list[BlockLine]:
    """The lines of a part, with the values of some steps lit up."""
    lines = []
    for line in row_lines(config, MANY, (part,)):
        blocks = blocks_of(config, window, np.s_[:], line, scale_in(window, part))
        for step in lit:
            blocks = light(blocks, step, value_text(config, window, 0, step, line), ink, block)
        lines.append(BlockLine(line.label, blocks, line.channel))
    return lines


def light(blocks: Blocks, step: int, text: str, ink: str, block: int) -> Blocks:
    """With a text of two characters at a step; in one column its sign, or the digit of a number
    below 1."""
    if block == 1:
        text = (text.strip().lstrip("+.") or text)[:1]
    return blocks.where(np.arange(blocks.inks.shape[1]) == step, text, ink)


def draw_blocks(
    cells: Cells, box: Region, y: int, line: BlockLine, at: int, steps: slice, block: int
) -> None:
    write_in(cells, box, y, line.label, "muted")
    characters, inks = line.blocks.line(0, steps.start, steps.stop)
    if block == 1:
        characters, inks = characters[:, ::2], inks[:, ::2]
    stamp(cells, box.x + at, box.y + y, characters, inks)
