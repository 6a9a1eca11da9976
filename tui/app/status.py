"""The three lines above the curve: state, position, loss, accuracy; speed and configuration; what
the run is."""

from __future__ import annotations

import math
from dataclasses import replace

from echornn.config import TASK, EchoConfig, fields_text
from echornn.diagnosis.cases import Remedy
from echornn.diagnosis.loss_stats import task_loss_text
from echornn.run.branch import letter_of
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import Audience, Picture
from echornn.tasks.table import defaults_of, name_of, values_of
from tui.views.canvas import Cells, CellWidget, Press
from tui.views.text import LinePart, fitted, in_a_line, shortened, wrapped

HEIGHT = 3
SIGNS = {
    State.LOADING: "…",
    State.RUNNING: "▶",
    State.PAUSED: "‖",
    State.FINISHED: "■",
    State.FAILED: "!",
}
TUTORIAL = EchoConfig()

ONLY_LOOKS = "this viewer only looks"
MOST_LETTERS = 24  # of a viewer's name
PAST = "the past: «pause» branches off here; «branches», then «branches.go», returns"
HOW_TO_GO_ON = "«quit» ends; go on from what was saved, or start with other flags"

NEWS, SPEED, DIFFERS, AS_USUAL = 3, 2, 1, 0
"""What matters least is left out of the second line; what differs from the tutorial matters more
than what does not."""


def audience_text(audience: Audience) -> str:
    steers = f"{audience.steering[:MOST_LETTERS]} steers"
    if audience.ended:
        return f"{audience.ended}; «quit» leaves"
    if audience.silent:
        return f"the session has not answered for {audience.silent:,} s"
    if audience.steering:
        return f"{steers}: {ONLY_LOOKS if audience.only_looks else '«take_over» takes over'}"
    if audience.only_looks:
        return ONLY_LOOKS
    if len(audience.others) == 1:
        return f"{audience.others[0][:MOST_LETTERS]} looks on"
    return f"{len(audience.others)} look on" if audience.others else ""


def position_fields(frame: Frame) -> list[tuple[str, str]]:
    config, letter = frame.config, letter_of(frame.branch)
    fields = [("at", f"{frame.trained:,} of {frame.line_end:,}")] if frame.is_past else []
    if frame.is_past or frame.branch:
        fields.append(("branch", letter))
    window = f"{frame.window:>{len(str(config.windows_per_epoch))}}"
    fields += [
        ("epoch", f"{frame.epoch}/{config.num_epochs}"),
        ("window", f"{window}/{config.windows_per_epoch}"),
    ]
    if frame.seed_stats is not None:
        fields.append(("seed", str(frame.own_config.seed)))
    is_known = frame.progress is not None or not math.isnan(frame.loss)
    loss = task_loss_text(config, frame.loss) if is_known else "-"
    fields.append(("loss" if config.has_classes else config.loss_name, loss))
    if config.has_classes:
        fields.append(("accuracy", "-" if math.isnan(frame.accuracy) else f"{frame.accuracy:.1%}"))
    return fields


def news_of(frame: Frame) -> str:
    """An error, a warning, what is loading, or that the past is shown, in one line; empty if there
    is none."""
    news = (frame.message or frame.warning).partition("\n")[0].strip() or (
        PAST if frame.is_past else ""
    )
    return f"{news}, {frame.seconds} s" if frame.seconds else news


def parts_of(frame: Frame, news: str = "") -> list[LinePart]:
    """The parts of the second line: the news, otherwise the speed; then the configuration."""
    config = _config_parts(frame.config)
    if news:
        return [
            LinePart(news, NEWS),
            *(_start_parts(frame) if frame.state is State.LOADING else []),
            *config,
        ]
    versions = [("weights", frame.init_index), ("data", frame.data_version)]
    return [
        *[LinePart(text, SPEED) for text in _speed_texts(frame)],
        *config,
        *[
            LinePart(f"{name} {count + 1}", DIFFERS, name, missed=True)
            for name, count in versions
            if count
        ],
        *([LinePart(frame.device, AS_USUAL, "device")] if frame.device else []),
    ]


def _start_parts(frame: Frame) -> list[LinePart]:
    """What keys have asked for during loading: how far to train before training pauses, and the
    speed."""
    start = frame.start
    speed = [] if math.isinf(frame.speed) else [LinePart(_dial(frame), SPEED)]
    if start.running:
        return speed
    windows = (
        "the epoch" if start.to_the_end else f"{start.windows:,} window{'s' * (start.windows != 1)}"
    )
    return [
        LinePart(f"trains {windows}, then pauses" if start.windows else "starts paused", NEWS),
        *speed,
    ]


def _dial(frame: Frame) -> str:
    return "full speed" if math.isinf(frame.speed) else f"{_number(frame.speed)} windows/s"


def _speed_texts(frame: Frame) -> list[str]:
    if frame.state is State.FINISHED:
        seeds = "64 seeds" if frame.config.replicas == 1 else "one network"
        return [
            "«settings»: more epochs",
            "«window_back»: back",
            "«redraw»: new weights",
            f"«seeds»: {seeds}",
        ]
    if frame.state is not State.RUNNING:
        return [_dial(frame)]
    if math.isinf(frame.speed):
        # three digits: others change in every frame, and cannot be read
        return [f"{_number(float(f'{frame.rate:.3g}'))} windows/s", _dial(frame)]
    return [f"{_number(min(frame.rate, frame.speed))} of {_dial(frame)}"]


def _number(speed: float) -> str:
    return f"{speed:,.0f}" if speed >= 9.95 else f"{speed:.2g}"


def _config_parts(config: EchoConfig) -> list[LinePart]:
    """The configuration in parts; values that equal the tutorial's and contain no number are left
    out."""
    name, echo, last = (
        name_of(config.the_task),
        config.value("task") == "echo",
        config.seed + config.replicas - 1,
    )
    seeds = f"seed {config.seed}" if config.replicas == 1 else f"seeds {config.seed} to {last}"
    # the length of trials is said as that of the window
    settings = (
        {}
        if echo
        else {name: value for name, value in values_of(config.the_task).items() if name != "length"}
    )
    # each part: its text, its fields, and whether it is there even if it is as in the tutorial
    said: list[tuple[str, tuple[str, ...], bool]] = [
        *([] if echo else [(str(name), (TASK,), True)]),
        (str(config.cell), ("cell",), False),
        (f"{config.num_layers} layers", ("num_layers",), False),
        (f"dropout {config.dropout:g}", ("dropout",), False),
        *([(f"{config.num_classes} classes", ("num_classes",), False)] if echo else []),
        *([(f"echo {config.echo_step}", ("echo_step",), True)] if echo else []),
        *[
            (fields_text({name: value}), (name,), isinstance(value, int))
            for name, value in settings.items()
        ],
        (_window_text(config), ("truncated_backprop_length", "window_stride"), True),
        (f"state {config.state_size}", ("state_size",), True),
        (f"batch {config.batch_size}", ("batch_size",), True),
        (f"{config.optimizer} {config.learning_rate:g}", ("optimizer", "learning_rate"), True),
        (config.init, ("init",), False),
        (config.rule, ("rule",), False),
        *([("blank row starts", ("row_start",), False)] if echo else []),
        (seeds, ("seed", "replicas"), True),
    ]
    values, usual = config.fields(), {**TUTORIAL.fields(), **defaults_of(name)}
    for field in ("window_stride", "replicas"):  # which may be unset
        values[field], usual[field] = getattr(config, field), getattr(TUTORIAL, field)
    parts = []
    for text, fields, always in said:
        differs = any(values[field] != usual[field] for field in fields)
        if differs or always:
            parts.append(
                LinePart(text, DIFFERS if differs else AS_USUAL, "configuration", missed=differs)
            )
    return parts


def _window_text(config: EchoConfig) -> str:
    """The window length T; for trials, the length of a trial if the gradient is not cut within
    it."""
    cut = f"T {config.truncated_backprop_length}"
    if config.is_stream:
        return (
            cut
            if config.window_stride == config.window_steps
            else f"{cut} every {config.window_stride}"
        )
    return (
        cut
        if config.truncated_backprop_length < config.window_steps
        else f"trials of {config.window_steps}"
    )


class StatusLine(CellWidget):
    """The three lines; a hint, or a text about a cursor's position, takes the place of the
    configuration."""

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self._picture, self._verdict = picture, picture.frame.sentence
        self._reading = self._hint = ""
        self.advises = True  # whether it says a key; not while something else does
        # The size that the screen needs, if it is too small; shown in place of the verdict
        self.too_small = ""

    def show(self, picture: Picture, reading: str = "", hint: str = "") -> None:
        self._picture, self._reading, self._hint = picture, reading, hint
        frame, line = picture.frame, picture.frame.sentence
        if frame.state is State.FAILED:
            line = replace(line, text=HOW_TO_GO_ON, key="")
        elif frame.coming is not None:
            line = replace(line, text=f"old settings: {line.text}", key="")
        self._verdict = line if self.advises and line.key else replace(line, key="", remedy=None)
        self.redraw()

    @property
    def remedy(self) -> Remedy | None:
        return self._verdict.remedy

    def draw(self, cells: Cells) -> None:
        frame, audience = self._picture.frame, self._picture.audience
        state, style = f"{SIGNS[frame.state]} {frame.state}", str(frame.state)
        if not audience.is_connected:  # then the state is unknown
            state, style = "× not connected", "disconnected"
        x = cells.write(0, 0, state, style)
        cells.mark(0, 0, x, 1, Press(self.keymap.key("pause")))
        fields = position_fields(frame)
        fits = x + sum(3 + len(f"{label} {value}") for label, value in fields) <= cells.width
        for label, value in fields:
            x += 3 if fits else 1
            if x + len(f"{label} {value}") > cells.width:
                break
            x = cells.write(cells.write(x, 0, f"{label} ", "muted"), 0, value)
        for y, (text, style) in enumerate(self._lines(cells.width), 1):
            cells.write(0, y, text, style)

    def _lines(self, width: int) -> list[tuple[str, str]]:
        """The lines after the first, each with its style. A long message takes both."""
        say, frame, audience = (
            self.keymap.text,
            self._picture.frame,
            audience_text(self._picture.audience),
        )
        hint = self._hint or ("" if self._picture.audience.is_connected else audience)
        read = say(hint or self._reading)
        news = read or say(news_of(frame))
        rows = wrapped(self.too_small or news, width, 2)
        if len(rows) > 1 and frame.state is not State.FAILED:
            return [(row, "muted") for row in rows]
        if read and not hint:
            second = read, "verdict"
        else:
            viewers = [LinePart(audience, SPEED, "viewers")] if audience not in ("", hint) else []
            parts = [
                replace(part, text=say(part.text)) for part in (*parts_of(frame, news), *viewers)
            ]
            second = fitted(parts, width), "muted"
        verdict = replace(self._verdict, text=say(self._verdict.text), key=say(self._verdict.key))
        return [
            second,
            (shortened(say(self.too_small), width) or in_a_line(verdict, width), "verdict"),
        ]
