"""What is being seen, in a plain sentence: the cause first, then the key that helps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from echornn.analysis.evidence import RECENT_WINDOWS, Evidence
from echornn.config import EchoConfig
from echornn.progress import Progress
from echornn.tasks.levels import (
    AT_CHANCE_SHARE,
    BELOW_CHANCE,
    boundary_floor,
    chance_level,
    credit_coverage,
    mean_floor,
    solved_level,
)

RECOVERED = 2.0
"""A mean loss within this many times chance, after one that was no finite number, is on its way back."""


@dataclass(frozen=True)
class Verdict:
    """One plain sentence in two parts, each short enough for a line of 78 characters.

    Attributes:
        cause: what is seen, and why.
        advice: what helps, with its key, or what to know of it; empty where there is nothing to do.
    """

    cause: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.cause}; {self.advice}" if self.advice else self.cause


def verdict(
    config: EchoConfig,
    evidence: Evidence,
    progress: Progress | None,
    undoable: bool = False,
    blamed: Sequence[str] = (),
) -> Verdict:
    """What is being seen, backed by the newest windows' losses.

    Args:
        config: what is trained.
        evidence: the windows since the last start.
        progress: the newest windows; None where only their losses are known.
        undoable: whether there is something to go back to.
        blamed: the fields that were changed last before the loss was no finite number; empty where it always was one,
            or nothing was changed before.
    """
    chance, mean = chance_level(config), evidence.mean
    if not evidence.windows:
        return Verdict(f"chance is {chance:.3f} nats, the loss of guessing", _credit(config))
    newest = float(evidence.recent[-1])
    if not math.isfinite(newest):
        return _diverged(config, newest, undoable, blamed)
    if progress is not None and (spike := _spike(config, evidence, progress)):
        return spike
    if not math.isfinite(mean):
        return _after_divergence(config, evidence, undoable, blamed)
    worse = mean - chance > AT_CHANCE_SHARE * chance
    if worse and blamed:
        return _worse_than_chance(config, mean, undoable, blamed)
    if evidence.solved_at is not None:
        solved = f"solved at window {evidence.solved_at:,}"
        if mean < solved_level(config):
            return Verdict(f"{solved}: mean loss now {mean:.4f}", "s sets a longer echo_step; l shows powers of ten")
        if worse:
            return Verdict(f"{solved}, but worse than chance now: mean {loss_text(mean, 3)}", _smaller_steps(undoable))
        held = "a smaller learning_rate (s) holds it steadier"
        return Verdict(f"{solved}, but the mean loss is {mean:.3f} again", held)
    if config.echo_step >= config.truncated_backprop_length and not mean < BELOW_CHANCE * chance:
        beyond = f"echo {config.echo_step} reaches beyond T {config.truncated_backprop_length}"
        return Verdict(f"cannot be learned through time: {beyond}", _nearer(config))
    if evidence.windows < RECENT_WINDOWS:
        left = RECENT_WINDOWS - evidence.windows
        return Verdict(f"too early to tell: {left} more windows until the first mean", _credit(config))
    if abs(mean - chance) <= AT_CHANCE_SHARE * chance:
        return _at_chance(config, evidence.windows)
    if worse:
        return _worse_than_chance(config, mean, undoable, blamed)
    floor = mean_floor(config)
    least = f"its floor of {floor:.3f}" if floor >= 0.0005 else "nothing"
    way = min(1.0, (chance - mean) / (chance - floor))
    return Verdict(f"learning: mean loss {mean:.3f}, {way:.0%} of the way from chance to {least}", _credit(config))


def loss_text(loss: float, decimals: int = 4) -> str:
    """A loss with so many decimals, or as a power of ten where that is longer."""
    return f"{loss:.{decimals}f}" if abs(loss) < 1e5 or not math.isfinite(loss) else f"{loss:.3e}"


def _credit(config: EchoConfig) -> str:
    return f"the error of {credit_coverage(config):.0%} of the targets reaches the input that they echo"


def _nearer(config: EchoConfig) -> str:
    return "s sets a longer truncated_backprop_length, or a shorter echo_step"


def _since(config: EchoConfig, blamed: Sequence[str]) -> str:
    """Since which edit, naming the field and what it was set to."""
    if not blamed:
        return ""
    first, *others = blamed
    if others:
        return f" since {first} and {len(others)} more"
    value = getattr(config, first)
    return f" since {first} = {f'{value:g}' if isinstance(value, float) else value}"


def _back(undoable: bool, blamed: Sequence[str]) -> str:
    if not undoable:
        return "r starts over"
    return "u goes back to before that" if blamed else "u goes back"


def _diverged(config: EchoConfig, loss: float, undoable: bool, blamed: Sequence[str]) -> Verdict:
    return Verdict(
        f"diverged{_since(config, blamed)}: the loss is {loss_text(loss)}",
        f"{_back(undoable, blamed)}, then s sets a smaller learning_rate",
    )


def _after_divergence(config: EchoConfig, evidence: Evidence, undoable: bool, blamed: Sequence[str]) -> Verdict:
    """One of the recent losses was no finite number, but the newest is one."""
    since = evidence.recent[np.flatnonzero(~np.isfinite(evidence.recent))[-1] + 1 :]
    mean = float(since.mean(dtype=np.float64))
    if mean > RECOVERED * chance_level(config):
        return _diverged(config, float(since[-1]), undoable, blamed)
    windows = "window" if since.size == 1 else f"{since.size} windows"
    return Verdict(
        f"recovering: mean loss {mean:.3f} in the last {windows}",
        f"the loss before was no finite number; {_back(undoable, blamed)}",
    )


def _worse_than_chance(config: EchoConfig, mean: float, undoable: bool, blamed: Sequence[str]) -> Verdict:
    if blamed:
        return Verdict(
            f"worse than chance{_since(config, blamed)}: mean {loss_text(mean, 3)}",
            f"{_back(undoable, blamed)}, then s sets a smaller learning_rate",
        )
    return Verdict(
        f"worse than chance: mean loss {loss_text(mean, 3)}, chance {chance_level(config):.3f}",
        _smaller_steps(undoable),
    )


def _smaller_steps(undoable: bool) -> str:
    smaller = "s sets a smaller learning_rate"
    return f"u goes back to before the last change; {smaller}" if undoable else f"surer than it should be; {smaller}"


def _at_chance(config: EchoConfig, windows: int) -> Verdict:
    at_chance = f"at chance ({chance_level(config):.3f}) after {windows:,} windows"
    coverage = credit_coverage(config)
    if coverage < 0.5:
        return Verdict(f"{at_chance}: {coverage:.0%} of errors reach their source", _nearer(config))
    if config.init == "tutorial":
        return Verdict(at_chance, "a plateau of thousands is common; R draws another uniform start")
    return Verdict(at_chance, "nothing is learned yet; R draws other weights")


def _spike(config: EchoConfig, evidence: Evidence, progress: Progress) -> Verdict | None:
    """Why an epoch's first windows stand out, where the newest one is such, and does."""
    floor = boundary_floor(config, progress.window)
    before = evidence.recent[:-1]
    if floor == 0 or before.size < 10 or not float(progress.losses[-1]) > max(floor / 2, 2 * float(np.median(before))):
        return None
    unknown = min(config.echo_step - progress.window * config.window_stride, config.truncated_backprop_length)
    return Verdict(
        f"spike: the first {unknown} targets of each row echo the row above (floor {floor:.3f})",
        "a zero state cannot know them; s: row_start zero blanks them",
    )
