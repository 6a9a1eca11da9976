"""The sentence above the curve: its cause and its advice."""

from __future__ import annotations

from dataclasses import dataclass

from echornn.analysis.remedy import Remedy

LINE = 78
"""Characters of a line at 80 columns: both parts of a sentence fit in one."""


@dataclass(frozen=True)
class Verdict:
    """What is seen, the cause first, then the key that helps; and more of both where there is room.

    Attributes:
        cause: what is seen, and why, in at most `LINE` characters.
        advice: what helps, with its key, or what to know of it, in at most `LINE`; empty where there is nothing to do.
        more_cause, more_advice: goes on with each where the screen is wide enough for it; may be empty.
        remedy: the changes that the advice names; None where it names none.
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
        """Cause and advice in each length: the short ones, and as long as they get."""
        return (self.cause, self.cause + self.more_cause), (self.advice, self.advice + self.more_advice)
