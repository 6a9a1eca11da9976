"""The help's explanations of the words on the screen: each in about two lines."""

from __future__ import annotations

from echornn.cells.table import CELLS
from echornn.config import RULES
from tui.kit.help_sections import Rows, Section

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

WORDS = (
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
