"""The text of the advice: changes that are known to help, and the key that makes them."""

from __future__ import annotations

from dataclasses import replace

from echornn.config import EchoConfig
from echornn.diagnosis.key_marks import length
from echornn.diagnosis.remedy import Remedy, remedy
from echornn.diagnosis.sentence import LINE, Sentence

SET = "press «advice»: "
"""The text before the fields to change: the key that changes them."""

BRIEFLY = "«advice»: "
"""A shorter form of `SET`."""


def helped(config: EchoConfig, cause: Sentence, otherwise: str, before: str = "", after: str = "") -> Sentence:
    """A sentence whose advice is the changes that are known to help.

    Args:
        otherwise: the advice if no changes are known.
        before, after: texts around the changes; ``after`` is shown only as far as it fits.
    """
    known = remedy(config)
    if known is None:
        return replace(cause, advice=otherwise)
    advice, more = in_a_line(known, before, after)
    return replace(cause, advice=advice, more_advice=more + cause.more_advice, remedy=known)


def in_a_line(known: Remedy, before: str = "", after: str = "") -> tuple[str, str]:
    """The changes on one line, with texts around them. If they do not fit, ``after`` is left out first; then the last
    changes are replaced by their number.
    """
    if length(line := f"{before}{SET}{known}{after}") <= LINE:
        return line, ""
    names = str(known).split(", ")
    for count in range(len(names), 0, -1):
        others = f" and {len(names) - count} more" if count < len(names) else ""
        text = f"{before}{BRIEFLY}{', '.join(names[:count])}{others}"
        if length(text + after) <= LINE and not others:
            return text + after, ""
        if length(text) <= LINE:
            return text, f": {', '.join(names[count:])}" if others else after
    return in_a_line(known) if before else (f"{BRIEFLY}{names[0]}"[: LINE + len(BRIEFLY) - length(BRIEFLY)], "")
