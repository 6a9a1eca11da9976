"""When the training of a sweep's network ends, and its result."""

from __future__ import annotations

import math

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.data.solved import RECENT_WINDOWS, Levels, SolvedAt
from echornn.sweeps.ended import ended
from echornn.sweeps.folder import Result


def told(losses: list[float], cut: int, until: str) -> Result | None:
    """The result of windows that come ``cut`` at a time."""
    solved, recent, last = SolvedAt.never(1), np.zeros(0, np.float32), 0
    for first in range(0, len(losses), cut):
        new = np.array(losses[first : first + cut], np.float32)
        solved = solved.after(new[:, np.newaxis], Levels.of([EchoConfig()]))
        last += len(new)
        known = np.concatenate([recent, new])
        recent = known[-RECENT_WINDOWS:]
        result = ended(known, last, int(solved.at[0]), until, last == len(losses), 1.5)  # type: ignore[arg-type]
        if result is not None:
            return result
    return None


FALLING = [0.7] * 100 + [0.01] * 200


@pytest.mark.parametrize("cut", [1, 7, 50, 64, 300])
def test_the_result_does_not_depend_on_how_the_windows_were_cut(cut: int) -> None:
    solved_at = 100 + 48
    whole = np.array(FALLING, np.float32)
    mean = float(whole[solved_at - 50 : solved_at].mean(dtype=np.float64))
    assert told(FALLING, cut, "solved") == Result(solved_at, mean, solved_at, 1.5)
    assert told(FALLING, cut, "all") == Result(solved_at, float(np.float32(0.01)), 300, 1.5)


@pytest.mark.parametrize("cut", [1, 7, 300])
@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_one_that_diverges_ends_there(cut: int, broken: float) -> None:
    result = told([0.7] * 120 + [broken] + [math.nan] * 100, cut, "solved")
    assert result is not None
    assert (result.solved_at, result.windows) == (None, 121)
    assert not math.isfinite(result.final_loss)


def test_one_that_diverges_after_it_was_solved_was_solved() -> None:
    losses = [*FALLING, math.nan]
    assert told(losses, 400, "solved") == told(FALLING, 400, "solved")
    result = told(losses, 400, "all")
    assert result is not None
    assert (result.solved_at, result.windows) == (148, 301)


def test_one_that_never_solves_it_trains_all_windows() -> None:
    assert told([0.7] * 20, 6, "solved") == Result(None, float(np.float32(0.7)), 20, 1.5)
