"""Context-dependent integration, as in Mante, Sussillo, Shenoy and Newsome 2013."""

from dataclasses import dataclass

import numpy as np

from echornn import TANH, Batch, Cell, Numbers, Product, Symbols, Task, setting

# Mean evidence of a step, whose spread is 1: chosen so that the weakest is seldom clear in a trial
STRENGTHS = np.array([0.06, 0.12, 0.25, 0.5])
PAUSE = 5  # steps after the evidence; they are scored
STREAMS = "motion", "colour"


def step(x, state, network):
    """A leaky unit with noise: a step lasts a fifth of its time constant."""
    (h,) = state
    (rate,) = network.affine([x, h], "W", "b", TANH)
    return [h + 0.2 * (rate - h) + 0.05 * network.noise]


LEAKY = Cell(step, ("h",), (Product("W", "b", ("rate",)),), noise=True)


@dataclass(frozen=True)
class Context(Task):
    """Say the sign of one of two noisy streams of evidence, which the context names.

    To ask a network what it does: ``answer`` scores it by the other stream, ``context`` fixes the
    context, and ``strength`` the mean evidence of the stream that matters.
    """

    stimulus: int = setting(20, "Steps of evidence.", 1, 1000)
    answer: str = setting("relevant", "Stream that is asked for.", choices=("relevant", "other"))
    context: str = setting("both", "Contexts.", choices=("both", *STREAMS))
    strength: float = setting(0.0, "Mean evidence; 0: four strengths, alike.", 0, 10)

    inputs = Numbers(4, names=("motion", "colour", "by motion", "by colour"))
    outputs = Symbols(2, names="-+")

    @property
    def length(self):
        return self.stimulus + PAUSE

    def draw(self, rng, rows, steps):
        row = np.arange(rows)
        signs = rng.integers(0, 2, (rows, 2))
        strengths = rng.choice(STRENGTHS, (rows, 2))
        context = rng.integers(0, 2, rows)
        if self.context != "both":
            context[:] = STREAMS.index(self.context)
        if self.strength > 0:
            strengths[row, context] = self.strength
        x = np.zeros((rows, steps, 4), np.float32)
        evidence = (strengths * (2 * signs - 1))[:, np.newaxis]
        x[:, : self.stimulus, :2] = evidence + rng.normal(size=(rows, self.stimulus, 2))
        x[:, :, 2:] = np.eye(2)[context][:, np.newaxis]
        asked = context if self.answer == "relevant" else 1 - context
        y = np.repeat(signs[row, asked, np.newaxis], steps, axis=1)
        scored = np.tile(np.arange(steps) >= self.stimulus, (rows, 1))
        return Batch(0.5 * x, y, scored)
