"""The top of the help: the state of the program, and the ten most useful keys in it."""

from __future__ import annotations

from echornn.session.frame import Frame, State
from tui.app.keys import KEYS_OF_VIEWS
from tui.app.views import table
from tui.kit.help_sections import Section

Keys = tuple[tuple[str, str], ...]

VIEWS = (KEYS_OF_VIEWS, f"Below: {', '.join(view.title for view in table.VIEWS)}")
SEEDS = ("L", "Luck? Train 64 seeds side by side; L again goes back")
BACK = ("[, ]", "Look at earlier windows, and back; { } by epoch")
ADVICE = ("a", "Make the change that the advice above the curve names")
UNDO = ("u, U", "Undo the last change; redo it")
OTHER_RUNS = ("o", "Draw other runs under the curve")
COPY = ("y", "Copy the command that shows this again")
QUIT = ("q", "Quit; echornn-tui --resume goes on from here")

NOW: dict[State, tuple[str, Keys]] = {
    State.LOADING: (
        "TensorFlow starts and compiles. Keys work already: what they ask for is done as soon as possible.",
        (
            ("space", "Start paused, or running"),
            (".", "Train one window, then pause"),
            ("e", "Train to the end of the epoch, then pause"),
            ("+, -, m", "Faster, slower, full speed"),
            ("s", "Change a setting: what is trained, and how"),
            VIEWS,
            SEEDS,
            OTHER_RUNS,
            ("ctrl+p", "Find any command by its name"),
            ("q", "Quit"),
        ),
    ),
    State.RUNNING: (
        "The network trains. No key loses anything: u undoes, and whatever was trained stays in the run.",
        (
            ("space", "Pause"),
            ("+, -, m", "Faster, slower, full speed"),
            ("s", "Change a setting while it trains"),
            ADVICE,
            UNDO,
            BACK,
            ("b", "The branches of this run: go to one, or compare it"),
            VIEWS,
            SEEDS,
            QUIT,
        ),
    ),
    State.PAUSED: (
        "Nothing is trained until you say so. Look around, or change something and see what becomes of it.",
        (
            ("space", "Train on"),
            (".", "Train one window"),
            ("e", "Train to the end of the epoch"),
            ("s", "Change a setting, and go on from here with it"),
            ADVICE,
            UNDO,
            BACK,
            VIEWS,
            SEEDS,
            QUIT,
        ),
    ),
    State.FINISHED: (
        "All epochs are trained. You can train on, try something else from any window, or compare.",
        (
            ("s", "More epochs: press + or type a number, then enter"),
            ("[, ]", "Look at earlier windows; space there begins a branch"),
            ("{, }", "Look at earlier epochs"),
            ("r, R", "Start over: the same weights, or new random ones"),
            SEEDS,
            ("b", "The branches of this run: go to one, or compare it"),
            OTHER_RUNS,
            VIEWS,
            COPY,
            QUIT,
        ),
    ),
    State.FAILED: (
        "Training cannot go on. The reason is on the screen.",
        (
            VIEWS,
            ("l", "Losses on a logarithmic axis, or a linear one"),
            ("z, Z", "Zoom in, zoom out"),
            ("ctrl+p", "Find any command by its name; save text keeps the screen as a file"),
            ("q", "Quit, then start again with other flags"),
        ),
    ),
}
"""For each state, a paragraph and the useful keys."""

PAST: tuple[str, Keys] = (
    "You look at an earlier window, as it was. What was trained after it is kept.",
    (
        ("space", "Train on from here, as a new branch"),
        ("s", "Change a setting: a new branch begins here"),
        BACK,
        ("b, enter", "Go back to where the branch ends"),
        UNDO,
        SEEDS,
        VIEWS,
        ("4, f", "Flip an input, and see which predictions change"),
        COPY,
        QUIT,
    ),
)
"""The paragraph and keys that are shown while the screen shows an earlier window."""


def now(frame: Frame) -> Section:
    """The section about the useful keys in the state of this frame."""
    in_past = frame.is_past and frame.state is State.PAUSED
    text, keys = PAST if in_past else NOW[frame.state]
    where = f"at window {frame.trained:,}" if frame.trained else "before the first window"
    state = "in the past" if in_past else frame.state.value
    return Section(f"Now: {state}, {where}", (("", text), *keys))
