"""Turns a diagnosis into a sentence: the cause, then the key that helps."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from echornn.config import EchoConfig
from echornn.data.coverage import is_past_t, lags_beyond
from echornn.data.levels import (
    AT_CHANCE_SHARE,
    boundary_floor,
    chance_level,
    few_inside,
    is_echo,
    loss_when_right,
    lost_level,
    mean_floor,
    way_from_chance,
)
from echornn.diagnosis import task_words, unsolved_words
from echornn.diagnosis.advice import helped, in_a_line
from echornn.diagnosis.diagnosis import Diagnosis, Kind, Note
from echornn.diagnosis.key_marks import length
from echornn.diagnosis.loss_stats import RECENT_WINDOWS
from echornn.diagnosis.loss_text import loss_text
from echornn.diagnosis.loss_trend import FALLS, FIRST_JUDGED
from echornn.diagnosis.phrases import (
    GO_BACK,
    ONE_SEED,
    SLOWER,
    SOON,
    TOO_SURE,
    adds,
    as_fits,
    back,
    cut_off,
    earlier,
    into_epoch,
    note_text,
    right,
    since_edit,
    slower,
    smaller_steps,
    sure,
    targets,
    terms,
    typical,
    wait,
)
from echornn.diagnosis.remedy import Remedy
from echornn.diagnosis.sentence import LINE, MEAN, Sentence
from echornn.history.block_means import FIRST_BLOCK

CARRIED = "the state keeps what no gradient reaches; further training may destroy it"
UNTAUGHT = "no gradient reaches the source; "
DESTROYED = f"{UNTAUGHT}{GO_BACK} to when it was still kept"
"""The advice for a lost task whose echo's source is always before the window."""

EPOCH_HEAD = 25
"""Up to this window of an epoch, the sentence names the window at which the task was lost. Networks that an epoch's
first steps disturb count as lost 8 to 18 windows later, because the mean of 50 windows decides.
"""

CLEARLY_MORE = 0.05
"""The sentence mentions an earlier best result if its share of right predictions was higher by at least this."""

BLANK = Remedy({"row_start": "zero"})


def said(it: Diagnosis) -> Sentence:
    """The sentence for a diagnosis."""
    sentence = (SENTENCES if is_echo(it.config) else OTHER_TASKS)[it.kind](it)
    count = RECENT_WINDOWS if it.kind is Kind.SOLVED and not is_echo(it.config) else it.mean_of
    has_mean = it.mean_of and it.kind is not Kind.RECOVERING and MEAN.search(sentence.cause)
    return replace(sentence, mean_of=count if has_mean else 0)


def _unread(it: Diagnosis) -> Sentence:
    return Sentence("the losses of this run are being read")


def _start(it: Diagnosis) -> Sentence:
    chance = f"chance is {chance_level(it.config):.3f} nats, the loss of guessing"
    if it.before is not None:
        was, now = terms(it)
        field, value = was.split(" ")
        return Sentence(f"{field} {now} from here on, with weights that solved {value}", chance)
    return Sentence(chance, note_text(it))


def _too_early(it: Diagnosis) -> Sentence:
    left = FIRST_BLOCK - it.windows
    cause = f"too early to tell: {left} more window{'s' * (left != 1)} needed"
    return Sentence(cause, ONE_SEED if it.tried else note_text(it), "", adds(note_text(it)) if it.tried else "")


def _settling(it: Diagnosis) -> Sentence:
    cause = f"coming down: mean loss {loss_text(it.mean, 3)}, chance is {chance_level(it.config):.3f}"
    if it.note is Note.UNIFORM_START:
        return helped(it.config, Sentence(cause, "", "", adds(TOO_SURE)), note_text(it), "few uniform starts learn; ")
    return Sentence(cause, TOO_SURE, "", adds(note_text(it)))


def _learning(it: Diagnosis) -> Sentence:
    floor = mean_floor(it.config)
    least = f"the floor {floor:.3f}" if floor >= 0.0005 else "zero"
    way = way_from_chance(it.config, it.mean)
    seen = "learning" if it.windows >= FIRST_JUDGED or not it.fall < FALLS else "below chance"
    return Sentence(
        f"{seen}: mean loss {it.mean:.3f}, {way:.0%} of the way from chance to {least}",
        note_text(it),
        adds(right(it), earlier(it)),
    )


def _beginning(it: Diagnosis) -> Sentence:
    sentence = Sentence(
        f"{right(it)}, more than by guessing, though the loss is near chance: {it.mean:.3f}",
        note_text(it),
        adds("wrong answers are too sure" if it.mean > loss_when_right(it.config, 1 - it.wrong) else ""),
    )
    if few_inside(it.config):
        return unsolved_words.slow(it, sentence)
    if (windows := it.windows - it.changed) < SOON:
        return sentence
    so_long = f"so for {windows:,} windows; "
    patience = wait(it.finished)
    return helped(
        it.config, sentence, f"{so_long}{patience}, or «redraw» draws other weights", so_long, f"; or {patience}"
    )


def _solved(it: Diagnosis) -> Sentence:
    assert it.solved_at is not None
    floor = mean_floor(it.config)
    near = f" (floor {floor:.3f})" if floor >= 0.0005 and it.note is Note.ONE_WINDOW else ""
    though = f", though {cut_off(it.config)}" if _is_cut_off(it.config) else ""
    cause, more = as_fits(f"solved at window {it.solved_at:,}: mean loss {it.mean:.4f}{near}", though, typical(it))
    first, *others = _of_solved(it)
    return Sentence(cause, first, more + sure(it), adds(*others))


def _of_solved(it: Diagnosis) -> list[str]:
    """Additional facts about a solved task, the most important first."""
    parts = []
    if it.renewed is not None:
        parts.append(f"solved on new data too (since window {it.renewed:,}): it learned the rule")
    if it.tried:
        parts.append(ONE_SEED)
    if _is_cut_off(it.config):
        parts.append(CARRIED)
    if it.note in (Note.ONE_WINDOW, Note.FEW_NUMBERS, Note.DROPOUT, Note.OVERLAP) or is_past_t(it.config):
        parts.append(note_text(it))
    return parts or ["«settings» sets a longer echo_step; «log» shows powers of ten"]


def _is_cut_off(config: EchoConfig) -> bool:
    """Whether no gradient reaches the echo's source, or a source of another task."""
    return bool(lags_beyond(config))


def _unsteady(it: Diagnosis) -> Sentence:
    sentence = Sentence(f"solved at window {it.solved_at:,}, then lost {it.relapses:,} times: mean loss {it.mean:.3f}")
    if it.note is Note.DROPOUT:
        return replace(sentence, advice=note_text(it))
    if _is_cut_off(it.config):
        return _cut_off(it, sentence)
    return replace(sentence, advice=slower(it, f"{SLOWER} may hold it steadier", GO_BACK))


def _cut_off(it: Diagnosis, sentence: Sentence) -> Sentence:
    """The sentence for a lost task, with the advice if no gradient reaches the echo's source."""
    return helped(it.config, sentence, DESTROYED, UNTAUGHT, f"; {GO_BACK}")


def _relapsed(it: Diagnosis) -> Sentence:
    is_worse = it.mean > (1 + AT_CHANCE_SHARE) * chance_level(it.config)
    advice = smaller_steps(it) if is_worse else GO_BACK + slower(it, f"; {SLOWER} may hold it steadier from there")
    best = "" if not it.wrong - it.best_wrong >= CLEARLY_MORE else f"{1 - it.best_wrong:.0%} at window {it.best_at:,}"
    lost, mean = f"solved at window {it.solved_at:,}, but lost since {it.since:,}", f": mean {loss_text(it.mean, 3)}"
    into = f" (window {it.into_epoch} of its epoch)" if 0 < it.into_epoch <= EPOCH_HEAD else ""
    has_room = length(lost + into + mean) <= LINE
    worse = ", worse than chance" if is_worse else ""
    cause, more = as_fits(f"{lost}{into if has_room else ''}{mean}", worse, "" if has_room else into)
    sentence = Sentence(cause, advice, more + adds(right(it) and ", ".join(filter(None, (right(it), best)))))
    return _cut_off(it, sentence) if _is_cut_off(it.config) else sentence


def _still_solved(it: Diagnosis) -> str:
    """The beginning of a sentence about an epoch's first windows: whether the task was solved before them."""
    return "solved; " if it.solved_at is not None and it.mean_before < lost_level(it.config) else ""


def _unknown_targets(it: Diagnosis) -> str:
    """The targets of a row, counted from 1, that the window contains and that cannot be known."""
    before = max(0, it.place[1] - 1) * it.config.window_stride
    if not before:
        return f"first {targets(it.unknown)}"
    if it.unknown == 1:
        return f"target {before + 1:,}"
    return f"targets {before + 1:,} to {before + it.unknown:,}"


def _which_window(it: Diagnosis) -> str:
    """The window of its epoch, if several windows have targets that cannot be known."""
    several = boundary_floor(it.config, 1) > 0 and it.config.windows_per_epoch > 1
    return f", window {it.place[1]} of an epoch" if several else ""


def _spike(it: Diagnosis) -> Sentence:
    batch = it.config.batch_size
    rows = "row 2" if batch == 2 else f"rows 2 to {batch}"
    seen = f"{_unknown_targets(it)} of {rows} {'echoes' if it.unknown == 1 else 'echo'} the row above"
    cause, more = as_fits(f"{_still_solved(it)}spike: {seen}", _which_window(it))
    return Sentence(
        cause,
        in_a_line(BLANK, f"a zero state cannot know them (floor {it.floor:.3f}); ")[0],
        f"{more}; loss {loss_text(it.newest, 3)} is above the floor: its guesses are too sure"
        if it.newest > it.floor
        else more,
        ", which blanks them; those of row 1 are blank",
        BLANK,
    )


def _unstable(it: Diagnosis) -> Sentence:
    _, window = it.place
    predictions = it.config.predictions_per_window
    wrong = f"{round(it.wrong * predictions):,} of {predictions:,}"
    cause, more = as_fits(
        f"{_still_solved(it)}thrown off: loss {loss_text(it.newest, 2)}, {it.wrong:.0%} wrong",
        f", {into_epoch(window)}",
    )
    return Sentence(
        cause, f"the epoch's first step probably did it{slower(it, f'; {SLOWER} may help')}", more + adds(wrong)
    )


def _worse(it: Diagnosis) -> Sentence:
    if it.blamed:
        return Sentence(
            f"worse than chance{since_edit(it)}: mean {loss_text(it.mean, 3)}",
            back(it) + slower(it, ", then «settings» sets a smaller learning_rate"),
        )
    return Sentence(
        f"worse than chance: mean loss {loss_text(it.mean, 3)}, chance {chance_level(it.config):.3f}",
        smaller_steps(it),
    )


def _diverged(it: Diagnosis) -> Sentence:
    at = "" if it.diverged_at is None else f" at window {it.diverged_at:,}"
    is_over = it.diverged_at is not None and math.isfinite(it.mean)
    loss = f"was {loss_text(it.diverged_to)}, its mean is {loss_text(it.mean, 3)}" if is_over else loss_text(it.newest)
    return Sentence(
        f"diverged{at}{since_edit(it)}: the loss {'' if is_over else 'is '}{loss}",
        back(it) + slower(it, ", then «settings» sets a smaller learning_rate"),
    )


def _recovering(it: Diagnosis) -> Sentence:
    windows = "window" if it.windows == 1 else f"{it.windows} windows"
    return Sentence(
        f"recovering: mean loss {it.mean:.3f} in the last {windows}",
        f"before that the loss was not finite; {back(it)}",
    )


SENTENCES: dict[Kind, Callable[[Diagnosis], Sentence]] = {
    Kind.UNREAD: _unread,
    Kind.START: _start,
    Kind.TOO_EARLY: _too_early,
    Kind.SETTLING: _settling,
    Kind.LEARNING: _learning,
    Kind.BEGINNING: _beginning,
    Kind.PLATEAU: unsolved_words.plateau,
    Kind.PINNED: unsolved_words.pinned,
    Kind.FAR: unsolved_words.far,
    Kind.BEYOND: unsolved_words.beyond,
    Kind.RATE_TOO_LARGE: unsolved_words.rate_too_large,
    Kind.STEPS_TOO_SMALL: unsolved_words.steps_too_small,
    Kind.SATURATED: unsolved_words.saturated,
    Kind.FEW_NUMBERS: unsolved_words.few_numbers,
    Kind.STALLED: unsolved_words.stalled,
    Kind.SLIPPED: unsolved_words.slipped,
    Kind.SWINGING: unsolved_words.swinging,
    Kind.FORGOT: unsolved_words.forgot,
    Kind.SOLVED: _solved,
    Kind.UNSTEADY: _unsteady,
    Kind.RELAPSED: _relapsed,
    Kind.SPIKE: _spike,
    Kind.UNSTABLE: _unstable,
    Kind.WORSE: _worse,
    Kind.DIVERGED: _diverged,
    Kind.RECOVERING: _recovering,
}
"""The function that makes the sentence, for each kind of diagnosis."""

OTHER_TASKS = SENTENCES | task_words.SENTENCES
"""The same for tasks other than the echo."""
