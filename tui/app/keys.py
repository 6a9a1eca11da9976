"""The keys of the app, and why one of them would do nothing now."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from textual.binding import Binding, BindingType

from echornn.session import commands
from echornn.session.commands import Command
from echornn.session.pictures.frame import Frame, State
from echornn.session.rules import AT_THE_START, ONE_NETWORK, why_no_effect
from tui.app.along import AlongScreen
from tui.app.base import BACK, OPENS, Palette
from tui.app.help import HelpScreen
from tui.app.status import HOW_TO_GO_ON
from tui.panels.panel import BranchList, RunList, SettingsPanel
from tui.views.keymap import KeyMap, Moved
from tui.views.plot import LossPlot
from tui.views.table import VIEWS

SENT: dict[str, Command] = {}  # what keys send, by name


def _key(
    name: str,
    key: str,
    label: str,
    does: Command | str,
    about: str,
    show: bool = False,
    **more: Any,
) -> Binding:
    if isinstance(does, Command):
        SENT[name], does = does, f"send('{name}')"
    return Binding(key, does, label, show, tooltip=about, **{"id": name, **more})


VIEW_KEYS = [
    _key(f"view.{view.title}", view.key, f"View: {view.title}", f"view('{view.key}')", view.about)
    for view in VIEWS
]
SHOWS = f"Below the curve: {', '.join(f'«view.{view.title}» {view.title}' for view in VIEWS)}"
NUMBERED = {f"view.{view.title}": view.title for view in VIEWS if view.key.isdigit()}
VIEW_KEYS[0] = replace(VIEW_KEYS[0], show=True, key_display=f"1-{len(NUMBERED)}", tooltip=SHOWS)

FASTER = "Turn the speed up; «slower» turns it down"
SEEDS = "From one network to 64 seeds side by side, and back"
SEED_BEFORE = (
    "With several seeds: show the network one line up in view «view.seeds»; «replica_after» down"
)
SEED_AFTER = "With several seeds: show the network one line down in view «view.seeds»"
ON_EPOCH = "Show the end of the epoch after"
BACK_ONE = "Show the window before, as it was; «window_on» the one after"
BACK_EPOCH = "Show the end of the epoch before; «epoch_on» of the one after"
SET = "Settings and presets beside the curve: change anything, many fields while it trains"
ADVICE = "Make the change that the advice above the curve names; «undo» undoes it"
FOCUS = "Give the arrow keys to the curve or to a view; > marks the view that has them"
ALONG = (
    "What the probes say at windows along the run so far: radius, saturation, gradient and memory "
    "by lag"
)
LINE = "Type a command by name: step 100, edit learning_rate=0.1, view memory"

BINDINGS = [
    _key(
        "pause",
        "space,p",
        "Pause",
        commands.Pause(),
        "Pause; windows that have begun are finished",
        True,
    ),
    _key("resume", "space,p", "Resume", commands.Resume(), "Train on", True, id="pause"),
    _key("step", "full_stop", "Step", commands.Step(), "Train one window, then pause", True),
    _key(
        "epoch", "e", "Epoch", commands.FinishEpoch(), "Train to the end of the epoch, then pause"
    ),
    _key("faster", "plus,equals_sign", "Speed", commands.Faster(), FASTER, True, key_display="+/-"),
    _key("slower", "minus", "Slower", commands.Slower(), "Turn the speed down"),
    _key("max", "m", "Max", commands.SetSpeed(math.inf), "Full speed"),
    _key("settings", "s", "Set", "settings", SET, True),
    _key("advice", "a", "Advice", "advice", ADVICE, True),
    _key(
        "reset",
        "r",
        "Reset",
        commands.Reset(),
        "Start over with the weights that this run began with",
    ),
    _key("redraw", "R", "Redraw", commands.Redraw(), "Start over with new random weights"),
    _key(
        "regenerate", "g", "Data", commands.Regenerate(), "New data; the epoch starts again with it"
    ),
    _key(
        "undo",
        "u",
        "Undo",
        commands.Undo(),
        "Undo: go to before the last change or divergence",
        True,
    ),
    _key("redo", "U", "Redo", commands.Redo(), "Redo: go back to where the last undo came from"),
    _key(
        "window_back",
        "left_square_bracket",
        "Back",
        commands.Move(-1),
        BACK_ONE,
        True,
        key_display="[]",
    ),
    _key(
        "window_on",
        "right_square_bracket",
        "On",
        commands.Move(1),
        "Show the window after, as it was",
    ),
    _key(
        "epoch_back",
        "left_curly_bracket",
        "Epoch back",
        commands.MoveEpochs(-1),
        BACK_EPOCH,
        key_display="{}",
    ),
    _key("epoch_on", "right_curly_bracket", "Epoch on", commands.MoveEpochs(1), ON_EPOCH),
    _key(
        "branches",
        "b",
        "Tree",
        "branches",
        "The branches of this run: go to one, show it, name it",
        True,
    ),
    *VIEW_KEYS,
    _key("seeds", "L", "Seeds", commands.ToggleReplicas(), SEEDS, True),
    _key(
        "replica_before",
        "less_than_sign",
        "Seed before",
        "replica(-1)",
        SEED_BEFORE,
        key_display="<>",
    ),
    _key("replica_after", "greater_than_sign", "Seed after", "replica(1)", SEED_AFTER),
    _key("runs", "o", "Other runs", "runs", "Draw other runs under the curve"),
    _key("log", "l", "Log", "draw('log')", "Losses on a logarithmic axis, or a linear one"),
    _key(
        "norms",
        "c",
        "Norms",
        "draw('norms')",
        "Under the curve the norms of gradients, and clip_norm; or not",
    ),
    _key(
        "held_out",
        "h",
        "Held out",
        "draw('held_out')",
        "The loss on data that no training saw, on the curve",
    ),
    _key("zoom", "z", "Zoom", "zoom(True)", "Zoom in: half as many windows"),
    _key("wider", "Z", "Wider", "zoom(False)", "Zoom out: twice as many windows"),
    _key("along", "P", "Probes along", "along", ALONG),
    _key("copy", "y", "Copy", "copy", "Copy the command that shows this again"),
    _key("focus", "tab", "Focus", "app.focus_next", FOCUS),
    _key("show_all", "ctrl+l", "Redraw screen", "show_all", "Draw the whole screen again"),
    _key("line", "colon", "Command", "line", LINE),
    _key("help", "question_mark", "Help", "help", "This help", True),
    _key(
        "take_over",
        "W",
        "Take over",
        "take_over",
        "With several viewers of one session: steer it from here",
    ),
    _key(
        "detach",
        "D",
        "Detach",
        "detach",
        "Leave the screen; the training goes on in the background",
    ),
    _key("quit", "q", "Quit", "quit", "Quit; ctrl+q too, also while you type", True),
]

TOUR_KEYS = [
    _key(
        "leave_tour",
        "escape",
        "Leave",
        "leave_tour",
        "Leave the tour; the run goes on",
        priority=True,  # the curve has the key too
    ),
    _key("do_step", "t", "Do", "do_step", "Do the line of the step that the tour shows"),
]

# shown in one place, by the id of the first
TOGETHER = {
    "faster": ("faster", "slower"),
    "window_back": ("window_back", "window_on"),
    "epoch_back": ("epoch_back", "epoch_on"),
    "replica_before": ("replica_before", "replica_after"),
    "view.rows": tuple(NUMBERED),
    "settings.more": ("settings.more", "settings.less"),
}

LETTERS_OF_VIEWS = {
    one.id: Binding(one.key, f"on_a_view('{one.id}')", show=False, id=one.id)
    for view in VIEWS
    for one in view.BINDINGS
    if isinstance(one, Binding) and one.id is not None and len(one.key) == 1
}
# these also work while another view, or the curve, has the arrow keys
OF_WHAT_IS_WATCHED = [
    *LETTERS_OF_VIEWS.values(),
    Binding("d", "on_the_curve('fall')", show=False, id="fall"),
    Binding("enter", "on_the_curve('go_there')", show=False, id="go"),
]

OPENS_PANEL = ("settings", "branches", "runs")
ON_THE_CURVE = ("draw", "zoom", "on_the_curve")
# More than the status has
NEEDS_ROOM = (*OPENS_PANEL, *ON_THE_CURVE, "focus_next", "focus_previous")

IN_THE_APP = "in the app"
PLACES: dict[str, Sequence[BindingType]] = {
    IN_THE_APP: [*BINDINGS, OPENS],
    "on the curve": LossPlot.BINDINGS,
    **{f"in the view {view.title}": view.BINDINGS for view in VIEWS},
    "in the tour": TOUR_KEYS,
    "at a point of a map": [BACK],
    "in the settings": SettingsPanel.BINDINGS,
    "in the list of branches": BranchList.BINDINGS,
    "in the list of runs": RunList.BINDINGS,
    "in the help": HelpScreen.BINDINGS,
    "along the run": AlongScreen.BINDINGS,
    "in the palette": Palette.BINDINGS,
}
# where the keys of the app work too
WITH_THE_APP = (
    *("on the curve", "in the tour", "at a point of a map"),
    *(f"in the view {view.title}" for view in VIEWS),
)


def keymap_with(moved: Moved) -> KeyMap:
    return KeyMap.of((one for bindings in PLACES.values() for one in bindings), moved, TOGETHER)


def left_out(frame: Frame) -> tuple[str, ...]:
    """Actions whose keys are left out of the last line, in this order, if there are many or it is
    narrow."""
    if frame.is_past:
        first = ("faster", "seeds", "branches", "step", "window_back")
    elif frame.state is State.RUNNING:
        first = ("branches", "window_back", "step", "seeds", "faster")
    else:
        first = ("branches", "window_back", "seeds", "faster", "step")
    actions = {one.id: one.action for one in BINDINGS}
    return tuple(actions[name] for name in (*first, "undo", "settings", "view.rows"))


# ---- where a key does nothing

FAILED = f"failed: {HOW_TO_GO_ON}"
FINISHED = (
    "finished: «settings», then «settings.more» and «settings.apply»: more epochs; «reset» starts "
    "over"
)
AT_THE_END = "this is the newest window of its branch: «step» trains one more"
LATER = "loading: this is done as soon as possible"
NO_ADVICE = "the advice names no change that «advice» can make; «settings» changes anything"


def meaning(action: str) -> Command | str:
    """The command that an action sends; for other actions, their name without parameters."""
    name, _, parameters = action.partition("(")
    return SENT[parameters.strip("')")] if name == "send" else name


def why_not(what: Command | str, frame: Frame) -> str:
    """Why a command or an action has no effect in this state; empty if it has one, now or after
    loading."""
    if frame.state is State.FAILED:
        return (
            FAILED
            if what in ("settings", "advice", "replica", "branches") or not isinstance(what, str)
            else ""
        )
    is_finished, is_known = frame.state is State.FINISHED, frame.state is not State.LOADING
    match what:
        case commands.Toggle() | commands.Resume() | commands.Step() | commands.FinishEpoch() if (
            is_finished
        ):
            return FINISHED
        case commands.Move(by) | commands.MoveEpochs(by) if (
            by > 0 and not frame.is_past and is_known
        ):
            return AT_THE_END
        case commands.Move(by) | commands.MoveEpochs(by) if (
            by < 0 and frame.trained == 0 and is_known
        ):
            return AT_THE_START
        case "replica" if frame.config.replicas == 1:
            return f"{ONE_NETWORK}: «seeds» trains 64 seeds"
        case str():
            return ""
        case _:
            return why_no_effect(what, frame)


def is_of_this_state(what: Command | str, frame: Frame) -> bool:
    """Whether a key has this meaning now: the same key pauses training that runs, and resumes it
    otherwise."""
    trains = frame.state is State.RUNNING or (frame.state is State.LOADING and frame.start.trains)
    return (
        not isinstance(what, commands.Pause | commands.Resume)
        or isinstance(what, commands.Pause) == trains
    )


def is_offered(action: str, frame: Frame) -> bool:
    """Whether the last line and the palette show an action in this state."""
    what = meaning(action)
    nothing_yet = what == commands.Undo() and not frame.undoable
    return is_of_this_state(what, frame) and not nothing_yet and not why_not(what, frame)
