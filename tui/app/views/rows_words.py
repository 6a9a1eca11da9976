"""The texts of the rows view: the title of a row, and the text about the target at the cursor."""

from __future__ import annotations

import numpy as np

from echornn.config import EchoConfig
from echornn.diagnosis.loss_text import loss_text
from echornn.progress import Progress
from echornn.tasks.door import known_lags
from echornn.tasks.task import Symbols, TaskError
from tui.app.drawings.blocks import symbol_text
from tui.app.drawings.row_cells import RowData

MOST_NUMBERS = 3
"""The most channels whose numbers are given."""


def title(progress: Progress, row: int, first_step: int, width: int, has_classes: bool = True, more: str = "") -> str:
    """The title of a panel that begins at ``first_step``, in the longest form that fits.

    Args:
        has_classes: whether predictions are symbols, which are right or wrong.
        more: a remark on what the panel leaves out.
    """
    data = RowData.of(progress, row)
    length = len(data.y)
    cut = f", steps {first_step + 1} to {length}" if first_step else ""
    count = int(data.scored.sum())
    name = f"row {row + 1}"
    if not count:
        return _longest([f"{name}: no step counts{cut}{more}", f"{name}: no step counts", name], width)
    if not has_classes:
        error = loss_text(float(np.square(progress.outputs[row] - data.y)[data.scored].mean()))
        return _longest([f"{name}: squared error {error}{cut}{more}", f"{name}: {error}{more}", name], width)
    right = int(((np.argmax(progress.probabilities[row], axis=-1) == data.y) & data.scored).sum())
    return _longest([f"{name}: {right} of {count} right{cut}{more}", f"{name}: {right}/{count}", name], width)


def _longest(forms: list[str], width: int) -> str:
    return next((form for form in forms if len(form) <= width), "")


def lags_of(config: EchoConfig, progress: Progress, step: int) -> tuple[int, ...]:
    """The lags of the inputs that decide the target of a time step of the window, where they are known."""
    first = progress.window * config.window_stride if config.is_stream else 0
    try:
        return known_lags(config.the_task, first + step)
    except TaskError:
        return ()


def read(config: EchoConfig, progress: Progress, row: int, step: int) -> str:
    """A text about a target: the inputs on which it depends, as far as they are known, and the prediction."""
    if not config.is_echo:
        return _read_of_any_task(config, progress, row, step)
    target = int(progress.y[row, step])
    source = step - config.echo_step
    if source >= 0:
        echoed = f"echoes step {source + 1}"
    elif source + progress.window * config.window_stride < 0:
        echoed = "echoes the row above" if config.row_start == "previous_row" and row > 0 else "is blank"
    else:
        echoed = f"echoes {-source} steps before this window"
    shown = _probabilities(progress, row, step)
    return f"row {row + 1}, step {step + 1}: target {symbol_text(target).strip()} {echoed}; {shown}"


def _read_of_any_task(config: EchoConfig, progress: Progress, row: int, step: int) -> str:
    data = RowData.of(progress, row)
    inputs = config.the_task.inputs
    x = symbol_text(int(data.x[step])).strip() if isinstance(inputs, Symbols) else _numbers(data.x[step])
    place = f"row {row + 1}, step {step + 1}: input {x}"
    if not data.scored[step]:
        return f"{place}; no target counts here"
    lags = lags_of(config, progress, step)
    hangs = f" hangs on {', '.join(f't-{lag}' for lag in lags)}" if lags else ""
    if config.has_classes:
        target = symbol_text(int(data.y[step])).strip()
        return f"{place}; target {target}{hangs}; {_probabilities(progress, row, step)}"
    said = progress.outputs[row, step]
    return f"{place}; target {_numbers(data.y[step])}{hangs}; network {_numbers(said)}"


def _numbers(values: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> str:
    more = f" and {len(values) - MOST_NUMBERS} more" if len(values) > MOST_NUMBERS else ""
    return " ".join(f"{value:.2f}" for value in values[:MOST_NUMBERS].tolist()) + more


def _probabilities(progress: Progress, row: int, step: int) -> str:
    """The probabilities of some symbols: the target's, which determines the loss; and the likeliest, which show the
    mistake.
    """
    target = int(progress.y[row, step])
    probabilities = progress.probabilities[row, step]
    symbols = list(range(len(probabilities)))
    if len(symbols) > 4:
        likeliest = [symbol for symbol in np.argsort(probabilities)[::-1].tolist() if symbol != target]
        symbols = [target, *likeliest[:3]]
    return ", ".join(f"p({symbol_text(symbol).strip()}) {probabilities[symbol]:.3f}" for symbol in symbols)
