"""The line about the progress of a sweep."""

from __future__ import annotations

from echornn.sweeps.results import Cell
from tui.map.follower import SweepSeen


def progress_of(seen: SweepSeen, says: str) -> str:
    """The progress of a sweep: networks trained, failed and solved; and the text of the running computation.

    Args:
        says: the computation's own text; empty if this program does not compute the sweep.
    """
    cells = [Cell((), (point,)) for point in seen.results.points]
    trained, solved, lost, failed, missing = (
        sum(getattr(cell, name) for cell in cells) for name in ("finished", "solved", "lost", "failed", "missing")
    )
    if missing:
        sign, word = ("▶", "computing") if says or seen.is_computed else ("…", "unfinished")
    else:
        sign, word = "■", "done"
    parts = [f"{sign} {word}   {trained:,} of {trained + failed + missing:,} trained   {solved:,} solved"]
    if lost:
        parts.append(f"{lost:,} lost again")
    if failed:
        parts.append(f"{failed:,} failed")
    if says:
        parts.append(says)
    return "   ".join(parts)
