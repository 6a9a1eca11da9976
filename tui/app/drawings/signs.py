"""How symbols and channels are shown: the signs of symbols in blocks, and names in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from echornn.tasks.task import Numbers, Symbols

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

MOST_OF_A_NAME = 8
"""The most characters of a name in the label of a line."""

Signs = Sequence[str]
"""The one or two characters of each symbol."""


def signs_of(form: Symbols, most: int = 2) -> Signs:
    """The signs of a task's symbols: their names if these are short; else the first characters of the names if they
    differ; else digits.

    Args:
        most: the most characters of a name that is a sign.
    """
    names = form.names
    if names and max(map(len, names)) <= most:
        return names
    first = [name[0] for name in names]
    return first if names and len(set(first)) == len(first) else digits_of(form.count)


def digits_of(count: int) -> Signs:
    """A digit or letter for each symbol, or two hexadecimal digits from symbol 36 on."""
    return [DIGITS[symbol] if symbol < len(DIGITS) else f"{symbol:02x}" for symbol in range(count)]


def widest(signs: Signs) -> int:
    """How many characters distinguish the symbols, 1 or 2."""
    return max(map(len, signs))


def symbol_name(form: Symbols, symbol: int) -> str:
    """The name of a symbol in a sentence, or its sign if it has no name."""
    return form.names[symbol] if form.names else digits_of(form.count)[symbol]


def names_beside(forms: Iterable[Symbols | Numbers]) -> list[str]:
    """The signs of symbols with their names, where a sign is not the name: ``0 left``, ``1 right``."""
    named: dict[str, None] = {}
    for form in (one for one in forms if isinstance(one, Symbols)):
        signs = ("▁", "█") if form.count == 2 else signs_of(form)
        named |= {f"{sign} {name}": None for sign, name in zip(signs, form.names, strict=False) if sign != name}
    return [*named]


def channel_label(form: Symbols | Numbers, channel: int) -> str:
    """The text after the word for a line: the channel's name or number; empty if there is only one channel."""
    if not isinstance(form, Numbers) or form.count == 1:
        return ""
    return f" {form.names[channel][:MOST_OF_A_NAME]}" if form.names else f" {channel + 1}"
