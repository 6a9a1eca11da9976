"""The lines of a row: inputs, targets and predictions of any task, as cells of two characters per time step."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig, fields_text
from echornn.data.levels import (
    chance_level,
    deciding_windows,
    guessing_errors,
    ladder_of,
    solved_level,
)
from echornn.data.series import batch_of, lags_of_target
from echornn.diagnosis.loss_stats import loss_text
from echornn.progress import Bools, Progress
from echornn.session.pictures.frame import Frame
from echornn.tasks.table import name_of, values_of
from echornn.tasks.task import Level, Numbers, Symbols, TaskError
from tui.views.blocks import (
    Block,
    blocks_of_symbols,
    channel_label,
    names_beside,
    predicted_blocks,
    scale_of,
    signed_blocks,
    signs_of,
    symbol_text,
)
from tui.views.canvas import Cells
from tui.views.text import first_that_fits, input_words, network_words, shortened, value_words
from tui.views.view import FIVE_ROWS, FOCUSED, LEAVE, TimeStep, TimeStepView, cursor_keys

INPUT, TARGET, PREDICTION = "input", "target", "pred"
STYLES = {INPUT: "input", TARGET: "target", PREDICTION: "prediction"}

NOT_SCORED = "- "
"""The target of a time step that does not count in the loss."""


class RowLine(NamedTuple):
    """A line of a row.

    Attributes:
        label: the text before it.
        part: what it shows: `INPUT`, `TARGET` or `PREDICTION`.
        channel: which of several numbers, from 0.
    """

    label: str
    part: str
    channel: int = 0


ECHO_LINES = RowLine("input ", INPUT), RowLine("echo  ", TARGET), RowLine("pred  ", PREDICTION)


@dataclass(frozen=True, eq=False)
class RowData:
    """One row of a window.

    Attributes:
        x, y: symbols, uint8 [T]; or numbers, float32 [T, count].
        scored: bool [T], the steps that count.
        said: float32 [T, outputs], the probabilities or numbers of the network; None before it is trained.
    """

    x: npt.NDArray[Any]
    y: npt.NDArray[Any]
    scored: Bools
    said: npt.NDArray[np.float32] | None = None

    @classmethod
    def of(cls, progress: Progress, row: int) -> RowData:
        """A row of the newest window."""
        scored = progress.scored if progress.scored.size else np.ones(progress.y.shape[:2], np.bool_)
        return cls(progress.x[row], progress.y[row], scored[row], progress.outputs[row])


def row_lines(config: EchoConfig, most: int, parts: Sequence[str] = tuple(STYLES)) -> tuple[RowLine, ...]:
    """The lines of a row, of at most ``most`` if a line for each part is enough; if there are many channels, only lines
    of the first ones.
    """
    if config.value("task") == "echo":
        return ECHO_LINES
    task = config.the_task
    forms = {part: task.inputs if part == INPUT else task.outputs for part in parts}
    counts = {part: _channels(form) for part, form in forms.items()}
    shown = max(counts.values())
    while shown > 1 and sum(min(shown, count) for count in counts.values()) > most:
        shown -= 1
    labels = {
        (part, channel): f"{part}{channel_label(forms[part], channel)}"
        for part, count in counts.items()
        for channel in range(min(shown, count))
    }
    width = max(map(len, labels.values())) + 1
    return tuple(RowLine(label.ljust(width), *key) for key, label in labels.items())


def left_out(config: EchoConfig, lines: tuple[RowLine, ...]) -> str:
    """The channels that have no line, in words; empty if all have a line."""
    task, shown = config.the_task, max(line.channel for line in lines) + 1
    most = max(_channels(task.inputs), _channels(task.outputs))
    channels = "channel 1" if shown == 1 else f"channels 1 to {shown}"
    return f", {channels} of {most}" if shown < most else ""


def cells_of(config: EchoConfig, data: RowData, line: RowLine, scales: tuple[float, float]) -> list[Block]:
    """The cells of a line, one per time step. Steps that are not scored are dimmed, and their target is a dash.

    Args:
        scales: the sizes of an input and of an output that the largest block stands for, if they are numbers.
    """
    if line.part == INPUT:
        return _values(config.the_task.inputs, data.x, line, scales[0])
    outputs = config.the_task.outputs
    if line.part == TARGET:
        cells = _values(outputs, data.y, line, scales[1])
        return [
            cell if counts else (NOT_SCORED, "dim") for cell, counts in zip(cells, data.scored.tolist(), strict=True)
        ]
    if data.said is None:
        return []
    if isinstance(outputs, Symbols):
        cells = predicted_blocks(data.y, data.said, data.scored, signs_of(outputs))
    else:
        cells = _values(outputs, data.said, line, scales[1])
    return [
        (text, style if counts else "dim") for (text, style), counts in zip(cells, data.scored.tolist(), strict=True)
    ]


def scales_of(config: EchoConfig, x: npt.NDArray[Any], y: npt.NDArray[Any]) -> tuple[float, float]:
    """The largest input and the largest target of a window, if they are numbers."""
    return (
        scale_of(x) if isinstance(config.the_task.inputs, Numbers) else 1.0,
        scale_of(y) if isinstance(config.the_task.outputs, Numbers) else 1.0,
    )


def value_text(config: EchoConfig, data: RowData, step: int, line: RowLine) -> str:
    """The value of a time step on a line in two characters; see `cells_of`."""
    is_input = line.part == INPUT
    form = config.the_task.inputs if is_input else config.the_task.outputs
    if line.part == TARGET and not data.scored[step]:
        return NOT_SCORED
    values = data.x[step] if is_input else data.y[step]
    said = None if line.part != PREDICTION or data.said is None else data.said[step]
    if isinstance(form, Numbers):
        return number_text(float((values if said is None else said)[line.channel]))
    if said is None:
        return cell_text(int(values), form)
    predicted = int(said.argmax())
    return cell_text(predicted, form, "<" if predicted != int(values) and data.scored[step] else " ")


def cell_text(symbol: int, form: Symbols, mark: str = " ", most: int = 2) -> str:
    """A symbol as a text of two characters: right-aligned with two classes, else its sign with a mark.

    Args:
        most: see `signs_of`.
    """
    return f"{symbol:>2}" if form.count == 2 else symbol_text(symbol, mark, signs_of(form, most))


def number_text(value: float) -> str:
    """A number in two characters: sign and first digit, ``.5`` and ``-.`` within 1, ``++`` and ``--`` from 10 on."""
    sign = "-" if value < 0 else "+"
    size = abs(value)
    if not size < 9.5:
        return sign * 2 if size == size else "? "
    if size >= 0.95:
        return f"{sign}{size:.0f}"
    if size < 0.05:
        return " 0"
    return "-." if value < 0 else f".{min(9, round(10 * size))}"


def _channels(form: Symbols | Numbers) -> int:
    return form.count if isinstance(form, Numbers) else 1


def _values(
    form: Symbols | Numbers,
    values: npt.NDArray[Any],
    line: RowLine,
    scale: float,
) -> list[Block]:
    style = STYLES[line.part]
    if isinstance(form, Symbols):
        return blocks_of_symbols(values, form.count, style, signs_of(form))
    characters, _ = signed_blocks(values[:, line.channel], scale)
    return [(character * 2, style) for character in characters.tolist()]


@dataclass(frozen=True)
class TapeWindow:
    """A window on the tape: steps ``begin`` to ``end`` - 1 are drawn from column ``x`` on, followed by a seam.

    If windows overlap, the shared steps are drawn only in the later one.
    """

    progress: Progress
    x: int
    begin: int
    end: int
    seam: str

    def __contains__(self, step: int) -> bool:
        return self.begin <= step < self.end


def lay_tape(
    config: EchoConfig, windows: tuple[Progress, ...], width: int, step: int | None = None
) -> list[TapeWindow]:
    """The newest windows that fit on ``width`` characters, oldest first, with the newest at the right end.

    If even the newest window does not fit, only its newest time steps are shown, or those from ``step`` on.
    """
    pieces: list[TapeWindow] = []
    room = width
    seam = ""
    end = windows[-1].x.shape[1]
    for progress, before in zip(reversed(windows), [*reversed(windows[:-1]), None], strict=True):
        steps = min(end, (room - len(seam[:1])) // 2)
        if not pieces and step is not None and step < end - steps:
            end = step + max(1, steps)
        if steps < 1:
            break
        room -= 2 * steps + len(seam[:1])
        pieces.append(TapeWindow(progress, room, end - steps, end, seam))
        if before is not None:
            seam, end = seam_between(config, before, progress), steps_before(config, before, progress)
    shift = pieces[0].x if pieces and len(pieces) == 1 else 0
    return [replace(one, x=one.x - shift) for one in reversed(pieces)] or [TapeWindow(windows[-1], 0, end, end, "")]


def steps_before(config: EchoConfig, before: Progress, after: Progress) -> int:
    """How many steps of the window ``before`` come before ``after`` begins: fewer than all if the windows overlap."""
    length: int = before.x.shape[1]
    if before.epoch != after.epoch or before.window >= after.window:
        return length
    return min(length, (after.window - before.window) * config.window_stride)


def seam_between(config: EchoConfig, before: Progress, after: Progress) -> str:
    """The kind of seam between two windows: they are adjacent (window), an epoch or a trial ends (epoch), or windows
    are missing (gap).
    """
    first, second = ((one.epoch * config.windows_per_epoch + one.window) for one in (before, after))
    if second != first + 1:
        return "gap"
    return "window" if before.epoch == after.epoch and config.is_stream else "epoch"


MOST_SYMBOLS = 1_000_000
"""The longest series whose symbols are drawn, in time steps; drawing a longer one would block the screen."""

MOST_RUNGS = 6
"""The most rungs of a ladder that are listed."""

ABOUT_WIDTH = 8
"""The columns of the subject at the beginning of each line."""


class Fact(NamedTuple):
    """A line of text about the network: its subject in a word, and a statement."""

    about: str
    text: str


def known(config: EchoConfig) -> list[Fact]:
    """The lines of text about a single network of this configuration, the most important first."""
    if config.value("task") != "echo":
        return _known_of_any_task(config)
    rows = "a row" if config.batch_size == 1 else f"{config.batch_size:,} rows"
    right = f"{1 - guessing_errors(config):.0%} right"
    return [
        Fact("task", f"tell the input {then(config.echo_step)}, in {rows} of {config.row_length:,} symbols"),
        Fact("chance", f"{loss_text(chance_level(config), 3)} nats: the loss of guessing, {right}"),
        _solved(config),
    ]


def _solved(config: EchoConfig) -> Fact:
    last, level = deciding_windows(config), loss_text(solved_level(config), 3)
    return Fact("solved", f"a mean loss of the last {last:,} windows below {level}")


def _known_of_any_task(config: EchoConfig) -> list[Fact]:
    rungs, solved = ladder_of(config), solved_level(config)
    return [
        Fact("task", f"{name_of(config.the_task)}: {first_sentence(config)}"),
        *([Fact("with", settings)] if (settings := fields_text(values_of(config.the_task))) else []),
        Fact("data", data_text(config)),
        *([_solved(config)] if solved > 0 else []),
        Fact("loss", f"{config.loss_name}{'' if rungs else '; what can be reached is not known'}"),
        *(Fact(loss_text(rung.loss, 3), f"{rung.name}: {rung.knows}") for rung in _some(rungs)),
    ]


def _some(rungs: Sequence[Level]) -> Sequence[Level]:
    """The rungs, or the first and the last of many."""
    return rungs if len(rungs) <= MOST_RUNGS else (*rungs[: MOST_RUNGS - 1], rungs[-1])


def first_sentence(config: EchoConfig) -> str:
    """The description of the task in its author's words, without the source."""
    whole = " ".join((type(config.the_task).__doc__ or "").split())
    sentence = re.split(r"(?<=[.:])\s", whole)[0]
    text = re.sub(r"\s*(\([^)]*\))?[.:]?$", "", sentence)
    return text[:1].lower() + text[1:]


def data_text(config: EchoConfig) -> str:
    rows = "1 row" if config.batch_size == 1 else f"{config.batch_size:,} rows"
    if config.is_stream:
        return f"{rows} of {config.row_length:,} steps, cut into windows of {config.window_steps}; the state is carried"
    cut = config.gradient_cut
    follows = "" if cut is None else f", the gradient cut after every {cut:,} step{'s' * (cut != 1)}"
    return f"{rows} of {config.windows_per_epoch:,} trials of {config.window_steps} steps, a window each{follows}"


def then(echo_step: int) -> str:
    """The delay of the echo in words, such as "3 steps before"."""
    return "now" if not echo_step else "a step before" if echo_step == 1 else f"{echo_step} steps before"


@lru_cache(maxsize=1)
def first_window(config: EchoConfig) -> RowData | None:
    """The first row of the first window; None if the data of an epoch is too long to draw."""
    if config.total_series_length > MOST_SYMBOLS:
        return None
    try:
        batch = batch_of(config, 0, 0)
    except TaskError:
        return None
    steps = config.window_steps
    return RowData(batch.x[0, :steps], batch.y[0, :steps], batch.scored[0, :steps])


def about_first_window(config: EchoConfig, window: RowData) -> tuple[str, str]:
    """The texts beside the inputs and the targets of the first window's first row."""
    if config.value("task") == "echo":
        return "the first window of row 1", f"its targets: the input {then(config.echo_step)}"
    not_scored = "" if window.scored.all() else f" ({NOT_SCORED.strip()}: does not count)"
    return f"the first {'window' if config.is_stream else 'trial'} of row 1", f"its targets{not_scored}"


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


PANEL_HEIGHT = 4
"""Lines of a panel of symbols."""

GAP = 2

SEAMS = {"window": "│", "epoch": "║", "gap": "┆"}


@dataclass(frozen=True)
class Arrangement:
    """The layout of the panels.

    Attributes:
        columns: the number of panels side by side.
        shown: the number of all panels.
        width: the characters of one panel, without the gap.
        height: the lines of one panel.
    """

    columns: int
    shown: int
    width: int
    height: int


class Rows(TimeStepView):
    """The rows view: a panel for each row of the batch that fits. Each has a title and three lines of blocks, or a line
    for each number, with the newest window at the right.

    Values differ in character as well as in colour: a full block is 1, a base line is 0. A prediction is shaded by its
    probability, and a wrong one is shown as ``><``. A step that does not count has a dash for its target.
    """

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

    @property
    def at_cursor(self) -> TimeStep | None:
        cursor = self._visible_cursor()
        return None if cursor is None else TimeStep(*cursor)

    @property
    def reading(self) -> str:
        """The text about the target at the cursor; empty without a cursor."""
        return self.reading_of(self.at_cursor)

    def reading_of(self, spot: object) -> str:
        progress = None if self._frame is None else self._frame.progress
        if not isinstance(spot, TimeStep) or self._frame is None or progress is None or not self._has(spot):
            return ""
        return read(self._frame.own_config, progress, spot.row, spot.step)

    def _extent(self, frame: Frame) -> tuple[int, int] | None:
        if frame.progress is None:
            return None
        rows, length = frame.progress.y.shape[:2]
        return rows, length

    def _rows_that_fit(self, frame: Frame) -> int:
        return self._panels(frame, self.size.width, self.size.height)[0].shown

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        """As many lines as whole panels need, at most ``most``."""
        rows = config.batch_size
        of_a_panel = row_lines(config, most - 1)
        panel = 1 + len(of_a_panel)
        whole = len(of_a_panel[0].label) + 2 * config.window_steps
        side_by_side = max(1, min((width + GAP) // (whole + GAP), rows))
        for columns in range(1, side_by_side + 1):
            lines = -(-rows // columns) * panel
            if lines <= most:
                return lines
        return max(PANEL_HEIGHT, most // panel * panel)

    @staticmethod
    def _panels(frame: Frame, width: int, height: int) -> tuple[Arrangement, tuple[RowLine, ...]]:
        """The layout of the panels of a frame with progress, and the lines of each panel."""
        assert frame.progress is not None
        rows, length = frame.progress.x.shape[:2]
        lines = row_lines(frame.own_config, height - 1)
        return arrange(rows, width, height, length, len(lines[0].label), 1 + len(lines)), lines

    def draw(self, cells: Cells) -> None:
        frame = self._frame
        if frame is None or frame.progress is None:
            cells.write(0, 0, shortened(self._message, cells.width), "text")
            if frame is not None and frame.is_new:
                self._draw_before(cells, frame)
            return
        panels, lines = self._panels(frame, cells.width, cells.height)
        rows = len(frame.progress.x)
        first = min(self._first_row, rows - panels.shown)
        cursor = self._visible_cursor()
        room = panels.width - len(lines[0].label)
        tape = lay_tape(frame.own_config, (*frame.tape, frame.progress), room, cursor and cursor[1])
        task = frame.own_config.the_task
        names = names_beside((task.inputs, task.outputs))
        for index in range(panels.shown):
            line, column = divmod(index, panels.columns)
            at = column * (panels.width + GAP), line * panels.height
            self._draw_panel(cells, tape, first + index, at, panels.width, lines, names)
        if panels.shown < rows:
            of = f"{first + 1} to {first + panels.shown} of {rows}"
            for text in (f" rows {of}: «focus», then «up»/«down» ", f" {of}: «focus» ", f" {of}"):
                text = self.keymap.text(text)
                begin = cells.width - len(text)
                if begin > 0 and not cells.text(0)[begin:].strip():
                    cells.write(begin, 0, text, "muted")
                    break

    def _draw_before(self, cells: Cells, frame: Frame) -> None:
        """Draw the first window's data and facts about the task, while no window is trained."""
        config, y = frame.own_config, 1
        window = first_window(config)
        if window is not None:
            scales = scales_of(config, window.x, window.y)
            lines = row_lines(config, cells.height // 2)
            texts = iter(about_first_window(config, window))
            for line in lines:
                blocks = cells_of(config, window, line, scales)
                if not blocks:
                    continue
                x = cells.write(0, y, line.label, "muted")
                for block, block_style in blocks:
                    x = cells.write(x, y, block, block_style)
                text = next(texts, "") if line.channel == 0 else ""
                if x + 2 + len(text) <= cells.width:
                    cells.write(x + 2, y, text, "muted")
                y += 1
        known_lines = [(about, self.keymap.text(text)) for about, text in known(frame.config)]
        y += cells.height > y + len(known_lines)
        for number, (about, text) in enumerate(known_lines[: cells.height - y], y):
            cells.write(0, number, about, "muted")
            cells.write(ABOUT_WIDTH, number, shortened(text, cells.width - ABOUT_WIDTH), "text")

    def _draw_panel(
        self,
        cells: Cells,
        tape: list[TapeWindow],
        row: int,
        place: tuple[int, int],
        width: int,
        lines: tuple[RowLine, ...],
        names: list[str],
    ) -> None:
        """Draw the panel of a row. Its title takes as many of the names as fit."""
        assert self._frame is not None
        config, (x, y), label_width = self._frame.own_config, place, len(lines[0].label)
        newest = tape[-1]
        at = x + newest.x + (label_width if newest.x else 0)
        cursor = self._visible_cursor()
        lit = self.has_focus and (cursor is None or cursor[0] == row)
        sign = FOCUSED if lit and (cursor is not None or x + y == 0) else ""
        at, room = (x, width - len(sign)) if names else (at, x + width - at - len(sign))
        more = left_out(config, lines)
        least = room - len(f"  {names[0]}") if names else room
        name = sign + title(newest.progress, row, newest.begin, least, config.has_classes, more)
        while names and len(f"{name}  {names[0]}") <= room:
            name += f"  {names.pop(0)}"
        cells.write(at, y, name, "focused" if lit else "text")
        scales = scales_of(config, newest.progress.x, newest.progress.y)
        for number, line in enumerate(lines, y + 1):
            cells.write(x, number, line.label, "muted")
            for piece in tape:
                at = x + label_width + piece.x
                blocks = cells_of(config, RowData.of(piece.progress, row), line, scales)
                for text, block_style in blocks[piece.begin : piece.end]:
                    at = cells.write(at, number, text, block_style)
                if piece is newest:
                    self._mark_steps(cells, piece, row, (x + label_width + piece.x, number))
                if piece.seam:
                    cells.write(at, number, SEAMS[piece.seam], "muted")
        if cursor is not None and cursor[0] == row:
            for number, line in enumerate(lines, y + 1):
                self._draw_cursor(cells, tape, cursor, (x + label_width, number), line)

    @staticmethod
    def _mark_steps(cells: Cells, newest: TapeWindow, row: int, at: tuple[int, int]) -> None:
        """Note the time steps of a line of the newest window, for the mouse."""
        width = 2 * (newest.end - newest.begin)
        cells.mark_each(*at, width, 1, lambda x, _: TimeStep(row, newest.begin + x // 2))

    def _draw_cursor(
        self, cells: Cells, tape: list[TapeWindow], cursor: tuple[int, int], at: tuple[int, int], line: RowLine
    ) -> None:
        """Highlight a target and its prediction, or the inputs on which the target depends."""
        assert self._frame is not None
        config, newest = self._frame.own_config, tape[-1]
        row, step = cursor
        if line.part != INPUT:
            light(
                cells,
                at,
                newest,
                step,
                "cursor",
                value_text(config, RowData.of(newest.progress, row), step, line),
            )
            return
        for lag in lags_of_target(config, newest.progress.window, step):
            found = source_on(tape, step - lag)
            if found is not None:
                piece, source = found
                text = value_text(config, RowData.of(piece.progress, row), source, line)
                light(cells, at, piece, source, "source", text)


def source_on(tape: list[TapeWindow], step: int) -> tuple[TapeWindow, int] | None:
    """The window on the tape that contains a step, and the number of the step in that window. The step is counted from
    the start of the newest window (negative: earlier). None if there is a gap before the newest window, or if the step
    is not on the tape.
    """
    for piece, before in zip(reversed(tape), [*reversed(tape[:-1]), None], strict=True):
        if step >= 0:
            return piece, step
        if before is None or before.seam != "window":
            return None
        step += before.end
    return None


def light(cells: Cells, at: tuple[int, int], piece: TapeWindow, step: int, style: str, text: str) -> None:
    """Write the value of a time step over its block, if the step is visible."""
    if step in piece:
        cells.write(at[0] + piece.x + 2 * (step - piece.begin), at[1], text, style)


def arrange(rows: int, width: int, height: int, length: int, label: int = 6, panel: int = PANEL_HEIGHT) -> Arrangement:
    """The layout of panels for ``rows`` rows of ``length`` steps on ``width`` x ``height`` characters.

    As few panels as possible are side by side, so that each shows more windows; but a panel is wide enough for a
    window, unless the screen is narrower.

    Args:
        label: the characters before each line.
        panel: the lines of a panel.
    """
    whole = label + 2 * length
    most = max(1, min((width + GAP) // (whole + GAP), rows))
    lines = max(1, (height + 1) // panel)
    columns = next((number for number in range(1, most + 1) if -(-rows // number) <= lines), most)
    return Arrangement(columns, min(rows, columns * lines), max(1, (width + GAP) // columns - GAP), panel)
