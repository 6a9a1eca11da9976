"""Says on the screen who else looks at the session, who steers, and that it has ended."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace

from echornn.config import TASK, EchoConfig
from echornn.diagnosis.cases import Remedy
from echornn.diagnosis.loss_stats import loss_text
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import ALONE, Audience, Picture
from echornn.tasks.table import defaults_of, name_of, values_of
from echornn.timeline.branch import letter_of
from tui.views.canvas import Cells, CellWidget, Press
from tui.views.text import LinePart, fitted, in_a_line, shortened, wrapped

STEERS_ALREADY = "you steer this session already"

ONLY_LOOKS = "this viewer only looks"

MOST_LETTERS = 24
"""The most letters of a viewer's name."""


def audience_text(audience: Audience) -> str:
    """Who steers, or how many look on; empty if this is the only viewer."""
    if audience.ended:
        return f"{audience.ended}; «quit» leaves"
    if audience.silent:
        return f"the session has not answered for {audience.silent:,} s"
    if audience.only_looks:
        return f"{audience.steering[:MOST_LETTERS]} steers: {ONLY_LOOKS}" if audience.steering else ONLY_LOOKS
    if audience.steering:
        return f"{audience.steering[:MOST_LETTERS]} steers: «take_over» takes over"
    if len(audience.others) == 1:
        return f"{audience.others[0][:MOST_LETTERS]} looks on"
    return f"{len(audience.others)} look on" if audience.others else ""


THEN_RETURNS = "then «branches.go», returns"
"""The words on which a click returns from an earlier window to the newest."""

PAST = f"the past: «pause» branches off here; «branches», {THEN_RETURNS}"
"""The text that says how to return from an earlier window to the newest."""

NEXT = ("«settings»: more epochs", "«window_back»: back", "«redraw»: new weights")
"""What the user can do after the last epoch, with the key; a single network also offers `64 seeds`."""

TUTORIAL = EchoConfig()

NEWS, SPEED, DIFFERS, AS_USUAL = 3, 2, 1, 0
"""The importance of a part of the second line, most important first: errors and loading; the speed; differences from
the tutorial; what is as in the tutorial. The least important parts are left out if the line is too long.
"""


def status_fields(frame: Frame) -> list[tuple[str, str]]:
    """Names and values on the first line, after the state."""
    config = frame.config
    return [
        *_place_in_the_tree(frame),
        ("epoch", f"{frame.epoch}/{config.num_epochs}"),
        ("window", f"{frame.window:>{len(str(config.windows_per_epoch))}}/{config.windows_per_epoch}"),
        *([] if frame.seed_stats is None else [("seed", str(frame.own_config.seed))]),
        (
            "loss" if config.has_classes else config.loss_name,
            "-" if math.isnan(frame.loss) and frame.progress is None else loss_text(frame.loss),
        ),
        *([("accuracy", "-" if math.isnan(frame.accuracy) else f"{frame.accuracy:.1%}")] if config.has_classes else []),
    ]


def _place_in_the_tree(frame: Frame) -> list[tuple[str, str]]:
    """The position in the tree of branches: the window, if it is not the end of its branch; the branch, if it is not
    the first.
    """
    letter = letter_of(frame.branch)
    if frame.is_past:
        return [("at", f"{frame.trained:,} of {frame.line_end:,}"), ("branch", letter)]
    return [("branch", letter)] if frame.branch else []


def news_of(frame: Frame) -> str:
    """An error, a warning, what is loading, or a note that the past is shown, in one line; empty if there is none."""
    news = (frame.message or frame.warning).partition("\n")[0].strip() or (PAST if frame.is_past else "")
    return f"{news}, {frame.seconds} s" if frame.seconds else news


def parts_of(frame: Frame, news: str = "") -> list[LinePart]:
    """The parts of the second line: the news if there are any, otherwise speed and device; then the configuration."""
    if news:
        first = _start_parts(frame) if frame.state is State.LOADING else []
        return [LinePart(news, NEWS), *first, *_config_parts(frame.config)]
    return [
        *_speed_parts(frame),
        *_config_parts(frame.config),
        *([LinePart(f"weights {frame.init_index + 1}", DIFFERS, "weights", missed=True)] if frame.init_index else []),
        *([LinePart(f"data {frame.data_version + 1}", DIFFERS, "data", missed=True)] if frame.data_version else []),
        *([LinePart(frame.device, AS_USUAL, "device")] if frame.device else []),
    ]


def _start_parts(frame: Frame) -> list[LinePart]:
    """Texts on what keys have requested during loading: the speed, and how far to train before training pauses."""
    start, speed = frame.start, [] if math.isinf(frame.speed) else [LinePart(_dial(frame), SPEED)]
    if start.running:
        return speed
    if not start.windows:
        first = "starts paused"
    elif start.to_the_end:
        first = "trains the epoch, then pauses"
    else:
        first = f"trains {start.windows:,} window{'s' * (start.windows != 1)}, then pauses"
    return [LinePart(first, NEWS), *speed]


def _dial(frame: Frame) -> str:
    return "full speed" if math.isinf(frame.speed) else f"{_number(frame.speed)} windows/s"


def _speed_parts(frame: Frame) -> list[LinePart]:
    dial = _dial(frame)
    if frame.state is State.FINISHED:
        seeds = "«seeds»: 64 seeds" if frame.config.replicas == 1 else "«seeds»: one network"
        return [LinePart(text, SPEED) for text in (*NEXT, seeds)]
    if frame.state is not State.RUNNING:
        return [LinePart(dial, SPEED)]
    if math.isinf(frame.speed):
        return [LinePart(f"{_number(_three_digits(frame.rate))} windows/s", SPEED), LinePart(dial, SPEED)]
    return [LinePart(f"{_number(min(frame.rate, frame.speed))} of {dial}", SPEED)]


def _number(speed: float) -> str:
    """A speed in windows per second as text; a whole number if it is large."""
    return f"{speed:,.0f}" if speed >= 9.95 else f"{speed:.2g}"


def _three_digits(rate: float) -> float:
    """A measured rate, rounded to three digits: further digits change in every frame, and cannot be read."""
    return float(f"{rate:.3g}")


def _config_parts(config: EchoConfig) -> list[LinePart]:
    """The configuration in parts; values that equal the tutorial's and contain no number are left out."""
    last = config.seed + config.replicas - 1
    seeds = f"seed {config.seed}" if config.replicas == 1 else f"seeds {config.seed} to {last}"
    of_task, settings = _task_parts(config)
    said = [
        *of_task,
        (str(config.cell), ("cell",), False),
        (f"{config.num_layers} layers", ("num_layers",), False),
        (f"dropout {config.dropout:g}", ("dropout",), False),
        *settings,
        (_window_text(config), ("truncated_backprop_length", "window_stride"), True),
        (f"state {config.state_size}", ("state_size",), True),
        (f"batch {config.batch_size}", ("batch_size",), True),
        (f"{config.optimizer} {config.learning_rate:g}", ("optimizer", "learning_rate"), True),
        (config.init, ("init",), False),
        (config.rule, ("rule",), False),
        *([("blank row starts", ("row_start",), False)] if config.value("task") == "echo" else []),
        (seeds, ("seed", "replicas"), True),
    ]
    known, usual = config.fields(), {**TUTORIAL.fields(), **defaults_of(name_of(config.the_task))}
    parts: list[LinePart] = []
    for text, fields, always in said:
        differs = any(
            known[field] != usual[field] if field in known else getattr(config, field) != getattr(TUTORIAL, field)
            for field in fields
        )
        if differs or always:
            parts.append(LinePart(text, DIFFERS if differs else AS_USUAL, "configuration", missed=differs))
    return parts


Said = tuple[str, tuple[str, ...], bool]
"""A part of the configuration: its text, its fields, and whether it is there even if it is as in the tutorial."""


def _task_parts(config: EchoConfig) -> tuple[list[Said], list[Said]]:
    """The name of the task, unless it is the echo, and its settings."""
    if config.value("task") == "echo":
        classes = f"{config.num_classes} classes", ("num_classes",), False
        return [], [classes, (f"echo {config.echo_step}", ("echo_step",), True)]
    values = values_of(config.the_task)
    shown = {name: value for name, value in values.items() if name != "length"}  # said as that of trials
    settings: list[Said] = [(f"{name} {value}", (name,), isinstance(value, int)) for name, value in shown.items()]
    return [(f"{name_of(config.the_task)}", (TASK,), True)], settings


def _window_text(config: EchoConfig) -> str:
    """The window length T; for trials, the length of a trial if the gradient is not cut within it."""
    cut = f"T {config.truncated_backprop_length}"
    if config.is_stream:
        return cut if config.window_stride == config.window_steps else f"{cut} every {config.window_stride}"
    return cut if config.truncated_backprop_length < config.window_steps else f"trials of {config.window_steps}"


HEIGHT = 3

SIGNS = {
    State.LOADING: "…",
    State.RUNNING: "▶",
    State.PAUSED: "‖",
    State.FINISHED: "■",
    State.FAILED: "!",
}
DISCONNECTED = "× not connected"
"""Is shown in place of the state where a session in another process does not answer, so that its state is unknown."""

AFTER_A_FAILURE = "«quit» ends, and prints the command that goes on from what was saved"
AFTER_A_FAILED_START = "«quit» ends; start again with other flags"
"""What the user can do after training has failed: after some windows, and before the first window."""

NAMES_A_KEY = re.compile(r"(?<![\w])([^\s:]+):(?= )[^·|;,:]*")
"""A key with what it does, such as ``a: init glorot`` or ``L: 64 seeds``."""


class StatusLine(CellWidget):
    """Three lines: state, position, loss, accuracy; speed and configuration; what the run is, with a key."""

    def __init__(self, frame: Frame) -> None:
        super().__init__()
        self._frame = frame
        self._verdict = frame.sentence
        self._reading = self._hint = ""
        self._audience = ALONE
        self.on_return: Callable[[], object] = lambda: None
        """Called when the user clicks on the words that lead from an earlier window to the newest."""
        self.advises = True
        """Whether the line says a key; not while something else says which key to press."""
        self.too_small = ""
        """The message on the size that the screen needs, if it is too small; shown in place of the sentence."""

    def show(self, picture: Picture, reading: str = "", hint: str = "") -> None:
        """Draw this picture's state. A hint, or a text about a cursor's position, replaces the configuration."""
        self._frame, self._audience = picture.frame, picture.audience
        self._reading, self._hint = reading, hint
        frame = self._frame
        line = frame.sentence
        if frame.state is State.FAILED:
            line = replace(line, text=AFTER_A_FAILURE if frame.trained_in_all else AFTER_A_FAILED_START, key="")
        elif frame.coming is not None:
            line = replace(line, text=f"old settings: {line.text}", key="")
        line = line if self.advises else replace(line, key="")
        self._verdict = line if line.key else replace(line, remedy=None)
        self.redraw()

    @property
    def remedy(self) -> Remedy | None:
        """The configuration change that the advice names, and that is known to help; None if it names none."""
        return self._verdict.remedy

    def draw(self, cells: Cells) -> None:
        frame = self._frame
        sign, style = SIGNS[frame.state], str(frame.state)
        state = f"{sign} {frame.state}"
        if not self._audience.is_connected:
            state, style = DISCONNECTED, "disconnected"
        x = cells.write(0, 0, state, style)
        cells.mark(0, 0, x, 1, Press(self.keymap.key("pause")))
        fields = status_fields(frame)
        all_of_them = x + sum(3 + len(label) + 1 + len(value) for label, value in fields)
        gap = 3 if all_of_them <= cells.width else 1
        for label, value in fields:
            if x + gap + len(label) + 1 + len(value) > cells.width:
                break
            x = cells.write(x + gap, 0, f"{label} ", "muted")
            x = cells.write(x, 0, value)
        for y, (text, style) in enumerate(self._lines(cells.width), 1):
            cells.write(0, y, text, style)
            for found in NAMES_A_KEY.finditer(text):
                if key := self.keymap.named(found[1]):
                    cells.mark(found.start(), y, len(found[0]), 1, Press(key))
            returns = self.keymap.text(THEN_RETURNS)
            if frame.is_past and returns in text:
                cells.mark(text.index(returns), y, len(returns), 1, THEN_RETURNS)

    def clicked(self, spot: object, again: bool) -> None:
        """Return to the newest window: the key that the words name does so only in the list of branches."""
        if spot == THEN_RETURNS:
            self.on_return()

    def _audience_parts(self) -> list[LinePart]:
        """Who looks at the session too, unless the hint says it."""
        text = audience_text(self._audience) if self._audience.is_connected else ""
        return [LinePart(text, SPEED, "viewers")] if text not in ("", self._hint) else []

    def _lines(self, width: int) -> list[tuple[str, str]]:
        """The lines after the first, each with its style. A long message takes both."""
        lost = "" if self._audience.is_connected else audience_text(self._audience)
        say = self.keymap.text
        read = say(self._hint or lost or self._reading)
        news = wrapped(self.too_small or read or say(news_of(self._frame)), width, 2)
        if len(news) > 1 and self._frame.state is not State.FAILED:
            return [(line, "muted") for line in news]
        if read and not self._hint and not lost:
            second = read, "verdict"
        else:
            parts = [*parts_of(self._frame, read or say(news_of(self._frame))), *self._audience_parts()]
            second = fitted([replace(part, text=say(part.text)) for part in parts], width), "muted"
        verdict = replace(self._verdict, text=say(self._verdict.text), key=say(self._verdict.key))
        third = shortened(say(self.too_small), width) or in_a_line(verdict, width)
        return [second, (third, "verdict")]
