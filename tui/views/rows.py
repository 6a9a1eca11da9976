"""View 1, rows: input, target and prediction of several rows of the batch, as two characters per
time step; before the first window, what is known about the task."""

from __future__ import annotations

import re

from echornn.config import EchoConfig, fields_text
from echornn.data import lags_of_target
from echornn.diagnosis.loss_stats import bits_text, loss_text
from echornn.levels import deciding_windows, ladder_of, solved_level
from echornn.progress import Progress
from echornn.session.pictures.frame import Frame
from echornn.tasks.table import name_of, values_of
from tui.text.lines import LONGEST, network_words, shortened, uncapitalized, value_words
from tui.text.targets import Source, echo_of, is_echo, source_of
from tui.views.canvas import Cells
from tui.views.row_lines import INPUT, TARGET, scored_in, untrained
from tui.views.row_panels import arrange, draw_panels
from tui.views.view import TimeStepView, extent

ABOUT_WIDTH = 8  # columns of the subject before each fact


class RowsView(TimeStepView):
    """A panel for each row that fits: a title, and a line of blocks for each part, the newest
    window at the right."""

    key = "1"
    title = "rows"
    about = "Input, target and prediction of the newest windows"

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        panels = arrange(config, (config.batch_size, config.window_steps), width, most)
        return -(-panels.shown // panels.columns) * panels.height

    def reading_of(self, spot: object) -> str:
        frame = self._frame
        if frame.progress is None or not self._has(spot):
            return ""
        return read(frame.own_config, frame.progress, *spot)

    def rows_that_fit(self, frame: Frame) -> int:
        return arrange(frame.own_config, extent(frame), *self.size).shown

    def draw(self, cells: Cells) -> None:
        frame, config = self._frame, self._frame.own_config
        if frame.progress is None:
            cells.write(0, 0, shortened(self._message, cells.width), "text")
            if frame.is_new:
                self._draw_before(cells, config)
            return
        size = extent(frame)
        panels = arrange(config, size, cells.width, cells.height, first=self._first_row)
        draw_panels(self, cells, 0, config, (*frame.recent, frame.progress), panels)
        rows = size[0]
        if panels.shown < rows:
            self._draw_how_to_scroll(cells, f"{panels.first + 1} to {panels.rows.stop} of {rows}")

    def _draw_how_to_scroll(self, cells: Cells, shown: str) -> None:
        for text in (
            f" rows {shown}: «focus», then «up»/«down» ",
            f" {shown}: «focus» ",
            f" {shown}",
        ):
            text = self.keymap.text(text)
            begin = cells.width - len(text)
            if begin > 0 and cells.text(0)[begin:].isspace():
                cells.write(begin, 0, text, "muted")
                return

    def _draw_before(self, cells: Cells, config: EchoConfig) -> None:
        """The first row of the first window's data, and what is known about the task."""
        y, window, lines = 1, untrained(config, 0, 0, 0), facts(config)
        if window is not None:
            first_row = 1, config.window_steps
            panels = arrange(config, first_row, cells.width, cells.height // 3, (INPUT, TARGET))
            draw_panels(self, cells, y, config, [window], panels)
            y += panels.height
        if cells.height > y + len(lines):
            y += 1
        draw_facts(cells, y, lines)


# ---- a time step in words


def read(config: EchoConfig, window: Progress, row: int, step: int, where: str = "") -> str:
    task = config.the_task
    place = f"row {row + 1}, step {step + 1}{where}: "
    if not is_echo(config):  # whose input is one of the lines
        place += f"input {value_words(task.inputs, window.x[row, step])}; "
    if not scored_in(window)[row, step]:
        return f"{place}no target counts here"
    target = window.y[row, step]
    source = source_words(config, window.window, row, step)
    text = f"{place}target {value_words(task.outputs, target)}{source}"
    if window.outputs.size:
        text += f"; {network_words(task.outputs, window.outputs[row, step], target)}"
    return shortened(text, LONGEST)


def source_words(config: EchoConfig, window: int, row: int, step: int) -> str:
    """On what the target of a step depends."""
    if not is_echo(config):
        lags = ", ".join(f"t-{lag}" for lag in lags_of_target(config, window, step))
        return lags and f" depends on {lags}"
    back = step - echo_of(config).lag
    words = {
        Source.WINDOW: f"echoes step {back + 1}",
        Source.BEFORE: f"echoes {-back} steps before this window",
        Source.ABOVE: "echoes the row above",
        Source.BLANK: "is blank",
    }
    return f" {words[source_of(config, window, row, step)]}"


# ---- what is known about a network before it is trained


def facts(config: EchoConfig) -> dict[str, str]:
    """The most important first: a subject and a text each."""
    task, rungs, solved = config.the_task, ladder_of(config), solved_level(config)
    lines = {
        "task": f"{name_of(task)}: {first_sentence(config)}",
        "with": fields_text(values_of(task)),
        "text": task.note,
        "data": data_text(config),
    }
    if solved > 0:
        windows = f"the last {deciding_windows(config):,} windows"
        lines["solved"] = f"a mean loss of {windows} below {loss_text(solved, 3)}"
    lines["loss"] = config.loss_name
    if not rungs:
        lines["loss"] += "; what can be reached is not known"
    for rung in rungs:
        name = f"{rung.name}{bits_text(config, rung.loss)}"
        lines[loss_text(rung.loss, 3)] = f"{name}: {rung.knows}"
    return {about: text for about, text in lines.items() if text}


def first_sentence(config: EchoConfig) -> str:
    """Of the task's docstring, without what stands in brackets at its end."""
    whole = " ".join((type(config.the_task).__doc__ or "").split())
    sentence = re.split(r"(?<=[.:])\s", whole)[0]
    text = re.sub(r"\s*(\([^)]*\))?[.:]?$", "", sentence)
    return uncapitalized(text)


def data_text(config: EchoConfig) -> str:
    rows = f"{config.batch_size:,} rows"
    if config.batch_size == 1:
        rows = "1 row"
    length = config.window_steps
    if config.is_stream:
        rows += f" of {config.row_length:,} steps"
        if config.windows_per_epoch == 1:
            return f"{rows}, each a window of {length}; the state begins with zero"
        state = "each begins with a zero state" if config.resets_state else "the state is carried"
        return f"{rows}, cut into windows of {length}; {state}"
    text = f"{rows} of {config.windows_per_epoch:,} trials of {length} steps, a window each"
    cut = config.gradient_cut
    if cut is None:
        return text
    steps = "step" if cut == 1 else "steps"
    return f"{text}, the gradient cut after every {cut:,} {steps}"


def draw_facts(cells: Cells, y: int, lines: dict[str, str]) -> None:
    for number, (about, text) in enumerate(lines.items(), y):
        cells.write(0, number, about, "muted")
        cells.write(ABOUT_WIDTH, number, shortened(text, cells.width - ABOUT_WIDTH), "text")
