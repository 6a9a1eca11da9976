"""View 1, rows: input, target and prediction of several rows of the batch, as two characters per
time step."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from textual.geometry import Region

from echornn.config import EchoConfig, fields_text
from echornn.data.levels import deciding_windows, ladder_of, solved_level
from echornn.data.series import batch_of, lags_of_target
from echornn.diagnosis.loss_stats import bits_text, loss_text
from echornn.progress import Bools, Progress
from echornn.session.pictures.frame import Frame
from echornn.tasks.table import name_of
from echornn.tasks.table import values_of as settings_of
from echornn.tasks.task import Batch, Numbers, Symbols, TaskError
from tui.views.blocks import (
    Blocks,
    Form,
    channel_label,
    names_beside,
    predicted_blocks,
    scale_of,
    signs_of,
    value_blocks,
    widest,
)
from tui.views.canvas import Cells, stamp, write_in
from tui.views.targets import Source, source_of
from tui.views.text import LONGEST, network_words, shortened, value_words
from tui.views.view import FOCUSED, TimeStep, TimeStepView, extent

INPUT, TARGET, PREDICTION = PARTS = "input", "target", "prediction"  # also the names of their inks
NOT_SCORED = "- "  # the target of a time step that does not count in the loss
# The seams between windows: the state is carried, begins at zero, or some are missing
WINDOW, EPOCH, MISSING = "│║┆"
FAR = 10**9  # steps; no source lies so far back
GAP = 2  # columns between panels
ABOUT_WIDTH = 8  # columns of the subject before each fact
# Time steps of the longest series that is drawn; a longer one would block the screen
MOST_SYMBOLS = 1_000_000


def values_of(window: Progress, part: str) -> npt.NDArray[Any]:
    """Symbols [rows, T], numbers [rows, T, count], or predictions [rows, T, outputs]."""
    return {INPUT: window.x, TARGET: window.y, PREDICTION: window.outputs}[part]


def scored_in(window: Progress) -> Bools:
    return window.scored if window.scored.size else np.ones(window.y.shape[:2], np.bool_)


def untrained(config: EchoConfig, data_version: int, epoch: int, window: int) -> Progress | None:
    batch, begin, none = (
        epoch_data(config, data_version, epoch),
        window * config.window_stride,
        np.zeros(0, np.float32),
    )
    if batch is None:
        return None
    x, y, scored = (
        one[:, begin : begin + config.window_steps] for one in (batch.x, batch.y, batch.scored)
    )
    return Progress(none, none.astype(np.int32), epoch, window, x, y, none, none, scored=scored)


@lru_cache(maxsize=2)
def epoch_data(config: EchoConfig, data_version: int, epoch: int) -> Batch | None:
    try:
        return (
            batch_of(config, data_version, epoch)
            if config.total_series_length <= MOST_SYMBOLS
            else None
        )
    except TaskError:
        return None


# ---- the lines of a row


class RowLine(NamedTuple):
    label: str
    part: str
    channel: int = 0  # which of several numbers


def row_lines(config: EchoConfig, most: int, parts: Sequence[str] = PARTS) -> tuple[RowLine, ...]:
    words = {
        INPUT: "input",
        TARGET: "echo" if config.value("task") == "echo" else "target",
        PREDICTION: "pred",
    }
    forms = {part: _form(config, part) for part in parts}
    counts = {part: form.count if isinstance(form, Numbers) else 1 for part, form in forms.items()}
    shown = max(counts.values())
    while shown > 1 and sum(min(shown, count) for count in counts.values()) > most:
        shown -= 1
    lines = [
        RowLine(f"{words[part]}{channel_label(forms[part], channel)} ", part, channel)
        for part, count in counts.items()
        for channel in range(min(shown, count))
    ]
    width = max(len(line.label) for line in lines)
    return tuple(line._replace(label=line.label.ljust(width)) for line in lines)


def _form(config: EchoConfig, part: str) -> Form:
    return config.the_task.inputs if part == INPUT else config.the_task.outputs


def blocks_of(
    config: EchoConfig, window: Progress, rows: slice, line: RowLine, scale: float
) -> Blocks:
    """The blocks of a line, [rows, T].

    Steps that do not count are dim, and their target is a dash.
    """
    form, part, values, scored = (
        _form(config, line.part),
        line.part,
        values_of(window, line.part),
        scored_in(window),
    )
    if part == PREDICTION and isinstance(form, Symbols):
        blocks = predicted_blocks(form, window.y[rows], values[rows], scored[rows])
    else:
        blocks = value_blocks(form, values[rows], part, line.channel, scale)
    return (
        blocks
        if part == INPUT
        else blocks.where(~scored[rows], NOT_SCORED if part == TARGET else None, "dim")
    )


def value_text(config: EchoConfig, window: Progress, row: int, step: int, line: RowLine) -> str:
    form, value = _form(config, line.part), values_of(window, line.part)[row, step]
    counts, target = scored_in(window)[row, step], window.y[row, step]
    if line.part == TARGET and not counts:
        return NOT_SCORED
    if isinstance(form, Numbers):
        return number_text(float(value[line.channel]))
    symbol, mark = value, " "
    if line.part == PREDICTION:
        symbol = value.argmax()
        mark = "<" if counts and symbol != target else " "
    return f"{symbol:>2}" if form.count == 2 else f"{signs_of(form)[symbol]}{mark}"[:2]


def number_text(value: float) -> str:
    """Two characters: sign and first digit, ``.5`` and ``-.`` within 1, ``++`` and ``--`` from 10
    on."""
    sign, size = "-" if value < 0 else "+", abs(value)
    if not size < 9.5:
        return sign * 2 if size == size else "? "
    if size >= 0.95:
        return f"{sign}{size:.0f}"
    return " 0" if size < 0.05 else "-." if value < 0 else f".{min(9, round(10 * size))}"


# ---- a window of one row, in other views

MANY = 99  # lines


class BlockLine(NamedTuple):
    label: str
    blocks: Blocks  # [1, T]
    channel: int = 0  # later ones go first if there are too few lines


def least_block(*forms: Form) -> int:
    """The columns in which symbols can be told apart, 1 or 2."""
    return max(
        1 if isinstance(form, Numbers) or form.count == 2 else widest(signs_of(form))
        for form in forms
    )


def part_lines(
    config: EchoConfig,
    window: Progress,
    part: str,
    lit: Iterable[int] = (),
    ink: str = "cursor",
    block: int = 2,
) -> list[BlockLine]:
    lines, scale = [], scale_of(values_of(window, INPUT if part == INPUT else TARGET))
    for line in row_lines(config, MANY, (part,)):
        blocks = blocks_of(config, window, np.s_[:], line, scale)
        for step in lit:
            blocks = light(blocks, step, value_text(config, window, 0, step, line), ink, block)
        lines.append(BlockLine(line.label, blocks, line.channel))
    return lines


def light(blocks: Blocks, step: int, text: str, ink: str, block: int) -> Blocks:
    """With a text of two characters at a step; in one column its sign, or the digit of a number
    below 1."""
    short = text if block == 2 else (text.strip().lstrip("+.") or text)[:1]
    return blocks.where(np.arange(blocks.inks.shape[1]) == step, short, ink)


def draw_blocks(
    cells: Cells, box: Region, y: int, line: BlockLine, at: int, steps: slice, block: int
) -> None:
    write_in(cells, box, y, line.label, "muted")
    characters, inks = line.blocks.line(0, steps.start, steps.stop)
    stamp(cells, box.x + at, box.y + y, characters[:, :: 3 - block], inks[:, :: 3 - block])


# ---- windows end to end, in a panel for each row


class TapePiece(NamedTuple):
    """Of a window the steps ``begin`` to ``end`` - 1, drawn from column ``x`` on and followed by a
    seam, or by none."""

    window: Progress
    x: int
    begin: int
    end: int
    seam: str
    # Its step 0, counted from the newest window's; `FAR` away if the state was not carried on to
    # that
    first: int


def lay_tape(
    config: EchoConfig, windows: Sequence[Progress], width: int, step: int | None = None
) -> list[TapePiece]:
    """As many of the newest windows as fit, oldest first; if not even the newest does, its end, or
    from ``step`` on."""
    pieces: list[TapePiece] = []
    room, seam, end, first = width, "", windows[-1].y.shape[1], 0
    for index in reversed(range(len(windows))):
        count = max(0, min(end, (room - len(seam)) // 2))
        if pieces and not count:
            break
        if not pieces and step is not None and step < end - count:
            end = step + max(1, count)
        room -= 2 * count + len(seam)
        pieces.insert(0, TapePiece(windows[index], room, end - count, end, seam, first))
        if index:
            seam, end = _seam(config, windows[index - 1], windows[index])
            first -= end if seam == WINDOW else FAR
    return pieces if len(pieces) > 1 else [pieces[0]._replace(x=0)]


def _seam(config: EchoConfig, before: Progress, after: Progress) -> tuple[str, int]:
    length = before.y.shape[1]
    apart = (after.epoch - before.epoch) * config.windows_per_epoch + after.window - before.window
    if after.epoch != before.epoch or apart < 1:
        return EPOCH if apart == 1 else MISSING, length
    seam = MISSING if apart > 1 else WINDOW if config.is_stream else EPOCH
    return seam, min(length, apart * config.window_stride)


class Panels(NamedTuple):
    lines: tuple[RowLine, ...]  # below the title of each
    label: int  # columns before the blocks
    columns: int  # panels side by side
    first: int  # the row of the first
    shown: int  # panels in all
    width: int  # of each, without the gap
    height: int


def arrange(
    config: EchoConfig,
    extent: tuple[int, int],
    width: int,
    height: int,
    parts: Sequence[str] = PARTS,
    first: int = 0,
) -> Panels:
    """Panels for some rows: as few side by side as possible, but each wide enough for a window, if
    the screen is."""
    (rows, length), lines = extent, row_lines(config, height - 1, parts)
    label, panel = len(lines[0].label), 1 + len(lines)
    most = max(1, min((width + GAP) // (label + 2 * length + GAP), rows))
    below = max(1, height // panel)
    columns = next((number for number in range(1, most + 1) if -(-rows // number) <= below), most)
    shown = min(rows, columns * below)
    return Panels(
        lines,
        label,
        columns,
        min(first, rows - shown),
        shown,
        (width + GAP) // columns - GAP,
        panel,
    )


def draw_panels(
    view: TimeStepView,
    cells: Cells,
    top: int,
    config: EchoConfig,
    windows: Sequence[Progress],
    panels: Panels,
) -> None:
    cursor, label, rows = (
        view.at_cursor,
        panels.label,
        slice(panels.first, panels.first + panels.shown),
    )
    tape = lay_tape(config, windows, panels.width - label, cursor and cursor.step)
    newest = tape[-1]
    corners = [
        (
            place % panels.columns * (panels.width + GAP),
            top + place // panels.columns * panels.height,
        )
        for place in range(panels.shown)
    ]
    for number, line in enumerate(panels.lines, 1):
        scale = scale_of(values_of(newest.window, INPUT if line.part == INPUT else TARGET))
        for piece in tape:
            blocks = blocks_of(config, piece.window, rows, line, scale)
            for place, (x, y) in enumerate(corners):
                x += label + piece.x
                stamp(cells, x, y + number, *blocks.line(place, piece.begin, piece.end))
                cells.write(x + 2 * (piece.end - piece.begin), y + number, piece.seam, "muted")
    names = names_beside((config.the_task.inputs, config.the_task.outputs))
    for row, (x, y) in enumerate(corners, panels.first):
        has_cursor = cursor is not None and cursor.row == row
        lit = view.has_focus and (cursor is None or has_cursor)
        sign = FOCUSED if lit and (has_cursor or x + y == 0) else ""
        at = label + newest.x if newest.x and not names else 0
        room = panels.width - at - len(sign)
        text = sign + title(
            config, newest, row, panels.lines, room - len(f"  {names[0]}" if names else "")
        )
        while names and len(f"{text}  {names[0]}") <= room:
            text += f"  {names.pop(0)}"
        cells.write(x + at, y, text, "focused" if lit else "text")
        for column, step in enumerate(range(newest.begin, newest.end)):
            cells.mark(
                x + label + newest.x + 2 * column, y + 1, 2, len(panels.lines), TimeStep(row, step)
            )
        for number, line in enumerate(panels.lines, y + 1):
            cells.write(x, number, line.label, "muted")
            if cursor is not None and has_cursor:
                _light(cells, x + label, number, config, tape, cursor, line)


def _light(
    cells: Cells,
    x: int,
    y: int,
    config: EchoConfig,
    tape: Sequence[TapePiece],
    cursor: TimeStep,
    line: RowLine,
) -> None:
    lags = (
        lags_of_target(config, tape[-1].window.window, cursor.step) if line.part == INPUT else (0,)
    )
    for piece in tape:
        for step in (cursor.step - lag - piece.first for lag in lags):
            if piece.begin <= step < piece.end:
                text = value_text(config, piece.window, cursor.row, step, line)
                ink = "source" if line.part == INPUT else "cursor"
                cells.write(x + piece.x + 2 * (step - piece.begin), y, text, ink)


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
        frame = self._frame
        if frame.progress is None:
            cells.write(0, 0, shortened(self._message, cells.width), "text")
            if frame.is_new:
                self._draw_before(cells, frame.own_config)
            return
        rows, _ = size = extent(frame)
        panels = arrange(frame.own_config, size, cells.width, cells.height, first=self._first_row)
        draw_panels(self, cells, 0, frame.own_config, (*frame.tape, frame.progress), panels)
        of = f"{panels.first + 1} to {panels.first + panels.shown} of {rows}"
        for text in (f" rows {of}: «focus», then «up»/«down» ", f" {of}: «focus» ", f" {of}"):
            begin = cells.width - len(self.keymap.text(text))
            if panels.shown < rows and begin > 0 and cells.text(0)[begin:].isspace():
                cells.write(begin, 0, text, "muted")

    def _draw_before(self, cells: Cells, config: EchoConfig) -> None:
        y, window, known = 1, untrained(config, 0, 0, 0), facts(config)
        if window is not None:
            extent = 1, config.window_steps
            panels = arrange(config, extent, cells.width, cells.height // 3, (INPUT, TARGET))
            draw_panels(self, cells, y, config, [window], panels)
            y += panels.height
        draw_facts(cells, y + (cells.height > y + len(known)), known)


# ---- texts


def title(
    config: EchoConfig, newest: TapePiece, row: int, lines: Sequence[RowLine], width: int
) -> str:
    window, scored = newest.window, scored_in(newest.window)[row]
    name, count, length = f"row {row + 1}", int(scored.sum()), len(scored)
    task, shown = config.the_task, max(line.channel for line in lines) + 1
    most = max(
        form.count if isinstance(form, Numbers) else 1 for form in (task.inputs, task.outputs)
    )
    more = (
        f", steps {newest.begin + 1} to {newest.end}" if newest.end - newest.begin < length else ""
    )
    more += f", channels 1 to {shown} of {most}" if shown < most else ""
    if not window.outputs.size or not count:
        score = f"{'all' if count == length else f'{count} of {length}'} targets count"
    elif config.has_classes:
        score = (
            f"{int(((window.outputs[row].argmax(axis=-1) == window.y[row]) & scored).sum())} of "
            f"{count} right"
        )
    else:
        with np.errstate(over="ignore"):  # the outputs may have diverged
            error = float(np.square(window.outputs[row] - window.y[row])[scored].mean())
        score = f"squared error {loss_text(error)}"
    short = score.removeprefix("squared error ")
    forms = (f"{name}: {score}{more}", f"{name}: {short}{more}", f"{name}: {short}", name)
    return next((form for form in forms if len(form) <= width), "")


def read(config: EchoConfig, window: Progress, row: int, step: int) -> str:
    task, is_echo, lags = (
        config.the_task,
        config.value("task") == "echo",
        lags_of_target(config, window.window, step),
    )
    sources = f" depends on {', '.join(f't-{lag}' for lag in lags)}" if lags else ""
    if is_echo:
        back = step - config.echo_step
        sources = {
            Source.WINDOW: f" echoes step {back + 1}",
            Source.BEFORE: f" echoes {-back} steps before this window",
            Source.ABOVE: " echoes the row above",
            Source.BLANK: " is blank",
        }[source_of(config, window.window, row, step)]

    place = f"row {row + 1}, step {step + 1}: "
    place += "" if is_echo else f"input {value_words(task.inputs, window.x[row, step])}; "
    if not scored_in(window)[row, step]:
        return f"{place}no target counts here"
    text = f"{place}target {value_words(task.outputs, window.y[row, step])}{sources}"
    if window.outputs.size:
        text += f"; {network_words(task.outputs, window.outputs[row, step], window.y[row, step])}"
    return shortened(text, LONGEST)


def facts(config: EchoConfig) -> dict[str, str]:
    """What is known about a network before it is trained, the most important first: a subject and a
    text each."""
    rungs, solved = ladder_of(config), solved_level(config)
    mean = (
        f"a mean loss of the last {deciding_windows(config):,} windows below {loss_text(solved, 3)}"
    )
    lines = {
        "task": f"{name_of(config.the_task)}: {first_sentence(config)}",
        "with": fields_text(settings_of(config.the_task)),
        "text": config.the_task.note,
        "data": data_text(config),
        "solved": mean if solved > 0 else "",
        "loss": f"{config.loss_name}{'' if rungs else '; what can be reached is not known'}",
        **{
            loss_text(rung.loss, 3): f"{rung.name}{bits_text(config, rung.loss)}: {rung.knows}"
            for rung in rungs
        },
    }
    return {about: text for about, text in lines.items() if text}


def first_sentence(config: EchoConfig) -> str:
    whole = " ".join((type(config.the_task).__doc__ or "").split())
    text = re.sub(r"\s*(\([^)]*\))?[.:]?$", "", re.split(r"(?<=[.:])\s", whole)[0])
    return text[:1].lower() + text[1:]


def data_text(config: EchoConfig) -> str:
    rows = "1 row" if config.batch_size == 1 else f"{config.batch_size:,} rows"
    if config.is_stream and config.windows_per_epoch == 1:
        return (
            f"{rows} of {config.row_length:,} steps, each a window of {config.window_steps}; "
            "the state begins with zero"
        )
    if config.is_stream:
        return (
            f"{rows} of {config.row_length:,} steps, cut into windows of {config.window_steps}; "
            "the state is carried"
        )
    cut = config.gradient_cut
    follows = (
        "" if cut is None else f", the gradient cut after every {cut:,} step{'s' * (cut != 1)}"
    )
    return (
        f"{rows} of {config.windows_per_epoch:,} trials of {config.window_steps} steps, a window "
        f"each{follows}"
    )


def draw_facts(cells: Cells, y: int, lines: dict[str, str]) -> None:
    for number, (about, text) in enumerate(lines.items(), y):
        cells.write(0, number, about, "muted")
        cells.write(ABOUT_WIDTH, number, shortened(text, cells.width - ABOUT_WIDTH), "text")
