"""The sentence above the curve: its cause and its advice."""

from __future__ import annotations

from dataclasses import dataclass

from echornn.diagnosis.remedy import Remedy

LINE = 78
"""Characters of a line at 80 columns: both parts of a sentence fit in one."""


@dataclass(frozen=True)
class Sentence:
    """The sentence above the curve: first what happens and why, then the key that helps; with more of both if there is
    room.

    Attributes:
        cause: what happens, and why, in at most `LINE` characters.
        advice: what helps, with its key, or a fact about it, in at most `LINE` characters; empty if there is nothing to
            do.
        more_cause, more_advice: continuations of both for a wider screen; they may be empty.
        remedy: the changes that the advice names; None if it names none.
    """

    cause: str
    advice: str = ""
    more_cause: str = ""
    more_advice: str = ""
    remedy: Remedy | None = None

    def __str__(self) -> str:
        return f"{self.cause}; {self.advice}" if self.advice else self.cause

    @property
    def lengths(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """Cause and advice in both lengths, short and long."""
        return (self.cause, self.cause + self.more_cause), (self.advice, self.advice + self.more_advice)
