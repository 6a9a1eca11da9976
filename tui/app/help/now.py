"""The top of the help: the state of the program, and the ten most useful keys in it."""

from __future__ import annotations

from echornn.session.audience import ALONE, Audience
from echornn.session.pictures.frame import Frame, State
from tui.app.audience_text import audience_text
from tui.app.views import table
from tui.kit.help_sections import Section

Keys = tuple[tuple[str, str], ...]

VIEWS = ("«views»", f"Below: {', '.join(view.title for view in table.VIEWS)}")
SEEDS = ("«seeds»", "Luck? Train 64 seeds side by side; «seeds» again goes back")
BACK = ("«window_back», «window_on»", "Look at earlier windows, and back; «epoch_back» «epoch_on» by epoch")
ADVICE = ("«advice»", "Make the change that the advice above the curve names")
UNDO = ("«undo», «redo»", "Undo the last change; redo it")
OTHER_RUNS = ("«runs»", "Draw other runs under the curve")
COPY = ("«copy»", "Copy the command that shows this again")
QUIT = ("«quit»", "Quit; echornn-tui --resume goes on from here")

NOW: dict[State, tuple[str, Keys]] = {
    State.LOADING: (
        "TensorFlow starts and compiles. Keys work already: what they ask for is done as soon as possible.",
        (
            ("«pause»", "Start paused, or running"),
            ("«step»", "Train one window, then pause"),
            ("«epoch»", "Train to the end of the epoch, then pause"),
            ("«faster», «slower», «max»", "Faster, slower, full speed"),
            ("«settings»", "Change a setting: what is trained, and how"),
            VIEWS,
            SEEDS,
            OTHER_RUNS,
            ("«palette»", "Find any command by its name"),
            ("«quit»", "Quit"),
        ),
    ),
    State.RUNNING: (
        "The network trains. No key loses anything: «undo» undoes, and whatever was trained stays in the run.",
        (
            ("«pause»", "Pause"),
            ("«faster», «slower», «max»", "Faster, slower, full speed"),
            ("«settings»", "Change a setting while it trains"),
            ADVICE,
            UNDO,
            BACK,
            ("«branches»", "The branches of this run: go to one, or compare it"),
            VIEWS,
            SEEDS,
            QUIT,
        ),
    ),
    State.PAUSED: (
        "Nothing is trained until you say so. Look around, or change something and see what becomes of it.",
        (
            ("«pause»", "Train on"),
            ("«step»", "Train one window"),
            ("«epoch»", "Train to the end of the epoch"),
            ("«settings»", "Change a setting, and go on from here with it"),
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
            ("«settings»", "More epochs: press «settings.more» or type a number, then «settings.apply»"),
            ("«window_back», «window_on»", "Look at earlier windows; «pause» there begins a branch"),
            ("«epoch_back», «epoch_on»", "Look at earlier epochs"),
            ("«reset», «redraw»", "Start over: the same weights, or new random ones"),
            SEEDS,
            ("«branches»", "The branches of this run: go to one, or compare it"),
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
            ("«log»", "Losses on a logarithmic axis, or a linear one"),
            ("«zoom», «wider»", "Zoom in, zoom out"),
            ("«palette»", "Find any command by its name; save text keeps the screen as a file"),
            ("«quit»", "Quit, then go on with --resume, or start again with other flags"),
        ),
    ),
}
"""For each state, a paragraph and the useful keys."""

PAST: tuple[str, Keys] = (
    "You look at an earlier window, as it was. What was trained after it is kept.",
    (
        ("«pause»", "Train on from here, as a new branch"),
        ("«settings»", "Change a setting: a new branch begins here"),
        BACK,
        ("«branches», «branches.go»", "Go back to where the branch ends"),
        UNDO,
        SEEDS,
        VIEWS,
        ("«view.gradient», «flip»", "Flip an input, and see which predictions change"),
        COPY,
        QUIT,
    ),
)
"""The paragraph and keys that are shown while the screen shows an earlier window."""


def now(frame: Frame, audience: Audience = ALONE) -> Section:
    """The section about the useful keys in the state of this frame; of a session that does not answer, that state may
    be over.
    """
    if not audience.is_connected:
        last = f"The screen shows the last that came from it: {frame.state.value}, window {frame.trained:,}."
        return Section("Now: not connected", (("", f"{audience_text(audience)}. {last}"), VIEWS, ("«quit»", "Quit")))
    in_past = frame.is_past and frame.state is State.PAUSED
    text, keys = PAST if in_past else NOW[frame.state]
    where = f"at window {frame.trained:,}" if frame.trained else "before the first window"
    state = "in the past" if in_past else frame.state.value
    return Section(f"Now: {state}, {where}", (("", text), *keys))
