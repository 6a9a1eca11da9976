"""Places the newest windows of a row side by side, and decides which of their time steps fit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from echornn.config import EchoConfig
from echornn.progress import Progress


@dataclass(frozen=True)
class TapeWindow:
    """A window on the tape: steps ``begin`` to ``end`` - 1 are drawn from column ``x`` on, followed by a seam.

    If windows overlap, the shared steps are drawn only in the later one.
    """

    progress: Progress
    x: int
    begin: int
    end: int
    seam: str

    def __contains__(self, step: int) -> bool:
        return self.begin <= step < self.end


def lay_tape(
    config: EchoConfig, windows: tuple[Progress, ...], width: int, step: int | None = None
) -> list[TapeWindow]:
    """The newest windows that fit on ``width`` characters, oldest first, with the newest at the right end.

    If even the newest window does not fit, only its newest time steps are shown, or those from ``step`` on.
    """
    pieces: list[TapeWindow] = []
    room = width
    seam = ""
    end = windows[-1].x.shape[1]
    for progress, before in zip(reversed(windows), [*reversed(windows[:-1]), None], strict=True):
        steps = min(end, (room - len(seam[:1])) // 2)
        if not pieces and step is not None and step < end - steps:
            end = step + max(1, steps)
        if steps < 1:
            break
        room -= 2 * steps + len(seam[:1])
        pieces.append(TapeWindow(progress, room, end - steps, end, seam))
        if before is not None:
            seam, end = seam_between(config, before, progress), steps_before(config, before, progress)
    shift = pieces[0].x if pieces and len(pieces) == 1 else 0
    return [replace(one, x=one.x - shift) for one in reversed(pieces)] or [TapeWindow(windows[-1], 0, end, end, "")]


def steps_before(config: EchoConfig, before: Progress, after: Progress) -> int:
    """How many steps of the window ``before`` come before ``after`` begins: fewer than all if the windows overlap."""
    length: int = before.x.shape[1]
    if before.epoch != after.epoch or before.window >= after.window:
        return length
    return min(length, (after.window - before.window) * config.window_stride)


def seam_between(config: EchoConfig, before: Progress, after: Progress) -> str:
    """The kind of seam between two windows: they are adjacent (window), an epoch or a trial ends (epoch), or windows
    are missing (gap).
    """
    first, second = ((one.epoch * config.windows_per_epoch + one.window) for one in (before, after))
    if second != first + 1:
        return "gap"
    return "window" if before.epoch == after.epoch and config.is_stream else "epoch"
