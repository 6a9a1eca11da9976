"""The steps of the tour, as a table. Every number in a sentence is one of the run on the screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from textual.binding import Binding

from echornn.config import EchoConfig
from echornn.data.levels import chance_level
from echornn.diagnosis.loss_stats import loss_text
from echornn.diagnosis.seed_stats import SeedStats
from echornn.session.pictures.frame import Frame, State
from tui.views.text import cut_off

SHORT = 3
"""The T that the fifth step's key sets: as long as the echo, so that no target's source is in its window."""

ENOUGH, ENOUGH_SHORT, ENOUGH_SEEDS = 1500, 1000, 600
"""Windows after which the tour goes on even if the loss has not fallen; with the short T; and with 64 networks."""

REPLICAS = 64
"""The networks that the last step's key trains side by side."""

TRY_SHORT = "try_short"
"""The action of the fifth step's key, which no other app has."""


class Needs(Enum):
    """What the run has to do until it shows what a step says."""

    NOTHING = "nothing"
    PAUSED = "paused after a window"
    TRAINING = "training"


@dataclass(frozen=True)
class TourStep:
    """A step of the tour: what is to be seen now, and the key that leads on.

    Attributes:
        title: what it is about.
        words: one to three sentences, of at most two lines of 78 columns, made from what the run shows.
        actions: the actions of the app of which any leads on; the key of the first that has one now is named.
        does: what that key does.
        ready: whether the run shows what the words say.
        waits: the sentence until then.
        view: the key of the view that is shown from the beginning of the step on; empty for the one there is.
        needs: what makes the step ready.
        settings: the configuration that the step is about, from that of the tour's beginning.
        looks: whether the words are about what the view shows.
    """

    title: str
    words: Callable[[Frame], str]
    actions: tuple[str, ...]
    does: str
    ready: Callable[[Frame], bool]
    waits: Callable[[Frame], str]
    view: str = ""
    needs: Needs = Needs.NOTHING
    settings: Callable[[EchoConfig], EchoConfig] = lambda first: first
    looks: bool = False


def _has_learned(frame: Frame) -> bool:
    return frame.loss_stats.solved_at is not None or frame.loss_stats.windows >= ENOUGH


def _seeds_ready(frame: Frame) -> bool:
    stats = frame.seed_stats
    return stats is not None and (stats.windows >= ENOUGH_SEEDS or stats.solved == stats.replicas)


TRIED = "Of 64 seeds none solved it in 10,000 windows; with T = 4, 62 did"
"""What `Population` gave with the tutorial's other settings and seeds 7 to 70; with T = 1 and 2 none did either."""

MOSTLY = 0.9
"""The share of networks that have solved the task from which on it is not called luck."""


def _chance(frame: Frame) -> str:
    return loss_text(chance_level(frame.own_config), 3)


def _guessing(frame: Frame) -> str:
    return f"guessing has {_chance(frame)}"


def _mean(frame: Frame) -> str:
    """The mean loss, with the number of windows it is of."""
    return f"{loss_text(frame.loss_stats.mean, 3)} (mean of {len(frame.loss_stats.recent)})"


def _windows(count: int) -> str:
    return f"{count:,} window" if count == 1 else f"{count:,} windows"


def _paused(frame: Frame) -> str:
    return " It is paused." if frame.state is State.PAUSED else ""


def loading(frame: Frame) -> str:
    """While the session loads."""
    message = frame.message or "loading"
    return f"{message[:1].upper()}{message[1:]}: this takes some seconds."


def task(frame: Frame) -> str:
    """What is to be learned."""
    seen = f" It has trained {_windows(frame.trained)}." if frame.trained else ""
    return (
        f"The network reads random 0s and 1s, and must say what it read {frame.config.echo_step} steps before: the "
        f"echo.{seen} «help» then /word explains a word."
    )


def before_a_window(frame: Frame) -> str:
    """Until a window can be looked at."""
    if frame.state is State.RUNNING:
        return f"It trains already: {_windows(frame.trained)}. Paused, you can look at the newest one."
    return "No window is on the screen yet."


def one_window(frame: Frame) -> str:
    """What happened in a window."""
    config, classes = frame.config, frame.config.num_classes
    return (
        f"It read a window, T = {config.window_steps} steps of {config.batch_size} rows, and predicted (pred; >< is "
        f"wrong). Its weights changed a bit. Loss {loss_text(frame.loss, 3)}; {_guessing(frame)} "
        f"(ln {classes}: 1/{classes} right)."
    )


def learns(frame: Frame) -> str:
    """While the loss has not fallen yet."""
    windows = frame.loss_stats.windows
    if not windows:
        return f"Each window changes the weights a little.{_paused(frame)}"
    then = _paused(frame) or " Wait until it falls."
    return (
        f"Each window changes the weights. After {_windows(windows)} the loss is {_mean(frame)}; "
        f"{_guessing(frame)}.{then}"
    )


def learned(frame: Frame) -> str:
    """When the loss has fallen, or not for long."""
    stats, echo = frame.loss_stats, frame.config.echo_step
    if stats.solved_at is None:
        return (
            f"After {_windows(stats.windows)} the loss is {_mean(frame)}; {_guessing(frame)}. Not every start "
            "learns as fast as others. What does it hold so far?"
        )
    return (
        f"Solved at window {stats.solved_at:,}: loss {_mean(frame)}, {_guessing(frame)}. Spikes: a new epoch, an "
        f"empty state. How can it know what came {echo} steps before?"
    )


def memory(frame: Frame) -> str:
    """What the state holds."""
    if frame.unread:
        return f"The state could not be read: {frame.unread}"
    echo, found = frame.config.echo_step, frame.readings.memory if frame.readings is not None else None
    known = found is not None and echo < len(found.by_lag)
    read = f" Lag {echo}, the echo: {float(found.by_lag[echo]):.2f} of 1." if found is not None and known else ""
    return (
        f"Only its state, {frame.config.state_size} numbers, goes on, also into the next window. Bars: how well the "
        f"input so many steps ago can be read from it.{read}"
    )


def gradient(frame: Frame) -> str:
    """How far the error goes back."""
    if frame.unread:
        return f"The error's way back could not be measured: {frame.unread}"
    echo, cut = frame.config.echo_step, frame.config.truncated_backprop_length
    inside = f"inside for {cut - echo} of {cut}" if echo < cut else "never inside"
    enough = ": enough, it is solved" if echo < cut and frame.loss_stats.solved_at is not None else ""
    if frame.config.reach is None:
        return f"The error goes back (bars), like the state across windows: the rule {frame.config.rule} has no cut."
    return (
        f"The error goes back (bars), unlike the state not across windows: at most T = {cut} steps. The echo, {echo} "
        f"back, is {inside}{enough}."
    )


def breaks(frame: Frame) -> str:
    """While the network with the short window trains."""
    windows = frame.loss_stats.windows
    now = f"A new network with windows of T = {frame.config.truncated_backprop_length} steps."
    if not windows:
        return f"{now}{_paused(frame)}"
    return f"{now} After {_windows(windows)} the loss is {_mean(frame)}; {_guessing(frame)}.{_paused(frame)}"


def broken(frame: Frame) -> str:
    """What the short window did."""
    config, stats = frame.config, frame.loss_stats
    seen = f"{_guessing(frame)}. {TRIED}"
    if stats.solved_at is not None:
        seen = f"yet solved at window {stats.solved_at:,}, by what the state happened to keep"
    after = f"{_windows(stats.windows)}: loss {_mean(frame)}"
    cut = f"{config.rule} has no cut" if config.reach is None else cut_off(config)
    return f"{cut}. {after}, {seen}."


def is_back(frame: Frame) -> str:
    """After the undo."""
    return (
        f"The network of before is back, with T = {frame.config.truncated_backprop_length}. But did it learn by luck? "
        "64 networks that differ only in their random numbers will tell."
    )


def seeds_train(frame: Frame) -> str:
    """While the 64 networks train."""
    stats = frame.seed_stats
    if stats is None:
        return f"64 networks are being prepared.{_paused(frame)}"
    return f"{_solved(stats)}.{_paused(frame)}"


def seeds(frame: Frame) -> str:
    """How many have solved the task, and so whether it was luck."""
    stats = frame.seed_stats
    if stats is None:
        return "The run goes on as it is."
    share = stats.solved / stats.replicas
    luck = "so it was hardly luck" if share >= MOSTLY else "so the start matters; some luck"
    if not stats.solved:
        luck = "too early to tell luck"
    return f"{_solved(stats)}, {luck}. Each line is one of them. The run goes on; «help» explains the rest."


def _solved(stats: SeedStats) -> str:
    return f"{stats.solved:,} of {stats.replicas:,} have solved it after {_windows(stats.windows)}"


STEPS = (
    TourStep("the task", task, ("send('step')",), "train one window", lambda _: True, task, "1"),
    TourStep(
        "one window",
        one_window,
        ("send('resume')",),
        "train on",
        lambda frame: frame.progress is not None and frame.state is not State.RUNNING,
        before_a_window,
        "1",
        Needs.PAUSED,
        looks=True,
    ),
    TourStep(
        "it learns",
        learned,
        ("view('3')",),
        "look at its memory",
        _has_learned,
        learns,
        needs=Needs.TRAINING,
    ),
    TourStep(
        "memory",
        memory,
        ("view('4')",),
        "see how far the error goes back",
        lambda frame: bool(frame.unread) or (frame.readings is not None and frame.readings.memory is not None),
        lambda frame: "The state is being read: this takes some seconds the first time.",
        "3",
        looks=True,
    ),
    TourStep(
        "truncated backpropagation",
        gradient,
        (TRY_SHORT,),
        f"break it, by T = {SHORT}",
        lambda frame: bool(frame.unread) or (frame.readings is not None and frame.readings.gradient is not None),
        lambda frame: "The error's way back is being measured: this takes some seconds.",
        "4",
        looks=True,
    ),
    TourStep(
        "broken",
        broken,
        ("send('undo')",),
        "undo",
        lambda frame: frame.loss_stats.windows >= ENOUGH_SHORT,
        breaks,
        "1",
        Needs.TRAINING,
        lambda first: replace(first, truncated_backprop_length=SHORT),
    ),
    TourStep(
        "was it luck?",
        is_back,
        ("send('seeds')",),
        f"train {REPLICAS} networks side by side",
        lambda _: True,
        is_back,
        "1",
    ),
)
"""The seven steps, in order."""

END = TourStep(
    "the end",
    seeds,
    ("leave_tour",),
    "leave the tour",
    _seeds_ready,
    seeds_train,
    "6",
    Needs.TRAINING,
    lambda first: replace(first, replicas=REPLICAS),
    looks=True,
)
"""What the last step's key leads to."""

ALL = (*STEPS, END)


OWN_KEYS = [
    Binding(
        *("escape", "leave_tour", "Leave", False),
        tooltip="Leave the tour; the run goes on",
        id="leave_tour",
        priority=True,
    ),
    Binding("t", TRY_SHORT, "Try", tooltip=f"In the tour: windows of T = {SHORT} steps", id="try_short", show=False),
]
