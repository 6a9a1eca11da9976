"""What is said of a task that is not solved: what is seen and why, then what helps."""

from __future__ import annotations

import math

from echornn.analysis.advice import helped
from echornn.analysis.loss_text import loss_text
from echornn.analysis.phrases import (
    SLOWER,
    about,
    adds,
    at_chance,
    at_chance_after,
    back,
    cut_off,
    note_text,
    right,
    seeds_that_learn,
    terms,
    where_known,
)
from echornn.analysis.situation import STILL, Situation
from echornn.analysis.verdict import Verdict
from echornn.tasks.levels import chance_level, few_uniform_starts_learn, fits_register, register_numbers

KEPT = 0.05
"""r2 from which on a linear read-out finds something of an input in the state."""

PATIENCE = 10_000
"""Windows after which waiting is not advised: of 32 seeds with state 4, 17 learn from a uniform start in 666, 11 more
in 6 660, and 2 more in 26 640."""


def plateau(it: Situation) -> Verdict:
    if it.config.init == "tutorial":
        stays = "seldom leaves it" if few_uniform_starts_learn(it.config) else "can stay there long"
        return helped(
            it.config,
            Verdict(f"{at_chance_after(it)}: a uniform start {stays}", "", where_known(it.spread, _varies(it.spread))),
            after=_another_start(it),
        )
    return Verdict(at_chance_after(it), "nothing is learned yet; R draws other weights", "", adds(note_text(it)))


def pinned(it: Situation) -> Verdict:
    if math.isnan(it.spread):
        cause = "a uniform start, which often pins units near one: little of the input gets through"
    elif it.spread < STILL:
        cause = f"units hardly vary with the input, by {_deviation(it.spread)}, as after many uniform starts"
    else:
        cause = f"{it.saturated:.0%} of units saturated, as after many uniform starts"
    return helped(it.config, Verdict(cause, "", adds(at_chance_after(it))), after=_another_start(it))


def _another_start(it: Situation) -> str:
    if few_uniform_starts_learn(it.config):
        return "; of R's starts few learn, at this size"
    return f"; or {'wait, or ' * (it.windows < PATIENCE)}R: another uniform start"


def _deviation(spread: float) -> str:
    return f"{spread:.3f}" if spread >= 0.0005 else "less than 0.001"


def _varies(spread: float) -> str:
    return f"; units vary by {_deviation(spread)}"


def far(it: Situation) -> Verdict:
    length = it.config.truncated_backprop_length
    inside = length - it.config.echo_step
    echo = "echoes" if inside == 1 else "echo"
    cause = f"{at_chance(it)}: of {length:,} targets in a window {inside:,} {echo} an input inside it"
    return helped(it.config, Verdict(cause), after="; or a shorter echo_step")


def beyond(it: Situation) -> Verdict:
    config = it.config
    if math.isnan(it.kept):
        state = "only what the state keeps is used"
    elif it.kept < KEPT:
        state = f"a linear read-out finds r2 {it.kept:.2f}"
    else:
        state = f"the state keeps some: r2 {it.kept:.2f}"
    more = "more than by guessing" if it.more_right else "no more than by guessing"
    earlier = "" if not it.mean - it.best >= 0.02 else f"{1 - it.best_wrong:.0%} right at window {it.best_at:,}"
    return helped(
        it.config,
        Verdict(
            f"{cut_off(config)} (T {config.truncated_backprop_length}); {state}",
            more_cause=adds(right(it) and f"{right(it)}, {more}", earlier),
        ),
        after="; or a shorter echo_step",
    )


def rate_too_large(it: Situation) -> Verdict:
    config = it.config
    loss = f"mean loss {loss_text(it.mean, 3)}"
    seen = f"{it.saturated:.0%} of units saturated" if it.saturated > 0.5 else loss
    return helped(
        it.config,
        Verdict(
            f"learning_rate {config.learning_rate:g} is too large for {config.optimizer}: {seen}",
            more_cause=adds(loss) if it.saturated > 0.5 else "",
        ),
        after="; starts over: saturated units hardly learn",
    )


def steps_too_small(it: Situation) -> Verdict:
    config = it.config
    update = where_known(it.update, f"weights change by {it.update:.0e} of their size in a window")
    cause = f"learning_rate {config.learning_rate:g} is small for {config.optimizer}: learning takes far more windows"
    return helped(config, Verdict(cause, more_cause=adds(f"mean loss {loss_text(it.mean, 3)}", update)))


def few_numbers(it: Situation) -> Verdict:
    return helped(
        it.config,
        Verdict(
            f"{seeds_that_learn(it.config)}: mean loss {it.mean:.3f}",
            more_cause=adds(right(it), f"hardly lower since about window {about(it.since)}"),
            more_advice=where_known(it.held, f"; a linear read-out finds {it.held:.1f} numbers in the state"),
        ),
        before=f"a linear shift register needs {register_numbers(it.config)} numbers; ",
    )


def stalled(it: Situation) -> Verdict:
    cause = f"hardly lower since about window {about(it.since)}: mean loss {it.mean:.3f}, {right(it)}"
    register = register_numbers(it.config)
    if register is not None and it.held < register - 0.5:
        held = f"the state holds {it.held:.1f} numbers, a linear shift register {register}"
        return Verdict(cause, f"{held}; R draws others", "", adds(note_text(it)))
    return Verdict(cause, f"{SLOWER} may free it, or other weights (R)", "", adds(note_text(it)))


def slipped(it: Situation) -> Verdict:
    return Verdict(
        f"it was better: mean loss {it.best:.3f} at window {it.best_at:,}, {it.mean:.3f} now",
        f"{SLOWER} may hold what it has; [ and {{ go back to look",
    )


def swinging(it: Situation) -> Verdict:
    return Verdict(f"the loss swings about chance: mean {loss_text(it.mean, 3)}", f"{SLOWER} may steady it; {back(it)}")


def forgot(it: Situation) -> Verdict:
    was, now = terms(it)
    goes_back = "u goes back" if it.undoable else "r starts over"
    learns = "it learns anew, or not" if fits_register(it.config) else seeds_that_learn(it.config)
    return Verdict(
        f"what served {was} does not serve {now}: mean loss {loss_text(it.mean, 3)}",
        f"{learns}; {goes_back}",
        f", chance {chance_level(it.config):.3f}",
    )
