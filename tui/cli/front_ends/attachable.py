"""Finds the run to attach to."""

from __future__ import annotations

import contextlib
from pathlib import Path

from echornn.errors import RunError
from echornn.remote.client import connected
from echornn.remote.messages import AddressError
from echornn.runs import folders
from tui.commands import record


def folder_of(name: str | None) -> Path:
    """The folder of the run with this name, or of the newest run that can be attached to."""
    if name is not None:
        return record.find(name)
    for folder in folders.runs():
        with contextlib.suppress(AddressError):
            connected(folder).close()
            return folder
    raise RunError("no run is trained that can be attached to: start one with --detach, or see list")
