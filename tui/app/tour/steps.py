"""The steps of the tour, as a table. Every number in a sentence is one of the run on the screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from echornn.data.levels import chance_level
from echornn.diagnosis.loss_text import loss_text
from echornn.session.frame import Frame, State

FAR = 20
"""The echo that the fifth step asks for, in steps: farther than T."""

ENOUGH, ENOUGH_FAR, ENOUGH_SEEDS = 1500, 500, 600
"""Windows after which the tour goes on even if the loss has not fallen; with the far echo; and with 64 networks."""

LEARNED_NOTHING = 0.95
"""A mean loss above this share of chance is called that of guessing."""

_PAUSED = " It is paused: «pause» trains on."

TRY_FAR = "try_far"
"""The action of the fifth step's key, which no other app has."""


@dataclass(frozen=True)
class TourStep:
    """A step of the tour: what is to be seen now, and the key that leads on.

    Attributes:
        title: what it is about.
        words: one to three sentences, of at most two lines of 76 columns, made from what the run shows.
        actions: the actions of the app of which any leads on; the first one's key is named.
        does: what that key does.
        ready: whether the run shows what the words say.
        waits: the sentence until then.
        view: the key of the view that is shown from the beginning of the step on; empty for the one there is.
    """

    title: str
    words: Callable[[Frame], str]
    actions: tuple[str, ...]
    does: str
    ready: Callable[[Frame], bool]
    waits: Callable[[Frame], str]
    view: str = ""


def _chance(frame: Frame) -> str:
    return loss_text(chance_level(frame.own_config), 3)


def _guessing(frame: Frame) -> str:
    return f"guessing has {_chance(frame)}"


def _mean(frame: Frame) -> str:
    return loss_text(frame.loss_stats.mean, 3)


def _loading(frame: Frame) -> str:
    return f"Loading: {frame.message or 'this takes some seconds'}."


def _task(frame: Frame) -> str:
    echo, trained = frame.config.echo_step, frame.trained
    seen = "It has not trained yet." if not trained else f"It has trained {trained:,} windows."
    return (
        "The network reads input, a random row of two symbols. At each step it must say "
        f"what it read {echo} steps before: the echo. {seen}"
    )


def _one_window(frame: Frame) -> str:
    config = frame.config
    return (
        f"It read {config.window_steps} steps of {config.batch_size} rows and predicted (pred; >< is wrong). Then its "
        f"weights were changed a little. The loss was {loss_text(frame.loss, 3)}; guessing has "
        f"{_chance(frame)} (ln {config.num_classes})."
    )


def _trains(frame: Frame) -> str:
    windows = frame.loss_stats.windows
    if not windows:
        return _loading(frame)
    then = _PAUSED if frame.state is State.PAUSED else " Wait until it falls."
    return (
        f"Each window changes the weights. After {windows:,} the mean loss is {_mean(frame)}; {_guessing(frame)}.{then}"
    )


def _learned(frame: Frame) -> str:
    stats, echo = frame.loss_stats, frame.config.echo_step
    if stats.solved_at is None:
        return (
            f"After {stats.windows:,} windows the mean loss is {_mean(frame)}; {_guessing(frame)}. Not every start "
            "learns as fast as others. What does it hold so far?"
        )
    return (
        f"The mean loss has fallen to {_mean(frame)}; {_guessing(frame)}. Solved at window {stats.solved_at:,}. "
        f"How can it know what it read {echo} steps before?"
    )


def _memory(frame: Frame) -> str:
    echo, memory = frame.config.echo_step, frame.readings.memory if frame.readings is not None else None
    known = memory is not None and echo < len(memory.by_lag)
    read = f" Lag {echo}, the echo: {float(memory.by_lag[echo]):.2f}." if memory is not None and known else ""
    return (
        f"Only its state, {frame.config.state_size} numbers, goes on from step to step. A bar: how well the input so "
        f"many steps ago can be read from it, at most 1.{read}"
    )


def _gradient(frame: Frame) -> str:
    echo, cut = frame.config.echo_step, frame.config.truncated_backprop_length
    where = "is nearer" if echo < cut else "is not nearer"
    return (
        f"To learn, the error goes back in time (bars), but it is cut off after T = {cut} steps: this is truncated "
        f"backpropagation. The echo, {echo} steps back, {where}."
    )


def _tries(frame: Frame) -> str:
    windows = frame.loss_stats.windows
    if frame.config.echo_step != FAR or not windows:
        return _loading(frame) if frame.state is State.LOADING else f"Now the echo is {FAR} steps back."
    paused = _PAUSED if frame.state is State.PAUSED else ""
    return f"Now the echo is {FAR} steps back. After {windows:,} windows the mean loss is {_mean(frame)}.{paused}"


def _failed(frame: Frame) -> str:
    cut, stats = frame.config.truncated_backprop_length, frame.loss_stats
    guesses = not stats.mean < LEARNED_NOTHING * chance_level(frame.own_config)
    as_bad = f"as bad as guessing ({_chance(frame)})" if guesses else f"better than guessing ({_chance(frame)})"
    after = f"After {stats.windows:,} windows the mean loss is {_mean(frame)}, {as_bad}."
    if cut > FAR:
        return f"{FAR} steps are nearer than T = {cut}: the error gets there. {after}"
    return f"{FAR} steps are farther than T = {cut}: no error gets back to the input asked for. {after}"


def _is_back(frame: Frame) -> str:
    return (
        f"Nothing is lost: the network of before is back, with echo {frame.config.echo_step}. But did it learn by "
        "luck? 64 networks that differ only in their random numbers will tell."
    )


def _seeds(frame: Frame) -> str:
    stats = frame.seed_stats
    if stats is None:
        return "The run goes on as it is."
    return (
        f"{stats.solved:,} of {stats.replicas:,} have solved it after {stats.windows:,} windows; each line is one of "
        "them. The tour ends here, and the run goes on; «help» explains the rest."
    )


def _seeds_train(frame: Frame) -> str:
    stats = frame.seed_stats
    if stats is None or frame.state is State.LOADING:
        return f"{frame.message or '64 networks are being prepared'}: this takes some seconds."
    paused = _PAUSED if frame.state is State.PAUSED else ""
    return f"{stats.solved:,} of {stats.replicas:,} have solved it after {stats.windows:,} windows.{paused}"


def _seeds_ready(frame: Frame) -> bool:
    stats = frame.seed_stats
    return stats is not None and (stats.windows >= ENOUGH_SEEDS or stats.solved == stats.replicas)


def _at_hand(frame: Frame) -> bool:
    return frame.state is not State.LOADING


STEPS = (
    TourStep("the task", _task, ("send('step')",), "train one window", _at_hand, _loading, "1"),
    TourStep(
        "one window",
        _one_window,
        ("send('resume')", "send('pause')"),
        "train on",
        lambda frame: frame.progress is not None,
        _loading,
        "1",
    ),
    TourStep(
        "it learns",
        _learned,
        ("view('3')",),
        "look at its memory",
        lambda frame: frame.loss_stats.solved_at is not None or frame.loss_stats.windows >= ENOUGH,
        _trains,
    ),
    TourStep(
        "memory",
        _memory,
        ("view('4')",),
        "see how far the error goes back",
        lambda frame: frame.readings is not None and frame.readings.memory is not None,
        lambda frame: "The state is being read: this takes some seconds the first time.",
        "3",
    ),
    TourStep(
        "truncation",
        _gradient,
        (TRY_FAR,),
        f"break it, by an echo {FAR} steps back",
        lambda frame: frame.readings is not None and frame.readings.gradient is not None,
        lambda frame: "The error's way back is being measured: this takes some seconds.",
        "4",
    ),
    TourStep(
        "broken",
        _failed,
        ("send('undo')",),
        "undo",
        lambda frame: frame.config.echo_step == FAR and frame.loss_stats.windows >= ENOUGH_FAR,
        _tries,
        "1",
    ),
    TourStep(
        "was it luck?",
        _is_back,
        ("send('seeds')",),
        "train 64 networks side by side",
        lambda frame: frame.config.echo_step != FAR and _at_hand(frame),
        _loading,
        "1",
    ),
)
"""The seven steps, in order."""

END = TourStep("the end", _seeds, ("leave_tour",), "leave the tour", _seeds_ready, _seeds_train, "6")
"""What the last step's key leads to."""
