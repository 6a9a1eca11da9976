"""The losses of a lottery made up by rule, like those of the tutorial's networks, for what is drawn of one."""

from __future__ import annotations

import math

import numpy as np

from echornn.analysis.lottery import Lottery
from echornn.config import EchoConfig
from echornn.progress import Floats
from echornn.runs.timeline import Timeline
from echornn.tasks.levels import solved_level
from echornn.tasks.solved import RECENT_WINDOWS, SolvedAt
from tests.trees import branch_off, grow_many

CHANCE = math.log(2)


def drawn_losses(windows: int, replicas: int) -> Floats:
    """float32 [windows, replicas]: at chance; of five in six, sooner or later, down to nearly none, but for the first
    window of each epoch; with noise, since a line without it hides what is drawn around it."""
    dice = np.random.default_rng(0)
    seeds, at = np.arange(replicas), np.arange(windows)[:, np.newaxis]
    falls_at = np.where(seeds % 6 == 3, 10**9, 60 + 1800 * dice.random(replicas) ** 2)
    left = np.clip(1 - (at - falls_at) / (60 + 80 * dice.random(replicas)), 0.01, 1)
    noise = 1 + 0.1 * (dice.random((windows, replicas)) - 0.5)
    spike = np.where((at % 666 == 0) & (at > 0), 0.13, 0)
    settling = 0.4 * np.clip(1 - at / 20, 0, 1)
    losses: Floats = (CHANCE * left * noise + spike * (left < 1) + settling).astype(np.float32)
    return losses


def drawn_lottery(windows: int = 1500, config: EchoConfig | None = None) -> tuple[Timeline, Lottery]:
    """A lottery of 64 after so many windows, and where it stands."""
    config = EchoConfig(replicas=64) if config is None else config
    timeline, losses = Timeline(), drawn_losses(windows, config.replicas)
    grow_many(timeline, branch_off(timeline, config), losses)
    return timeline, lottery_of(losses, config)


def lottery_of(losses: Floats, config: EchoConfig) -> Lottery:
    """Where a lottery stands whose windows had these losses, float32 [n, replicas]."""
    solved = SolvedAt.never(config.replicas).after(losses, np.full(config.replicas, solved_level(config)))
    return Lottery.after(losses[-RECENT_WINDOWS:], solved.at, len(losses))
