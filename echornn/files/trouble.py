"""`Trouble`: a failure to write to the disk, with its beginning and its reason."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Trouble:
    """A failure that has not been overcome yet.

    Attributes:
        since: the time of the first failure, in seconds since 1970.
        error: the newest failure.
    """

    since: float
    error: Exception

    @classmethod
    def after(cls, before: Trouble | None, error: Exception) -> Trouble:
        """The failure after another error: the same beginning, or a new one if there was no failure before."""
        return cls(time.time() if before is None else before.since, error)

    def __str__(self) -> str:
        """A sentence for users: since when nothing is saved, and why."""
        since = time.strftime("%H:%M:%S", time.localtime(self.since))
        return f"not saved since {since}: {self.reason}"

    @property
    def reason(self) -> str:
        """The operating system's message, or the error's text."""
        said = self.error.strerror if isinstance(self.error, OSError) else None
        return said or str(self.error) or type(self.error).__name__
