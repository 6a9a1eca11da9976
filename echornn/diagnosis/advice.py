"""The text of the advice: which changes are known to help, and the key that makes them."""

from __future__ import annotations

from dataclasses import replace

from echornn.config import EchoConfig
from echornn.diagnosis.remedy import Remedy, remedy
from echornn.diagnosis.sentence import LINE, Sentence

SET = "press a: "
"""The text before the fields to set, each with its value: the key that sets them."""

BRIEFLY = "a: "
"""The same for a line with less room."""


def helped(config: EchoConfig, cause: Sentence, otherwise: str, before: str = "", after: str = "") -> Sentence:
    """The sentence, with the changes that are known to help as its advice.

    Args:
        otherwise: the advice if no changes are known.
        before, after: the words around the changes; the words after them are shown as far as the line has room.
    """
    known = remedy(config)
    if known is None:
        return replace(cause, advice=otherwise)
    advice, more = in_a_line(known, before, after)
    return replace(cause, advice=advice, more_advice=more + cause.more_advice, remedy=known)


def in_a_line(known: Remedy, before: str = "", after: str = "") -> tuple[str, str]:
    """The changes with the words around them, on one line. If there is no room, the words after them are left out
    first, then the last changes, which are replaced by their number.
    """
    if len(line := f"{before}{SET}{known}{after}") <= LINE:
        return line, ""
    names = str(known).split(", ")
    for count in range(len(names), 0, -1):
        others = f" and {len(names) - count} more" if count < len(names) else ""
        text = f"{before}{BRIEFLY}{', '.join(names[:count])}{others}"
        if len(text + after) <= LINE and not others:
            return text + after, ""
        if len(text) <= LINE:
            return text, f": {', '.join(names[count:])}" if others else after
    return in_a_line(known) if before else (f"{BRIEFLY}{names[0]}"[:LINE], "")
