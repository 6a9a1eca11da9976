"""The sentence above the curve for several replicas: how many solved the task, why others did not, what helps."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from echornn.config import EchoConfig
from echornn.data.coverage import lags_beyond
from echornn.data.levels import (
    AT_CHANCE_SHARE,
    chance_level,
    chance_width,
    few_inside,
    few_uniform_starts_learn,
    fits_register,
    is_echo,
    ladder_of,
    on_the_echo,
    solved_level,
    uniform_start_may_learn_yet,
)
from echornn.data.solved import RECENT_WINDOWS
from echornn.diagnosis import rates
from echornn.diagnosis.advice import helped
from echornn.diagnosis.ladder_position import distinct, ladder_position
from echornn.diagnosis.loss_text import loss_text
from echornn.diagnosis.obstacle import obstacle
from echornn.diagnosis.phrases import (
    BEGINS,
    GO_BACK,
    OVER,
    SLOW,
    SLOWER,
    SOON,
    TOO_SURE,
    UNCUT,
    as_fits,
    cut_off,
    gradient_cut_off,
    loss_with_unit,
    seeds_that_solve,
    shortened,
    state_text,
    wait,
)
from echornn.diagnosis.seed_stats import SeedStats
from echornn.diagnosis.sentence import Sentence

SETTLED = 1_000
"""After this many windows, a loss above chance is no longer an effect of the random initial weights."""


@dataclass(frozen=True)
class LevelCounts:
    """The number of networks at each level of the mean loss.

    Attributes:
        at_chance, above, below: networks that have not solved the task, with a loss at, above or below that of
            guessing. If that is not known, all are below.
        diverged: networks that have not solved it, with a NaN or infinite loss.
        lost: networks that have lost the task after solving it; see `SeedStats.lost_at`.
    """

    at_chance: int
    above: int
    below: int
    diverged: int
    lost: int

    @classmethod
    def of(cls, seed_stats: SeedStats, config: EchoConfig) -> LevelCounts:
        """The numbers for these results."""
        chance, solved = chance_level(config), seed_stats.solved_at > 0
        lowest = (1 - chance_width(config) * AT_CHANCE_SHARE) * chance
        finite = np.isfinite(seed_stats.mean) & ~seed_stats.diverged
        mean = np.where(finite, seed_stats.mean, np.inf)
        above = ~solved & finite & (mean > (1 + AT_CHANCE_SHARE) * chance)
        below = ~solved & finite & ~(mean >= lowest)
        diverged = ~solved & ~finite
        at_chance = ~solved & ~(above | below | diverged)
        groups = (at_chance, above, below, diverged, seed_stats.lost_at > 0)
        return cls(*(int(np.count_nonzero(group)) for group in groups))


def seeds_sentence(
    seed_stats: SeedStats, config: EchoConfig, undoable: bool = False, finished: bool = False
) -> Sentence:
    """The sentence for several replicas.

    Args:
        config: the configuration of any of the networks.
        undoable: whether key `u` goes back to before the change that made a loss NaN or infinite.
        finished: whether all epochs are trained.
    """
    if not seed_stats.windows or seed_stats.is_blank:
        return Sentence(
            f"{seed_stats.replicas:,} networks; each has its own seed for weights and data",
            f"{_chance_text(config)}; «view.seeds» shows each",
        )
    stand = LevelCounts.of(seed_stats, config)
    left = RECENT_WINDOWS - seed_stats.windows
    if left > 0 and not stand.diverged and math.isinf(solved_level(config)):
        return Sentence(f"too early to tell: {left} more window{'s' * (left != 1)} needed")
    if left > 0 and not stand.diverged:
        return Sentence(f"too early to tell: {left} more window{'s' * (left != 1)} until the first can be solved")
    groups = [
        (stand.at_chance, "at chance"),
        (stand.above, "above chance"),
        *_below(stand, seed_stats, config),
        (stand.diverged, "diverged"),
        (stand.lost, f"of the {seed_stats.solved:,} lost it again"),
    ]
    parts = [f"{count:,} {words}" for count, words in sorted(groups, key=lambda group: -group[0]) if count]
    cause, more = as_fits(
        _solved_text(seed_stats, config), *(f"{', ' if index else '; '}{one}" for index, one in enumerate(parts))
    )
    seen = Sentence(cause, "", more)
    if advice := _advice(stand, seed_stats, config, undoable, finished):
        return replace(seen, advice=advice)
    return helped(config, seen, *_in_all(config, seed_stats.windows, finished))


def _chance_text(config: EchoConfig) -> str:
    chance = chance_level(config)
    if math.isnan(chance):
        return "chance is not known"
    of = "guessing" if is_echo(config) else "knowing nothing"
    return f"chance is {loss_with_unit(config, chance)}, the loss of {of}"


def _solved_text(seed_stats: SeedStats, config: EchoConfig) -> str:
    """How many networks solved the task; if nothing counts as solved, their losses."""
    if math.isfinite(solved_level(config)):
        return seed_stats.in_words()
    low, middle, high = (loss_text(loss, 3) for loss in seed_stats.quantiles)
    return f"{seed_stats.replicas:,} networks: mean losses {low} to {high} (10 to 90 %), median {middle}"


def _below(stand: LevelCounts, seed_stats: SeedStats, config: EchoConfig) -> list[tuple[int, str]]:
    """The networks below chance: how many there are, or how many at each level of a ladder with several."""
    ladder = ladder_of(config)
    if math.isnan(chance_level(config)):
        return []
    if len(distinct(ladder)) < 3:
        return [(stand.below, "below chance")]
    lowest = (1 - chance_width(config) * AT_CHANCE_SHARE) * ladder[0].loss
    known = (seed_stats.solved_at == 0) & ~seed_stats.diverged & (seed_stats.mean < lowest)
    counts: Counter[str] = Counter()
    for mean in seed_stats.mean[known].tolist():
        if place := ladder_position(ladder, mean, solved=solved_level(config)):
            level = place.at or place.above
            counts[f"{'at' if place.at else 'below'} {shortened(level.name)}"] += 1
    return [(count, words) for words, count in counts.items()]


def _advice(stand: LevelCounts, seed_stats: SeedStats, config: EchoConfig, undoable: bool, finished: bool) -> str:
    """The advice for the largest group of unsolved networks; empty if `_in_all` has advice for all groups."""
    most = max(stand.at_chance, stand.above, stand.below, stand.diverged, stand.lost)
    if most == 0:
        harder = "longer echo_step" if is_echo(config) else "harder task"
        return f"all of these seeds solve it; «settings» sets a {harder}"
    if most == stand.diverged:
        back = "«undo» goes back, then " if undoable else ""
        if not rates.may_be_smaller(config):
            return "«undo» goes back" if undoable else ""
        return f"their steps are too large: {back}«settings» sets a smaller learning_rate"
    if most == stand.above and not rates.is_large(config):
        if seed_stats.windows < SETTLED or not is_echo(config):
            return TOO_SURE if is_echo(config) else ""
        smaller = "; «settings» sets a smaller learning_rate" if rates.may_be_smaller(config) else ""
        return f"those are too sure of wrong answers{smaller}"
    if most == stand.lost:
        if lags_beyond(config):
            return f"{gradient_cut_off(config)}: training may destroy what the state keeps"
        return f"{SLOWER} may hold it steadier" if rates.may_be_smaller(config) else GO_BACK
    if most == stand.below and fits_register(config) and not lags_beyond(config):
        learn = "learned" if finished else "learn"
        return f"with a loss below chance, seeds {learn} on, or are stuck; «view.seeds» shows each"
    return ""


def _in_all(config: EchoConfig, windows: int, finished: bool) -> tuple[str, str, str]:
    """The reason that all networks have in common for not learning, as three texts: the advice if no change is known to
    help; and the texts before and after a change that is.
    """
    if not is_echo(config) and (why := obstacle(config))[0]:
        return as_fits(*why)[0], "", ""
    if lags_beyond(config):
        return (
            f"{gradient_cut_off(config)}; rule {UNCUT} («settings») has no cut",
            f"{cut_off(config)}; {UNCUT} («settings»){OVER}",
            ", or a shorter echo_step",
        )
    if rates.is_large(config):
        large = f"learning_rate {config.learning_rate:g} is too large for {config.optimizer}; "
        return f"{large}«settings» sets a smaller, then «reset»", large, " (weights start over)"
    if rates.is_small(config):
        small = f"learning_rate {config.learning_rate:g} is small for {config.optimizer}; "
        return f"{small}«settings» sets a larger one", small, ""
    if not fits_register(config):
        seeds = seeds_that_solve(config)
        return as_fits(seeds, "; a larger state_size («settings») may help")[0], f"{seeds}; ", ""
    if counted := on_the_echo(config).counted:
        return counted, "", f"; {counted}"
    if few_uniform_starts_learn(config):
        few = f"few uniform starts learn with {state_text(config)}; "
        return f"{few}init glorot («settings») may help", few, ""
    if not is_echo(config):
        return f"{wait(finished)}, or «redraw» draws other weights for all; «view.seeds» shows each", "", ""
    if config.init == "tutorial" and on_the_echo(config).glorot_helps:
        long = "uniform starts can stay at chance long; "
        after = f", or {wait(finished)}" * uniform_start_may_learn_yet(config, windows)
        return f"{long}init glorot («settings») may help{after}", long, after
    if few_inside(config):
        return f"{SLOW}; {wait(finished)}, or a longer T («settings»)", f"{SLOW}; ", f", or {wait(finished)}"
    if windows < SOON:
        return f"{wait(finished)}: {BEGINS}", "", ""
    return "those have learned nothing yet; «redraw» draws other weights for all", "", ""
