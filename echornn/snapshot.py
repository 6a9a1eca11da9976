"""A snapshot: a network at one moment, as plain arrays, for the probes."""

from __future__ import annotations

from dataclasses import dataclass

from echornn.progress import Floats, Progress
from echornn.trainer_state import TrainerState
from echornn.unlike_record import UnlikeRecord


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A network at one moment of its run, for the probes.

    Attributes:
        state: the trainer's state there, with its configuration.
        branch, window: the moment: so many windows along that branch's path.
        progress: the newest window, in full; None if none was trained there.
        before: weights by name some windows earlier on the same path; None if unknown.
        windows_since: how many windows earlier these were.
        unlike: if windows were trained again to get there, the first whose loss differs from the record; else None.
    """

    state: TrainerState
    branch: int = 0
    window: int = 0
    progress: Progress | None = None
    before: dict[str, Floats] | None = None
    windows_since: int = 0
    unlike: UnlikeRecord | None = None


Specimen = Snapshot
"""The name that it had at first."""
