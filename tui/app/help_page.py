"""What the help says: tables of the keys, the fields and the words, and a glossary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.binding import Binding

from echornn.cells.table import CELLS
from echornn.config import RULES
from echornn.diagnosis.loss_stats import loss_text
from echornn.levels import deciding_windows, solved_level
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import Audience
from tui.app.actions import KEYED
from tui.app.help import Chapter, Texts
from tui.app.key_line import MOST_KEYS
from tui.app.keys import PLACES, is_offered, left_out
from tui.app.status import audience_text
from tui.app.words import WORDS, word_help
from tui.panels.form import help_of
from tui.term.printed import printable
from tui.views.rows import data_text, first_sentence
from tui.views.table import VIEWS


def chapters(frame: Frame, audience: Audience) -> list[Chapter]:
    config = frame.own_config
    views = [(f"«view.{view.title}» {view.title}", view.about) for view in VIEWS]
    settings = [(name, printable(help_of(config, name))) for name in config.fields()]
    return [
        _now(frame, audience),
        Chapter("The task", _task(frame)),
        Chapter("The views", views),
        Chapter("Signs", SIGNS),
        *_keys_and_words(),
        Chapter("Settings", settings),
        Chapter("Words", GLOSSARY),
        Chapter("Words: cells", _abouts(CELLS)),
        Chapter("Words: learning rules", _abouts(RULES)),
    ]


def _abouts(table: Mapping[Any, Any]) -> Texts:
    return [(name, entry.about) for name, entry in table.items()]


def _now(frame: Frame, audience: Audience) -> Chapter:
    """What matters in this state, in four sentences, and the keys that the last line shows."""
    state = str(frame.state)
    if frame.is_past and frame.state is State.PAUSED:
        state = "in the past"
    where = f"at window {frame.trained:,}" if frame.trained else "before the first window"
    sentences = [*WHAT_MATTERS, ""]
    if not audience.is_connected:
        lost = audience_text(audience)
        sentences.insert(0, f"{lost}: the screen shows the last that came.")
    rows = [("", sentence) for sentence in sentences]
    return Chapter(f"Now: {state}, {where}", rows, _keys_that_matter(frame))


def _task(frame: Frame) -> Texts:
    config = frame.own_config
    sentence = first_sentence(config)
    about = f"{sentence[:1].upper()}{sentence[1:]}. The data: {data_text(config)}."
    rows = [("task", printable(about))]
    levels = []
    for level in frame.ladder:
        levels.append(f"{loss_text(level.loss, 3)} by knowing {level.knows} ({level.name})")
    if not levels:
        return rows
    text = f"Dotted lines, the least possible losses: {'; '.join(levels)}."
    solved = solved_level(config)
    if solved > 0:
        count = deciding_windows(config)
        text += f" Solved is a mean of {count:,} windows below {loss_text(solved, 3)}."
    return [*rows, ("ladder", text)]


def _keys_that_matter(frame: Frame) -> list[Binding]:
    """Those that the last line shows."""
    offered = {}
    for action in KEYED:
        if action.in_key_line and is_offered(action, frame):
            offered[str(action.binding.id)] = action.binding
    for id in left_out(frame):
        if len(offered) > MOST_KEYS:
            offered.pop(id, None)
    return list(offered.values())


def _keys_and_words() -> list[Chapter]:
    parts = []
    for place, bindings in PLACES.items():
        keys = [binding for binding in bindings if isinstance(binding, Binding)]
        parts.append(Chapter(f"Keys {place}", (), keys))
    words = [(f"{word.name} {word.usage}".strip(), word_help(word)) for word in WORDS.values()]
    return [*parts, Chapter("By name, after :", words)]


WHAT_MATTERS = (
    "You see a network learn: the curve is its loss, the sentence above it says how that goes, and "
    "below are one or two views of what it does and what it holds.",
    "The keys below matter now, and none loses anything: «undo» undoes, and all that was trained "
    "stays in the run.",
    "«palette» finds every command by its name, «line» takes one that you type, and «help.search» "
    "searches this page, which has all keys, settings and words.",
    "«quit» quits, and echornn-tui --resume goes on from here.",
)

SIGNS = (
    (
        "█ ▁",
        "In the view of rows, 1 and 0. Of states, low blocks are negative, and an arrow is a "
        "saturated unit, |h| above 0.97.",
    ),
    ("><", "A wrong prediction; a dash is a target that does not count, ▲ a source, × a miss."),
    (
        "bright, dim",
        "On the curve, bright is the mean, dim the extremes; dimmer still are other branches (a) "
        "and other runs (A).",
    ),
    (
        "dotted, double",
        "Dotted lines are ends of epochs, and levels of the loss; double lines, what you did.",
    ),
    ("errors", "Below the curve, the error rate: a full block is as wrong as guessing."),
    (
        "hollow bars",
        "How much error would get so many steps back, if it were not cut off at the wall, T.",
    ),
    ("◆ ●", "Eigenvalues outside the unit circle, which grow, and inside, which fade."),
    (
        "█ to ·",
        "Of a seed, its loss from chance to solved; of an input, how much the prediction changes "
        "with it, from all to nothing.",
    ),
)

GLOSSARY = (
    (
        "epoch",
        "A pass over total_series_length steps of data, new each time. In the tutorial it has 666 "
        "windows.",
    ),
    (
        "window",
        "T steps of each row of the batch: forward, loss, gradient, one update of the weights. "
        "The state is carried on.",
    ),
    (
        "loss",
        "The mean over a window's targets that count: cross-entropy in nats (ln 2 = 0.693), or "
        "squared error.",
    ),
    ("chance", "The loss of knowing nothing of the inputs. The echo's is ln(num_classes)."),
    (
        "floor",
        "The least possible loss. In an epoch's first window nobody can know what came before it: "
        "0.111 in the tutorial.",
    ),
    ("solved", "The mean loss of 50 windows is close to the last level of the ladder."),
    ("source", "An input that a target depends on, by its lag: t-3 is 3 steps before."),
    (
        "misses",
        "Targets that no window holds together with their source: tbptt takes no error from one "
        "to the other.",
    ),
    ("gate", "Numbers from 0 (shut) to 1 (open), one for each unit: sigmoid([x, h'] W + b)."),
    (
        "update, reset",
        "Gates of the gru: z near 1 keeps the old value; r, how much of it the candidate sees.",
    ),
    (
        "forget",
        "A gate of the lstm, f: how much of c is kept, and of the error passes back. Its bias "
        "starts at 1.",
    ),
    (
        "input, output",
        "Gates of the lstm: how much of the candidate is added to c; of tanh(c) becomes h.",
    ),
    (
        "candidate",
        "The new value that a gate lets in. gru: tanh([x, r h'] Wc + bc). lstm: tanh([x, h'] W "
        "+ b).",
    ),
    (
        "adagrad",
        "Divides each step by the root of the sum of squared gradients; rmsprop, adam: of a "
        "moving average.",
    ),
    (
        "r2",
        "How well an input can be read from the state by a linear read-out: 0 not at all, 1 "
        "exactly.",
    ),
    ("Lyapunov", "How fast small differences grow (above 0) or fade (below), in nats a step."),
    (
        "branch",
        "Windows that began at a window of another branch, or with new weights. None is dropped.",
    ),
    ("ghost", "Another branch or run, drawn dimmer under the curve. A pinned one stays there."),
    (
        "crosshair",
        "The upright line on the curve that «left» and «right» move; «go» goes to its window.",
    ),
)
