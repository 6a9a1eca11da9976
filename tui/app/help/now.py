"""The top of the help: the state of the program, and the ten most useful keys in it."""

from __future__ import annotations

from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import ALONE, Audience
from tui.app.audience_text import audience_text
from tui.app.views import table
from tui.kit.help_sections import Section

VIEWS = ("«views»", f"Below: {', '.join(view.title for view in table.VIEWS)}")

KEYS = (
    ("«pause»", "Pause, or train on; at an earlier window, a new branch begins"),
    ("«step», «epoch»", "Train one window; train to the end of the epoch"),
    ("«faster», «slower», «max»", "Faster, slower, full speed"),
    ("«settings»", "Change a setting, or train more epochs"),
    ("«advice»", "Make the change that the line above the curve names"),
    ("«undo», «redo»", "Undo the last change; redo it"),
    ("«window_back», «window_on»", "Look at earlier windows, and back; «epoch_back» «epoch_on» by epoch"),
    ("«branches», «branches.go»", "The branches of this run; go to the end of one"),
    VIEWS,
    ("«seeds»", "Luck? Train 64 seeds side by side; «seeds» again goes back"),
    ("«quit»", "Quit; echornn-tui --resume goes on from here"),
)

TEXTS: dict[State, str] = {
    State.LOADING: "TensorFlow starts and compiles. Keys work already: what they ask for is done as soon as possible.",
    State.RUNNING: "The network trains. No key loses anything: «undo» undoes, and what was trained stays in the run.",
    State.PAUSED: "Nothing is trained until you say so. Look around, or change something and see what becomes of it.",
    State.FINISHED: "All epochs are trained. You can train on, try something else from any window, or compare.",
    State.FAILED: "Training cannot go on. The reason is on the screen.",
}

PAST = "You look at an earlier window, as it was. What was trained after it is kept."


def now(frame: Frame, audience: Audience = ALONE) -> Section:
    """The section about the useful keys in the state of this frame; of a session that does not answer, that state may
    be over.
    """
    if not audience.is_connected:
        last = f"The screen shows the last that came from it: {frame.state.value}, window {frame.trained:,}."
        return Section("Now: not connected", (("", f"{audience_text(audience)}. {last}"), VIEWS, ("«quit»", "Quit")))
    in_past = frame.is_past and frame.state is State.PAUSED
    text = PAST if in_past else TEXTS[frame.state]
    where = f"at window {frame.trained:,}" if frame.trained else "before the first window"
    state = "in the past" if in_past else frame.state.value
    return Section(f"Now: {state}, {where}", (("", text), *KEYS))
