"""`Snapshot`: a network at one position of a run, as plain arrays, for the probes."""

from __future__ import annotations

from dataclasses import dataclass

from echornn.progress import Floats, Progress
from echornn.trainer_state import TrainerState
from echornn.unlike_record import UnlikeRecord


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A network at one position of its run, for the probes.

    Attributes:
        state: the trainer's state at this position, with its configuration.
        branch, window: the position: the branch, and the number of windows along its path.
        progress: the newest window with its data; None if the branch has no window here.
        before: the weights, by name, some windows earlier on the same path; None if unknown.
        windows_since: the number of windows between the earlier weights and this position.
        unlike: the first window that was trained again with another loss than recorded; None if there is none.
    """

    state: TrainerState
    branch: int = 0
    window: int = 0
    progress: Progress | None = None
    before: dict[str, Floats] | None = None
    windows_since: int = 0
    unlike: UnlikeRecord | None = None
