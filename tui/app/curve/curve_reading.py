"""The text about the window at the crosshair."""

from __future__ import annotations

import numpy as np

from echornn.diagnosis.loss_stats import loss_text
from echornn.history.curve import Band, Curve


def read(curve: Curve, window: int, band: Band | None = None, seed: int = 0, has_errors: bool = True) -> str:
    """The text about a window on the curve: its epoch, and the loss and error rate of its bucket.

    Args:
        band: with several replicas, the distribution of their losses. The text then begins with it, and with the number
            of replicas that have solved the task.
        seed: the seed of the network that the curve belongs to.
        has_errors: whether predictions are right or wrong; numbers are neither.
    """
    bucket = int(np.searchsorted(curve.starts, window, side="right")) - 1
    begin = int(curve.starts[bucket])
    end = int(curve.ends[bucket])
    segment = next((one for one in reversed(curve.segments) if one.at <= window), None)
    of_all = "" if band is None else _of_all(band, window)
    place = f"window {begin + 1:,}" if end - begin == 1 else f"windows {begin + 1:,} to {end:,}"
    if segment is not None:
        epoch, in_epoch = segment.epoch_and_window(max(begin, segment.at))
        if of_all and end - begin > 1:  # the text has to fit on two lines of 80 columns
            place += f" · epoch {epoch + 1}"
        else:
            place += f" · {'' if end - begin == 1 else 'from '}epoch {epoch + 1}, window {in_epoch + 1}"
    low, high, mean = (loss_text(float(values[bucket])) for values in (curve.low, curve.high, curve.mean))
    wrong = f"{float(curve.error_rate[bucket]):.1%} wrong" if has_errors else ""
    if of_all:
        return ", ".join(filter(None, [f"{place} · {of_all} · seed {seed}: {mean}", wrong]))
    loss = f"loss {mean}" if end - begin == 1 else f"average loss {mean} ({low} to {high})"
    return " · ".join(filter(None, [place, loss, wrong]))


def _of_all(band: Band, window: int) -> str:
    """The text about the band at a window; empty if there is no band."""
    bucket = int(np.searchsorted(band.starts, window, side="right")) - 1
    if bucket < 0 or window >= band.ends[bucket]:
        return ""
    tenth, median, ninetieth = (
        loss_text(float(losses[bucket])) for losses in (band.tenth, band.median, band.ninetieth)
    )
    solved = f"{int(band.solved[bucket]):,} of {int(band.replicas[bucket]):,} solved"
    return f"median loss {median} (10 to 90 %: {tenth} to {ninetieth}) · {solved}"
