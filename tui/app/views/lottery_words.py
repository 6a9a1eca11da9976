"""What is said of a lottery's networks, and where there is only one."""

from __future__ import annotations

from echornn.analysis.loss_text import loss_text
from echornn.analysis.lottery import Lottery
from echornn.config import EchoConfig
from echornn.session.frame import Frame

NOTHING = "-"
"""A loss where none is known."""


def instead(frame: Frame | None, message: str) -> list[str]:
    """What is said where there are no lines of replicas: what a lottery is, and which key makes one."""
    if frame is None or frame.config.replicas > 1:
        return [message or "seeds: nothing trained yet"]
    return [
        f"seeds: this is one network, with seed {frame.config.seed:,}. Was it the idea, or the seed?",
        "L trains 64 networks at once, with this seed and the next 63; L again goes back.",
    ]


def read(config: EchoConfig, lottery: Lottery, replica: int) -> str:
    """A replica in words: when it was solved, as which of how many, or lost; its mean loss, and what enter does."""
    at, mean = int(lottery.solved_at[replica]), mean_of(lottery, replica)
    name = f"seed {config.seed + replica}"
    if lottery.diverged[replica]:
        return f"{name}: its loss is no finite number any more"
    lost_at = int(lottery.lost_at[replica])
    if not at:
        text = f"{name}: not solved, mean loss {mean}"
    elif lost_at:
        text = f"{name}: solved at {at:,}, lost at {lost_at:,}, mean loss {mean}"
    else:
        known = lottery.solved_at[lottery.solved_at > 0]
        rank = int((known < at).sum()) + 1
        text = f"{name}: solved at {at:,}, {ordinal(rank)} of {len(known):,}, mean loss {mean}"
    return f"{text}; enter: on with it alone"


def mean_of(lottery: Lottery, replica: int) -> str:
    """A replica's mean loss; a dash where nothing was trained."""
    return NOTHING if lottery.is_blank else loss_text(float(lottery.mean[replica]))


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, ..."""
    ending = "th" if number // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"
