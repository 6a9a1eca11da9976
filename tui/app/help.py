"""The top of the help: the state of the program, and the ten most useful keys in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import cleandoc

from textual.binding import Binding

from echornn.cells.table import CELLS
from echornn.config import RULES, EchoConfig
from echornn.data.levels import deciding_windows, ladder_of, solved_level
from echornn.data.series import source_lags
from echornn.diagnosis.loss_stats import loss_text
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import ALONE, Audience
from echornn.tasks.task import Numbers, Symbols
from tui.app.base import OPENS
from tui.app.help_screen import Chapter, Rows, Section, paragraphs
from tui.app.keys import key_of
from tui.app.status import audience_text
from tui.app.words import WORDS
from tui.panels.panel import BranchList, Panel, RunList, SettingsPanel
from tui.term.printed import printable
from tui.views.plot import LossPlot
from tui.views.rows import data_text, first_sentence
from tui.views.table import VIEWS
from tui.views.view import View

VIEWS_ROW = ("«views»", f"Below: {', '.join(view.title for view in VIEWS)}")

KEYS = (
    ("«pause»", "Pause, or train on; at an earlier window, a new branch begins"),
    ("«step», «epoch»", "Train one window; train to the end of the epoch"),
    ("«faster», «slower», «max»", "Faster, slower, full speed"),
    ("«settings»", "Change a setting, or train more epochs"),
    ("«advice»", "Make the change that the line above the curve names"),
    ("«undo», «redo»", "Undo the last change; redo it"),
    ("«window_back», «window_on»", "Look at earlier windows, and back; «epoch_back» «epoch_on» by epoch"),
    ("«branches», «branches.go»", "The branches of this run; go to the end of one"),
    VIEWS_ROW,
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
        return Section(
            "Now: not connected", (("", f"{audience_text(audience)}. {last}"), VIEWS_ROW, ("«quit»", "Quit"))
        )
    in_past = frame.is_past and frame.state is State.PAUSED
    text = PAST if in_past else TEXTS[frame.state]
    where = f"at window {frame.trained:,}" if frame.trained else "before the first window"
    state = "in the past" if in_past else frame.state.value
    return Section(f"Now: {state}, {where}", (("", text), *KEYS))


THE_SCREEN: Rows = (
    (
        "The task",
        "The network reads a random series of symbols, one at a time, and must repeat each of them some steps later: "
        "the echo.",
    ),
    (
        "The lines above",
        "The state, the position and the loss; then the speed and what is trained, what differs from the tutorial "
        "first; then what is seen, and the key that helps.",
    ),
    (
        "The curve",
        "The loss, window by window: bright the mean, dim the smallest and largest. Dotted lines mark epochs, double "
        "lines what you did. Below, for symbols, the error rate: a full block is as wrong as guessing.",
    ),
    (
        "Chance, floor and spikes",
        "Chance is the loss of guessing. In an epoch's first window, the first targets of a row echo the row above, "
        "which the network has not seen: the loss cannot be below the floor there.",
    ),
    (
        "The letters under the curve",
        "Each is another branch of this run, drawn dimmer; capital letters are other runs. A new branch begins where "
        "you start over, or go on from an earlier window. Nothing trained is dropped.",
    ),
)
"""For each heading, a paragraph."""

OF_THE_ECHO = frozenset({"The task", "Chance, floor and spikes"})
"""Headings of paragraphs that are about the echo alone."""

OF_VIEWS: Mapping[str, str] = {
    "rows": "Each row is one of the series that train side by side: its input, its target, the prediction. A full "
    "block is 1, a base line 0; a prediction is shaded by its probability; >< marks a wrong one; a dash is a target "
    "that does not count. To the left lie earlier windows. Paused, «focus» and then «arrows» read a target.",
    "data": "How the data is cut into windows, and which inputs a target depends on, where that is known. Below are "
    "rows of the window; a dash is a target that does not count. «focus», then «arrows», move the cursor.",
    "memory": "A bar for each lag: how well the input so many steps ago can be read from the state by a linear "
    "read-out (1: exactly). Below, each unit has a line: the input that it follows most, then its value step by step. "
    "Low blocks are negative; arrows are saturated.",
    "gradient": "A bar for each lag, in powers of ten: how much of the error gets so many steps back. The wall is T; "
    "hollow bars beyond it are cut off. Beside it: how much the prediction under the cursor changes when one input "
    "alone is changed, from not at all (·) to fully (█). «flip» changes an input; «next» shows the local derivative.",
    "weights": "Each matrix, from its rows to its columns; low blocks are negative. The plane shows the eigenvalues "
    "of the matrix from state to state, with the unit circle. Lyapunov exponents: below zero differences fade from "
    "step to step, above zero they grow.",
    "seeds": "«seeds» trains 64 networks side by side that differ only in their seed. Each has a line: when it solved "
    "the task, the mean of its newest losses, and its loss over the run, from chance (█) to solved (·). «up» and "
    "«down» choose one for the other views; «alone» goes on with it alone.",
    "plane": "States of the network as points, on the two directions in which they vary most. Each has the sign of its "
    "target; + is a cell with several. The dense line is where the prediction changes, the dotted one the way of a "
    "row. «swap» shows other directions, «next» another part. «hold» holds an input: marks show where the state rests.",
}
"""A paragraph for each view, by its title."""

DATA_OF_THE_ECHO = (
    "The series, cut into rows, and the window that slides over them. Below each input is its target. A miss (×) is a "
    "target that no window holds together with the input that it echoes, so that tbptt takes no error from one to the "
    "other. The bottom line shows the windows along a row, a character for each step."
)
"""The paragraph about the data view, in place of that in `OF_VIEWS`, if the echo is trained."""


LONGEST = 1000
"""The most characters of a task's description."""

THE_LADDER = (
    "The dotted lines on the curve are levels of the loss that are known beforehand: what a network gets that knows so "
    "much of the inputs, and no more. The highest is chance. The sentence above the curve says where the loss is. {}"
)
"""A paragraph; the losses of all rungs belong into the braces."""

NO_LADDER = "No levels of the loss are known for this task, so the curve has none, and nothing is called chance."


def the_screen(config: EchoConfig) -> Rows:
    """The paragraphs about the screen, each with its heading."""
    if config.value("task") == "echo":
        return THE_SCREEN
    kept = tuple((heading, text) for heading, text in THE_SCREEN if heading not in OF_THE_ECHO)
    ladder = THE_LADDER.format(_rungs_text(config)) if ladder_of(config) else NO_LADDER
    details = [("The task in its author's words", text)] if (text := _own_words(config)) else []
    return (("The task", printable(_about(config))), *details, ("The ladder", ladder), *kept)


def _rungs_text(config: EchoConfig) -> str:
    """The rungs with their losses, and the level at which the task counts as solved."""
    rungs = "; ".join(f"{loss_text(rung.loss, 3)} {rung.name} ({rung.knows})" for rung in ladder_of(config))
    level = solved_level(config)
    mean = f"the mean of {deciding_windows(config):,} windows"
    solved = f" Below {loss_text(level, 3)}, {mean}, it counts as solved." if level > 0 else ""
    return f"Its levels: {rungs}.{solved}"


def of_view(config: EchoConfig, title: str) -> str:
    """The paragraph about a view."""
    return DATA_OF_THE_ECHO if config.value("task") == "echo" and title == "data" else OF_VIEWS[title]


def _about(config: EchoConfig) -> str:
    task, sentence = config.the_task, first_sentence(config)
    goes_in, comes_out = _form_words(task.inputs), _form_words(task.outputs)
    counts = "Each step counts" if task.scores_every_step else "In the rows a dash is a target that does not count"
    return (
        f"{sentence[:1].upper()}{sentence[1:]}. At each step {goes_in} goes in, and {comes_out} has to come out. "
        f"{counts}. {_sources_text(config)}The data: {data_text(config)}."
    )


def _own_words(config: EchoConfig) -> str:
    """The description of the task after its first paragraph, which `_about` has."""
    _, _, rest = cleandoc(type(config.the_task).__doc__ or "").partition("\n\n")
    text = " ".join(rest.replace("`", "").split())
    return printable(text if len(text) <= LONGEST else f"{text[:LONGEST]} ...")


def _sources_text(config: EchoConfig) -> str:
    """The inputs that a target depends on, where they are known."""
    names = [f"t-{lag}" if lag else "t" for lag in source_lags(config)]
    return f"The last target depends on {' and '.join(names)}: its sources. " if names else ""


def _form_words(form: Symbols | Numbers) -> str:
    if isinstance(form, Numbers):
        return "a number" if form.count == 1 else f"a list of {form.count} numbers"
    names = f" ({', '.join(form.names)})" if form.names else ""
    return f"one of {form.count} symbols{names}"


WITHOUT_ANY = ", ".join(name for name, cell in CELLS.items() if not any(one.is_recurrent for one in cell.products))
"""The cells without a matrix for the state h."""

TRAINING: Rows = (
    ("epoch", "A pass over total_series_length steps of data, new data each time. In the tutorial it has 666 windows."),
    ("window", "T steps of all rows: forward, loss, gradient, and one update of the weights. The state is carried on."),
    ("T", "The length of a window, truncated_backprop_length: tbptt follows an error back at most so many steps."),
    (
        "stride",
        "Steps from the beginning of a window to the next one's; T if unset. Below T windows overlap, and fewer "
        "targets are misses.",
    ),
    (
        "loss",
        "The mean over a window's targets that count: cross-entropy, or squared error. The mean loss is that of 50 "
        "windows; in the sentence, of more.",
    ),
    ("nats", "The unit of loss with natural logarithms: guessing one of two symbols costs ln 2 = 0.693 nats."),
    (
        "chance",
        "The loss of knowing nothing of the inputs. The echo's is ln(num_classes): 0.693 for two symbols, with half of "
        "the answers wrong.",
    ),
    (
        "floor",
        "On average over epochs, the loss cannot be lower. The echo's first window of an epoch cannot know the row "
        "above: 0.111 nats in the tutorial.",
    ),
    (
        "solved",
        "The mean loss of 50 windows exceeds the last level by at most 7 % of chance (tutorial: 0.05) and by a quarter "
        "of the gap to the level before.",
    ),
    (
        "misses",
        "Targets that no window holds together with the input that they depend on: tbptt takes no error from one to "
        "the other. In the tutorial 3 of 15.",
    ),
)

TASKS: Rows = (
    ("task", "What is learned: what goes in at each step, what has to come out, and which steps count."),
    (
        "trials",
        "Examples of equal length, each in a window of its own that begins with a zero state. If T is less than their "
        "length, tbptt cuts the gradient within them.",
    ),
    ("source", "An input that a target depends on, by its lag: t-3 is the input 3 steps before. ▲ marks it."),
    (
        "ladder",
        "Losses that are known beforehand: what a network gets that knows so much of the inputs, and no more. Dotted "
        "lines on the curve, from chance down.",
    ),
)

CELL_WORDS: Rows = (
    *((name, cell.about) for name, cell in CELLS.items()),
    (
        "gate",
        "Numbers from 0 (shut) to 1 (open), one for each unit: sigmoid([x, h'] W + b). They weigh something else.",
    ),
    (
        "update",
        "A gate of the gru, z: near 1 the unit keeps its old value, and the error passes back; near 0 it takes the "
        "candidate's.",
    ),
    ("take", "The gate of the mingru, z, which sees only the input: near 1 the unit takes the candidate."),
    ("reset", "A gate of the gru, r: how much of the old state the candidate is computed from."),
    ("input", "A gate of the lstm, i: how much of the candidate is added to the memory c."),
    (
        "forget",
        "A gate of the lstm, f: how much of the memory c is kept, and of the error passes back. Its bias starts at 1: "
        "it begins by keeping.",
    ),
    ("output", "A gate of the lstm, o: how much of tanh(c) becomes h, which the output and the layer above read."),
    (
        "candidate",
        "The new value that a gate lets in. gru: c = tanh([x, r h'] Wc + bc). lstm: g = tanh([x, h'] W + b), called "
        "value in the views.",
    ),
    (
        "dropout",
        "The share of the numbers between two layers that training sets to zero at random. It needs two layers; probes "
        "run without it.",
    ),
    (
        "init",
        "How weights start. tutorial: uniform from 0 to 1. glorot: uniform in ±sqrt(6 / (rows + columns)) (Glorot "
        f"2010); orthogonal: so too, h's weights orthogonal (none in {WITHOUT_ANY}). Biases start at 0, the lstm's "
        "forget gate at 1.",
    ),
)

RULE_WORDS: Rows = tuple((name, rule.about) for name, rule in RULES.items())

OPTIMIZERS: Rows = (
    ("sgd", "weight -= learning_rate * gradient, nothing more."),
    (
        "adagrad",
        "The tutorial's. Divides each step by the root of the sum of all squared gradients so far, from 0.1 on: steps "
        "shrink.",
    ),
    ("rmsprop", "As adagrad, but with a moving average of the squared gradients: steps need not shrink."),
    (
        "adam",
        "As rmsprop, with a moving average of the gradient too. Its rates are smaller: 0.03, where adagrad has 0.3.",
    ),
)

PROBES: Rows = (
    ("lag", "So many time steps ago: x[t-3] is the input with lag 3."),
    ("r2", "How well an input can be read from the state by the best linear read-out: 0 not at all, 1 exactly."),
    ("numbers used", "The sum of r2 over all lags: if inputs are independent, at most one for each unit."),
    (
        "4 ~ x[t-3]",
        "Unit 4 follows the input 3 steps ago. r is their correlation, -1 to 1; mixed: no input alone. 4 ~ y[t]: the "
        "target.",
    ),
    ("saturated", "A unit near -1 or 1 (|h| above 0.97), an arrow: tanh is flat there, so little error gets through."),
    (
        "eigenvalue",
        "Of the matrix from state to state. While the state is near zero, what lies outside the unit circle (◆, in "
        "ASCII @) grows, what lies inside (●, o) fades.",
    ),
    ("Lyapunov", "How fast small differences grow (above 0) or fade (below), in nats a step, with saturation."),
)

SEEDS: Rows = (
    ("seeds", "Networks that differ only in their seed: how many of them solve the task tells the idea from luck."),
    (
        "interval",
        "52 to 75 %: found in this way, it holds the share of all possible seeds in 95 of 100 such counts (Wilson "
        "1927).",
    ),
)

RUNS: Rows = (
    ("branch", "A stretch of windows that began at a window of another branch, or with new weights. None is dropped."),
    ("ghost", "Another branch, or another run, drawn dimmer under the curve. A pinned one stays there."),
    (
        "crosshair",
        "The upright line on the curve that «left» and «right» move. It reads out a window; «go» goes there.",
    ),
)

EXPLAINED = (
    Section("Words: training", tuple(TRAINING)),
    Section("Words: tasks", tuple(TASKS)),
    Section("Words: cells, gates and layers", tuple(CELL_WORDS)),
    Section("Words: learning rules", tuple(RULE_WORDS)),
    Section("Words: optimizers", tuple(OPTIMIZERS)),
    Section("Words: memory, gradient and weights", tuple(PROBES)),
    Section("Words: several seeds", tuple(SEEDS)),
    Section("Words: runs and branches", tuple(RUNS)),
)
"""Words in the order in which a newcomer meets them."""


def chapters(frame: Frame, audience: Audience, keys: Sequence[Binding]) -> list[Chapter]:
    """The help for the state of this frame.

    Args:
        audience: who looks, and whether the session answers.
        keys: the keys that work both on the curve and on the views.
    """
    config = frame.own_config
    views = [
        Chapter(
            Section(f"View {key_of(view)}: {view.title}", (("", of_view(config, view.title)),)),
            _of(view),
        )
        for view in VIEWS
    ]
    others = [
        ("All keys", (*keys, OPENS)),
        ("On the curve", _of(LossPlot)),
        ("In the settings", _of(SettingsPanel)),
        ("In the list of branches", _of(BranchList)),
        ("In the list of runs", _of(RunList)),
    ]
    return [
        Chapter(now(frame, audience)),
        *map(Chapter, paragraphs(the_screen(config))),
        *views,
        *map(Chapter, EXPLAINED),
        Chapter(Section("By name, after :", names())),
        *(Chapter(Section(heading), tuple(bindings)) for heading, bindings in others),
    ]


def names() -> tuple[tuple[str, str], ...]:
    """The names of all commands and actions, with their arguments, and what they do."""
    return tuple((f"{one.name} {one.usage}".strip(), one.about) for one in WORDS.values())


def _of(widget: type[LossPlot | Panel | View]) -> Sequence[Binding]:
    return [one for one in widget.BINDINGS if isinstance(one, Binding)]
