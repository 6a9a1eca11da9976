"""What is said of a lottery's networks, and where there is only one."""

from __future__ import annotations

from echornn.analysis.loss_text import loss_text
from echornn.analysis.lottery import Lottery
from echornn.config import EchoConfig
from echornn.session.frame import Frame


def instead(frame: Frame | None, message: str) -> list[str]:
    """What is said where there are no lines of replicas: what a lottery is, and which key makes one."""
    if frame is None or frame.config.replicas > 1:
        return [message or "lottery: nothing trained yet"]
    return [
        f"lottery: this is one network, of seed {frame.config.seed:,}. Was it the idea, or the seed?",
        "L trains 64 at once, of this seed and those after it; L again comes back.",
        message,
    ]


def read(config: EchoConfig, lottery: Lottery, replica: int) -> str:
    """A replica in words: when it was solved, as which of how many, and its loss."""
    at, mean = int(lottery.solved_at[replica]), float(lottery.mean[replica])
    name = f"seed {config.seed + replica}"
    if lottery.diverged[replica]:
        return f"{name}: its loss is no finite number any more"
    if not at:
        text = f"{name}: not solved, its mean loss {loss_text(mean)}"
    else:
        known = lottery.solved_at[lottery.solved_at > 0]
        rank = int((known < at).sum()) + 1
        text = f"{name}: solved at window {at:,}, no. {rank:,} of {len(known):,}, mean loss {loss_text(mean)}"
    return f"{text}; enter: it alone"
