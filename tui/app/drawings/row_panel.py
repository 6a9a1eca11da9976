"""Draws a row of the newest window: its inputs, the inputs that a prediction uses, and predictions after a flip."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.progress import Floats, Symbols
from echornn.readings import Flip, RowDependence
from tui.app.drawings.blocks import ASCII_BLOCKS, BLOCKS, most_digits, shade, symbol_text
from tui.app.drawings.signed import scale_of, signed_blocks
from tui.kit.cells import Cells
from tui.kit.fitting import shortened
from tui.kit.paint import Box, stamp, write_in

LABEL_WIDTH = 6

LEAST_WIDTH = 32
"""The fewest columns in which the texts of the panel fit."""


ROW_LINES = 8
"""The lines of a row with a flip; the remaining lines show all of the row's predictions."""

LEAST_TRIANGLE = 4


@dataclass(frozen=True, eq=False)
class RowPanel:
    """The contents of the panel about a row.

    Attributes:
        row, step: the prediction under the cursor, from 0.
        strengths: float32 [T, T], how strongly each prediction (first axis) depends on each input; 0 for later inputs.
        x, y: uint8 [T], inputs and targets; None if unknown.
        y_after: uint8 [T], the targets after the flip: the echo of the flipped input is flipped too.
        probabilities: float32 [T, num_classes], the predictions with the current weights.
        flip: the flip in this row; None if there is none.
        words: texts below the blocks, longest first; the longest that fits is shown.
        focused: whether the cursor is highlighted.
        first_step: the window's step, from 0, at which all arrays here begin.
        shows: the name of the measure in ``strengths``.
        scale: the strength at which a block is full; None for the largest strength.
        of_all: texts about all predictions, longest first; the longest that fits is shown.
        label: the label of the line of strengths.
    """

    row: int
    step: int
    strengths: Floats
    x: Symbols | None
    y: Symbols | None
    y_after: Symbols | None
    probabilities: Floats
    flip: Flip | None
    words: tuple[str, ...]
    focused: bool
    first_step: int = 0
    shows: str = "what it uses"
    scale: float | None = 1.0
    of_all: tuple[str, ...] = ("",)
    label: str = "uses"

    @property
    def strength(self) -> Floats:
        """How strongly the prediction under the cursor depends on each input, float32 [T]."""
        return np.asarray(self.strengths[self.step])

    @property
    def classes(self) -> int:
        """The number of symbols."""
        return int(self.probabilities.shape[-1])


@dataclass(frozen=True)
class BlockLine:
    """A line of blocks with its label.

    Attributes:
        label: the text before the blocks.
        blocks: two characters for each time step.
        style: the style of all blocks that are not highlighted.
        matters: importance; if lines are short, the least important is left out first.
        lit: texts that replace the blocks of some steps, by step.
        lit_style: the style of these texts.
    """

    label: str
    blocks: tuple[str, ...]
    style: str
    matters: int
    lit: Mapping[int, str] = field(default_factory=dict)
    lit_style: str = "view--cursor"


def is_read(strengths: Floats) -> bool:
    """Whether the strengths of a row, float32 [T, T], are known; NaN means not computed."""
    return not bool(np.isnan(strengths).all())


def unread(rows: RowDependence) -> RowDependence:
    """Readings of the same rows and steps, with all strengths unknown."""
    return replace(rows, strength=np.full_like(rows.strength, np.nan))


def draw_row(cells: Cells, box: Box, panel: RowPanel, ascii_only: bool) -> None:
    """Draw the panel in a box. If there are too few lines, the least important are left out."""
    steps = len(panel.strength)
    room = max(0, box.width - LABEL_WIDTH)
    block = 2 if 2 * steps <= room else most_digits(panel.classes)
    shown = min(steps, room // block)
    begin = min(max(0, panel.step + 1 - shown), steps - shown)
    first = panel.first_step + 1
    of = f", of {first + begin} to {first + begin + shown - 1}" if first > 1 or shown < steps else ""
    write_in(cells, box, 0, f"row {panel.row + 1}, step {first + panel.step}{of}: {panel.shows}", "view--axis")
    lines = lines_of(panel, ascii_only)
    read = is_read(panel.strengths)
    words = panel.words if read else ("computing",)
    keep = sorted(sorted(lines, key=lambda line: -line.matters)[: max(0, box.height - 1)], key=lines.index)
    for number, line in enumerate(keep, start=1):
        write_in(cells, box, number, line.label, "view--axis")
        blocks = [narrow(text) if block == 1 else text for text in line.blocks[begin : begin + shown]]
        write_in(cells, box, number, "".join(blocks), line.style, at=LABEL_WIDTH)
        for step, text in line.lit.items():
            if begin <= step < begin + shown:
                at = LABEL_WIDTH + (step - begin) * block
                write_in(cells, box, number, text if block == 2 else text.strip()[:1], line.lit_style, at=at)
    for number, texts in enumerate((words, panel.of_all), start=len(keep) + 1):
        text = next((one for one in texts if len(one) <= box.width), texts[-1])
        write_in(cells, box, number, shortened(text, box.width), "view--words")
    below = Box(box.x, box.y + ROW_LINES + 1, box.width, box.height - ROW_LINES - 1)
    if below.height >= LEAST_TRIANGLE:
        draw_triangle(cells, below, panel, slice(begin, begin + shown), block, ascii_only)


def draw_triangle(cells: Cells, box: Box, panel: RowPanel, shown: slice, block: int, ascii_only: bool) -> None:
    """Draw a line for each prediction of the row. A network that echoes shows a stripe parallel to the diagonal."""
    steps = len(panel.strengths)
    lines = min(steps, box.height - 1)
    first = min(max(0, panel.step + 1 - lines), steps - lines)
    write_in(cells, box, 0, "each prediction, by input", "view--axis")
    part = panel.strengths[first : first + lines, shown]
    glyphs, _ = signed_blocks(part, panel.scale or scale_of(panel.strengths), ascii_only)
    blank = np.arange(shown.start, shown.stop) > np.arange(first, first + lines)[:, None]  # inputs after the prediction
    blank |= not is_read(panel.strengths)
    stamp(cells, box.x + LABEL_WIDTH, box.y + 1, np.repeat(np.where(blank, " ", glyphs), block, 1), "view--positive")
    for line, step in enumerate(range(first, first + lines), start=1):
        lit = panel.focused and step == panel.step
        write_in(
            cells,
            box,
            line,
            f"{panel.first_step + step + 1:>{LABEL_WIDTH - 1}}",
            "view--cursor" if lit else "view--axis",
        )


def lines_of(panel: RowPanel, ascii_only: bool) -> list[BlockLine]:
    """The lines of blocks, from the top."""
    cursor = (panel.step,) if panel.focused else ()
    flip = panel.flip
    lines = []
    x = panel.x if panel.x is not None else before_flip(flip) if flip is not None else None
    classes = panel.classes
    if x is not None:
        lines.append(
            BlockLine("input", input_blocks(x, classes, ascii_only), "view--input", 2, symbols_at(cursor, x, classes))
        )
    if flip is not None:
        blank = ("  ",) * len(flip.x)
        lines.append(
            BlockLine("flip", blank, "view--input", 3, symbols_at((flip.step,), flip.x, classes), "view--changed")
        )
    glyphs, _ = signed_blocks(panel.strength, panel.scale or scale_of(panel.strength), ascii_only)
    glyphs[panel.step + 1 if is_read(panel.strengths) else 0 :] = " "
    lines.append(BlockLine(panel.label, tuple(glyph * 2 for glyph in glyphs.tolist()), "view--positive", 5))
    predicted = symbols_at(cursor, panel.probabilities.argmax(axis=-1), classes)
    blocks = prediction_blocks(panel.probabilities, ascii_only, panel.y)
    if is_read(panel.strengths):
        lines.append(BlockLine("pred", blocks, "view--prediction", 3, predicted))
    if flip is not None:
        differs = symbols_at(changed_steps(flip), flip.after.argmax(axis=-1), classes)
        after = prediction_blocks(flip.after, ascii_only, panel.y_after)
        lines.append(BlockLine("then", after, "view--prediction", 4, differs, "view--changed"))
    return lines


def symbols_at(steps: Iterable[int], symbols: npt.NDArray[np.integer[Any]], classes: int) -> dict[int, str]:
    """The symbols at some steps as texts of two characters: right-aligned with two classes, else as digits."""
    texts = {step: symbol_text(int(symbols[step])) for step in steps}
    return {step: f"{text.strip():>2}" if classes == 2 else text for step, text in texts.items()}


def before_flip(flip: Flip) -> Symbols:
    """The inputs before the flip, uint8 [T]; a flip replaces a symbol by the next one."""
    x = flip.x.copy()
    classes = flip.before.shape[-1]
    x[flip.step] = (int(x[flip.step]) - 1) % classes
    return x


def targets_after(y: Symbols, flip: Flip, echo_step: int | None) -> Symbols | None:
    """The targets after the flip, uint8 [T]: the echo of the flipped input is changed too; None for other tasks, whose
    targets after a flip are not known.
    """
    if echo_step is None:
        return None
    after = y.copy()
    if flip.step + echo_step < len(y):
        after[flip.step + echo_step] = flip.x[flip.step]
    return after


def changed_steps(flip: Flip) -> list[int]:
    """Steps, from 0, at which the flip changes the predicted symbol."""
    return np.flatnonzero(flip.before.argmax(axis=-1) != flip.after.argmax(axis=-1)).tolist()


def flip_words(flip: Flip, echo_step: int | None, first_step: int = 0) -> tuple[str, ...]:
    """The changes that the flip causes, as texts, longest first; step numbers take `RowPanel.first_step` into account.

    The shortest text fits on `LEAST_WIDTH` columns: it omits the flipped step, which the line above shows.
    """
    changed = [first_step + step + 1 for step in changed_steps(flip)]
    with np.errstate(invalid="ignore"):  # a network that diverged predicts nothing
        largest = float(np.nan_to_num(np.abs(flip.after - flip.before), posinf=0.0).max(initial=0))
    if changed:
        named = ", ".join(map(str, changed[:3])) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")
        turn = f"turn{'s' if len(changed) == 1 else ''}"
        texts = [f"{named} {turn}", f"{len(changed)} prediction{'s' if len(changed) > 1 else ''} {turn}"]
    elif echo_step is not None and flip.step + echo_step >= len(flip.x):
        texts = ["its echo comes after this window", "its echo comes later"]
    else:
        texts = [f"no prediction turns; p moves by {largest:.2f} at most", "none turns"]
    step = f"step {first_step + flip.step + 1} flipped: "
    return (*(f"{step}{one}" for one in texts), f"flipped: {texts[-1]}")


def input_blocks(x: Symbols, classes: int, ascii_only: bool) -> tuple[str, ...]:
    """Two characters for each input: blocks for two classes, otherwise digits."""
    glyphs = ASCII_BLOCKS if ascii_only else BLOCKS
    if classes == 2:
        return tuple(glyphs["one" if symbol else "zero"] for symbol in x.tolist())
    return tuple(symbol_text(symbol) for symbol in x.tolist())


def prediction_blocks(probabilities: Floats, ascii_only: bool, y: Symbols | None = None) -> tuple[str, ...]:
    """Two characters for each prediction: a shade for its probability, or the likeliest symbol; wrong ones are marked.

    Args:
        probabilities: float32 [T, num_classes].
        y: uint8 [T], the targets; None marks no prediction as wrong.
    """
    glyphs = ASCII_BLOCKS if ascii_only else BLOCKS
    predicted = probabilities.argmax(axis=-1)
    wrong = (predicted != y).tolist() if y is not None else [False] * len(predicted)
    if probabilities.shape[-1] == 2:
        shades = [glyphs[shade(p)] for p in probabilities[:, 1].tolist()]
        return tuple(glyphs["wrong"] if bad else text for text, bad in zip(shades, wrong, strict=True))
    marks = ("<" if bad else " " for bad in wrong)
    return tuple(symbol_text(symbol, mark) for symbol, mark in zip(predicted.tolist(), marks, strict=True))


def narrow(text: str) -> str:
    """The first character of a block, for blocks one column wide."""
    return "x" if text == BLOCKS["wrong"] else text[:1]
