"""Texts of the seeds view."""

from __future__ import annotations

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import loss_text
from echornn.diagnosis.seed_stats import SeedStats
from echornn.session.pictures.frame import Frame, State

NOTHING = "-"
"""The text for a loss that is not known."""


def instead(frame: Frame | None, message: str) -> list[str]:
    """The text shown in place of replicas: what the view is for, and which key trains several seeds."""
    coming = frame.coming if frame is not None and frame.state is State.LOADING else None
    if coming is not None and coming.replicas > 1:
        last = coming.seed + coming.replicas - 1
        return [
            f"seeds: {coming.replicas:,} networks are being prepared, with seeds {coming.seed:,} to {last:,}.",
            "Each gets a line here as soon as they train; «seeds» again goes back to one.",
        ]
    if frame is None or frame.config.replicas > 1:
        return [message or "seeds: nothing trained yet"]
    return [
        f"seeds: this is one network, with seed {frame.config.seed:,}. Was it the idea, or the seed?",
        "«seeds» trains 64 networks at once, with this seed and the next 63; «seeds» again goes back.",
    ]


def read(config: EchoConfig, seed_stats: SeedStats, replica: int, is_chosen: bool = True) -> str:
    """A text about a replica: when it was solved, its mean loss, and what enter does, if it is selected."""
    at, mean = int(seed_stats.solved_at[replica]), mean_of(seed_stats, replica)
    name = f"seed {config.seed + replica}"
    if seed_stats.diverged[replica]:
        return f"{name}: its loss is not finite any more"
    lost_at = int(seed_stats.lost_at[replica])
    if not at:
        text = f"{name}: not solved, mean loss {mean}"
    elif lost_at:
        text = f"{name}: solved at {at:,}, lost at {lost_at:,}, mean loss {mean}"
    else:
        text = f"{name}: solved at {at:,}, mean loss {mean}"
    return f"{text}; «alone»: go on with it alone" if is_chosen else text


def mean_of(seed_stats: SeedStats, replica: int) -> str:
    """A replica's mean loss as text; a dash before the first window."""
    return NOTHING if seed_stats.is_blank else loss_text(float(seed_stats.mean[replica]))
