"""In which states a key of the app has an effect, and what is said where it has none."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from echornn.session import commands
from echornn.session.handlers import AT_THE_START, ONE_NETWORK, why_nothing
from echornn.session.pictures.frame import Frame, State
from tui.app.keys import key_of, meaning
from tui.app.views.table import VIEWS

CHANGING = ("settings", "advice", "replica", "branches")
"""Actions, besides commands, that have no effect after training has failed."""

FAILED = "failed: training has stopped; «quit» quits, then start again with other flags"
FAILED_LATER = "failed: nothing is undone here; «quit» quits, then --resume DIR --at WINDOW goes back"
"""Why keys have no effect after training has failed: before the first window, and after some."""

AT_THE_END = "this is the newest window of its branch: «step» trains one more"

NO_CROSSHAIR = "no crosshair to go to: «fall» puts it where the loss fell, «focus» and «arrows» anywhere"

NO_ROWS = "the curve has no rows: «focus» gives these keys to the view"

NO_SEEDS = f"{ONE_NETWORK}: «seeds» trains 64 seeds, and «replica_before» «replica_after» go through them"

MEANWHILE = "«view.data»: data, «settings»: settings, «pause»: pause, «help»: help"
"""A text with the keys that are useful while the first network loads."""

LATER = "loading: this is done as soon as possible"
"""The message about a key that will take effect when the network is loaded."""

FINISHED = (
    "finished: «settings», then «settings.more» or a number and «settings.apply»: more epochs; «reset» starts over"
)

NO_ADVICE = "the advice names no change that «advice» can make; «settings» changes anything"


def views_of(name: str) -> str:
    """The message about a key of views that are not shown, by the id of its binding."""
    *most, last = [f"{view.title} ({key_of(view)})" for view in VIEWS if name in view.own_actions()]
    return f"«{name}» is a key of the {', '.join(most)}{' and ' if most else ''}{last}"


def no_view_of(digit: str) -> str:
    """The message about a digit that is the key of no view."""
    return f"no view has the key {digit}: {', '.join(f'{key_of(view)} {view.title}' for view in VIEWS)}"


def why_not(what: commands.Command | str, frame: Frame) -> str:
    """The reason why a key has no effect in this frame's state; empty if it has one, now or after loading.

    Args:
        what: the key's meaning; see `meaning`.
    """
    if frame.state is State.FAILED:
        why = FAILED_LATER if frame.trained_in_all else FAILED
        return why if what in CHANGING or not isinstance(what, str) else ""
    match what:
        case commands.Pause() | commands.Resume() | commands.Toggle() | commands.Step() | commands.FinishEpoch() if (
            frame.state is State.FINISHED
        ):
            return FINISHED
        case "replica" if frame.seed_stats is None:
            return NO_SEEDS if frame.config.replicas == 1 else LATER
        case str():
            return ""
        case _:
            return why_nothing(what, frame)


def is_offered(action: str, frame: Frame) -> bool:
    """Whether the footer and the palette show an action in this frame's state."""
    what = meaning(action)
    return is_of_this_state(what, frame) and not why_not(what, frame)


def is_of_this_state(what: commands.Command | str, frame: Frame) -> bool:
    """Whether a key has this meaning in this state: the same key pauses training that runs, and resumes it
    otherwise.
    """
    is_to_train = frame.state is State.RUNNING or (frame.state is State.LOADING and frame.start.trains)
    return not isinstance(what, commands.Pause | commands.Resume) or isinstance(what, commands.Pause) == is_to_train


def where_it_ends(command: commands.LookCommand, frame: Frame) -> str:
    """The message that there is nothing before the start, or after the newest window; empty if the command can go
    there.
    """
    match command:
        case commands.Move(by) | commands.MoveEpochs(by):
            if by > 0 and not frame.is_past:
                return AT_THE_END
            return AT_THE_START if by < 0 and frame.trained == 0 else ""
        case commands.Go():
            return ""
        case _:
            assert_never(command)


def soon(frame: Frame) -> Frame:
    """The frame as running commands may change it; the next key is judged by this frame."""
    state = State.PAUSED if frame.state is State.FINISHED else frame.state
    return replace(frame, state=state, trained=max(1, frame.trained), undoable=max(1, frame.undoable), redoable=True)
