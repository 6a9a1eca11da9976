"""Reads the results of a sweep repeatedly while they are computed; on a separate thread, since reading may be slow."""

from __future__ import annotations

from dataclasses import dataclass, replace

from echornn.errors import RunError
from echornn.files.own_files import is_held
from echornn.runtime.background import Background
from echornn.sweeps.folder import SweepResults


@dataclass(frozen=True, eq=False)
class SweepSeen:
    """A sweep as its folder was last read.

    Attributes:
        results: the results; the same object as before if there were no new ones.
        trouble: why the folder cannot be read any more; empty if it can.
        is_computed: whether some process was computing the sweep.
    """

    results: SweepResults
    trouble: str = ""
    is_computed: bool = False


class Follower:
    """Follows the folder of a sweep.

    Attributes:
        seen: what was last read of the sweep; the whole object is replaced.

    Args:
        results: the results at the start.
    """

    def __init__(self, results: SweepResults) -> None:
        self._background = Background("map")
        self._folder = results.folder
        self.seen = SweepSeen(results, is_computed=self._is_computed(False))

    def look(self) -> None:
        """Start reading on the other thread; afterwards `seen` has the new results."""
        self._background.do(self.look_now)

    def look_now(self) -> None:
        """Read the folder now."""
        before = self.seen
        try:
            results = before.results.refresh()
        except RunError as error:
            self.seen = replace(before, trouble=str(error))
            return
        self.seen = SweepSeen(results, "", self._is_computed(before.is_computed))

    def _is_computed(self, otherwise: bool) -> bool:
        """Whether some process is computing the sweep; ``otherwise`` if the disk cannot be read."""
        try:
            return is_held(self._folder)
        except OSError:
            return otherwise

    def end(self) -> None:
        """Stop reading."""
        self._background.end()
