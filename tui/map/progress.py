"""The line about the progress of a sweep."""

from __future__ import annotations

from tui.map.follower import SweepSeen


def progress_of(seen: SweepSeen, says: str) -> str:
    """The progress of a sweep: networks trained, failed and solved, and the speed; or the text of the running
    computation.

    Args:
        says: the computation's own text; empty if this program does not compute the sweep.
    """
    counts = seen.overview.counts
    all_of_them = counts.trained + counts.failed + counts.missing
    if counts.missing:
        sign, word = ("▶", "computing") if says or seen.is_computed else ("…", "unfinished")
    else:
        sign, word = "■", "done"
    parts = [f"{sign} {word}   {counts.trained:,} of {all_of_them:,} trained   {counts.solved:,} solved"]
    if counts.lost:
        parts.append(f"{counts.lost:,} lost again")
    if counts.failed:
        parts.append(f"{counts.failed:,} failed")
    if says:
        parts.append(says)
    elif counts.missing and seen.is_computed and seen.rate:
        seconds = counts.missing / seen.rate
        parts.append(f"{seen.rate:.1f} a second, {_time(seconds)} left")
    return "   ".join(parts)


def _time(seconds: float) -> str:
    """A duration as a short text."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
