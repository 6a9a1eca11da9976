"""View 1, rows: input, target and prediction of several rows of the batch, as two characters per time step."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig, fields_text
from echornn.data.levels import deciding_windows, ladder_of, solved_level
from echornn.data.series import batch_of, lags_of_target
from echornn.diagnosis.loss_stats import loss_text
from echornn.progress import Bools, Floats, Progress
from echornn.session.pictures.frame import Frame
from echornn.tasks.table import name_of, values_of
from echornn.tasks.task import Batch, Numbers, Symbols, TaskError
from tui.views.blocks import (
    Blocks,
    Form,
    channel_label,
    names_beside,
    predicted_blocks,
    scale_of,
    signs_of,
    symbol_text,
    value_blocks,
)
from tui.views.canvas import Cells, stamp
from tui.views.text import first_that_fits, input_words, network_words, shortened, value_words
from tui.views.view import FIVE_ROWS, FOCUSED, LEAVE, TimeStep, TimeStepView, cursor_keys

INPUT, TARGET, PREDICTION = PARTS = "input", "target", "prediction"
WORDS = {INPUT: "input", TARGET: "target", PREDICTION: "pred"}
NOT_SCORED = "- "  # the target of a time step that does not count in the loss
SEAMS = {"window": "│", "epoch": "║", "gap": "┆"}
GAP = 2  # columns between panels
ABOUT_WIDTH = 8  # columns of the subject before each fact
MOST_SYMBOLS = 1_000_000  # time steps of the longest series that is drawn; a longer one would block the screen
MOST_RUNGS = 6  # of a ladder

Scales = tuple[float, float]  # the sizes of an input and of an output that the largest block stands for


class Steps(NamedTuple):
    """The data of a window; of all its rows [rows, T, ...], or of one [T, ...]."""

    x: npt.NDArray[Any]  # symbols, uint8, or numbers, float32 [..., count]
    y: npt.NDArray[Any]
    scored: Bools  # which steps count in the loss
    said: Floats | None  # [..., outputs], probabilities or numbers; None if it is not trained
    epoch: int  # from 0
    window: int  # in the epoch, from 0

    def of(self, rows: int | slice) -> Steps:
        said = None if self.said is None else self.said[rows]
        return self._replace(x=self.x[rows], y=self.y[rows], scored=self.scored[rows], said=said)


def steps_of(progress: Progress) -> Steps:
    scored = progress.scored if progress.scored.size else np.ones(progress.y.shape[:2], np.bool_)
    return Steps(progress.x, progress.y, scored, progress.outputs, progress.epoch, progress.window)


def steps_to_come(config: EchoConfig, data_version: int, epoch: int, window: int) -> Steps | None:
    """The data of a window that is not trained; None if it is too long to draw."""
    batch, begin = epoch_data(config, data_version, epoch), window * config.window_stride
    part = np.s_[:, begin : begin + config.window_steps]
    return None if batch is None else Steps(batch.x[part], batch.y[part], batch.scored[part], None, epoch, window)


@lru_cache(maxsize=2)
def epoch_data(config: EchoConfig, data_version: int, epoch: int) -> Batch | None:
    """The data of an epoch; None if it is too long to draw."""
    try:
        return batch_of(config, data_version, epoch) if config.total_series_length <= MOST_SYMBOLS else None
    except TaskError:
        return None


# ---- the lines of a row


class RowLine(NamedTuple):
    label: str
    part: str
    channel: int = 0  # which of several numbers


def row_lines(config: EchoConfig, most: int, parts: Sequence[str] = PARTS) -> tuple[RowLine, ...]:
    """A line for each part of a row, or for each number in it; of the first numbers, if ``most`` is less."""
    task = config.the_task
    forms = {part: task.inputs if part == INPUT else task.outputs for part in parts}
    counts = {part: form.count if isinstance(form, Numbers) else 1 for part, form in forms.items()}
    shown = max(counts.values())
    while shown > 1 and sum(min(shown, count) for count in counts.values()) > most:
        shown -= 1
    words = WORDS | {TARGET: "echo"} if config.value("task") == "echo" else WORDS
    lines = [
        RowLine(f"{words[part]}{channel_label(forms[part], channel)} ", part, channel)
        for part, count in counts.items()
        for channel in range(min(shown, count))
    ]
    width = max(len(line.label) for line in lines)
    return tuple(line._replace(label=line.label.ljust(width)) for line in lines)


def blocks_of(config: EchoConfig, steps: Steps, line: RowLine, scales: Scales) -> Blocks:
    """The blocks of a line. Steps that do not count are dim, and their target is a dash."""
    task = config.the_task
    if line.part == INPUT:
        return value_blocks(task.inputs, steps.x, "input", line.channel, scales[0])
    if line.part == TARGET:
        blocks = value_blocks(task.outputs, steps.y, "target", line.channel, scales[1])
        return blocks.where(~steps.scored, NOT_SCORED, "dim")
    assert steps.said is not None
    if isinstance(task.outputs, Symbols):
        blocks = predicted_blocks(task.outputs, steps.y, steps.said, steps.scored)
    else:
        blocks = value_blocks(task.outputs, steps.said, "prediction", line.channel, scales[1])
    return blocks.where(~steps.scored, None, "dim")


def value_text(config: EchoConfig, row: Steps, step: int, line: RowLine) -> str:
    """The value of a time step on a line in two characters."""
    form: Form = config.the_task.inputs if line.part == INPUT else config.the_task.outputs
    if line.part == TARGET and not row.scored[step]:
        return NOT_SCORED
    if line.part == PREDICTION and row.said is not None:
        if isinstance(form, Symbols):
            predicted = int(row.said[step].argmax())
            return cell_text(predicted, form, "<" if predicted != int(row.y[step]) and row.scored[step] else " ")
        return number_text(float(row.said[step][line.channel]))
    value = (row.x if line.part == INPUT else row.y)[step]
    return cell_text(int(value), form) if isinstance(form, Symbols) else number_text(float(value[line.channel]))


def cell_text(symbol: int, form: Symbols, mark: str = " ", most: int = 2) -> str:
    """Two characters: the number of one of two symbols at the right, else its sign and a mark."""
    return f"{symbol:>2}" if form.count == 2 else symbol_text(symbol, mark, signs_of(form, most))


def number_text(value: float) -> str:
    """Two characters: sign and first digit, ``.5`` and ``-.`` within 1, ``++`` and ``--`` from 10 on."""
    sign, size = "-" if value < 0 else "+", abs(value)
    if not size < 9.5:
        return sign * 2 if size == size else "? "
    if size >= 0.95:
        return f"{sign}{size:.0f}"
    return " 0" if size < 0.05 else "-." if value < 0 else f".{min(9, round(10 * size))}"


# ---- windows end to end, in a panel for each row


class Piece(NamedTuple):
    """Of a window the steps ``begin`` to ``end`` - 1, drawn from column ``x`` on and followed by a seam, or by none."""

    steps: Steps
    x: int
    begin: int
    end: int
    seam: str


def lay_tape(config: EchoConfig, windows: Sequence[Steps], width: int, step: int | None = None) -> list[Piece]:
    """As many of the newest windows as fit, oldest first, the newest at the right end; of windows that overlap the
    shared steps are in the later one. If not even the newest fits, its last steps, or those from ``step`` on.
    """
    pieces: list[Piece] = []
    room, seam, end = width, "", windows[-1].y.shape[1]
    for index in reversed(range(len(windows))):
        count = max(0, min(end, (room - len(seam)) // 2))
        if pieces and not count:
            break
        if not pieces and step is not None and step < end - count:
            end = step + max(1, count)
        room -= 2 * count + len(seam)
        pieces.insert(0, Piece(windows[index], room, end - count, end, seam))
        if index:
            seam, end = _seam(config, windows[index - 1], windows[index])
    return pieces if len(pieces) > 1 else [pieces[0]._replace(x=0)]


def _seam(config: EchoConfig, before: Steps, after: Steps) -> tuple[str, int]:
    """The seam between two windows, and how many steps of the first come before the second begins."""
    length = before.y.shape[1]
    apart = (after.epoch - before.epoch) * config.windows_per_epoch + after.window - before.window
    if after.epoch != before.epoch or apart < 1:
        return SEAMS["epoch" if apart == 1 else "gap"], length
    seam = "gap" if apart > 1 else "window" if config.is_stream else "epoch"
    return SEAMS[seam], min(length, apart * config.window_stride)


def place_of(tape: Sequence[Piece], step: int) -> tuple[Piece, int] | None:
    """The piece with a step that is counted from the begin of the newest window, and the step in it; None if it lies
    behind another seam, or is not drawn.
    """
    for index in reversed(range(len(tape))):
        if step >= 0:
            return (tape[index], step) if tape[index].begin <= step < tape[index].end else None
        if not index or tape[index - 1].seam != SEAMS["window"]:
            return None
        step += tape[index - 1].end
    return None


class Panels(NamedTuple):
    columns: int  # side by side
    shown: int  # in all
    width: int  # of each, without the gap
    height: int


def arrange(rows: int, length: int, lines: Sequence[RowLine], width: int, height: int) -> Panels:
    """Panels of a title and these lines for rows of so many steps: as few side by side as possible, so that each shows
    more windows; but each wide enough for a window, unless the screen is narrower.
    """
    whole, panel = len(lines[0].label) + 2 * length, 1 + len(lines)
    most = max(1, min((width + GAP) // (whole + GAP), rows))
    below = max(1, (height + 1) // panel)
    columns = next((number for number in range(1, most + 1) if -(-rows // number) <= below), most)
    return Panels(columns, min(rows, columns * below), max(1, (width + GAP) // columns - GAP), panel)


def draw_panels(
    cells: Cells,
    top: int,
    config: EchoConfig,
    windows: Sequence[Steps],
    lines: Sequence[RowLine],
    panels: Panels,
    first: int,
    cursor: TimeStep | None,
    has_focus: bool,
) -> None:
    """Draw a panel for each row from ``first`` on. The titles also name the symbols, as far as there is room."""
    label, newest = len(lines[0].label), windows[-1]
    tape = lay_tape(config, windows, panels.width - label, cursor and cursor.step)
    scales, rows = (scale_of(newest.x), scale_of(newest.y)), slice(first, first + panels.shown)
    drawn = [[blocks_of(config, piece.steps.of(rows), line, scales) for piece in tape] for line in lines]
    names = names_beside((config.the_task.inputs, config.the_task.outputs))
    for place in range(panels.shown):
        row, x, y = (
            first + place,
            place % panels.columns * (panels.width + GAP),
            place // panels.columns * panels.height,
        )
        lit = has_focus and (cursor is None or cursor.row == row)
        sign = FOCUSED if lit and (cursor is not None or top + x + y == 0) else ""
        at = label + tape[-1].x if tape[-1].x and not names else 0
        room = panels.width - at - len(sign)
        text = sign + title(config, tape[-1], row, lines, room - len(f"  {names[0]}" if names else ""))
        while names and len(f"{text}  {names[0]}") <= room:
            text += f"  {names.pop(0)}"
        cells.write(x + at, top + y, text, "focused" if lit else "text")
        for line, of_line in zip(lines, drawn, strict=True):
            y += 1
            cells.write(x, top + y, line.label, "muted")
            for piece, blocks in zip(tape, of_line, strict=True):
                at = x + label + piece.x
                end = draw_blocks(cells, at, top + y, blocks.of(np.s_[place, piece.begin : piece.end]))
                cells.write(end, top + y, piece.seam, "muted")
            _mark(cells, at, top + y, row, range(tape[-1].begin, tape[-1].end))
            if cursor is not None and cursor.row == row:
                _light(cells, x + label, top + y, config, tape, cursor, line)


def draw_blocks(cells: Cells, x: int, y: int, blocks: Blocks) -> int:
    """Draw a line of blocks; returns the column after it."""
    stamp(cells, x, y, blocks.texts.view("<U1")[np.newaxis], blocks.inks.repeat(2)[np.newaxis])
    return x + 2 * len(blocks.inks)


def _mark(cells: Cells, x: int, y: int, row: int, steps: range) -> None:
    cells.mark_each(x, y, 2 * len(steps), 1, lambda column, _: TimeStep(row, steps[column // 2]))


def _light(
    cells: Cells, x: int, y: int, config: EchoConfig, tape: Sequence[Piece], cursor: TimeStep, line: RowLine
) -> None:
    """Light a target and its prediction, or the inputs on which the target depends."""
    lags = lags_of_target(config, tape[-1].steps.window, cursor.step) if line.part == INPUT else (0,)
    for piece, step in filter(None, (place_of(tape, cursor.step - lag) for lag in lags)):
        text = value_text(config, piece.steps.of(cursor.row), step, line)
        cells.write(x + piece.x + 2 * (step - piece.begin), y, text, "source" if line.part == INPUT else "cursor")


class Rows(TimeStepView):
    """A panel for each row that fits: a title, and a line of blocks for each part, the newest window at the right."""

    key = "1"
    title = "rows"
    about = "Input, target and prediction of the newest windows"
    BINDINGS = [
        *cursor_keys(
            "Paused: cursor to an earlier time step",
            "Paused: cursor to a later time step",
            "Cursor, or the panels, a row up",
            "Cursor, or the panels, a row down",
        ),
        *FIVE_ROWS,
        LEAVE,
    ]

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        """Whole panels."""
        panels = arrange(config.batch_size, config.window_steps, row_lines(config, most - 1), width, most)
        return -(-panels.shown // panels.columns) * panels.height

    def reading_of(self, spot: object) -> str:
        frame = self._frame
        if frame is None or frame.progress is None or not isinstance(spot, TimeStep) or not self._has(spot):
            return ""
        return read(frame.own_config, frame.progress, *spot)

    def _extent(self, frame: Frame) -> tuple[int, int] | None:
        return None if frame.progress is None else (len(frame.progress.y), frame.progress.y.shape[1])

    def _rows_that_fit(self, frame: Frame) -> int:
        width, height = self.size
        lines = row_lines(frame.own_config, height - 1)
        return arrange(*(self._extent(frame) or (1, 1)), lines, width, height).shown

    def draw(self, cells: Cells) -> None:
        frame = self._frame
        if frame is None or frame.progress is None:
            cells.write(0, 0, shortened(self._message, cells.width), "text")
            if frame is not None and frame.is_new:
                draw_before(cells, frame.own_config)
            return
        config, windows = frame.own_config, [steps_of(one) for one in (*frame.tape, frame.progress)]
        lines, (rows, length) = row_lines(config, cells.height - 1), frame.progress.y.shape[:2]
        panels = arrange(rows, length, lines, cells.width, cells.height)
        first = min(self._first_row, rows - panels.shown)
        draw_panels(cells, 0, config, windows, lines, panels, first, self.at_cursor, self.has_focus)
        of = f"{first + 1} to {first + panels.shown} of {rows}"
        for text in (f" rows {of}: «focus», then «up»/«down» ", f" {of}: «focus» ", f" {of}"):
            begin = cells.width - len(self.keymap.text(text))
            if panels.shown < rows and begin > 0 and not cells.text(0)[begin:].strip():
                cells.write(begin, 0, text, "muted")


# ---- texts


def title(config: EchoConfig, newest: Piece, row: int, lines: Sequence[RowLine], width: int) -> str:
    """How much of a row is right, or its squared error, in the longest form that fits."""
    steps = newest.steps.of(row)
    name, count, length = f"row {row + 1}", int(steps.scored.sum()), len(steps.scored)
    more = f", steps {newest.begin + 1} to {newest.end}" * (newest.end - newest.begin < length) + left_out(
        config, lines
    )
    if steps.said is None or not count:
        whole, short = f"{'all' if count == length else f'{count} of {length}'} targets count", f"{count} count"
    elif config.has_classes:
        right = int(((steps.said.argmax(axis=-1) == steps.y) & steps.scored).sum())
        whole, short = f"{right} of {count} right", f"{right}/{count}"
    else:
        short = loss_text(float(np.square(steps.said - steps.y)[steps.scored].mean()))
        whole = f"squared error {short}"
    forms = (f"{name}: {whole}{more}", f"{name}: {short}{more}", f"{name}: {short}", name)
    return next((form for form in forms if len(form) <= width), "")


def left_out(config: EchoConfig, lines: Sequence[RowLine]) -> str:
    """The numbers that have no line."""
    task, shown = config.the_task, max(line.channel for line in lines) + 1
    most = max(form.count if isinstance(form, Numbers) else 1 for form in (task.inputs, task.outputs))
    channels = "channel 1" if shown == 1 else f"channels 1 to {shown}"
    return f", {channels} of {most}" if shown < most else ""


class Source(StrEnum):
    """Where the input lies that a target of the echo repeats."""

    WINDOW = "this window"
    BEFORE = "before this window"
    ABOVE = "the row above"
    BLANK = "blank"


def source_of(config: EchoConfig, window: int, row: int, step: int) -> Source:
    """Of the target at a row and step of a window of an epoch, all from 0."""
    if window * config.window_stride + step < config.echo_step:
        return Source.ABOVE if row and config.row_start == "previous_row" else Source.BLANK
    return Source.WINDOW if step >= config.echo_step else Source.BEFORE


def read(config: EchoConfig, progress: Progress, row: int, step: int) -> str:
    return text_of(config, steps_of(progress), row, step)


def text_of(config: EchoConfig, steps: Steps, row: int, step: int) -> str:
    """A text about a target: the inputs on which it depends, and what the network says."""
    of_row, task, is_echo = steps.of(row), config.the_task, config.value("task") == "echo"
    lags = lags_of_target(config, steps.window, step)
    one_value = isinstance(task.inputs, Symbols) or task.inputs.count == 1

    def source(lag: int, brevity: int) -> str:
        if brevity >= 3 or (step >= lag and not one_value):
            return f"t-{lag}"
        if step < lag:
            return f"t-{lag} ({'before the window' if brevity < 2 else 'earlier'})"
        return f"t-{lag} ({value_words(task.inputs, of_row.x[step - lag], 2)})"

    def text(brevity: int) -> str:
        place = f"row {row + 1}, step {step + 1}: "
        place += "" if is_echo else f"input {input_words(task.inputs, of_row.x[step], brevity)}; "
        if not of_row.scored[step]:
            return f"{place}no target counts here"
        place += f"target {value_words(task.outputs, of_row.y[step], brevity)}"
        if is_echo:
            place += f" {echoed(config, steps.window, row, step)}"
        elif lags:
            place += f" depends on {', '.join(source(lag, brevity) for lag in lags)}"
        if of_row.said is None:
            return place
        return f"{place}; {network_words(task.outputs, of_row.said[step], of_row.y[step], brevity)}"

    return first_that_fits(text)


def echoed(config: EchoConfig, window: int, row: int, step: int) -> str:
    source = step - config.echo_step
    return {
        Source.WINDOW: f"echoes step {source + 1}",
        Source.BEFORE: f"echoes {-source} steps before this window",
        Source.ABOVE: "echoes the row above",
        Source.BLANK: "is blank",
    }[source_of(config, window, row, step)]


# ---- before the first window


class Fact(NamedTuple):
    about: str  # the subject in a word
    text: str


def facts(config: EchoConfig) -> list[Fact]:
    """What is known about a network before it is trained, the most important first."""
    rungs, solved = ladder_of(config), solved_level(config)
    if len(rungs) > MOST_RUNGS:
        rungs = (*rungs[: MOST_RUNGS - 1], rungs[-1])
    mean = f"a mean loss of the last {deciding_windows(config):,} windows below {loss_text(solved, 3)}"
    lines = [
        Fact("task", f"{name_of(config.the_task)}: {first_sentence(config)}"),
        Fact("with", fields_text(values_of(config.the_task))),
        Fact("data", data_text(config)),
        Fact("solved", mean if solved > 0 else ""),
        Fact("loss", f"{config.loss_name}{'' if rungs else '; what can be reached is not known'}"),
        *(Fact(loss_text(rung.loss, 3), f"{rung.name}: {rung.knows}") for rung in rungs),
    ]
    return [line for line in lines if line.text]


def first_sentence(config: EchoConfig) -> str:
    """The description of the task in its author's words, without the source."""
    whole = " ".join((type(config.the_task).__doc__ or "").split())
    text = re.sub(r"\s*(\([^)]*\))?[.:]?$", "", re.split(r"(?<=[.:])\s", whole)[0])
    return text[:1].lower() + text[1:]


def data_text(config: EchoConfig) -> str:
    rows = "1 row" if config.batch_size == 1 else f"{config.batch_size:,} rows"
    if config.is_stream:
        return f"{rows} of {config.row_length:,} steps, cut into windows of {config.window_steps}; the state is carried"
    cut = config.gradient_cut
    follows = "" if cut is None else f", the gradient cut after every {cut:,} step{'s' * (cut != 1)}"
    return f"{rows} of {config.windows_per_epoch:,} trials of {config.window_steps} steps, a window each{follows}"


def draw_before(cells: Cells, config: EchoConfig) -> None:
    """The data of the first window's first row, and below it the facts."""
    y, window = 1, steps_to_come(config, 0, 0, 0)
    if window is not None:
        row, name = window.of(0), "window" if config.is_stream else "trial"
        about = {
            INPUT: f"the first {name} of row 1",
            TARGET: f"its targets{'' if row.scored.all() else ' (-: does not count)'}",
        }
        for y, line in enumerate(row_lines(config, cells.height // 3, (INPUT, TARGET)), 1):
            x = cells.write(0, y, line.label, "muted")
            x = draw_blocks(cells, x, y, blocks_of(config, row, line, (scale_of(row.x), scale_of(row.y))))
            if line.channel == 0 and x + GAP + len(about[line.part]) <= cells.width:
                cells.write(x + GAP, y, about[line.part], "muted")
        y += 1
    draw_facts(cells, y + (cells.height > y + len(facts(config))), facts(config))


def draw_facts(cells: Cells, y: int, lines: Sequence[Fact]) -> None:
    for number, (about, text) in enumerate(lines[: max(0, cells.height - y)], y):
        cells.write(0, number, about, "muted")
        cells.write(ABOUT_WIDTH, number, shortened(cells.keymap.text(text), cells.width - ABOUT_WIDTH), "text")
