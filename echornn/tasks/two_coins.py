"""Two coins: predict a coin whose odds depend on two earlier coins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from echornn.errors import ConfigError
from echornn.tasks.task import Batch, Level, Symbols, Task, entropy, lagged, setting, share_before

DRAWN_AT_ONCE = 1 << 20  # probabilities, of 8 bytes each, in memory at the same time


@dataclass(frozen=True)
class TwoCoins(Task):
    """Predict a coin whose odds depend on two earlier coins (R2RT, "Recurrent Neural Networks in
    Tensorflow I").

    The input is a fair coin. The target is 1 with probability ``base + weight * x[t - lag] +
    far_weight * x[t - far_lag]``. Every step is scored. The first targets of a row depend on coins
    from before the row, which no network has seen; the levels count them in.
    """

    inputs = outputs = Symbols(2)
    scores_every_step = True

    lag: int = setting(3, "Steps back to the nearer coin.", 0, 10**6)
    far_lag: int = setting(8, "Steps back to the farther coin, more than lag.", 1, 10**6)
    base: float = setting(0.5, "Probability of a 1 if both coins are 0.", 0, 1)
    weight: float = setting(0.5, "What a 1 of the nearer coin adds to the probability.", -1, 1)
    far_weight: float = setting(
        -0.25, "What a 1 of the farther coin adds to the probability.", -1, 1
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.far_lag <= self.lag:
            raise ConfigError("far_lag", self.far_lag, f"more than lag = {self.lag}")
        least, most = self._odds.min(), self._odds.max()
        if least < 0 or most > 1:
            reached = f"with the weights, probabilities reach {least:g} to {most:g}"
            raise ConfigError("base", self.base, f"{reached}, and have to stay within 0 to 1")

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        x = rng.integers(0, 2, (rows, self.far_lag + steps), np.uint8)
        near = lagged(x, self.lag, self.far_lag)
        far = lagged(x, self.far_lag, self.far_lag)
        coins = (2 * near + far).reshape(-1)
        odds = self._odds.reshape(-1)
        y = np.empty_like(coins)
        for begin in range(0, len(coins), DRAWN_AT_ONCE):
            part = coins[begin : begin + DRAWN_AT_ONCE]
            y[begin : begin + len(part)] = rng.random(len(part)) < odds.take(part)
        return Batch(x[:, self.far_lag :], y.reshape(rows, steps))

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        odds = self._odds
        mean = odds.mean()
        chance = _mean_loss(mean)
        near, far = _mean_loss(odds.mean(axis=1)), _mean_loss(odds.mean(axis=0))
        both = _mean_loss(odds)
        no_near, no_far = share_before(self.lag, steps), share_before(self.far_lag, steps)
        knows_one = [
            _knows_coin(self.far_lag, no_far * chance + (1 - no_far) * far),
            _knows_coin(self.lag, no_near * chance + (1 - no_near) * near),
        ]
        knows_one.sort(key=lambda level: -level.loss)
        least = no_near * chance + (no_far - no_near) * near + (1 - no_far) * both
        knows = f"the coins {self.lag} and {self.far_lag} steps back"
        wrong = float(min(mean, 1 - mean))
        return (
            Level("chance", chance, "nothing but how often the target is 1", (), wrong),
            *knows_one,
            Level("knows both", least, knows, (self.lag, self.far_lag)),
        )

    def sources(self, t: int) -> tuple[int, ...]:
        return tuple(lag for lag in (self.lag, self.far_lag) if lag <= t)

    @property
    def _odds(self) -> npt.NDArray[np.float64]:
        """The probability of a 1, float64 [2, 2], by the nearer coin and the farther one."""
        exact = self.base + np.add.outer([0, self.weight], [0, self.far_weight])
        return np.round(exact, 12)  # 0.1 + 0.7 + 0.2 may be a little more than 1


def _knows_coin(lag: int, loss: float) -> Level:
    steps = "step" if lag == 1 else "steps"
    return Level(f"knows t-{lag}", loss, f"the coin {lag} {steps} back", (lag,))


def _mean_loss(odds: npt.NDArray[np.float64]) -> float:
    """The mean cross-entropy of a learner who knows which of these probabilities of a 1 applies."""
    return float(np.mean([entropy(p, 1 - p) for p in odds.flat]))
