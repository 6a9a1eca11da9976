"""A change of one input, and its effects: the inputs before it, the targets after it, and texts about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.progress import Floats, Symbols
from echornn.readings import RAISED, Flip, RowDependence
from echornn.tasks import task
from tui.views.blocks import BLOCKS, Signs, channel_label, scale_of, shade, signed_blocks, signs_of, symbol_text, widest
from tui.views.canvas import Box, Cells, stamp, write_in
from tui.views.rows import cell_text, number_text
from tui.views.text import shortened
from tui.views.view import TimeStep


def before_flip(flip: Flip, reads: task.Symbols | task.Numbers) -> npt.NDArray[Any]:
    """The inputs before the change, [T] or [T, count]; a change replaces a symbol by the next one, or raises numbers.

    Args:
        reads: the kind of the inputs.
    """
    x = flip.x.copy()
    if isinstance(reads, task.Numbers):
        x[flip.step] -= np.float32(RAISED)
    else:
        x[flip.step] = (int(x[flip.step]) - 1) % reads.count
    return x


def targets_after(y: Symbols, flip: Flip, echo_step: int | None) -> Symbols | None:
    """The targets after the flip, uint8 [T]: the echo of the flipped input is changed too; None if it is another task,
    whose targets are not known then.
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


def change_of(flip: Flip) -> Floats:
    """The change of each predicted number, float32 [T, outputs]."""
    with np.errstate(invalid="ignore", over="ignore"):  # of a network that diverged
        return np.asarray(flip.after - flip.before)


def flip_words(
    flip: Flip, echo_step: int | None, first_step: int = 0, changed: str = "flipped", of_symbols: bool = True
) -> tuple[str, ...]:
    """The effects of the change, as texts, longest first; step numbers take `RowPanel.first_step` into account.

    The shortest text fits on `LEAST_WIDTH` columns: it omits the changed step, which the line above shows.

    Args:
        changed: how the input is changed, in a word.
        of_symbols: whether the predictions are symbols, which can change.
    """
    largest = float(np.nan_to_num(np.abs(change_of(flip)), posinf=0.0).max(initial=0))
    turned = [first_step + step + 1 for step in changed_steps(flip)] if of_symbols else []
    if turned:
        named = ", ".join(map(str, turned[:3])) + (f" and {len(turned) - 3} more" if len(turned) > 3 else "")
        turn = f"turn{'s' if len(turned) == 1 else ''}"
        texts = [f"{named} {turn}", f"{len(turned)} prediction{'s' if len(turned) > 1 else ''} {turn}"]
    elif not of_symbols:
        texts = [f"predictions move by {largest:.2g} at most", f"moves by {largest:.2g}"]
    elif echo_step is not None and flip.step + echo_step >= len(flip.x):
        texts = ["its echo comes after this window", "its echo comes later"]
    else:
        texts = [f"no prediction turns; p moves by {largest:.2f} at most", "none turns"]
    step = f"step {first_step + flip.step + 1} {changed}: "
    return (*(f"{step}{one}" for one in texts), f"{changed}: {texts[-1]}")


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
    lit_style: str = "cursor"


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
        lines += _lines("input", panel.reads, x, "input", 2, cursor, block)
    if flip is not None:
        mark = {flip.step: RAISED_SIGN}
        if isinstance(panel.reads, task.Symbols):
            mark = symbols_at((flip.step,), flip.x, panel.reads, block)
        name = "flip" if is_of_symbols(panel.reads) else "raise"
        lines.append(BlockLine(name, ("  ",) * len(flip.x), "input", 3, mark, "changed"))
    glyphs, _ = signed_blocks(panel.strength, panel.scale or scale_of(panel.strength))
    glyphs[panel.step + 1 if is_read(panel.strengths) else 0 :] = " "
    lines.append(BlockLine(panel.label, tuple(glyph * 2 for glyph in glyphs.tolist()), "target", 5))
    if is_read(panel.strengths):
        lines += _predictions("pred", panel, panel.outputs, panel.y, cursor, block)
    if flip is not None and isinstance(panel.says, task.Symbols):
        lit = symbols_at(changed_steps(flip), flip.after.argmax(axis=-1), panel.says, block)
        (after,) = _predictions("then", panel, flip.after, panel.y_after, (), block)
        lines.append(BlockLine(after.label, after.blocks, after.style, 4, lit, "changed"))
    elif flip is not None:
        lines += _lines("change", panel.says, change_of(flip), "changed", 4, (), block)
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
        return _lines(word, panel.says, said, "prediction", 3, cursor, block)
    blocks = prediction_blocks(said, y, signs_of(panel.says, block))
    lit = symbols_at(cursor, said.argmax(axis=-1), panel.says, block)
    return [BlockLine(word, blocks, "prediction", 3, lit)]


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


LEAST_WIDTH = 32
"""The fewest columns in which the texts of the panel fit."""


LEAST_TRIANGLE = 4


def unread(rows: RowDependence) -> RowDependence:
    """Readings of the same rows and steps, with all strengths unknown."""
    return replace(rows, strength=np.full_like(rows.strength, np.nan))


def draw_row(cells: Cells, box: Box, panel: RowPanel) -> None:
    """Draw the panel in a box. If there are too few lines, the least important are left out."""
    steps, label = len(panel.strength), label_width(panel.reads, panel.says)
    room = max(0, box.width - label)
    block = 2 if 2 * steps <= room else panel.least_block
    shown = min(steps, room // block)
    begin = min(max(0, panel.step + 1 - shown), steps - shown)
    first = panel.first_step + 1
    of = f", of {first + begin} to {first + begin + shown - 1}" if first > 1 or shown < steps else ""
    write_in(cells, box, 0, f"row {panel.row + 1}, step {first + panel.step}{of}: {panel.shows}", "muted")
    lines = lines_of(panel, block)
    room_for_lines = box.height - 1 - any(line.matters < 0 for line in lines)  # later channels leave room for the words
    read = is_read(panel.strengths)
    words = panel.words if read else ("computing",)
    keep = sorted(sorted(lines, key=lambda line: -line.matters)[: max(0, room_for_lines)], key=lines.index)
    for number, line in enumerate(keep, start=1):
        write_in(cells, box, number, line.label, "muted")
        blocks = [narrow(text) if block == 1 else text for text in line.blocks[begin : begin + shown]]
        write_in(cells, box, number, "".join(blocks), line.style, at=label)
        for step, text in line.lit.items():
            if begin <= step < begin + shown:
                at = label + (step - begin) * block
                write_in(cells, box, number, text if block == 2 else narrow_number(text), line.lit_style, at=at)
    at, row = panel.first_step + begin, panel.row
    cells.mark_each(box.x + label, box.y + 1, shown * block, len(keep), lambda x, _: TimeStep(row, at + x // block))
    for number, texts in enumerate((words, panel.of_all), start=len(keep) + 1):
        text = next((one for one in texts if len(one) <= box.width), texts[-1])
        write_in(cells, box, number, shortened(text, box.width), "text")
    used = lines_for(panel.reads, panel.says) + 1
    below = Box(box.x, box.y + used, box.width, box.height - used)
    if below.height >= LEAST_TRIANGLE:
        draw_triangle(cells, below, panel, slice(begin, begin + shown), block)


def draw_triangle(cells: Cells, box: Box, panel: RowPanel, shown: slice, block: int) -> None:
    """Draw a line for each prediction of the row. A network that echoes shows a stripe parallel to the diagonal."""
    steps, label = len(panel.strengths), label_width(panel.reads, panel.says)
    lines = min(steps, box.height - 1)
    first = min(max(0, panel.step + 1 - lines), steps - lines)
    write_in(cells, box, 0, "each prediction, by input", "muted")
    part = panel.strengths[first : first + lines, shown]
    glyphs, _ = signed_blocks(part, panel.scale or scale_of(panel.strengths))
    blank = np.arange(shown.start, shown.stop) > np.arange(first, first + lines)[:, None]  # inputs after the prediction
    blank |= not is_read(panel.strengths)
    stamp(cells, box.x + label, box.y + 1, np.repeat(np.where(blank, " ", glyphs), block, 1), "target")
    row, top = panel.row, panel.first_step + first
    cells.mark_each(
        box.x, box.y + 1, label + block * len(range(steps)[shown]), lines, lambda _, y: TimeStep(row, top + y)
    )
    for line, step in enumerate(range(first, first + lines), start=1):
        lit = panel.focused and step == panel.step
        write_in(
            cells,
            box,
            line,
            f"{panel.first_step + step + 1:>{label - 1}}",
            "cursor" if lit else "muted",
        )


def narrow(text: str) -> str:
    """The first character of a block, for blocks one column wide."""
    return "x" if text == BLOCKS["wrong"] else text[:1]


def narrow_number(text: str) -> str:
    """The first character of the value under the cursor, for blocks one column wide; the digit of a number below 1."""
    return text.strip().lstrip("+.")[:1] or text.strip()[:1]
