"""The sentence above the curve for a task that is not solved: what happens, why, what helps."""

from __future__ import annotations

import math
from dataclasses import replace

from echornn.data.levels import (
    BELOW_CHANCE,
    chance_level,
    few_inside,
    few_uniform_starts_learn,
    fits_register,
    on_the_echo,
    register_numbers,
    uniform_start_may_learn_yet,
)
from echornn.diagnosis.advice import helped
from echornn.diagnosis.diagnosis import MAINLY, STILL, Diagnosis
from echornn.diagnosis.loss_text import loss_text
from echornn.diagnosis.phrases import (
    BEGINS,
    GO_BACK,
    NO_CUT,
    OVER,
    SLOW,
    SLOWER,
    SOON,
    UNCUT,
    about,
    adds,
    after_windows,
    as_fits,
    at_chance,
    at_chance_after,
    back,
    cut_off,
    gradient_cut_off,
    inside,
    note_text,
    right,
    seeds_beyond,
    seeds_that_solve,
    slower,
    terms,
    wait,
    where_known,
)
from echornn.diagnosis.sentence import Sentence

KEPT = 0.05
"""The least r2 with which an input counts as readable from the state."""


TAKES_LONG = ": a uniform start can take thousands of windows"


def plateau(it: Diagnosis) -> Sentence:
    if of_the_cell := _of_the_cell(it, Sentence(at_chance_after(it))):
        return of_the_cell
    if it.config.init == "tutorial" and on_the_echo(it.config).glorot_helps:
        stays = "seldom leaves it" if few_uniform_starts_learn(it.config) else "can stay there long"
        more = where_known(it.spread, f"; units vary by {_deviation(it.spread)} with the inputs (0: stuck)")
        return _another_start(it, Sentence(f"{at_chance_after(it)}: a uniform start {stays}", "", more))
    seen = Sentence(at_chance_after(it), "", "", adds(note_text(it)))
    if it.windows - it.changed < SOON:
        return replace(seen, advice=as_fits(f"{wait(it.finished)}: {BEGINS}", "; «redraw»: other weights")[0])
    return helped(it.config, seen, "nothing is learned yet; «redraw» draws other weights")


def _of_the_cell(it: Diagnosis, cause: Sentence) -> Sentence | None:
    """The sentence if few seeds with this cell solve the tutorial's echo, else None."""
    counted = on_the_echo(it.config).counted
    return helped(it.config, cause, counted, after=f"; {counted}") if counted else None


def pinned(it: Diagnosis) -> Sentence:
    if math.isnan(it.spread):
        return _another_start(it, Sentence(f"at chance{after_windows(it)}: a uniform start often pins units near one"))
    if it.spread < STILL:
        cause = f"units hardly move with the input ({_deviation(it.spread)}), as after many uniform starts"
    else:
        cause = f"{it.saturated:.0%} of units saturated, as after many uniform starts"
    return _another_start(it, Sentence(cause, "", adds(at_chance_after(it))))


def _another_start(it: Diagnosis, cause: Sentence) -> Sentence:
    """The sentence with the advice if uniform initial weights may be the cause."""
    config = it.config
    patience = f"or {wait(it.finished)}" if uniform_start_may_learn_yet(config, it.windows) else ""
    if not on_the_echo(config).is_pinned:  # other uniform initial weights would take as long
        after = f"; {patience}{TAKES_LONG * (not it.finished)}" if patience else ""
    elif few_uniform_starts_learn(config):
        after = "; «redraw» draws such a start again: few learn at this size"
    else:
        after = f"; {f'{patience}, ' if patience else ''}or «redraw» for another uniform start"
    return helped(it.config, cause, f"init glorot («settings») may help{after}", after=after)


def _deviation(spread: float) -> str:
    return f"{spread:.3f}" if spread >= 0.0005 else "< 0.001"


def far(it: Diagnosis) -> Sentence:
    cause, more = as_fits(f"{at_chance(it)}: {inside(it.config)}", f";{after_windows(it).removeprefix(',')}")
    return slow(it, Sentence(cause, "", more))


def slow(it: Diagnosis, cause: Sentence) -> Sentence:
    """The sentence with the advice if few targets have their source inside their window."""
    return helped(
        it.config, cause, f"{SLOW}; a longer T («settings») may be quicker", f"{SLOW}; ", f"; or {wait(it.finished)}"
    )


def saturated(it: Diagnosis) -> Sentence:
    """The sentence if earlier steps or the initial weights saturated the units, so that gradients hardly pass."""
    why = f"the earlier learning_rate {it.too_large:g} often saturates units"
    seen = why if math.isnan(it.saturated) else f"{it.saturated:.0%} of units saturated"
    cause, more = as_fits(f"{seen}: mean loss {loss_text(it.mean, 3)}", adds(right(it)))
    also = adds(why) if it.too_large and not math.isnan(it.saturated) else ""
    return Sentence(cause, "«reset» starts over with these settings: saturated units hardly learn", more + also)


def beyond(it: Diagnosis) -> Sentence:
    config = it.config
    if math.isnan(it.kept):
        state = "only what the state keeps can be used"
    elif it.kept < KEPT:
        state = f"the state shows none of it (r2 {it.kept:.2f})"
    else:
        state = f"the state keeps part of it (r2 {it.kept:.2f})"
    more = "more than by guessing" if it.more_right else "no more than by guessing"
    earlier = "" if not it.mean - it.best >= 0.02 else f"{1 - it.best_wrong:.0%} right at window {it.best_at:,}"
    is_below = it.mean + it.unsure < BELOW_CHANCE * chance_level(config)  # False while the first block is not full
    cut = f"below chance: mean loss {it.mean:.3f}; {cut_off(config)}" if is_below else gradient_cut_off(config)
    length = f" (T {config.truncated_backprop_length:,})"
    cause, rest = as_fits(f"{cut}{length}", adds(seeds_beyond(config)), f"; {state}")
    return helped(
        it.config,
        Sentence(cause, more_cause=rest + adds(right(it) and f"{right(it)}, {more}", earlier)),
        f"{NO_CUT}; or a longer T, or a shorter echo_step",
        f"no cut: rule {UNCUT} («settings»){OVER}",
    )


def rate_too_large(it: Diagnosis) -> Sentence:
    config = it.config
    loss = f"mean loss {loss_text(it.mean, 3)}"
    seen = f"{it.saturated:.0%} of units saturated" if it.saturated > 0.5 else loss
    return helped(
        it.config,
        Sentence(
            f"learning_rate {config.learning_rate:g} is too large for {config.optimizer}: {seen}",
            more_cause=adds(loss) if it.saturated > 0.5 else "",
        ),
        "«settings» sets a smaller learning_rate, then «reset» starts over: units are saturated",
        after=", starting over: saturated units hardly learn",
    )


def steps_too_small(it: Diagnosis) -> Sentence:
    config = it.config
    update = where_known(it.update, f"weights change by {it.update:.0e} of their size in a window")
    cause = f"learning_rate {config.learning_rate:g} is small for {config.optimizer}: learning takes far more windows"
    more = adds(f"mean loss {loss_text(it.mean, 3)}", update)
    return helped(config, Sentence(cause, more_cause=more), "«settings» sets a larger learning_rate")


def few_numbers(it: Diagnosis) -> Sentence:
    register = f"a linear shift register needs {register_numbers(it.config)} numbers"
    return helped(
        it.config,
        Sentence(
            f"{seeds_that_solve(it.config)}: mean loss {it.mean:.3f}",
            more_cause=adds(right(it), f"hardly lower since about window {about(it.since)}"),
            more_advice=where_known(it.held, f"; a linear read-out finds {it.held:.1f} numbers in the state"),
        ),
        f"{register}; a larger state_size («settings») may help",
        before=f"{register}; ",
    )


def stalled(it: Diagnosis) -> Sentence:
    cause = f"hardly lower since about window {about(it.since)}: mean loss {it.mean:.3f}, {right(it)}"
    if few_inside(it.config):
        return slow(it, Sentence(cause, "", adds(inside(it.config))))
    if of_the_cell := _of_the_cell(it, Sentence(cause)):
        return of_the_cell
    register = register_numbers(it.config)
    if register is not None and it.held < register - 0.5:
        held = f"a linear read-out finds {it.held:.1f} numbers, a shift register needs {register}"
        advice, more = as_fits(held, "; «redraw» draws other weights")
        return Sentence(cause, advice, "", more + adds(note_text(it)))
    return Sentence(
        cause, "«redraw» draws other weights; «seeds» shows how many of 64 seeds get further", "", adds(note_text(it))
    )


def slipped(it: Diagnosis) -> Sentence:
    return Sentence(
        f"it was better: mean loss {it.best:.3f} at window {it.best_at:,}, {it.mean:.3f} now",
        slower(it, f"{SLOWER} may hold what it has; ") + f"{GO_BACK} to look",
    )


def swinging(it: Diagnosis) -> Sentence:
    seen = f"the loss swings around chance: mean {loss_text(it.mean, 3)}"
    return Sentence(seen, slower(it, f"{SLOWER} may steady it; ") + back(it))


def forgot(it: Diagnosis) -> Sentence:
    was, now = terms(it)
    loss = f": mean loss {loss_text(it.mean, 3)}"
    over = f"«reset» starts over{', «undo» goes back' * it.undoable}"
    seeds = "" if fits_register(it.config) else seeds_that_solve(it.config)
    if it.saturated > MAINLY:
        cause, more = as_fits(f"weights that solved {was} do not solve {now}", f": {it.saturated:.0%} saturated")
        sentence, advice = Sentence(cause, "", more + loss, adds(seeds)), f"{over}; saturated units hardly learn"
    else:
        cause, more = as_fits(f"weights that solved {was} do not solve {now}", loss)
        sentence = Sentence(cause, "", f"{more}, chance {chance_level(it.config):.3f}", adds(seeds))
        advice = f"some seeds relearn it within hundreds of windows; {over}" if it.windows < SOON else over
    return helped(it.config, sentence, advice, after="; or «undo» goes back" * it.undoable)
