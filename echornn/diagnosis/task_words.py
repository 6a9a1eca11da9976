"""The sentences for tasks other than the echo: where the loss is on the ladder of the task, and what comes next.

Measurements with the echo are not applied to other tasks. No sentence claims that the network knows something: a level
of the ladder is the loss of a learner with that knowledge.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from echornn.config import EchoConfig
from echornn.config_fields import TASK
from echornn.data.coverage import is_past_t, lags_beyond, source_lags
from echornn.data.levels import LEAST, chance_level, ladder_of, mean_floor, solved_level
from echornn.data.read_out import unreachable
from echornn.diagnosis.by_number import differing_numbers
from echornn.diagnosis.diagnosis import MAINLY, Diagnosis, Kind, Note
from echornn.diagnosis.ladder_position import LadderPosition, distinct, ladder_position
from echornn.diagnosis.loss_text import loss_text
from echornn.diagnosis.obstacle import obstacle
from echornn.diagnosis.phrases import (
    ONE_SEED,
    about,
    adds,
    as_fits,
    at_chance_after,
    cut_off,
    earlier,
    loss_with_unit,
    note_text,
    right,
    shortened,
    sure,
    terms,
    typical,
    where_known,
)
from echornn.diagnosis.sentence import LINE, Sentence
from echornn.history.block_means import HIGHEST
from echornn.tasks.task import Level

BELOW_LAST = 0.03
"""A mean loss further below the last level than this share of the distance to chance is no luck: it contradicts the
ladder. Windows in the midst of a row may be a little below it, as it counts the first targets of a row.
"""

FEW_DIGITS = 0.1
"""If chance is below this loss, losses have a fourth decimal."""

HOW_FAR = "; 4 shows how far back errors get"
NO_LADDER = "this task has no ladder: nothing is known of losses on the way"
TOO_LARGE = "losses of this size are not told apart; scale the targets of the task"


def position_of(it: Diagnosis) -> LadderPosition | None:
    """The position of the mean loss on the ladder; None if the task has none."""
    return ladder_position(ladder_of(it.config), it.mean, it.unsure, solved_level(it.config))


def loss_of(config: EchoConfig, loss: float) -> str:
    """A loss as text, with more decimals if all losses of the task are small."""
    return loss_text(loss, _decimals(config))


def level_text(config: EchoConfig, level: Level) -> str:
    """A level of the ladder as text: its name and its loss, which may be rounded to zero."""
    return f"{shortened(level.name)} ({level.loss:.{_decimals(config)}f})"


def _next_level(config: EchoConfig, level: Level) -> str:
    """The phrase that names the next level of the ladder. It says nothing of what is learned next."""
    return f"the next level is '{shortened(level.name)}' ({level.loss:.{_decimals(config)}f})"


def _decimals(config: EchoConfig) -> int:
    return 4 if chance_level(config) < FEW_DIGITS else 3


def next_text(config: EchoConfig, place: LadderPosition) -> tuple[str, str]:
    """The next level of the ladder as text, as far as it fits on a line, and the rest."""
    if place.next is None:
        return "that is the last level of the ladder", ""
    name = level_text(config, place.next)
    to = _next_level(config, place.next) if place.at else f"{place.way:.0%} of the way to {name}"
    return as_fits(to, f": {place.next.knows}")


def start(it: Diagnosis) -> Sentence:
    chance = chance_level(it.config)
    text = f"chance is {loss_with_unit(it.config, chance)}, the loss of knowing nothing"
    if math.isnan(chance):
        text = "this task has no ladder, so that chance is not known"
    elif not ladder_of(it.config):
        text = f"guessing evenly has a loss of {loss_with_unit(it.config, chance)}; the task has no ladder"
    if it.before is not None:
        was, now = terms(it)
        field, value = was.split(" ", 1)
        return Sentence(shortened(f"{field} {now} from here on, with weights that solved {value}", 78), text)
    return Sentence(text, *_ladder_text(it.config))


def _ladder_text(config: EchoConfig) -> tuple[str, str, str]:
    """The levels after chance; advice, and the continuations of cause and advice."""
    levels = distinct(ladder_of(config))[1:]
    if not levels:
        level = solved_level(config)
        if math.isinf(level):
            return "nothing counts as solved; the sentence tells whether the loss falls", "", ""
        return f"a mean loss below {loss_of(config, level)} counts as solved", "", ""
    names = [level_text(config, level) for level in levels]
    text, more = as_fits(f"next: {names[0]}", *(f", {name}" for name in names[1:]))
    return text, "", more


def settling(it: Diagnosis) -> Sentence:
    chance = loss_of(it.config, chance_level(it.config))
    return Sentence(f"above chance: mean loss {loss_of(it.config, it.mean)}, chance is {chance}", note_text(it))


def plateau(it: Diagnosis) -> Sentence:
    cause = at_chance_after(it)
    more = where_known(it.spread, f"; units vary by {it.spread:.3f} with the inputs (0: stuck)")
    levels = distinct(ladder_of(it.config))
    if len(levels) < 2:
        return Sentence(cause, obstacle(it.config)[0] or note_text(it), "", more)
    how_far = "" if it.config.is_stream or source_lags(it.config) else HOW_FAR
    advice, rest = as_fits(_next_level(it.config, levels[1]), how_far, f": {levels[1].knows}")
    easiest = min((level.lags for level in levels[1:] if level.lags), key=max, default=())
    return _with_obstacle(it, cause, advice, rest + more, missing=easiest)


def _with_obstacle(
    it: Diagnosis, cause: str, advice: str, more: str = "", more_cause: str = "", missing: Sequence[int] = ()
) -> Sentence:
    """The sentence, with advice on what may keep the network from these sources, if that is known."""
    why, helps = obstacle(it.config, missing)
    if why:
        short, rest = as_fits(why, helps)
        return Sentence(cause, short, more_cause, rest + adds(advice if advice != short else "") + more)
    return Sentence(cause, advice, more_cause, more + adds(note_text(it)))


def _by_number(it: Diagnosis, advice: str, rest: str) -> tuple[str, str]:
    """The advice and its continuation; or, if the network knows some numbers better than others, the error of each; or
    that it has too few units for all. The mean over all numbers is then no sign of what it knows.
    """
    if numbers := differing_numbers(it):
        first, *others = numbers
        return as_fits(f"errors in the newest window: {first}", *(f", {other}" for other in others))
    return as_fits(*obstacle(it.config)) if unreachable(it.config) else (advice, rest)


def learning(it: Diagnosis) -> Sentence:
    falls = it.newest_fall > 0  # beyond noise, and lately: losses may stand at any level of the ladder
    seen = "learning" if falls else "below chance"
    config, place, more = it.config, position_of(it), adds(right(it), earlier(it))
    mean = f"mean loss {loss_of(config, it.mean)}"
    if place is None:
        chance = chance_level(config)
        if math.isnan(chance):
            return Sentence(f"the loss falls: {mean}" if falls else mean, note_text(it) or NO_LADDER, more)
        below = f", below {loss_of(config, chance)}, the loss of guessing evenly" if not ladder_of(config) else ""
        return Sentence(f"{seen}: {mean}{below}", note_text(it) or NO_LADDER, more)
    where = f"at {level_text(config, place.at)}" if place.at else f"below {level_text(config, place.above)}"
    cause, rest = as_fits(f"{seen}: {mean}, {where}")
    advice, more_advice = _by_number(it, *next_text(config, place))
    return Sentence(cause, advice, rest + more, more_advice + adds(obstacle(config, place.missing)[0] or note_text(it)))


def stalled(it: Diagnosis) -> Sentence:
    config, place = it.config, position_of(it)
    mean = f"mean loss {loss_of(config, it.mean)}"
    since = f"since about window {about(it.since)}" if it.since else "from the start"
    more = adds(right(it))
    if it.mean >= HIGHEST / 2:
        return Sentence(mean, TOO_LARGE)
    if place is None:
        return _with_obstacle(it, f"hardly lower {since}: {mean}", note_text(it) or NO_LADDER, "", more)
    advice, rest = _by_number(it, *next_text(config, place))
    if place.at is None:
        cause = f"has stood at {loss_of(config, it.mean)} {since}"
        below, more_cause = as_fits(cause, f", below {level_text(config, place.above)}")
        return _with_obstacle(it, below, advice, rest, more_cause + more, place.missing)
    cause, rest_of_cause = as_fits(f"has stood at {level_text(config, place.at)} {since}", f": {mean}")
    more = rest_of_cause + more
    if not place.missing:
        return _with_obstacle(it, cause, advice, rest, more)
    missing = " and ".join(f"t-{lag}" for lag in place.missing)
    verb = "is" if len(place.missing) == 1 else "are"
    why, helps = obstacle(config, place.missing)
    level, colon, knows = advice.partition(": ")
    others = (helps,) if helps else (f"; {level}", f"{colon}{knows}")
    short, of_short = as_fits(f"{missing} {verb} missing{why and f': {why}'}", *others)
    return Sentence(cause, short, more, of_short + (adds(advice) if why else "") + rest)


def solved(it: Diagnosis) -> Sentence:
    assert it.solved_at is not None
    config, floor = it.config, mean_floor(it.config)
    if it.mean + it.unsure < floor - BELOW_LAST * (chance_level(config) - floor):
        return _below_the_ladder(it)
    least = f" (least possible {loss_of(config, floor)})" if floor >= LEAST else ""
    though = f", though {cut_off(config)}" if lags_beyond(config) else ""
    cause, more = as_fits(f"solved at window {it.solved_at:,}: mean loss {it.recent:.4f}", least, though, typical(it))
    parts = []
    if it.renewed is not None:
        parts.append(f"solved on new data too (since window {it.renewed:,}): it learned the rule")
    if it.tried:
        parts.append(ONE_SEED)
    if it.note in (Note.ONE_WINDOW, Note.DROPOUT, Note.OVERLAP) or is_past_t(config):
        parts.append(note_text(it))
    first, *others = parts or ["«settings» sets another task, or its settings; «log» shows powers of ten"]
    return Sentence(cause, first, more + sure(it), adds(*others))


def _below_the_ladder(it: Diagnosis) -> Sentence:
    """The sentence if the mean loss is lower than a learner can have who knows everything, so that the ladder, or the
    data, must be otherwise than the task says.
    """
    last = distinct(ladder_of(it.config))[-1]
    cause = f"mean loss {loss_of(it.config, it.recent)}, below the last level, {level_text(it.config, last)}"
    source = f"check levels in {it.config.value(TASK)}" if it.config.the_task.own else "check the ladder of the task"
    return Sentence(cause, shortened(f"no learner gets lower if the ladder is right: {source}", LINE))


def forgot(it: Diagnosis) -> Sentence:
    was, now = terms(it)
    loss = f": mean loss {loss_of(it.config, it.mean)}"
    cause, more = as_fits(shortened(f"weights that solved {was} do not solve {now}", 78), loss)
    chance = f", chance {loss_of(it.config, chance_level(it.config))}"
    advice = f"«reset» starts over{', «undo» goes back' * it.undoable}"
    if it.saturated > MAINLY:
        advice += f"; {it.saturated:.0%} of units are saturated, which hardly learn"
    return Sentence(cause, advice, more + chance)


def spike(it: Diagnosis) -> Sentence:
    floor = loss_of(it.config, it.floor)
    before = "solved; " if it.solved_at is not None else ""
    return Sentence(
        f"{before}spike: the first targets of a row depend on inputs before the row",
        f"a zero state cannot know them: this window's mean loss is {floor} higher at the least",
    )


SENTENCES: dict[Kind, Callable[[Diagnosis], Sentence]] = {
    Kind.START: start,
    Kind.SETTLING: settling,
    Kind.LEARNING: learning,
    Kind.PLATEAU: plateau,
    Kind.STALLED: stalled,
    Kind.FORGOT: forgot,
    Kind.SOLVED: solved,
    Kind.SPIKE: spike,
}
"""The function that makes the sentence, for each kind of diagnosis whose sentence differs from the echo's."""
