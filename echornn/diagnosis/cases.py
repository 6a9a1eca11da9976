"""The sentence above the curve: `CASES`, a table of what a run can be, what is said of it, and
which key helps."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from echornn import levels
from echornn.config import ConfigError, EchoConfig
from echornn.data import lags_beyond, source_lags
from echornn.diagnosis.loss_stats import (
    RECENT_WINDOWS,
    LossStats,
    Trend,
    bits_text,
    ladder_position,
    loss_text,
    trend,
)
from echornn.diagnosis.seed_stats import SeedStats
from echornn.history.block_means import FIRST_BLOCK
from echornn.progress import Progress

FEWER = 0.9  # the share of guessing's errors below which a network is better than guessing
EPOCH_HEAD = 16  # windows at an epoch's start whose targets may echo the row above
# Windows at chance before which no change is advised: the tutorial's network needs as many
PATIENCE = 250
# A mean of the newest windows below this share of chance is seen before the next block is complete
CLEAR = 0.85
# From the tutorial's start, and most from glorot, if the units can hold all symbols of the echo
FEW_LEARN = {"echo": ("rnn", "gru", "lstm", "cornn")}
UNDO, RESET, BACK, SEEDS = (
    "«undo»: go back",
    "«reset»: start over",
    "«window_back»: go back",
    "«seeds»: 64 seeds",
)


@dataclass(frozen=True)
class Remedy:
    """The change that key `a` makes."""

    changes: Mapping[str, Any]  # the new value of each field
    anew: bool = False  # whether weights start anew too, whatever the fields are

    def __str__(self) -> str:
        said = {
            "T" if name == "truncated_backprop_length" else name: value
            for name, value in self.changes.items()
        }
        texts = (
            f"{value:g}" if isinstance(value, float) else str(value) for value in said.values()
        )
        return (
            ", ".join(map(" ".join, zip(said, texts, strict=True))) + ", starting over" * self.anew
        )


@dataclass(frozen=True)
class Facts:
    """All that a sentence about a single network may depend on."""

    config: EchoConfig
    stats: LossStats
    # The newest window with its data; None if only its loss is known
    newest: Progress | None = None
    undoable: bool = False  # whether there is a change to undo
    unread: bool = False  # whether the losses on record are not read yet
    # The changes that were made to this network before, as the new values of each
    tried: Sequence[Mapping[str, Any]] = ()

    @cached_property
    def trend(self) -> Trend:
        return trend(self.config, self.stats.block_means)

    @cached_property
    def chance(self) -> float:
        return levels.chance_level(self.config)

    @cached_property
    def mean(self) -> float:
        """The mean loss that the line shows: of the newest windows if the task is or was solved, or
        if they are clearly below the blocks before; otherwise of the newest blocks, which flickers
        less.
        """
        is_known = self.trend.level != "early" and self.stats.solved_at is None
        is_steady = is_known and not self.is_ahead and not self._is_clearly_below(self.trend.mean)
        return self.trend.mean if is_steady else self.stats.mean

    @cached_property
    def is_ahead(self) -> bool:
        """Whether the newest windows are so clearly below chance that the next block need not be
        waited for."""
        return self.trend.level != "below" and self._is_clearly_below(self.chance)

    def _is_clearly_below(self, level: float) -> bool:
        recent = self.stats.recent
        if recent.size < RECENT_WINDOWS:
            return False
        of_mean = 4 * float(recent.std(dtype=np.float64)) / math.sqrt(recent.size)
        unsure = 0.0 if levels.is_one_step(self.config) else of_mean
        return self.stats.mean + unsure < CLEAR * level

    def is_at(self, level: str) -> bool:
        return level == ("below" if self.is_ahead else self.trend.level)

    @property
    def is_better(self) -> bool:
        """Whether clearly fewer predictions are wrong than by guessing, though the loss is at
        chance."""
        return self.is_at("chance") and self.trend.wrong < FEWER * levels.guessing_errors(
            self.config
        )

    @property
    def is_spike(self) -> bool:
        """Whether the newest window, at an epoch's start, has a higher loss, for targets that
        nobody can know."""
        newest, before = self.newest, self.stats.recent[:-1].astype(np.float64)
        if newest is None or before.size < 10 or newest.window >= EPOCH_HEAD or not newest.epoch:
            return False
        floor = levels.boundary_floor(self.config, newest.window)
        return bool(floor and newest.losses[-1] > max(floor / 2, 2 * np.median(before)))

    @property
    def has_left(self) -> bool:
        """Whether the loss has left its range, with nothing learned since."""
        stats = self.stats
        since_solved = (stats.left_at or -1) >= (stats.solved_at or 0)
        return since_solved and not stats.mean < levels.BELOW_CHANCE * self.chance

    @property
    def has_diverged(self) -> bool:
        """Whether the loss is not finite, or was far above chance with nothing learned since."""
        is_far = self.has_left and not self.stats.left_to <= levels.most_loss(self.config)
        return is_far or not np.isfinite(self.stats.recent).all()


Text = Callable[[Facts], str]


def loss_of(config: EchoConfig, loss: float) -> str:
    """A loss as text, with more decimals if all losses of the task are small."""
    return loss_text(loss, 4 if levels.chance_level(config) < 0.1 else 3)


def _loss(it: Facts, loss: float | None = None) -> str:
    return (
        loss_of(it.config, loss)
        if loss is not None
        else loss_of(it.config, it.mean) + bits_text(it.config, it.mean)
    )


def _diverged(it: Facts) -> str:
    stats = it.stats
    at = f" at window {stats.left_at:,}" if stats.left_at else ""
    now = f", now {_loss(it, stats.mean)}" if math.isfinite(stats.mean) else ""
    loss = stats.left_to if stats.left_at else float(stats.recent[-1])
    return f"diverged{at}: loss {loss_text(loss)}{now}"


def _left(it: Facts) -> str:
    stats = it.stats
    norm = "" if math.isnan(stats.left_norm) else f", gradient norm {loss_text(stats.left_norm, 3)}"
    loss, now = _loss(it, stats.left_to), _loss(it, stats.mean)
    return f"left its range at window {stats.left_at:,}: loss {loss}{norm}, now {now}"


def _where(it: Facts) -> str:
    if levels.is_one_step(it.config):
        return f"{levels.way_from_chance(it.config, it.mean):.0%} of the way from chance"
    place = ladder_position(
        levels.ladder_of(it.config), it.mean, it.trend.unsure, levels.solved_level(it.config)
    )
    if place is None:
        return "no ladder"
    level = place.at or place.above
    return f"{'at' if place.at else 'below'} {level.name} ({_loss(it, level.loss)})"


def _since(it: Facts) -> str:
    since = it.trend.since
    unit = 10 ** max(0, len(str(since)) - 2)
    return f"since window {round(since / unit) * unit:,}" if since else "from the start"


def _spike(it: Facts) -> str:
    assert it.newest is not None
    loss = _loss(it, float(it.newest.losses[-1]))
    return f"spike: loss {loss} in window {it.newest.window + 1} of an epoch"


def _beyond(it: Facts) -> str:
    lag, length = min(lags_beyond(it.config)), it.config.truncated_backprop_length
    return f"{it.config.rule} stops before t-{lag:,} (T {length:,}): mean loss {_loss(it)}"


def _another(it: Facts) -> str:
    assert it.stats.before is not None
    was, now = it.stats.before, it.config
    name = next((name for name in ("task", *now.fields()) if name in was.changes_to(now)), "task")
    return f"solved {name} {was.value(name)}, not {now.value(name)}: mean loss {_loss(it)}"


def _undo(it: Facts) -> str:
    return UNDO if it.undoable else RESET


class Case(NamedTuple):
    name: str
    when: Callable[[Facts], bool]  # whether it holds; the first case that does is said
    text: Text  # what is said, with the numbers
    key: Text = lambda _: ""  # a key that helps, in a few words
    # The change that key `a` makes; said in place of ``key``
    helps: Callable[[Facts], Remedy | None] = lambda _: None


def glorot(it: Facts) -> Remedy | None:
    """Another start, after windows enough for the tutorial's.

    Not where units are too few to hold every symbol back to the echo. Of 16 rnns, within 10,000
    windows and from the two starts, echo 3 was solved by 0 and 0 with 2 units, 3 and 1 with 3; echo
    4 by 9 and 16 with 5.
    """
    config = it.config
    cells = FEW_LEARN.get(str(config.value("task")), ())
    if config.init != "tutorial" or str(config.cell) not in cells:
        return None
    symbols = max(source_lags(config)) + 1
    numbers = symbols * (config.the_task.inputs.count - 1)
    if config.state_size < numbers or it.stats.windows < PATIENCE:
        return None
    return Remedy({"init": "glorot"})


def _slower(it: Facts) -> Remedy | None:
    slower = Remedy({"learning_rate": float(f"{it.config.learning_rate / 10:g}")}, anew=True)
    return slower if it.stats.windows >= PATIENCE else None


# in the order in which they are looked at
CASES = (
    Case("unread", lambda it: it.unread, lambda it: "the losses of this run are being read"),
    Case(
        "start",
        lambda it: not it.stats.windows,
        lambda it: f"chance is {_loss(it, it.chance)}, the loss of guessing",
    ),
    Case("diverged", lambda it: it.has_diverged, _diverged, _undo),
    Case("left", lambda it: it.has_left, _left, lambda it: BACK),
    Case(
        "spike",
        lambda it: it.is_spike,
        _spike,
        helps=lambda it: (
            Remedy({"row_start": "zero"}) if "row_start" in it.config.fields() else None
        ),
    ),
    Case(
        "solved",
        lambda it: it.stats.solved_at is not None and it.stats.lost_at is None,
        lambda it: f"solved at window {it.stats.solved_at:,}, mean loss now {_loss(it)}",
    ),
    Case(
        "lost",
        lambda it: it.stats.solved_at is not None,
        lambda it: (
            f"solved at window {it.stats.solved_at:,}, lost at {it.stats.lost_at:,}, mean loss "
            f"now {_loss(it)}"
        ),
        lambda it: BACK,
    ),
    Case(
        "beyond T",
        lambda it: levels.is_one_step(it.config) and bool(lags_beyond(it.config)),
        _beyond,
        # twice the lag: half of the targets of a window have their source in it
        helps=lambda it: Remedy({"truncated_backprop_length": 2 * min(lags_beyond(it.config))}),
    ),
    Case(
        "early",
        lambda it: it.trend.level == "early",
        lambda it: (
            f"too early to tell: {FIRST_BLOCK - it.stats.block_means.windows} more windows needed"
        ),
    ),
    Case(
        "another task",
        lambda it: it.stats.before is not None and not it.is_at("below"),
        _another,
        _undo,
    ),
    Case(
        "above",
        lambda it: it.is_at("above"),
        lambda it: f"above chance ({_loss(it, it.chance)}): mean loss {_loss(it)}",
        helps=_slower,
    ),
    Case(
        "falling",
        lambda it: it.is_better,
        lambda it: f"learning: mean loss {_loss(it)}, more right than by chance",
    ),
    Case(
        "chance",
        lambda it: it.is_at("chance"),
        lambda it: f"at chance ({_loss(it, it.chance)}) after {it.stats.windows:,} windows",
        lambda it: SEEDS if it.stats.windows >= PATIENCE else "",
        glorot,
    ),
    Case(
        "falling",
        lambda it: it.is_ahead or it.trend.falls,
        lambda it: f"learning: mean loss {_loss(it)}, {_where(it)}",
    ),
    Case(
        "standing",
        lambda it: True,
        lambda it: f"stands at {_loss(it)} {_since(it)}, {_where(it)}",
        lambda it: SEEDS,
        glorot,
    ),
)


@dataclass(frozen=True)
class Sentence:
    case: str  # the name of its case
    text: str  # what the run is, with its numbers
    key: str = ""  # a key that helps, in a few words; empty if none does
    remedy: Remedy | None = None  # the change that ``key`` makes, if it makes one

    def __str__(self) -> str:
        return f"{self.text} · {self.key}" if self.key else self.text


def say(it: Facts) -> Sentence:
    case = next(case for case in CASES if case.when(it))
    helps = case.helps(it)
    if helps is not None and not may_help(helps, it.config, it.tried):
        helps = None
    return _said(case.name, case.text(it), helps, case.key(it))


def say_seeds(
    stats: SeedStats, config: EchoConfig, tried: Sequence[Mapping[str, Any]] = ()
) -> Sentence:
    """The line about several networks: how many solved the task, and where the others are."""
    chance, solved = levels.chance_level(config), stats.solved_at > 0
    finite = ~stats.diverged & ~solved
    near = np.abs(stats.mean - chance) <= levels.AT_CHANCE_SHARE * chance
    counts = {
        "lost again": stats.lost,
        "diverged": int((stats.diverged & ~solved).sum()),
        "at chance": int((finite & near).sum()),
        "above": int((finite & ~near & (stats.mean > chance)).sum()),
        "below chance": int((finite & ~near & (stats.mean < chance)).sum()),
    }
    others = "".join(f", {count:,} {name}" for name, count in counts.items() if count)
    helps = None
    if 2 * stats.solved < stats.replicas:
        helps = glorot(Facts(config, LossStats(stats.windows)))
    if helps is not None and not may_help(helps, config, tried):
        helps = None
    return _said("seeds", f"{stats.in_words()}{others}", helps)


def may_help(remedy: Remedy, config: EchoConfig, tried: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a change is possible, and new for this network: where it did not help, it is not
    advised again."""
    if dict(remedy.changes) in tried:
        return False
    try:
        config.with_fields(remedy.changes)
    except ConfigError:
        return False
    return True


def _said(case: str, text: str, helps: Remedy | None, key: str = "") -> Sentence:
    return Sentence(case, text, f"«advice»: {helps}" if helps else key, helps)
