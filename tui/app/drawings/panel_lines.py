"""The lines of the panel about a row: its inputs, how much each is used, predictions, and the effect of a change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.progress import Floats, Symbols
from echornn.readings import Flip
from echornn.tasks import task
from tui.app.drawings.blocks import BLOCKS, shade, symbol_text
from tui.app.drawings.flips import before_flip, change_of, changed_steps
from tui.app.drawings.row_cells import cell_text, number_text
from tui.app.drawings.signed import scale_of, signed_blocks
from tui.app.drawings.signs import Signs, channel_label, signs_of, widest

Form = task.Symbols | task.Numbers

LEAST_LABEL = 6

RAISED_SIGN = "+ "
"""The mark of an input of numbers that is raised."""


@dataclass(frozen=True, eq=False)
class RowPanel:
    """The contents of the panel about a row.

    Attributes:
        row, step: the prediction under the cursor, from 0.
        reads, says: the kinds of inputs and of predictions.
        strengths: float32 [T, T], how strongly each prediction (first axis) depends on each input; 0 for later inputs.
        x, y: inputs and targets, [T] of symbols or [T, count] of numbers; None if unknown.
        y_after: the targets after the flip: the echo of the flipped input is flipped too.
        outputs: float32 [T, outputs], the predictions with the current weights.
        flip: the change of an input in this row; None if there is none.
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
    reads: Form
    says: Form
    strengths: Floats
    x: npt.NDArray[Any] | None
    y: npt.NDArray[Any] | None
    y_after: npt.NDArray[Any] | None
    outputs: Floats
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
    def least_block(self) -> int:
        """The fewest columns in which symbols can be distinguished, 1 or 2."""
        return max(
            widest(signs_of(form, 1)) if isinstance(form, task.Symbols) else 1 for form in (self.reads, self.says)
        )


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


LATER_CHANNEL = 10
"""How much less a later channel of numbers matters than the first."""


def is_read(strengths: Floats) -> bool:
    """Whether the strengths of a row, float32 [T, T], are known; NaN means not computed."""
    return not bool(np.isnan(strengths).all())


def is_of_symbols(form: Form) -> bool:
    """Whether this is the kind of symbols."""
    return isinstance(form, task.Symbols)


def label_width(reads: Form, says: Form) -> int:
    """The columns before the blocks of a row of these inputs and predictions."""
    labels = [*_labels("input", reads), *_labels("pred" if is_of_symbols(says) else "change", says)]
    return max(LEAST_LABEL, 1 + max(map(len, labels)))


def lines_for(reads: Form, says: Form) -> int:
    """How many lines a row needs if an input is changed, with its title and two texts."""
    return 5 + len(_labels("input", reads)) + 2 * len(_labels("pred", says))


def lines_of(panel: RowPanel, block: int) -> list[BlockLine]:
    """The lines of blocks, from the top.

    Args:
        block: how many of the two characters of each step will be drawn.
    """
    cursor = (panel.step,) if panel.focused else ()
    flip, lines = panel.flip, []
    x = panel.x if panel.x is not None else before_flip(flip, panel.reads) if flip is not None else None
    if x is not None:
        lines += _lines("input", panel.reads, x, "view--input", 2, cursor, block)
    if flip is not None:
        mark = {flip.step: RAISED_SIGN}
        if isinstance(panel.reads, task.Symbols):
            mark = symbols_at((flip.step,), flip.x, panel.reads, block)
        name = "flip" if is_of_symbols(panel.reads) else "raise"
        lines.append(BlockLine(name, ("  ",) * len(flip.x), "view--input", 3, mark, "view--changed"))
    glyphs, _ = signed_blocks(panel.strength, panel.scale or scale_of(panel.strength))
    glyphs[panel.step + 1 if is_read(panel.strengths) else 0 :] = " "
    lines.append(BlockLine(panel.label, tuple(glyph * 2 for glyph in glyphs.tolist()), "view--positive", 5))
    if is_read(panel.strengths):
        lines += _predictions("pred", panel, panel.outputs, panel.y, cursor, block)
    if flip is not None and isinstance(panel.says, task.Symbols):
        lit = symbols_at(changed_steps(flip), flip.after.argmax(axis=-1), panel.says, block)
        (after,) = _predictions("then", panel, flip.after, panel.y_after, (), block)
        lines.append(BlockLine(after.label, after.blocks, after.style, 4, lit, "view--changed"))
    elif flip is not None:
        lines += _lines("change", panel.says, change_of(flip), "view--changed", 4, (), block)
    return lines


def _labels(word: str, form: Form) -> list[str]:
    return [f"{word}{channel_label(form, n)}" for n in range(form.count if isinstance(form, task.Numbers) else 1)]


def _lines(
    word: str,
    form: Form,
    values: npt.NDArray[Any],
    style: str,
    matters: int,
    cursor: Iterable[int],
    block: int,
) -> list[BlockLine]:
    """A line of symbols, or a line for each number of a step."""
    if isinstance(form, task.Symbols):
        blocks = symbol_blocks(values, form, block)
        return [BlockLine(word, blocks, style, matters, symbols_at(cursor, values, form, block))]
    return [
        BlockLine(
            label,
            tuple(blocks),
            style,
            matters - LATER_CHANNEL * (channel > 0),
            {step: number_text(float(values[step, channel])) for step in cursor},
        )
        for channel, (label, blocks) in enumerate(number_blocks(word, form, values))
    ]


def _predictions(
    word: str,
    panel: RowPanel,
    said: Floats,
    y: npt.NDArray[Any] | None,
    cursor: Iterable[int],
    block: int,
) -> list[BlockLine]:
    if not isinstance(panel.says, task.Symbols):
        return _lines(word, panel.says, said, "view--prediction", 3, cursor, block)
    blocks = prediction_blocks(said, y, signs_of(panel.says, block))
    lit = symbols_at(cursor, said.argmax(axis=-1), panel.says, block)
    return [BlockLine(word, blocks, "view--prediction", 3, lit)]


def symbols_at(steps: Iterable[int], symbols: npt.NDArray[Any], form: task.Symbols, block: int = 2) -> dict[int, str]:
    """The symbols at some steps as texts of two characters."""
    return {step: cell_text(int(symbols[step]), form, most=block) for step in steps}


def number_blocks(word: str, form: task.Numbers, values: Floats) -> Sequence[tuple[str, Sequence[str]]]:
    """For each channel its label, and two characters for each step of numbers, float32 [T, count]."""
    glyphs, _ = signed_blocks(values, scale_of(values))
    blocks = [tuple(glyph * 2 for glyph in column) for column in glyphs.T.tolist()]
    return list(zip(_labels(word, form), blocks, strict=True))


def symbol_blocks(x: Symbols, form: task.Symbols, block: int = 2) -> tuple[str, ...]:
    """Two characters for each symbol: blocks for two classes, otherwise signs."""
    if form.count == 2:
        return tuple(BLOCKS["one" if symbol else "zero"] for symbol in x.tolist())
    signs = signs_of(form, block)
    return tuple(symbol_text(symbol, signs=signs) for symbol in x.tolist())


def prediction_blocks(probabilities: Floats, y: Symbols | None = None, signs: Signs = ()) -> tuple[str, ...]:
    """Two characters for each prediction: a shade for its probability, or the likeliest symbol; wrong ones are marked.

    Args:
        probabilities: float32 [T, num_classes].
        y: uint8 [T], the targets; None marks no prediction as wrong.
        signs: see `symbol_text`.
    """
    predicted = probabilities.argmax(axis=-1)
    wrong = (predicted != y).tolist() if y is not None else [False] * len(predicted)
    if probabilities.shape[-1] == 2:
        shades = [BLOCKS[shade(p)] for p in probabilities[:, 1].tolist()]
        return tuple(BLOCKS["wrong"] if bad else text for text, bad in zip(shades, wrong, strict=True))
    marks = ("<" if bad else " " for bad in wrong)
    return tuple(symbol_text(symbol, mark, signs) for symbol, mark in zip(predicted.tolist(), marks, strict=True))
