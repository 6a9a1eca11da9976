"""The line about the progress of a sweep."""

from __future__ import annotations

from tui.map.follower import SweepSeen


def progress_of(seen: SweepSeen, says: str, ascii_only: bool) -> str:
    """The progress of a sweep: networks trained, failed and solved; and the text of the running computation.

    Args:
        says: the computation's own text; empty if this program does not compute the sweep.
    """
    counts = seen.overview.counts
    all_of_them = counts.trained + counts.failed + counts.missing
    if counts.missing:
        sign, word = (">", "computing") if says or seen.is_computed else (".", "unfinished")
        sign = sign if ascii_only else {">": "▶", ".": "…"}[sign]
    else:
        sign, word = "#" if ascii_only else "■", "done"
    parts = [f"{sign} {word}   {counts.trained:,} of {all_of_them:,} trained   {counts.solved:,} solved"]
    if counts.lost:
        parts.append(f"{counts.lost:,} lost again")
    if counts.failed:
        parts.append(f"{counts.failed:,} failed")
    if says:
        parts.append(says)
    return "   ".join(parts)
