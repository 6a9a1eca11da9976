"""The lines of a row: inputs, targets and predictions of any task, as cells of two characters per time step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.progress import Bools, Progress
from echornn.tasks.task import Numbers, Symbols
from tui.app.drawings.blocks import Block, blocks_of_symbols, predicted_blocks, symbol_text
from tui.app.drawings.signed import scale_of, signed_blocks
from tui.app.drawings.signs import channel_label, signs_of

INPUT, TARGET, PREDICTION = "input", "target", "pred"
STYLES = {INPUT: "rows--input", TARGET: "rows--target", PREDICTION: "rows--prediction"}

NOT_SCORED = "- "
"""The target of a time step that does not count in the loss."""


class RowLine(NamedTuple):
    """A line of a row.

    Attributes:
        label: the text before it.
        part: what it shows: `INPUT`, `TARGET` or `PREDICTION`.
        channel: which of several numbers, from 0.
    """

    label: str
    part: str
    channel: int = 0


ECHO_LINES = RowLine("input ", INPUT), RowLine("echo  ", TARGET), RowLine("pred  ", PREDICTION)


@dataclass(frozen=True, eq=False)
class RowData:
    """One row of a window.

    Attributes:
        x, y: symbols, uint8 [T]; or numbers, float32 [T, count].
        scored: bool [T], the steps that count.
        said: float32 [T, outputs], the probabilities or numbers of the network; None before it is trained.
    """

    x: npt.NDArray[Any]
    y: npt.NDArray[Any]
    scored: Bools
    said: npt.NDArray[np.float32] | None = None

    @classmethod
    def of(cls, progress: Progress, row: int) -> RowData:
        """A row of the newest window."""
        scored = progress.scored if progress.scored.size else np.ones(progress.y.shape[:2], np.bool_)
        return cls(progress.x[row], progress.y[row], scored[row], progress.outputs[row])


def row_lines(config: EchoConfig, most: int, parts: Sequence[str] = tuple(STYLES)) -> tuple[RowLine, ...]:
    """The lines of a row, of at most ``most`` if a line for each part is enough; if there are many channels, only lines
    of the first ones.
    """
    if config.value("task") == "echo":
        return ECHO_LINES
    task = config.the_task
    forms = {part: task.inputs if part == INPUT else task.outputs for part in parts}
    counts = {part: _channels(form) for part, form in forms.items()}
    shown = max(counts.values())
    while shown > 1 and sum(min(shown, count) for count in counts.values()) > most:
        shown -= 1
    labels = {
        (part, channel): f"{part}{channel_label(forms[part], channel)}"
        for part, count in counts.items()
        for channel in range(min(shown, count))
    }
    width = max(map(len, labels.values())) + 1
    return tuple(RowLine(label.ljust(width), *key) for key, label in labels.items())


def left_out(config: EchoConfig, lines: tuple[RowLine, ...]) -> str:
    """The channels that have no line, in words; empty if all have a line."""
    task, shown = config.the_task, max(line.channel for line in lines) + 1
    most = max(_channels(task.inputs), _channels(task.outputs))
    channels = "channel 1" if shown == 1 else f"channels 1 to {shown}"
    return f", {channels} of {most}" if shown < most else ""


def cells_of(config: EchoConfig, data: RowData, line: RowLine, scales: tuple[float, float]) -> list[Block]:
    """The cells of a line, one per time step. Steps that are not scored are dimmed, and their target is a dash.

    Args:
        scales: the sizes of an input and of an output that the largest block stands for, if they are numbers.
    """
    if line.part == INPUT:
        return _values(config.the_task.inputs, data.x, line, scales[0])
    outputs = config.the_task.outputs
    if line.part == TARGET:
        cells = _values(outputs, data.y, line, scales[1])
        return [
            cell if counts else (NOT_SCORED, "rows--unscored")
            for cell, counts in zip(cells, data.scored.tolist(), strict=True)
        ]
    if data.said is None:
        return []
    if isinstance(outputs, Symbols):
        cells = predicted_blocks(data.y, data.said, data.scored, signs_of(outputs))
    else:
        cells = _values(outputs, data.said, line, scales[1])
    return [
        (text, style if counts else "rows--unscored")
        for (text, style), counts in zip(cells, data.scored.tolist(), strict=True)
    ]


def scales_of(config: EchoConfig, x: npt.NDArray[Any], y: npt.NDArray[Any]) -> tuple[float, float]:
    """The largest input and the largest target of a window, if they are numbers."""
    return (
        scale_of(x) if isinstance(config.the_task.inputs, Numbers) else 1.0,
        scale_of(y) if isinstance(config.the_task.outputs, Numbers) else 1.0,
    )


def value_text(config: EchoConfig, data: RowData, step: int, line: RowLine) -> str:
    """The value of a time step on a line in two characters; see `cells_of`."""
    is_input = line.part == INPUT
    form = config.the_task.inputs if is_input else config.the_task.outputs
    if line.part == TARGET and not data.scored[step]:
        return NOT_SCORED
    values = data.x[step] if is_input else data.y[step]
    said = None if line.part != PREDICTION or data.said is None else data.said[step]
    if isinstance(form, Numbers):
        return number_text(float((values if said is None else said)[line.channel]))
    if said is None:
        return cell_text(int(values), form)
    predicted = int(said.argmax())
    return cell_text(predicted, form, "<" if predicted != int(values) and data.scored[step] else " ")


def cell_text(symbol: int, form: Symbols, mark: str = " ", most: int = 2) -> str:
    """A symbol as a text of two characters: right-aligned with two classes, else its sign with a mark.

    Args:
        most: see `signs_of`.
    """
    return f"{symbol:>2}" if form.count == 2 else symbol_text(symbol, mark, signs_of(form, most))


def number_text(value: float) -> str:
    """A number in two characters: sign and first digit, ``.5`` and ``-.`` within 1, ``++`` and ``--`` from 10 on."""
    sign = "-" if value < 0 else "+"
    size = abs(value)
    if not size < 9.5:
        return sign * 2 if size == size else "? "
    if size >= 0.95:
        return f"{sign}{size:.0f}"
    if size < 0.05:
        return " 0"
    return "-." if value < 0 else f".{min(9, round(10 * size))}"


def _channels(form: Symbols | Numbers) -> int:
    return form.count if isinstance(form, Numbers) else 1


def _values(
    form: Symbols | Numbers,
    values: npt.NDArray[Any],
    line: RowLine,
    scale: float,
) -> list[Block]:
    style = STYLES[line.part]
    if isinstance(form, Symbols):
        return blocks_of_symbols(values, form.count, style.removeprefix("rows--"), signs_of(form))
    characters, _ = signed_blocks(values[:, line.channel], scale)
    return [(character * 2, style) for character in characters.tolist()]
