"""The steps of the tour, as a table. Every number in a sentence is one of the run on the screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from echornn.config import EchoConfig
from echornn.session.pictures.frame import Frame, State
from tui.app.tour import words

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


STEPS = (
    TourStep("the task", words.task, ("send('step')",), "train one window", lambda _: True, words.task, "1"),
    TourStep(
        "one window",
        words.one_window,
        ("send('resume')",),
        "train on",
        lambda frame: frame.progress is not None and frame.state is not State.RUNNING,
        words.before_a_window,
        "1",
        Needs.PAUSED,
        looks=True,
    ),
    TourStep(
        "it learns",
        words.learned,
        ("view('3')",),
        "look at its memory",
        _has_learned,
        words.learns,
        needs=Needs.TRAINING,
    ),
    TourStep(
        "memory",
        words.memory,
        ("view('4')",),
        "see how far the error goes back",
        lambda frame: bool(frame.unread) or (frame.readings is not None and frame.readings.memory is not None),
        lambda frame: "The state is being read: this takes some seconds the first time.",
        "3",
        looks=True,
    ),
    TourStep(
        "truncated backpropagation",
        words.gradient,
        (TRY_SHORT,),
        f"break it, by T = {SHORT}",
        lambda frame: bool(frame.unread) or (frame.readings is not None and frame.readings.gradient is not None),
        lambda frame: "The error's way back is being measured: this takes some seconds.",
        "4",
        looks=True,
    ),
    TourStep(
        "broken",
        words.broken,
        ("send('undo')",),
        "undo",
        lambda frame: frame.loss_stats.windows >= ENOUGH_SHORT,
        words.breaks,
        "1",
        Needs.TRAINING,
        lambda first: replace(first, truncated_backprop_length=SHORT),
    ),
    TourStep(
        "was it luck?",
        words.is_back,
        ("send('seeds')",),
        f"train {REPLICAS} networks side by side",
        lambda _: True,
        words.is_back,
        "1",
    ),
)
"""The seven steps, in order."""

END = TourStep(
    "the end",
    words.seeds,
    ("leave_tour",),
    "leave the tour",
    _seeds_ready,
    words.seeds_train,
    "6",
    Needs.TRAINING,
    lambda first: replace(first, replicas=REPLICAS),
    looks=True,
)
"""What the last step's key leads to."""

ALL = (*STEPS, END)
