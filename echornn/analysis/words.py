"""What is the case, in words: the cause first, then the key that helps."""

from __future__ import annotations

import math
from collections.abc import Callable

from echornn.analysis import rates
from echornn.analysis.loss_text import loss_text
from echornn.analysis.phrases import (
    NEARER,
    SLOWER,
    about,
    adds,
    at_chance,
    at_chance_after,
    back,
    earlier,
    note_text,
    percent,
    right,
    room,
    since_edit,
    smaller_steps,
    state_text,
    targets,
    terms,
    where_known,
)
from echornn.analysis.reviews import FIRST_BLOCK
from echornn.analysis.situation import MOSTLY, STILL, Kind, Note, Situation
from echornn.analysis.verdict import Verdict
from echornn.tasks.levels import PINNING_STATE, chance_level, mean_floor, way_from_chance


def said(it: Situation) -> Verdict:
    """The sentence for what is the case."""
    return SENTENCES[it.kind](it)


def _start(it: Situation) -> Verdict:
    chance = f"chance is {chance_level(it.config):.3f} nats, the loss of guessing"
    if it.before is not None:
        was, now = terms(it)
        return Verdict(f"{now} from here on, with weights that solved {was}", chance)
    return Verdict(chance, note_text(it))


def _too_early(it: Situation) -> Verdict:
    left = FIRST_BLOCK - it.windows
    return Verdict(f"too early to tell: {left} more window{'s' * (left != 1)} until the first mean", note_text(it))


def _settling(it: Situation) -> Verdict:
    cause = f"coming down: mean loss {loss_text(it.mean, 3)}, chance is {chance_level(it.config):.3f}"
    return Verdict(cause, "weights at random are surer than they should be; that goes first", "", adds(note_text(it)))


def _learning(it: Situation) -> Verdict:
    floor = mean_floor(it.config)
    least = f"its floor of {floor:.3f}" if floor >= 0.0005 else "nothing"
    way = way_from_chance(it.config, it.mean)
    return Verdict(
        f"learning: mean loss {it.mean:.3f}, {way:.0%} of the way from chance to {least}",
        note_text(it),
        adds(right(it), earlier(it)),
    )


def _beginning(it: Situation) -> Verdict:
    return Verdict(
        f"{right(it)}, more than by guessing, though the loss is near chance: {it.mean:.3f}",
        note_text(it),
        adds("wrong answers are too sure"),
    )


def _plateau(it: Situation) -> Verdict:
    if it.config.init == "tutorial":
        return Verdict(
            f"{at_chance_after(it)}: a uniform start is a lottery",
            "R draws another, and waiting may do; s: the glorot preset has no such plateau",
            where_known(it.spread, f"; units vary by {it.spread:.3f}"),
        )
    return Verdict(at_chance_after(it), "nothing is learned yet; R draws other weights", "", adds(note_text(it)))


def _pinned(it: Situation) -> Verdict:
    config = it.config
    if it.spread < STILL:
        cause = f"the uniform start pins the units: whatever comes in, they vary by {it.spread:.3f}"
    elif it.saturated > MOSTLY:
        cause = f"{it.saturated:.0%} of units saturated, whatever comes in: a uniform start does that"
    else:
        cause = "the uniform start pins units near one, so little of the input gets through"
    same_kind = config.num_layers > 1 or config.state_size >= PINNING_STATE
    return Verdict(
        cause,
        "R draws the same kind of start; s: the glorot preset helps"
        if same_kind
        else "waiting may do; R draws another start; s: the glorot preset has no plateau",
        adds(at_chance_after(it)),
    )


def _far(it: Situation) -> Verdict:
    length = it.config.truncated_backprop_length
    inside = length - it.config.echo_step
    echo = "echoes" if inside == 1 else "echo"
    return Verdict(f"{at_chance(it)}: of {length:,} targets in a window {inside:,} {echo} an input inside it", NEARER)


def _beyond(it: Situation) -> Verdict:
    config = it.config
    lost = "" if it.mean - it.best < 0.02 or math.isnan(it.best) else f", more at window {it.best_at:,}"
    return Verdict(
        f"no error reaches the input echoed: echo {config.echo_step}, windows of T {config.truncated_backprop_length}",
        NEARER,
        adds(right(it) and f"{right(it)} by luck of the state{lost}"),
    )


def _rate_too_large(it: Situation) -> Verdict:
    config = it.config
    loss = f"mean loss {loss_text(it.mean, 3)}"
    seen = f"{it.saturated:.0%} of units saturated" if it.saturated > 0.5 else loss
    return Verdict(
        f"learning_rate {config.learning_rate:g} is too large for {config.optimizer}: {seen}",
        f"s sets one below {rates.LARGE[config.optimizer]:g}, then r starts over: saturated units hardly learn",
        adds(loss) if it.saturated > 0.5 else "",
    )


def _steps_too_small(it: Situation) -> Verdict:
    config = it.config
    update = where_known(it.update, f": at most {it.update:.0e} of a weight in a window")
    return Verdict(
        f"the steps are too small to move{update}",
        f"s sets a larger learning_rate than {config.learning_rate:g}",
        adds(f"mean loss {loss_text(it.mean, 3)} after {it.windows:,} windows"),
    )


def _state_too_small(it: Situation) -> Verdict:
    return Verdict(
        f"{state_text(it.config)} is too small for echo {it.config.echo_step}: {room(it)}",
        f"stands at {it.mean:.3f} since about window {about(it.since)}; s sets a larger state_size",
        f"; it needs x[t] to x[t-{it.config.echo_step}]",
        adds(right(it)),
    )


def _stalled(it: Situation) -> Verdict:
    cause = f"stalled since about window {about(it.since)}: mean loss {it.mean:.3f}, {right(it)}"
    if it.needed is not None and it.held < it.needed - 0.5:
        return Verdict(cause, f"the state: {room(it)}; R draws other weights", "", adds(note_text(it)))
    return Verdict(cause, f"{SLOWER} may free it, or other weights (R)", "", adds(note_text(it)))


def _slipped(it: Situation) -> Verdict:
    return Verdict(
        f"it was better: mean loss {it.best:.3f} at window {it.best_at:,}, {it.mean:.3f} now",
        f"{SLOWER} holds what it has; [ and {{ go back to look",
    )


def _swinging(it: Situation) -> Verdict:
    return Verdict(f"the loss swings about chance: mean {loss_text(it.mean, 3)}", f"{SLOWER} steadies it; {back(it)}")


def _forgot(it: Situation) -> Verdict:
    was, now = terms(it)
    too_small = it.needed is not None and it.needed > it.room
    back = "u goes back" if it.undoable else "r starts over"
    return Verdict(
        f"what served {was} does not serve {now}: mean loss {loss_text(it.mean, 3)}",
        f"{state_text(it.config)}: {room(it)}; {back}" if too_small else f"it learns anew, or not; {back}",
        f", chance {chance_level(it.config):.3f}",
    )


def _solved(it: Situation) -> Verdict:
    assert it.solved_at is not None
    floor = mean_floor(it.config)
    if it.note in (Note.ONE_WINDOW, Note.DROPOUT, Note.OVERLAP):
        advice = note_text(it)
    else:
        advice = "s sets a longer echo_step; l shows powers of ten"
    trend = "" if math.isnan(it.fall) else ", still falls" if it.falls else ", falls no more"
    near = f" (floor {floor:.3f})" if floor >= 0.0005 and it.note is Note.ONE_WINDOW else ""
    return Verdict(
        f"solved at window {it.solved_at:,}: mean loss {it.mean:.4f}{near}{trend}",
        advice,
        "" if math.isnan(it.sure) else f"; {percent(it.sure)} sure of what it says",
    )


def _unsteady(it: Situation) -> Verdict:
    advice = note_text(it) if it.note is Note.DROPOUT else f"{SLOWER} holds it steadier"
    return Verdict(f"solved at window {it.solved_at:,}, and lost {it.relapses:,} times since: {it.mean:.3f}", advice)


def _relapsed(it: Situation) -> Verdict:
    solved = f"solved at window {it.solved_at:,}"
    if it.mean > chance_level(it.config):
        return Verdict(f"{solved}, but worse than chance now: mean {loss_text(it.mean, 3)}", smaller_steps(it))
    return Verdict(
        f"{solved}, but lost since {it.since:,}: mean loss {it.mean:.3f}",
        f"{SLOWER} holds it steadier",
        adds(right(it)),
    )


def _spike(it: Situation) -> Verdict:
    batch = it.config.batch_size
    rows = "row 2" if batch == 2 else f"rows 2 to {batch}"
    return Verdict(
        f"spike: first {targets(it.unknown)} of {rows} echo the row above (floor {it.floor:.3f})",
        "a zero state cannot know them; s: row_start zero blanks them",
        f"; loss {loss_text(it.newest, 3)}, above that by guessing too surely" if it.newest > it.floor else "",
        "; those of row 1 are blank",
    )


def _unstable(it: Situation) -> Verdict:
    epoch, window = it.place
    predictions = it.config.predictions_per_window
    return Verdict(
        f"thrown off: loss {loss_text(it.newest, 2)} in window {window} of epoch {epoch:,}, {it.wrong:.0%} wrong",
        f"by the step at the epoch's start; {SLOWER} softens it",
        adds(f"{round(it.wrong * predictions):,} of {predictions:,}"),
    )


def _worse(it: Situation) -> Verdict:
    if it.blamed:
        return Verdict(
            f"worse than chance{since_edit(it)}: mean {loss_text(it.mean, 3)}",
            f"{back(it)}, then s sets a smaller learning_rate",
        )
    return Verdict(
        f"worse than chance: mean loss {loss_text(it.mean, 3)}, chance {chance_level(it.config):.3f}",
        smaller_steps(it),
    )


def _diverged(it: Situation) -> Verdict:
    return Verdict(
        f"diverged{since_edit(it)}: the loss is {loss_text(it.newest)}",
        f"{back(it)}, then s sets a smaller learning_rate",
    )


def _recovering(it: Situation) -> Verdict:
    windows = "window" if it.windows == 1 else f"{it.windows} windows"
    return Verdict(
        f"recovering: mean loss {it.mean:.3f} in the last {windows}",
        f"the loss before was no finite number; {back(it)}",
    )


SENTENCES: dict[Kind, Callable[[Situation], Verdict]] = {
    Kind.START: _start,
    Kind.TOO_EARLY: _too_early,
    Kind.SETTLING: _settling,
    Kind.LEARNING: _learning,
    Kind.BEGINNING: _beginning,
    Kind.PLATEAU: _plateau,
    Kind.PINNED: _pinned,
    Kind.FAR: _far,
    Kind.BEYOND: _beyond,
    Kind.RATE_TOO_LARGE: _rate_too_large,
    Kind.STEPS_TOO_SMALL: _steps_too_small,
    Kind.STATE_TOO_SMALL: _state_too_small,
    Kind.STALLED: _stalled,
    Kind.SLIPPED: _slipped,
    Kind.SWINGING: _swinging,
    Kind.FORGOT: _forgot,
    Kind.SOLVED: _solved,
    Kind.UNSTEADY: _unsteady,
    Kind.RELAPSED: _relapsed,
    Kind.SPIKE: _spike,
    Kind.UNSTABLE: _unstable,
    Kind.WORSE: _worse,
    Kind.DIVERGED: _diverged,
    Kind.RECOVERING: _recovering,
}
"""How each kind is said."""
