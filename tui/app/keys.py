"""Where each key works, which of them the last line shows, and why one of them would do nothing
now."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding, BindingType

from echornn.session import commands
from echornn.session.pictures.frame import Frame, State
from echornn.session.rules import AT_THE_START, ONE_NETWORK, why_no_effect
from tui.app import screen_commands as screen
from tui.app.actions import KEYED, NUMBERED, ON_THE_CURVE, Action, bindings_of
from tui.app.along import AlongScreen
from tui.app.beside import BesideScreen
from tui.app.evaluation import EvaluationScreen
from tui.app.help import HelpScreen
from tui.app.modal import BACK, PALETTE
from tui.app.palette import Palette
from tui.app.screen_commands import ScreenCommand, What
from tui.app.status import HOW_TO_GO_ON
from tui.panels.branches import BranchList
from tui.panels.run_list import RunList
from tui.panels.settings import SettingsPanel
from tui.views.keymap import KeyMap, Moved
from tui.views.plot import LossPlot
from tui.views.table import VIEWS

TOGETHER = {
    "faster": ("faster", "slower"),
    "window_back": ("window_back", "window_on"),
    "epoch_back": ("epoch_back", "epoch_on"),
    "replica_before": ("replica_before", "replica_after"),
    "view.rows": tuple(NUMBERED),
    "settings.more": ("settings.more", "settings.less"),
}
"""Keys that are shown in one place, by the id of the first."""

IN_THE_APP = "in the app"
IN_THE_TOUR = [
    Binding(
        "escape",
        "leave_tour",
        "Leave",
        tooltip="Leave the tour; the run goes on",
        id="leave_tour",
        priority=True,  # the curve has the key too
    ),
    Binding(
        "t", "do_step", "Do", tooltip="Do the line of the step that the tour shows", id="do_step"
    ),
]
PLACES: dict[str, Sequence[BindingType]] = {
    IN_THE_APP: [*bindings_of(KEYED), PALETTE],
    "on the curve": [*LossPlot.BINDINGS, *bindings_of(ON_THE_CURVE)],
    **{f"in the view {view.title}": view.BINDINGS for view in VIEWS},
    "in the tour": IN_THE_TOUR,
    "at a point of a map": [BACK],
    "in the settings": SettingsPanel.BINDINGS,
    "in the list of branches": BranchList.BINDINGS,
    "in the list of runs": RunList.BINDINGS,
    "in the help": HelpScreen.BINDINGS,
    "along the run": AlongScreen.BINDINGS,
    "in the evaluation": EvaluationScreen.BINDINGS,
    "side by side": BesideScreen.BINDINGS,
    "in the palette": Palette.BINDINGS,
}
"""All keys, by where they work."""

WITH_THE_APP = (
    *("on the curve", "in the tour", "at a point of a map"),
    *(f"in the view {view.title}" for view in VIEWS),
)
"""Where the keys of the app work too."""


def keymap_with(moved: Moved) -> KeyMap:
    """The keys of the app, with those that the user has moved."""
    bindings = [binding for place in PLACES.values() for binding in place]
    return KeyMap.of(bindings, moved, TOGETHER)


def left_out(frame: Frame) -> tuple[str, ...]:
    """Ids of keys that are left out of the last line, in this order, if there are many or it is
    narrow."""
    if frame.is_past:
        first = ("faster", "seeds", "branches", "step", "window_back")
    elif frame.state is State.RUNNING:
        first = ("branches", "window_back", "step", "seeds", "faster")
    else:
        first = ("branches", "window_back", "seeds", "faster", "step")
    return (*first, "undo", "settings", "view.rows")


# ---- where an action does nothing

FAILED = f"failed: {HOW_TO_GO_ON}"
FINISHED = (
    "finished: «settings», then «settings.more» and «settings.apply»: more epochs; «reset» starts "
    "over"
)
AT_THE_END = "this is the newest window of its branch: «step» trains one more"
LATER = "loading: this is done as soon as possible"
NO_ADVICE = "the advice names no change that «advice» can make; «settings» changes anything"

TRAINS_ON = commands.Toggle | commands.Resume | commands.Step | commands.FinishEpoch
NEEDS_TRAINING = (
    screen.OpenPanel("settings"),
    screen.OpenPanel("branches"),
    screen.FollowAdvice(),
)
"""What the screen can do only with a session that has not failed."""


def why_not(what: What, frame: Frame) -> str:
    """Why something has no effect in this state; empty if it has one, now or after loading."""
    if isinstance(what, ScreenCommand):
        return _why_not_on_screen(what, frame)
    if frame.state is State.FAILED:
        return FAILED
    if frame.state is State.FINISHED and isinstance(what, TRAINS_ON):
        return FINISHED
    match what:
        case commands.Move(by) | commands.MoveEpochs(by) if frame.state is not State.LOADING:
            if by > 0 and not frame.is_past:
                return AT_THE_END
            if by < 0 and frame.trained == 0:
                return AT_THE_START
    return why_no_effect(what, frame)


def _why_not_on_screen(what: ScreenCommand, frame: Frame) -> str:
    moves_seed = isinstance(what, screen.MoveSeed | screen.MoveSeedPage)
    if frame.state is State.FAILED and (moves_seed or what in NEEDS_TRAINING):
        return FAILED
    if moves_seed and frame.config.replicas == 1:
        return f"{ONE_NETWORK}: «seeds» trains 64 seeds"
    return ""


def is_of_this_state(what: What, frame: Frame) -> bool:
    """Whether a key has this meaning now: the same key pauses training that runs, and resumes it
    otherwise."""
    is_loading_to_train = frame.state is State.LOADING and frame.start.trains
    trains = frame.state is State.RUNNING or is_loading_to_train
    match what:
        case commands.Pause():
            return trains
        case commands.Resume():
            return not trains
        case _:
            return True


def is_offered(action: Action, frame: Frame) -> bool:
    """Whether the last line and the palette show an action in this state."""
    what = action.command
    # While loading, `why_not` does not know yet that there is nothing to undo
    if isinstance(what, commands.Undo) and not frame.undoable:
        return False
    return is_of_this_state(what, frame) and not why_not(what, frame)
