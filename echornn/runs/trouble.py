"""A disk that does not take what it is to keep: since when, and why."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Trouble:
    """What went wrong, and has not gone well since.

    Attributes:
        since: seconds since 1970, when it went wrong first.
        error: how it went wrong last.
    """

    since: float
    error: Exception

    @classmethod
    def after(cls, before: Trouble | None, error: Exception) -> Trouble:
        """The trouble that goes on, or begins now."""
        return cls(time.time() if before is None else before.since, error)

    def __str__(self) -> str:
        """For people: since when nothing is saved, and why."""
        since = time.strftime("%H:%M:%S", time.localtime(self.since))
        return f"not saved since {since}: {self.reason}"

    @property
    def reason(self) -> str:
        """What the system says, or the error."""
        said = self.error.strerror if isinstance(self.error, OSError) else None
        return said or str(self.error) or type(self.error).__name__
