"""Inputs, targets and predictions as blocks of two characters ("Visualizing the training")."""

from __future__ import annotations

from echornn.progress import Bools, Floats, Symbols
from tui.app.drawings.signs import Signs, digits_of

BLOCKS = {"zero": "▁▁", "one": "██", "unsure": "▒▒", "likely": "▓▓", "maybe": "░░", "wrong": "><"}

CLASS_COLOURS = 8
"""The number of colours for symbols if there are more than two classes; further classes reuse the colours."""

Block = tuple[str, str]
"""A block: its two characters, and the name of its style."""


def predicted_blocks(
    targets: Symbols, probabilities: Floats, scored: Bools | None = None, signs: Signs = ()
) -> list[Block]:
    """The blocks of a row's predictions, one per time step.

    With two classes, all blocks have the same style, except for wrong predictions: the character shows the value, and a
    long run of one style needs few bytes. With more classes, each class has its colour and sign. A wrong prediction of
    two characters has no room for a mark, but differs from the target above it.

    Args:
        targets: uint8 [T].
        probabilities: float32 [T, classes].
        scored: bool [T], the steps at which a prediction can be wrong; None for all.
        signs: see `symbol_text`.
    """
    two_classes = probabilities.shape[-1] == 2
    chosen = probabilities.argmax(axis=-1)
    wrong = chosen != targets if scored is None else (chosen != targets) & scored
    blocks: list[Block] = []
    for is_wrong, predicted, p in zip(wrong.tolist(), chosen.tolist(), probabilities.tolist(), strict=True):
        if is_wrong:
            blocks.append((BLOCKS["wrong"] if two_classes else symbol_text(predicted, "<", signs), "rows--wrong"))
        elif two_classes:
            blocks.append((BLOCKS[shade(p[1])], "rows--prediction"))
        else:
            blocks.append((symbol_text(predicted, signs=signs), class_style(predicted)))
    return blocks


def blocks_of_symbols(symbols: Symbols, classes: int, style: str, signs: Signs = ()) -> list[Block]:
    """The blocks of symbols, uint8 [T]. With two classes all blocks have ``style``; with more, each class has its
    style.
    """
    if classes == 2:
        return [(BLOCKS["one" if symbol else "zero"], f"rows--{style}") for symbol in symbols.tolist()]
    return [(symbol_text(symbol, signs=signs), class_style(symbol)) for symbol in symbols.tolist()]


def shade(probability: float) -> str:
    """The name of the block for a probability of class 1: darker is likelier; NaN counts as unsure."""
    for below, name in ((0.125, "zero"), (0.5, "maybe"), (0.75, "unsure"), (0.95, "likely")):
        if probability < below:
            return name
    return "one" if probability >= 0.95 else "unsure"


def class_style(symbol: int) -> str:
    """The style of a symbol, for more than two classes."""
    return f"rows--class{symbol % CLASS_COLOURS}"


def symbol_text(symbol: int, mark: str = " ", signs: Signs = ()) -> str:
    """The two characters of a symbol, for more than two classes: its sign and a mark, or a sign of two characters.

    Args:
        signs: the signs of all symbols; digits by default.
    """
    sign = signs[symbol] if signs else digits_of(symbol + 1)[symbol]
    return f"{sign}{mark}" if len(sign) == 1 else sign
