"""The keys of the app, and in which states each does something."""

from __future__ import annotations

from dataclasses import replace

from textual.binding import Binding

from echornn.session.frame import Frame, State
from tui.app.views.table import VIEWS

FIRST_VIEW = VIEWS[0].key
KEYS_OF_VIEWS = f"{FIRST_VIEW}-{VIEWS[-1].key}"
"""As they are shown: ``1-6``."""

LETTERS_OF_VIEWS = tuple(sorted({key for view in VIEWS for key in view.own_keys() if len(key) == 1}))
"""Keys that have a meaning in some view only."""

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

BINDINGS = [
    Binding("space,p", "pause", "Pause", tooltip="Pause; windows that have begun are finished", id="pause"),
    Binding("space,p", "resume", "Resume", tooltip="Train on", id="resume"),
    Binding("full_stop", "step", "Step", key_display=".", tooltip="Train one window, then pause", id="step"),
    Binding("e", "finish_epoch", "Epoch", tooltip="Train to the end of the epoch, then pause", id="epoch", show=False),
    Binding(
        "plus,equals_sign",
        "faster",
        "Speed",
        key_display="+/-",
        tooltip="Turn the speed up; - turns it down",
        id="faster",
    ),
    Binding("minus", "slower", "Slower", key_display="-", tooltip="Turn the speed down", id="slower", show=False),
    Binding("m", "full_speed", "Max", tooltip="Full speed", id="max", show=False),
    Binding(
        "s",
        "settings",
        "Set",
        tooltip="Settings and presets beside the curve: change anything, many fields while it trains",
        id="settings",
        priority=True,  # the panel is there when the next key comes, however fast it comes
    ),
    Binding(
        "a",
        "advice",
        "Advice",
        tooltip="Make the change that the advice above the curve names; u undoes it",
        id="advice",
    ),
    Binding(
        "r", "reset", "Reset", tooltip="Start over with the weights that this run began with", id="reset", show=False
    ),
    Binding("R", "redraw", "Redraw", tooltip="Start over with new random weights", id="redraw", show=False),
    Binding("g", "regenerate", "Data", tooltip="New data; the epoch starts again with it", id="regenerate", show=False),
    Binding("u", "undo", "Undo", tooltip="Undo: go to before the last change or divergence", id="undo"),
    Binding("U", "redo", "Redo", tooltip="Redo: go back to where the last undo came from", id="redo", show=False),
    Binding(
        "left_square_bracket",
        "window(-1)",
        "Back",
        key_display="[]",
        tooltip="Show the window before, as it was; ] the one after",
        id="window_back",
    ),
    Binding(
        "right_square_bracket",
        "window(1)",
        "On",
        key_display="]",
        tooltip="Show the window after, as it was",
        id="window_on",
        show=False,
    ),
    Binding(
        "left_curly_bracket",
        "an_epoch(-1)",
        "Epoch back",
        key_display="{}",
        tooltip="Show the end of the epoch before; } of the one after",
        id="epoch_back",
        show=False,
    ),
    Binding(
        "right_curly_bracket",
        "an_epoch(1)",
        "Epoch on",
        key_display="}",
        tooltip="Show the end of the epoch after",
        id="epoch_on",
        show=False,
    ),
    Binding("b", "branches", "Tree", tooltip="The branches of this run: go to one, show it, name it", id="branches"),
    *VIEW_KEYS,
    Binding("L", "seeds", "Seeds", tooltip="From one network to 64 seeds side by side, and back", id="seeds"),
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
    Binding("question_mark", "help", "Help", key_display="?", tooltip="This help", id="help"),
    Binding("q", "quit", "Quit", tooltip="Quit; ctrl+q too, also while you type", id="quit"),
]


def _name(action: str) -> str:
    """An action without its parameters."""
    return action.partition("(")[0]


EXPLAINED = [
    Binding(binding.key, f"why_not('{_name(binding.action)}')", show=False, priority=binding.priority)
    for binding in BINDINGS
    if _name(binding.action) not in ("pause", "help", "quit", "log", "zoom", "view", "app.focus_next", "show_all")
]
"""The same keys where they can do nothing: they say why."""

OF_WHAT_IS_WATCHED = [
    *[Binding(key, f"on_a_view('{key}')", show=False) for key in LETTERS_OF_VIEWS],
    Binding("d", "on_the_curve('fall')", show=False),
    Binding("enter", "on_the_curve('go_there')", show=False),
]
"""Keys of a view, and of the curve, where the other has the arrows."""

AT_THE_START = "this is the start: nothing was trained before it"
AT_THE_END = "this is the newest window of its branch: . trains one more"

NO_CROSSHAIR = "no crosshair to go to: d puts it where the loss fell, tab and arrows anywhere"

ONE_NETWORK = "this is one network: L trains 64 seeds, and < > go through them"

NOTHING_ON_THIS_PATH = "nothing to undo on this path: L and b lead to the rest of the run"

MEANWHILE = "2: data, s: settings, space: pause, ?: help"
"""What can be done while it loads for the first time."""

LATER = "loading: this is done as soon as possible"
"""What a key says that acts when the network is there."""

FINISHED = "finished: s, then + or a number and enter: more epochs; r starts over"

NO_ADVICE = "the advice names no change that a can make; s changes anything"


def views_of(key: str) -> str:
    """What a key of views says that are not shown."""
    having = [view for view in VIEWS if key in view.own_keys()]
    *most, last = [f"{view.title} ({view.key})" for view in having]
    return f"{key} is a key of the {', '.join(most)}{' and ' if most else ''}{last}"


def makes_sense(action: str, frame: Frame) -> bool:
    """Whether an action of `BINDINGS` can do anything in this frame's state, now or when the network is there."""
    state = frame.state
    trains = state in (State.RUNNING, State.PAUSED, State.LOADING)
    match _name(action):
        case "pause":
            return state is State.RUNNING or (state is State.LOADING and _is_to_train(frame))
        case "resume":
            return state is State.PAUSED or (state is State.LOADING and not _is_to_train(frame))
        case "step" | "finish_epoch":
            return trains
        case "reset" if frame.trained == 0:
            return state is State.LOADING
        case "reset" | "redraw" | "regenerate":
            return trains or state is State.FINISHED
        case "redo":
            return frame.redoable and state is not State.FAILED
        case "undo":
            return state is State.LOADING or (frame.undoable > 0 and state is not State.FAILED)
        case "replica":
            return frame.seed_stats is not None and state is not State.FAILED
        case "faster" | "slower" | "full_speed" | "settings" | "advice" | "seeds" | "window" | "an_epoch" | "branches":
            return state is not State.FAILED
        case _:
            return True


def soon(frame: Frame) -> Frame:
    """The frame as commands that are under way may change it: a key that follows them is judged by this."""
    state = State.PAUSED if frame.state is State.FINISHED else frame.state
    return replace(frame, state=state, trained=max(1, frame.trained), undoable=max(1, frame.undoable), redoable=True)


def _is_to_train(frame: Frame) -> bool:
    """While it loads: whether it trains when it has loaded."""
    return frame.start.running or frame.start.windows > 0


def why_not(action: str, frame: Frame) -> str:
    """Why an action cannot do anything in this frame's state."""
    if frame.state is State.FAILED:
        return "failed: training has stopped; q quits, then start again with other flags"
    if action == "reset" and frame.trained == 0:
        return AT_THE_START
    if action == "replica":
        return ONE_NETWORK if frame.config.replicas == 1 else LATER
    if action == "advice":
        return NO_ADVICE
    if action == "undo" and frame.trained_in_all > frame.line_end:
        return NOTHING_ON_THIS_PATH
    if action in ("undo", "redo"):
        return f"nothing to {action}"
    return FINISHED
