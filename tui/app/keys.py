"""The keys of the app, and in which states each has an effect."""

from __future__ import annotations

import math
from dataclasses import replace
from string import digits
from typing import assert_never

from textual.binding import Binding

from echornn.session import commands
from echornn.session.frame import Frame, State
from echornn.session.nothing_to_do import AT_THE_START, ONE_NETWORK, why_nothing
from tui.app.views.table import VIEWS

FIRST_VIEW = VIEWS[0].key
KEYS_OF_VIEWS = f"{FIRST_VIEW}-{VIEWS[-1].key}"
"""The keys of the views as a text: ``1-6``."""

LETTERS_OF_VIEWS = tuple(sorted({key for view in VIEWS for key in view.own_keys() if len(key) == 1}))
"""The letter keys that only some views use."""

OTHER_DIGITS = tuple(sorted({*digits} - {view.key for view in VIEWS}))
"""The digits that are not the key of a view."""

VIEW_KEYS = [
    Binding(
        FIRST_VIEW,
        f"view('{FIRST_VIEW}')",
        "View",
        key_display=KEYS_OF_VIEWS,
        tooltip=f"Below the curve: {', '.join(f'{view.key} {view.title}' for view in VIEWS)}; where it is wide, two",
        id="view",
    ),
    *[Binding(view.key, f"view('{view.key}')", "View", show=False) for view in VIEWS[1:]],
]

SENT: dict[str, commands.Command] = {}
"""The commands that keys send, by the id of the key's binding."""


def _sends(
    command: commands.Command,
    name: str,
    key: str,
    label: str,
    tooltip: str,
    show: bool = True,
    display: str | None = None,
) -> Binding:
    """The binding of a key that sends a command to the session."""
    SENT[name] = command
    return Binding(key, f"send('{name}')", label, show, display, tooltip=tooltip, id=name)


BINDINGS = [
    _sends(commands.Pause(), "pause", "space,p", "Pause", "Pause; windows that have begun are finished"),
    _sends(commands.Resume(), "resume", "space,p", "Resume", "Train on"),
    _sends(commands.Step(), "step", "full_stop", "Step", "Train one window, then pause", display="."),
    _sends(commands.FinishEpoch(), "epoch", "e", "Epoch", "Train to the end of the epoch, then pause", show=False),
    _sends(
        commands.Faster(), "faster", "plus,equals_sign", "Speed", "Turn the speed up; - turns it down", display="+/-"
    ),
    _sends(commands.Slower(), "slower", "minus", "Slower", "Turn the speed down", show=False, display="-"),
    _sends(commands.SetSpeed(math.inf), "max", "m", "Max", "Full speed", show=False),
    Binding(
        "s",
        "settings",
        "Set",
        tooltip="Settings and presets beside the curve: change anything, many fields while it trains",
        id="settings",
        priority=True,  # so that the panel is open even for a key that follows quickly
    ),
    Binding(
        "a",
        "advice",
        "Advice",
        tooltip="Make the change that the advice above the curve names; u undoes it",
        id="advice",
    ),
    _sends(commands.Reset(), "reset", "r", "Reset", "Start over with the weights that this run began with", show=False),
    _sends(commands.Redraw(), "redraw", "R", "Redraw", "Start over with new random weights", show=False),
    _sends(commands.Regenerate(), "regenerate", "g", "Data", "New data; the epoch starts again with it", show=False),
    _sends(commands.Undo(), "undo", "u", "Undo", "Undo: go to before the last change or divergence"),
    _sends(commands.Redo(), "redo", "U", "Redo", "Redo: go back to where the last undo came from", show=False),
    _sends(
        commands.Move(-1),
        "window_back",
        "left_square_bracket",
        "Back",
        "Show the window before, as it was; ] the one after",
        display="[]",
    ),
    _sends(
        commands.Move(1),
        "window_on",
        "right_square_bracket",
        "On",
        "Show the window after, as it was",
        show=False,
        display="]",
    ),
    _sends(
        commands.MoveEpochs(-1),
        "epoch_back",
        "left_curly_bracket",
        "Epoch back",
        "Show the end of the epoch before; } of the one after",
        show=False,
        display="{}",
    ),
    _sends(
        commands.MoveEpochs(1),
        "epoch_on",
        "right_curly_bracket",
        "Epoch on",
        "Show the end of the epoch after",
        show=False,
        display="}",
    ),
    Binding("b", "branches", "Tree", tooltip="The branches of this run: go to one, show it, name it", id="branches"),
    *VIEW_KEYS,
    _sends(commands.ToggleReplicas(), "seeds", "L", "Seeds", "From one network to 64 seeds side by side, and back"),
    Binding(
        "less_than_sign",
        "replica(-1)",
        "Seed before",
        key_display="<>",
        tooltip="With several seeds: show the network one line up in view 6; > down",
        id="replica_before",
        show=False,
    ),
    Binding(
        "greater_than_sign",
        "replica(1)",
        "Seed after",
        key_display=">",
        tooltip="With several seeds: show the network one line down in view 6",
        id="replica_after",
        show=False,
    ),
    Binding("o", "runs", "Other runs", tooltip="Draw other runs under the curve", id="runs", show=False),
    Binding("l", "log", "Log", tooltip="Losses on a logarithmic axis, or a linear one", id="log", show=False),
    Binding("z", "zoom(True)", "Zoom", tooltip="Zoom in: half as many windows", id="zoom", show=False),
    Binding("Z", "zoom(False)", "Wider", tooltip="Zoom out: twice as many windows", id="wider", show=False),
    Binding("y", "copy", "Copy", tooltip="Copy the command that shows this again", id="copy", show=False),
    Binding(
        "tab",
        "app.focus_next",
        "Focus",
        tooltip="Give the arrow keys to the curve or to a view; > marks the view that has them",
        show=False,
        priority=True,
    ),
    Binding("ctrl+l", "show_all", "Redraw screen", tooltip="Draw the whole screen again", id="show_all", show=False),
    Binding(
        "colon",
        "line",
        "Command",
        key_display=":",
        tooltip="Type a command by name: step 100, edit learning_rate=0.1, view memory",
        id="line",
        show=False,
        priority=True,  # so that the line is open even for a key that follows quickly
    ),
    Binding("question_mark", "help", "Help", key_display="?", tooltip="This help", id="help"),
    Binding(
        "W",
        "take_over",
        "Take over",
        tooltip="With several viewers of one session: steer it from here",
        id="take_over",
        show=False,
    ),
    Binding(
        "D",
        "detach",
        "Detach",
        tooltip="Leave the screen; the training goes on in the background",
        id="detach",
        show=False,
    ),
    Binding("q", "quit", "Quit", tooltip="Quit; ctrl+q too, also while you type", id="quit"),
]


def meaning(action: str) -> commands.Command | str:
    """The command that an action sends; for other actions, their name without parameters."""
    name, _, parameters = action.partition("(")
    return SENT[parameters.strip("')")] if name == "send" else name


CHANGING = ("settings", "advice", "replica", "branches")
"""Actions, besides commands, that have no effect after training has failed."""

OF_WHAT_IS_WATCHED = [
    *[Binding(key, f"on_a_view('{key}')", show=False) for key in (*LETTERS_OF_VIEWS, *OTHER_DIGITS)],
    Binding("d", "on_the_curve('fall')", show=False),
    Binding("enter", "on_the_curve('go_there')", show=False),
]
"""Keys of a view and of the curve that also work while the other one has the arrow keys; and digits without a view."""

FAILED = "failed: training has stopped; q quits, then start again with other flags"

AT_THE_END = "this is the newest window of its branch: . trains one more"

NO_CROSSHAIR = "no crosshair to go to: d puts it where the loss fell, tab and arrows anywhere"

NO_SEEDS = f"{ONE_NETWORK}: L trains 64 seeds, and < > go through them"

MEANWHILE = "2: data, s: settings, space: pause, ?: help"
"""A text with the keys that are useful while the first network loads."""

LATER = "loading: this is done as soon as possible"
"""The message about a key that will take effect when the network is loaded."""

FINISHED = "finished: s, then + or a number and enter: more epochs; r starts over"

NO_ADVICE = "the advice names no change that a can make; s changes anything"


LEFT_OUT = (
    "branches",
    *(f"send('{name}')" for name in ("window_back", "step", "faster", "seeds", "undo")),
    "settings",
    "view('1')",
)
"""Actions whose keys are left out of a narrow footer, in this order; help and quit are always shown."""


def views_of(key: str) -> str:
    """The message about a key of views that are not shown, or of no view."""
    having = [view for view in VIEWS if key in view.own_keys()]
    if not having:
        return f"no view has the key {key}: {', '.join(f'{view.key} {view.title}' for view in VIEWS)}"
    *most, last = [f"{view.title} ({view.key})" for view in having]
    return f"{key} is a key of the {', '.join(most)}{' and ' if most else ''}{last}"


def why_not(what: commands.Command | str, frame: Frame) -> str:
    """The reason why a key has no effect in this frame's state; empty if it has one, now or after loading.

    Args:
        what: the key's meaning; see `meaning`.
    """
    if frame.state is State.FAILED:
        return FAILED if what in CHANGING or not isinstance(what, str) else ""
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
