"""A change of one input, and its effects: the inputs before it, the targets after it, and texts about it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.progress import Floats, Symbols
from echornn.readings import RAISED, Flip
from echornn.tasks import task


def before_flip(flip: Flip, reads: task.Symbols | task.Numbers) -> npt.NDArray[Any]:
    """The inputs before the change, [T] or [T, count]; a change replaces a symbol by the next one, or raises numbers.

    Args:
        reads: the kind of the inputs.
    """
    x = flip.x.copy()
    if isinstance(reads, task.Numbers):
        x[flip.step] -= np.float32(RAISED)
    else:
        x[flip.step] = (int(x[flip.step]) - 1) % reads.count
    return x


def targets_after(y: Symbols, flip: Flip, echo_step: int | None) -> Symbols | None:
    """The targets after the flip, uint8 [T]: the echo of the flipped input is changed too; None if it is another task,
    whose targets are not known then.
    """
    if echo_step is None:
        return None
    after = y.copy()
    if flip.step + echo_step < len(y):
        after[flip.step + echo_step] = flip.x[flip.step]
    return after


def changed_steps(flip: Flip) -> list[int]:
    """Steps, from 0, at which the flip changes the predicted symbol."""
    return np.flatnonzero(flip.before.argmax(axis=-1) != flip.after.argmax(axis=-1)).tolist()


def change_of(flip: Flip) -> Floats:
    """The change of each predicted number, float32 [T, outputs]."""
    with np.errstate(invalid="ignore", over="ignore"):  # of a network that diverged
        return np.asarray(flip.after - flip.before)


def flip_words(
    flip: Flip, echo_step: int | None, first_step: int = 0, changed: str = "flipped", of_symbols: bool = True
) -> tuple[str, ...]:
    """The effects of the change, as texts, longest first; step numbers take `RowPanel.first_step` into account.

    The shortest text fits on `LEAST_WIDTH` columns: it omits the changed step, which the line above shows.

    Args:
        changed: how the input is changed, in a word.
        of_symbols: whether the predictions are symbols, which can change.
    """
    largest = float(np.nan_to_num(np.abs(change_of(flip)), posinf=0.0).max(initial=0))
    turned = [first_step + step + 1 for step in changed_steps(flip)] if of_symbols else []
    if turned:
        named = ", ".join(map(str, turned[:3])) + (f" and {len(turned) - 3} more" if len(turned) > 3 else "")
        turn = f"turn{'s' if len(turned) == 1 else ''}"
        texts = [f"{named} {turn}", f"{len(turned)} prediction{'s' if len(turned) > 1 else ''} {turn}"]
    elif not of_symbols:
        texts = [f"predictions move by {largest:.2g} at most", f"moves by {largest:.2g}"]
    elif echo_step is not None and flip.step + echo_step >= len(flip.x):
        texts = ["its echo comes after this window", "its echo comes later"]
    else:
        texts = [f"no prediction turns; p moves by {largest:.2f} at most", "none turns"]
    step = f"step {first_step + flip.step + 1} {changed}: "
    return (*(f"{step}{one}" for one in texts), f"{changed}: {texts[-1]}")
