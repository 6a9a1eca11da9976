"""Phrases that the sentences above the curve are built from."""

from __future__ import annotations

import math

from echornn.config import PACE_FIELDS, EchoConfig
from echornn.data.coverage import lags_beyond, targets_reached
from echornn.data.levels import chance_level, is_echo, on_the_echo, register_numbers, state_numbers
from echornn.diagnosis import rates
from echornn.diagnosis.diagnosis import Diagnosis, Note
from echornn.diagnosis.key_marks import length
from echornn.diagnosis.loss_text import loss_text
from echornn.diagnosis.sentence import LINE
from echornn.readings import RAISED
from echornn.rules.table import RULES
from echornn.tasks.task import Numbers, Symbols

GO_BACK = "«window_back» and «epoch_back» go back"
SLOWER = "a smaller learning_rate («settings»)"
ONE_SEED = "one seed proves nothing: «seeds» tries 64 fresh starts with these settings"
TOO_SURE = "random weights are too sure of their guesses; training corrects that first"

BEGINS = "learning often begins after some hundred windows"
SLOW = "learning takes more windows, often thousands"
CUTTING = next(name for name, rule in RULES.items() if rule.cuts)
UNCUT = next(name for name, rule in RULES.items() if not rule.cuts)
"""The learning rules that sentences name: one that cuts the gradient at T, and one that has all of it."""

NO_CUT = f"no cut with rule {UNCUT} («settings»)"

OVER = "; or restart, "
"""The text between a change with which the network trains on, and the key of another one that starts it over."""

SOON = 2_000
"""Before this many windows, no initial weights are given up: with Glorot's, all of 16 seeds solve the echo earlier
(RNN, GRU, LSTM).
"""

LONGEST_BEYOND = {1: 7, 2: 7, 3: 4, 4: 4}
"""For each T, the longest echo beyond it that a seed solved with tbptt (RNN, glorot, adagrad, state 4 or 16, rates 0.3
and 0.1, at most 20 000 windows). Of echo 6 and 7 at T 1, and of echo 5 to 7 at T 2, 1 to 3 of 32 seeds did; of echo 3
and 4 at T 3, and of echo 4 at T 4, seeds did at a rate of 0.1 only, and none kept it.
"""

NEVER_BEYOND = {
    1: (8,), 2: (8,), 3: (5, 6, 7, 8), 4: (5, 6, 7, 8), 5: (5, 6, 7, 8), 6: (6, 7, 8), 8: (8,), 15: (15, 20)
}  # fmt: skip
"""For each T, the echoes that none of 16 to 96 seeds solved in these trials."""


def wait(finished: bool) -> str:
    """The advice for a network that learns slowly: to wait, or if all epochs are trained, to add epochs."""
    return "more epochs («settings»)" if finished else "wait"


def at_chance(it: Diagnosis) -> str:
    return f"at chance ({chance_level(it.config):.3f})"


def at_chance_after(it: Diagnosis) -> str:
    return f"{at_chance(it)}{after_windows(it)}"


def after_windows(it: Diagnosis) -> str:
    """The phrase for the windows trained so far; it says so if some of them had other settings."""
    return f", {it.windows:,} windows in all" if it.changed else f" after {it.windows:,} windows"


def right(it: Diagnosis) -> str:
    """The share of right predictions as text; empty if unknown."""
    return "" if math.isnan(it.wrong) else f"{1 - it.wrong:.0%} right"


def adds(*parts: str) -> str:
    """The parts that are not empty, each after a semicolon."""
    return "".join(f"; {part}" for part in parts if part)


def as_fits(first: str, *others: str) -> tuple[str, str]:
    """The first text with as many of the others as fit on a line, and the ones that do not fit."""
    line = first
    for index, other in enumerate(others):
        if length(line + other) > LINE:
            return line, "".join(others[index:])
        line += other
    return line, ""


def where_known(number: float, text: str) -> str:
    """The text if the number in it is known, otherwise an empty text."""
    return "" if math.isnan(number) else text


def back(it: Diagnosis) -> str:
    if not it.undoable:
        return "«reset» starts over"
    return "«undo» goes back to before that" if it.blamed else "«undo» goes back"


def since_edit(it: Diagnosis) -> str:
    """The phrase that names the last edit: its field and new value."""
    if not it.blamed:
        return ""
    first, *others = it.blamed
    if others:
        return f" since {first} and {len(others)} more"
    return f" since {first} = {value(it.config, first)}"


def value(config: EchoConfig, field: str) -> str:
    value = config.value(field)
    return f"{value:g}" if isinstance(value, float) else str(value)


def slower(it: Diagnosis, advice: str, otherwise: str = "") -> str:
    """The advice, which is a smaller learning rate; another one if the rate is tiny already."""
    return advice if rates.may_be_smaller(it.config) else otherwise


def smaller_steps(it: Diagnosis) -> str:
    if not rates.may_be_smaller(it.config):
        return back(it)
    smaller = "«settings» sets a smaller learning_rate"
    if it.undoable:
        return f"«undo» goes back to before the last change; {smaller}"
    is_sure = isinstance(it.config.the_task.outputs, Symbols)  # numbers are not guessed with a probability
    return f"its guesses are too sure; {smaller}" if is_sure else smaller


def loss_with_unit(config: EchoConfig, loss: float) -> str:
    """A loss with its unit."""
    outputs = config.the_task.outputs
    return f"{loss_text(loss, 3)} {outputs.unit}" if outputs.unit else f"a {outputs.loss} of {loss_text(loss, 3)}"


def shortened(text: str, most: int = 24) -> str:
    """A text that a user wrote, cut if it is long."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def state_text(config: EchoConfig) -> str:
    """The state size, and the number of layers if there are several, as text."""
    layers = f" x {config.num_layers}" if config.num_layers > 1 else ""
    return f"state {config.state_size}{layers}"


def seeds_that_solve(config: EchoConfig) -> str:
    """A phrase on how many seeds solve an echo whose linear shift register needs more numbers than the state has.

    With two numbers fewer, 3 of 32 RNNs solve it at echo 6 and state 5, otherwise none (glorot, 20 000 windows).
    """
    fewer = (register_numbers(config) or 0) - state_numbers(config)
    one_short = on_the_echo(config).one_number_short
    seeds = "hardly any seed solves" if fewer > 1 and one_short else one_short or "nobody has tried which seeds solve"
    return f"{seeds} echo {config.echo_step} with {state_text(config)}"


def cut_off(config: EchoConfig, lag: int | None = None, rule: str = "") -> str:
    """The phrase which says that the learning rule does not reach back to a source; by default the nearest such source.

    Args:
        rule: a longer name of the rule.
    """
    lag = min(lags_beyond(config), default=config.echo_step) if lag is None else lag
    return f"{rule or config.rule} stops before t-{lag:,}"


def gradient_cut_off(config: EchoConfig) -> str:
    """The same as `cut_off`, in a longer form that says what stops."""
    return cut_off(config, rule=f"{config.rule}'s gradient")


def seeds_beyond(config: EchoConfig) -> str:
    """A phrase on how many seeds solve an echo whose source no gradient reaches; empty if it was not tried."""
    if not (on_the_echo(config).sizes and config.num_layers == 1 and config.num_classes == 2):
        return ""
    length, echo = config.truncated_backprop_length, config.echo_step
    if echo <= LONGEST_BEYOND.get(length, 0):
        return "some seeds find it and lose it"
    return "in our trials no seed solved it" if echo in NEVER_BEYOND.get(length, ()) else ""


def uncut(config: EchoConfig) -> str:
    """The phrase which says how far back the gradient of a learning rule goes that does not cut it."""
    return f"{config.rule}'s gradient goes back past T {config.truncated_backprop_length:,}"


def steps_text(count: int) -> str:
    """A number of time steps as text: 1 step, 1,000 steps."""
    return f"{count:,} step{'s' * (count != 1)}"


def into_epoch(window: int) -> str:
    """The phrase for a window of an epoch."""
    return f"{window} window{'s' * (window != 1)} into an epoch"


def inside(config: EchoConfig) -> str:
    """The phrase on how many targets have their source inside their window."""
    count, length = targets_reached(config)
    if not is_echo(config):
        have = f"targets {'has its' if count == 1 else 'have their'} sources"
        return f"{count:,} of a {'window' if config.is_stream else 'trial'}'s {length:,} {have} within it"
    return f"{count:,} of a window's {length:,} targets {'echoes' if count == 1 else 'echo'} an input inside it"


def note_text(it: Diagnosis) -> str:
    """The note as text."""
    config = it.config
    length, stride = config.truncated_backprop_length, config.window_stride
    match it.note:
        case Note.ONE_WINDOW:
            return "an epoch is one window here; «settings» sets a longer total_series_length"
        case Note.FEW_NUMBERS:
            return as_fits(seeds_that_solve(config), f": a shift register needs {register_numbers(config)}")[0]
        case Note.UNIFORM_START:
            return f"few uniform starts learn with {state_text(config)}; most glorot starts do («settings»: init)"
        case Note.DROPOUT:
            return f"this loss is measured with dropout {config.dropout:.2g}; without it fewer are wrong"
        case Note.OVERLAP:
            times = f"{length / stride:.3g}"
            return f"windows of {length} steps start every {stride}, so each step is trained {times} times"
        case Note.COVERAGE:
            return as_fits(inside(config), ", which gradients reach")[0]
        case Note.UNCUT:
            return uncut(config)
    return ""


def typical(it: Diagnosis) -> str:
    """Whether the typical loss of a solved task still falls, or rises; empty if neither is clear."""
    return where_known(it.typical_fall, f"; typical losses {'still fall' if it.typical_fall > 0 else 'rise'}")


def sure(it: Diagnosis) -> str:
    """How sure the network is of its answers in a typical window; empty if it is not known."""
    return "" if math.isnan(it.sure) else f"; {percent(it.sure)} sure of its answers in a typical window"


def earlier(it: Diagnosis) -> str:
    return "" if it.before is None else f"{terms(it)[0]} was solved before"


def terms(it: Diagnosis) -> tuple[str, str]:
    """The old and the new value of the field that changed the task."""
    assert it.before is not None
    config, was = it.config, it.before.config
    fields = [name for name in was.changes_to(config) if name not in PACE_FIELDS]
    first = "task" if "task" in fields else fields[0] if fields else "echo_step"
    return f"{first} {value(was, first)}", value(config, first)


def about(windows: int) -> str:
    """A number of windows rounded to two digits, as it is an estimate and should not change with every block."""
    unit = 10 ** max(0, len(str(windows)) - 2)
    return f"{round(windows / unit) * unit:,}"


def percent(share: float) -> str:
    """A share (0 to 1) as a percentage, rounded down, with one or two decimals close to 100 %."""
    decimals = 0 if share < 0.99 else 1 if share < 0.999 else 2
    return f"{math.floor(share * 10 ** (2 + decimals)) / 10**decimals:.{decimals}f}%"


def targets(count: int) -> str:
    return "target" if count == 1 else f"{count:,} targets"


def source_name(config: EchoConfig) -> str:
    """The name of an input on which a target depends."""
    return "echo" if config.task is None else "source"


def change_words(config: EchoConfig) -> str:
    """How the probes change an input, in words."""
    return f"raised by {RAISED:g}" if isinstance(config.the_task.inputs, Numbers) else "changed"
