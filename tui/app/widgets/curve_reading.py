"""What the crosshair reads off the curve."""

from __future__ import annotations

import numpy as np

from echornn.analysis.loss_history import Curve
from echornn.analysis.loss_text import loss_text


def read(curve: Curve, window: int) -> str:
    """What the curve holds at a window of the run: its epoch, the bucket's loss and error rate."""
    bucket = int(np.searchsorted(curve.starts, window, side="right")) - 1
    begin = int(curve.starts[bucket])
    end = int(curve.ends[bucket])
    segment = next((one for one in reversed(curve.segments) if one.at <= window), None)
    place = f"window {begin + 1:,}" if end - begin == 1 else f"windows {begin + 1:,} to {end:,}"
    if segment is not None:
        epoch, in_epoch = segment.position(max(begin, segment.at))
        place += f" · {'' if end - begin == 1 else 'from '}epoch {epoch + 1}, window {in_epoch + 1}"
    low, high, mean = (loss_text(float(values[bucket])) for values in (curve.low, curve.high, curve.mean))
    loss = f"loss {mean}" if end - begin == 1 else f"average loss {mean} ({low} to {high})"
    return f"{place} · {loss} · {float(curve.error_rate[bucket]):.1%} wrong"
