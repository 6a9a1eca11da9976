"""The flip-flop: hold the sign of the last pulse of each channel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from echornn.tasks.task import Batch, Level, Numbers, Task, setting

# For which the ladder has a level, as long as the levels differ enough
SHOWN_LAGS = 0, 1, 3, 7, 15, 31
# The least squared error by which a level must be above the last; chosen by eye
LEAST_STEP = 0.01


@dataclass(frozen=True)
class FlipFlop(Task):
    """Hold the sign of the last pulse of each channel (Sussillo and Barak 2013).

    A channel is +1 or -1 with probability ``pulse / 2`` each, else 0; the target is the sign of its
    last pulse. Each channel has a pulse at the first step of a row, so every step is scored.
    """

    scores_every_step = True

    bits: int = setting(3, "Channels: bits to be held.", 1, 64)
    pulse: float = setting(0.2, "Probability of a pulse, of each channel at each step.", 0, 1)

    @property
    def inputs(self) -> Numbers:
        return Numbers(self.bits, names=[f"bit {bit}" for bit in range(1, self.bits + 1)])

    outputs = inputs

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        shape = rows, steps, self.bits
        signs = rng.integers(0, 2, shape, np.int8) * np.int8(2) - np.int8(1)
        pulses = rng.random(shape, np.float32) < self.pulse
        pulses[:, :1] = True
        step = np.arange(steps)[:, np.newaxis]
        last = np.maximum.accumulate(np.where(pulses, step, 0), axis=1)
        y = np.take_along_axis(signs, last, axis=1)
        return Batch((signs * pulses).astype(np.float32), y.astype(np.float32))

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        ladder = [Level("chance", 1.0, "nothing, so that the answer is 0")]
        for lag in SHOWN_LAGS:
            # Without a pulse in lag + 1 steps, which is possible only later in a row, the best
            # answer is 0.
            loss = (1 - self.pulse) ** (lag + 1) * max(0, steps - lag - 1) / steps
            if LEAST_STEP < loss < ladder[-1].loss:
                last = f"last {lag + 1} steps" if lag else "last step"
                ladder.append(Level(f"knows {lag + 1} back", loss, f"the pulses of the {last}"))
        return *ladder, Level("knows all", 0.0, "the last pulse of each channel, whenever it was")
