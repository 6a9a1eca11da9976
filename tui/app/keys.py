"""The keys of the app; `tui.app.keys` says in which states each has an effect."""

from __future__ import annotations

import math
from dataclasses import replace
from string import digits
from typing import assert_never

from textual.binding import Binding

from echornn.session import commands
from echornn.session.handlers import AT_THE_START, ONE_NETWORK, why_nothing
from echornn.session.pictures.frame import Frame, State
from tui.views.table import VIEWS
from tui.views.view import View

FIRST_VIEW = VIEWS[0].key

ID_OF_VIEW = {view.key: f"view.{view.title}" for view in VIEWS}
"""The ids of the keys that show a view, by the number of the view."""

KEYS_OF_VIEWS = f"{FIRST_VIEW}-{VIEWS[-1].key}"
"""The keys of the views as a text: ``1-7``."""

KEYS_OF_SOME_VIEWS = {
    one.id: one.key
    for view in VIEWS
    for one in view.BINDINGS
    if isinstance(one, Binding) and one.id is not None and len(one.key) == 1
}
"""The letter keys that only some views use, by the id of their bindings."""

OTHER_DIGITS = tuple(sorted({*digits} - {view.key for view in VIEWS}))
"""The digits that are not the key of a view."""

VIEW_KEYS = [
    Binding(
        FIRST_VIEW,
        f"view('{FIRST_VIEW}')",
        "View",
        key_display=KEYS_OF_VIEWS,
        tooltip=f"Below the curve: {', '.join(f'«view.{view.title}» {view.title}' for view in VIEWS)}; "
        "where it is wide, two",
        id=ID_OF_VIEW[FIRST_VIEW],
    ),
    *[Binding(view.key, f"view('{view.key}')", "View", show=False, id=ID_OF_VIEW[view.key]) for view in VIEWS[1:]],
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
    same_as: str | None = None,
) -> Binding:
    """The binding of a key that sends a command to the session.

    Args:
        same_as: the id of the binding, if it shares its key with another command.
    """
    SENT[name] = command
    return Binding(key, f"send('{name}')", label, show, display, tooltip=tooltip, id=same_as or name)


BINDINGS = [
    _sends(commands.Pause(), "pause", "space,p", "Pause", "Pause; windows that have begun are finished"),
    _sends(commands.Resume(), "resume", "space,p", "Resume", "Train on", same_as="pause"),
    _sends(commands.Step(), "step", "full_stop", "Step", "Train one window, then pause", display="."),
    _sends(commands.FinishEpoch(), "epoch", "e", "Epoch", "Train to the end of the epoch, then pause", show=False),
    _sends(
        commands.Faster(),
        "faster",
        "plus,equals_sign",
        "Speed",
        "Turn the speed up; «slower» turns it down",
        display="+/-",
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
        tooltip="Make the change that the advice above the curve names; «undo» undoes it",
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
        "Show the window before, as it was; «window_on» the one after",
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
        "Show the end of the epoch before; «epoch_on» of the one after",
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
        tooltip="With several seeds: show the network one line up in view «view.seeds»; «replica_after» down",
        id="replica_before",
        show=False,
    ),
    Binding(
        "greater_than_sign",
        "replica(1)",
        "Seed after",
        key_display=">",
        tooltip="With several seeds: show the network one line down in view «view.seeds»",
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
        id="focus",
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


TOGETHER = {
    "faster": ("faster", "slower"),
    "window_back": ("window_back", "window_on"),
    "epoch_back": ("epoch_back", "epoch_on"),
    "replica_before": ("replica_before", "replica_after"),
    "view.rows": tuple(ID_OF_VIEW.values()),
    "settings.more": ("settings.more", "settings.less"),
}
"""The keys that the key line and the help show in one place, by the id of the first."""

OF_THE_CROSSHAIR = {
    "left": "left",
    "right": "right",
    "far_left": "shift+left",
    "far_right": "shift+right",
    "first": "home",
    "follow": "end,escape",
}
"""Keys of the curve that say why they do nothing while the screen is too small for it, by the ids of their bindings."""

OF_WHAT_IS_WATCHED = [
    *[Binding(key, f"on_a_view('{name}')", show=False, id=name) for name, key in sorted(KEYS_OF_SOME_VIEWS.items())],
    *[Binding(digit, f"no_view('{digit}')", show=False) for digit in OTHER_DIGITS],
    Binding("d", "on_the_curve('fall')", show=False, id="fall"),
    Binding("enter", "on_the_curve('go_there')", show=False, id="go"),
    *[Binding(keys, "no_curve", show=False, id=name) for name, keys in OF_THE_CROSSHAIR.items()],
    *[
        Binding(key, "no_rows", show=False, id=name)
        for name, key in {"up": "up", "down": "down", "page_up": "pageup", "page_down": "pagedown"}.items()
    ],
]
"""Keys of a view and of the curve that also work while the other one has the arrow keys; and those without a meaning
there, which say so: digits without a view, the keys of rows on the curve, and those of a curve that is not shown.
"""

LEADS_ELSEWHERE = ("settings", "branches", "runs", "line", "help", "palette")
"""The ids of keys after which others may be text, or keys of something else."""

STARTS_OR_STOPS = (
    *("pause", "step", "epoch", "undo", "redo", "advice", "go"),
    *("window_back", "window_on", "epoch_back", "epoch_on"),
)
"""The ids of keys after which training may have been started or stopped."""

TREE, BACK, STEP, SPEED, SEEDS, UNDO = (
    "branches",
    *(f"send('{name}')" for name in ("window_back", "step", "faster", "seeds", "undo")),
)


def left_out(frame: Frame) -> tuple[str, ...]:
    """Actions whose keys are left out of the footer, in this order, if there are many or it is narrow; help and quit
    are always shown.
    """
    if frame.is_past:
        first = (SPEED, SEEDS, TREE, STEP, BACK, UNDO)
    elif frame.state is State.RUNNING:
        first = (TREE, BACK, STEP, SEEDS, SPEED, UNDO)
    else:
        first = (TREE, BACK, SEEDS, SPEED, STEP, UNDO)
    return (*first, "settings", VIEW_KEYS[0].action)


def key_of(view: type[View]) -> str:
    """The key that shows a view, for a sentence."""
    return f"«{ID_OF_VIEW[view.key]}»"


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
