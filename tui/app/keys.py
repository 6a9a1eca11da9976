"""Which keys there are, and in which states they make sense."""

from __future__ import annotations

from textual.binding import Binding

from echornn.session.frame import Frame, State

BINDINGS = [
    Binding("space,p", "pause", "Pause", tooltip="Pause after the windows under way", id="pause"),
    Binding("space,p", "resume", "Resume", tooltip="Train on", id="resume"),
    Binding("full_stop", "step", "Step", key_display=".", tooltip="Train one window, then pause", id="step"),
    Binding("e", "finish_epoch", "Epoch", tooltip="Train to the end of the epoch, then pause", id="epoch"),
    Binding(
        "plus,equals_sign", "faster", "Speed", key_display="+/-", tooltip="Turn the speed up, or down", id="faster"
    ),
    Binding("minus", "slower", "Slower", key_display="-", id="slower", show=False),
    Binding("m", "full_speed", "Max", tooltip="Full speed", id="max", show=False),
    Binding("s", "settings", "Set", tooltip="Settings: change anything, live where it can be", id="settings"),
    Binding("r", "reset", "Reset", tooltip="Start over with the weights that this run began with", id="reset"),
    Binding("R", "redraw", "Redraw", tooltip="Start over with new random weights", id="redraw", show=False),
    Binding("g", "regenerate", "Data", tooltip="New data; the epoch starts again with it", id="regenerate"),
    Binding("u", "undo", "Undo", tooltip="Undo the last reset, redraw, new data, edit or divergence", id="undo"),
    Binding("l", "log", "Log", tooltip="Losses in powers of ten, or linear", id="log", show=False),
    Binding("z", "zoom(True)", "Zoom", tooltip="Zoom in: half as many windows", id="zoom", show=False),
    Binding("Z", "zoom(False)", "Wider", tooltip="Zoom out: twice as many windows", id="wider", show=False),
    Binding(
        "tab",
        "app.focus_next",
        "Focus",
        tooltip="Arrow keys: from the curve to the rows, and back",
        show=False,
        priority=True,
    ),
    Binding("ctrl+l", "show_all", "Draw anew", tooltip="Draw the whole screen anew", id="show_all", show=False),
    Binding("question_mark", "help", "Help", key_display="?", tooltip="This help", id="help"),
    Binding("q", "quit", "Quit", tooltip="End the program", id="quit"),
]


def makes_sense(action: str, frame: Frame) -> bool:
    """Whether an action of `BINDINGS` can do anything in this frame's state."""
    state = frame.state
    match action:
        case "pause":
            return state in (State.RUNNING, State.LOADING)
        case "resume":
            return state is State.PAUSED
        case "step" | "finish_epoch":
            return state in (State.RUNNING, State.PAUSED)
        case "reset" | "redraw" | "regenerate":
            return state in (State.RUNNING, State.PAUSED, State.FINISHED)
        case "undo":
            return frame.undoable > 0 and state in (State.RUNNING, State.PAUSED, State.FINISHED)
        case "faster" | "slower" | "full_speed" | "settings":
            return state is not State.FAILED
        case _:
            return True
