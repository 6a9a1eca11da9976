"""A failure to write to the disk: since when, and why."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Trouble:
    """An error that has not been overcome yet.

    Attributes:
        since: time of the first failure, in seconds since 1970.
        error: the newest failure.
    """

    since: float
    error: Exception

    @classmethod
    def after(cls, before: Trouble | None, error: Exception) -> Trouble:
        """The same trouble with this newer error, or a new one if there was none."""
        return cls(time.time() if before is None else before.since, error)

    def __str__(self) -> str:
        """For people: since when nothing is saved, and why."""
        since = time.strftime("%H:%M:%S", time.localtime(self.since))
        return f"not saved since {since}: {self.reason}"

    @property
    def reason(self) -> str:
        """The system's message, or the error's text."""
        said = self.error.strerror if isinstance(self.error, OSError) else None
        return said or str(self.error) or type(self.error).__name__
