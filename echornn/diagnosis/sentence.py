"""The sentence above the curve: a cause and an advice."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from echornn.diagnosis.remedy import Remedy

LINE = 78
"""The length of a line on a screen of 80 columns; each part of a sentence fits on one line."""


MEAN = re.compile(r"\b(mean (?:loss )?)(?=\d)")
"""The words before a mean loss in a text. A wide screen adds the number of windows behind them."""

KEY_SHOWS = re.compile("(?:; |, )«(view[.][a-z]+|log)» shows [a-z ]+")
"""The part of a text that names the key of a view, or of the axis in powers of ten."""


@dataclass(frozen=True)
class Sentence:
    """The sentence above the curve: what happens and why, then what helps. Both have continuations for wide screens.

    Attributes:
        cause: what happens and why, at most `LINE` characters.
        advice: what helps, with its key, or a fact about it, at most `LINE` characters; empty if there is nothing to
            do.
        more_cause, more_advice: continuations for a wide screen; they may be empty.
        remedy: the configuration changes that the advice names; None if it names none.
        mean_of: of how many windows the mean loss in the cause is; 0 if there is none, or if it is not known.
    """

    cause: str
    advice: str = ""
    more_cause: str = ""
    more_advice: str = ""
    remedy: Remedy | None = None
    mean_of: int = 0

    def __str__(self) -> str:
        return f"{self.cause}; {self.advice}" if self.advice else self.cause

    def in_words(self, say: Callable[[str], str]) -> Sentence:
        """The sentence with keys in place of their marks; see `echornn.diagnosis.key_marks`."""
        cause, more_cause = say(self.cause), say(self.more_cause)
        return replace(
            self, cause=cause, advice=say(self.advice), more_cause=more_cause, more_advice=say(self.more_advice)
        )

    def beside(self, seen: Collection[str]) -> Sentence:
        """The sentence beside these views, or this axis, by the ids of their keys: it does not name the key of one."""
        cause, advice, more_cause, more_advice = (
            KEY_SHOWS.sub(lambda found: "" if found[1] in seen else found[0], text)
            for text in (self.cause, self.advice, self.more_cause, self.more_advice)
        )
        return replace(self, cause=cause, advice=advice, more_cause=more_cause, more_advice=more_advice)

    @property
    def unadvised(self) -> Sentence:
        """The sentence without its advice."""
        return replace(self, advice="", more_advice="", remedy=None)

    @property
    def lengths(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """Cause and advice, each in its short and its long form. The long one says of how many windows the mean is."""
        told = MEAN.sub(rf"\1of {self.mean_of:,} windows ", self.cause, count=1) if self.mean_of else self.cause
        return (self.cause, told + self.more_cause), (self.advice, self.advice + self.more_advice)
