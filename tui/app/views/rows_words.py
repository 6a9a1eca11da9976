"""The texts of the rows view: the title of a row, and the text about the target at the cursor."""

from __future__ import annotations

import numpy as np

from echornn.config import EchoConfig
from echornn.data.series import lags_of_target
from echornn.diagnosis.loss_stats import loss_text
from echornn.progress import Progress
from tui.app.drawings.row_cells import RowData
from tui.app.views.value_words import first_that_fits, input_words, network_words, value_words


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


def read(config: EchoConfig, progress: Progress, row: int, step: int) -> str:
    """A text about a target: the inputs on which it depends, as far as they are known, and the prediction."""
    if config.value("task") != "echo":
        return _read_of_any_task(config, progress, row, step)
    symbols, target = config.the_task.outputs, progress.y[row, step]
    source = step - config.echo_step
    if source >= 0:
        echoed = f"echoes step {source + 1}"
    elif source + progress.window * config.window_stride < 0:
        echoed = "echoes the row above" if config.row_start == "previous_row" and row > 0 else "is blank"
    else:
        echoed = f"echoes {-source} steps before this window"
    shown = network_words(symbols, progress.outputs[row, step], target, 0)
    return f"row {row + 1}, step {step + 1}: target {value_words(symbols, target, 0)} {echoed}; {shown}"


def _read_of_any_task(config: EchoConfig, progress: Progress, row: int, step: int) -> str:
    data, task, said = RowData.of(progress, row), config.the_task, progress.outputs[row, step]
    x, y = data.x[step], data.y[step]
    lags = lags_of_target(config, progress.window, step)
    sources = f" depends on {', '.join(f't-{lag}' for lag in lags)}" if lags else ""

    def text(brevity: int) -> str:
        place = f"row {row + 1}, step {step + 1}: input {input_words(task.inputs, x, brevity)}"
        if not data.scored[step]:
            return f"{place}; no target counts here"
        target = value_words(task.outputs, y, brevity)
        return f"{place}; target {target}{sources}; {network_words(task.outputs, said, y, brevity)}"

    return first_that_fits(text)
