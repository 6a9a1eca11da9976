"""`NewestRows`: the newest windows with their data, which the screen shows as rows of blocks."""

from __future__ import annotations

from collections.abc import Iterable

from echornn.progress import PopulationProgress, Progress

# Of windows before the newest; chosen by eye
MOST_WINDOWS, MOST_BYTES = 32, 32 << 20


class NewestRows:
    """Windows with their data, newest last; at high speed with gaps."""

    def __init__(self) -> None:
        self.windows: tuple[PopulationProgress, ...] = ()
        self._of: dict[tuple[PopulationProgress, int], Progress] = {}

    def add(self, progress: PopulationProgress) -> None:
        recorded = progress.losses.nbytes + progress.errors.nbytes
        rows = progress.x.nbytes + progress.y.nbytes
        rows += progress.outputs.nbytes + progress.states.nbytes
        most = MOST_BYTES // max(1, recorded + rows)
        most = max(1, min(1 + MOST_WINDOWS, most))
        self.windows = (*self.windows, progress)[-most:]

    def replace(self, windows: Iterable[PopulationProgress]) -> None:
        self.windows = tuple(windows)

    def only(self, replica: int) -> None:
        self.windows = tuple(progress.only(replica) for progress in self.windows)

    def of(self, replica: int) -> tuple[Progress, ...]:
        """Those of a replica; windows that were shown before are the same objects again."""
        shown = {}
        for progress in self.windows:
            key = (progress, replica)
            shown[key] = self._of.get(key) or progress.of(replica)
        self._of = shown
        return tuple(progress.newest for progress in shown.values())
