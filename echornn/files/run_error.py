"""`RunError`: a folder cannot be used as a run."""

from __future__ import annotations


class RunError(ValueError):
    """A folder cannot be used as a run; the message names the folder and the reason."""
