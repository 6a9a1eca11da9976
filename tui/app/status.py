"""The three lines above the curve: state, position, loss, accuracy; speed and configuration; what
the run is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from echornn.config import TASK, EchoConfig, fields_text
from echornn.diagnosis.cases import Remedy
from echornn.diagnosis.loss_stats import task_loss_text
from echornn.run.branch import letter_of
from echornn.session.pictures.frame import Drive, Frame, State
from echornn.session.pictures.picture import Audience, Picture
from echornn.tasks.table import defaults_of, name_of, values_of
from tui.text.lines import LinePart, fitted, in_a_line, shortened, wrapped
from tui.views.canvas import Cells, CellWidget, Press

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
HOW_TO_GO_ON = "«quit» ends; --resume goes on from the last save, if need be with other flags"
AT_THE_END = (
    "«settings»: more epochs",
    "«window_back»: back",
    "«redraw»: new weights",
)

NEWS, SPEED, DIFFERS, AS_USUAL = 3, 2, 1, 0
"""What matters least is left out of the second line; what differs from the tutorial matters more
than what does not."""

FieldText = tuple[str, tuple[str, ...]]  # a text, and the fields whose values it has


def audience_text(audience: Audience) -> str:
    """Who else looks at the session or steers it, or why it is silent; empty if there is nothing to
    say."""
    if audience.ended:
        return f"{audience.ended}; «quit» leaves"
    if audience.silent:
        return f"the session has not answered for {audience.silent:,} s"
    if audience.steering:
        steers = f"{audience.steering[:MOST_LETTERS]} steers"
        if audience.only_looks:
            return f"{steers}: {ONLY_LOOKS}"
        return f"{steers}: «take_over» takes over"
    if audience.only_looks:
        return ONLY_LOOKS
    if len(audience.others) == 1:
        return f"{audience.others[0][:MOST_LETTERS]} looks on"
    if audience.others:
        return f"{len(audience.others)} look on"
    return ""


# ---- the first line


def position_fields(frame: Frame) -> list[tuple[str, str]]:
    config = frame.config
    fields = []
    if frame.is_past:
        fields.append(("at", f"{frame.trained:,} of {frame.path_end:,}"))
    if frame.is_past or frame.branch:
        fields.append(("branch", letter_of(frame.branch)))
    fields.append(("epoch", f"{frame.epoch}/{config.num_epochs}"))
    windows = str(config.windows_per_epoch)
    fields.append(("window", f"{frame.window:>{len(windows)}}/{windows}"))
    if frame.seed_stats is not None:
        fields.append(("seed", str(frame.own_config.seed)))
    loss = "-"
    if frame.progress is not None or not math.isnan(frame.loss):
        loss = task_loss_text(config, frame.loss)
    if not config.has_classes:
        fields.append((config.loss_name, loss))
        return fields
    accuracy = "-" if math.isnan(frame.accuracy) else f"{frame.accuracy:.1%}"
    return [*fields, ("loss", loss), ("accuracy", accuracy)]


# ---- the second line


def news_of(frame: Frame) -> str:
    """An error, a warning, what is loading, or that the past is shown, in one line; empty if there
    is none."""
    news = (frame.message or frame.warning).partition("\n")[0].strip()
    if not news and frame.is_past:
        news = PAST
    if frame.seconds:
        news += f", {frame.seconds} s"
    return news


def parts_of(frame: Frame, news: str = "") -> list[LinePart]:
    """The parts of the second line: the news, otherwise the speed; then the configuration."""
    parts = []
    if news:
        parts.append(LinePart(news, NEWS))
        if frame.state is State.LOADING:
            parts += _start_parts(frame)
        return parts + _config_parts(frame.config)
    parts += [LinePart(text, SPEED) for text in _speed_texts(frame)]
    parts += _config_parts(frame.config)
    for name, count in (("weights", frame.init_index), ("data", frame.data_version)):
        if count:
            parts.append(LinePart(f"{name} {count + 1}", DIFFERS, name, missed=True))
    if frame.device:
        parts.append(LinePart(frame.device, AS_USUAL, "device"))
    return parts


def _start_parts(frame: Frame) -> list[LinePart]:
    """What keys have asked for during loading: how far to train before training pauses, and the
    speed."""
    parts = []
    if not frame.start.running:
        parts.append(LinePart(_start_text(frame.start), NEWS))
    if not math.isinf(frame.speed):
        parts.append(LinePart(_set_speed(frame), SPEED))
    return parts


def _start_text(start: Drive) -> str:
    if not start.windows:
        return "starts paused"
    if start.to_the_end:
        return "trains the epoch, then pauses"
    if start.windows == 1:
        return "trains 1 window, then pauses"
    return f"trains {start.windows:,} windows, then pauses"


def _speed_texts(frame: Frame) -> list[str]:
    if frame.state is State.FINISHED:
        seeds = "64 seeds" if frame.config.replicas == 1 else "one network"
        return [*AT_THE_END, f"«seeds»: {seeds}"]
    if frame.state is not State.RUNNING:
        return [_set_speed(frame)]
    if math.isinf(frame.speed):
        # Three digits: others change in every frame, and cannot be read
        rate = float(f"{frame.rate:.3g}")
        return [f"{_number(rate)} windows/s", _set_speed(frame)]
    return [f"{_number(min(frame.rate, frame.speed))} of {_set_speed(frame)}"]


def _set_speed(frame: Frame) -> str:
    if math.isinf(frame.speed):
        return "full speed"
    return f"{_number(frame.speed)} windows/s"


def _number(speed: float) -> str:
    if speed >= 9.95:  # two digits or more, as it is rounded
        return f"{speed:,.0f}"
    return f"{speed:.2g}"


def _config_parts(config: EchoConfig) -> list[LinePart]:
    """The configuration in parts; values that equal the tutorial's and contain no number are left
    out."""
    unusual = _unusual_fields(config)
    parts = []
    for text, fields in _field_texts(config, unusual):
        differs = not unusual.isdisjoint(fields)
        matters = DIFFERS if differs else AS_USUAL
        parts.append(LinePart(text, matters, "configuration", missed=differs))
    return parts


def _unusual_fields(config: EchoConfig) -> set[str]:
    """The fields whose values are neither the tutorial's nor the defaults of the task."""
    usual = {**TUTORIAL.fields(), **defaults_of(name_of(config.the_task))}
    unusual = {name for name, value in config.fields().items() if value != usual.get(name)}
    if config.window_stride != TUTORIAL.window_stride:  # also that of an unset stride
        unusual.add("window_stride")
    return unusual


def _field_texts(config: EchoConfig, unusual: set[str]) -> Iterator[FieldText]:
    task = name_of(config.the_task)
    is_tutorials = task == name_of(TUTORIAL.the_task)  # whose settings have words of their own
    if not is_tutorials:
        yield str(task), (TASK,)
    if "cell" in unusual:
        yield str(config.cell), ("cell",)
    if "num_layers" in unusual:
        yield f"{config.num_layers} layers", ("num_layers",)
    if "dropout" in unusual:
        yield f"dropout {config.dropout:g}", ("dropout",)
    if is_tutorials and "num_classes" in unusual:
        yield f"{config.num_classes} classes", ("num_classes",)
    if is_tutorials:
        yield f"echo {config.echo_step}", ("echo_step",)
    settings = {} if is_tutorials else values_of(config.the_task)
    settings.pop("length", None)  # of trials: it is said as that of the window
    for name, value in settings.items():
        if name in unusual or isinstance(value, int):
            yield fields_text({name: value}), (name,)
    yield _window_text(config), ("truncated_backprop_length", "window_stride")
    yield f"state {config.state_size}", ("state_size",)
    yield f"batch {config.batch_size}", ("batch_size",)
    yield f"{config.optimizer} {config.learning_rate:g}", ("optimizer", "learning_rate")
    if "init" in unusual:
        yield config.init, ("init",)
    for name in ("chrono", "spectral_radius", "start_state", "weights"):
        if name in unusual:
            yield fields_text({name: getattr(config, name)}), (name,)
    if "rule" in unusual:
        yield config.rule, ("rule",)
    if is_tutorials and "row_start" in unusual:
        yield "blank row starts", ("row_start",)
    seeds = f"seed {config.seed}"
    if config.replicas > 1:
        seeds = f"seeds {config.seed} to {config.seed + config.replicas - 1}"
    yield seeds, ("seed", "replicas")


def _window_text(config: EchoConfig) -> str:
    """The window length T; for trials, the length of a trial if the gradient is not cut within
    it."""
    length = f"T {config.truncated_backprop_length}"
    if config.is_stream and config.window_stride != config.window_steps:
        return f"{length} every {config.window_stride}"
    if config.is_stream or config.truncated_backprop_length < config.window_steps:
        return length
    return f"trials of {config.window_steps}"


class StatusLine(CellWidget):
    """The three lines; a hint, or a text about a cursor's position, takes the place of the
    configuration."""

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self._picture = picture
        self._sentence = picture.frame.sentence
        self._reading = ""
        self._hint = ""
        self.advises = True  # whether it says a key; not while something else does
        # The size that the screen needs, if it is too small; shown in place of the sentence
        self.too_small = ""

    def show(self, picture: Picture, reading: str = "", hint: str = "") -> None:
        self._picture = picture
        self._reading = reading
        self._hint = hint
        frame = picture.frame
        sentence = frame.sentence
        if frame.state is State.FAILED:
            sentence = replace(sentence, text=HOW_TO_GO_ON, key="")
        elif frame.coming is not None:
            sentence = replace(sentence, text=f"old settings: {sentence.text}", key="")
        if not self.advises or not sentence.key:
            sentence = replace(sentence, key="", remedy=None)
        self._sentence = sentence
        self.redraw()

    @property
    def remedy(self) -> Remedy | None:
        return self._sentence.remedy

    def draw(self, cells: Cells) -> None:
        self._draw_position(cells)
        say = self.keymap.text
        frame = self._picture.frame
        viewers = audience_text(self._picture.audience)
        hint = self._hint
        if not hint and not self._picture.audience.is_connected:
            hint = viewers
        news = say(hint or self._reading or news_of(frame))
        rows = wrapped(self.too_small or news, cells.width, 2)
        if len(rows) > 1 and frame.state is not State.FAILED:  # a long text takes both lines
            for y, row in enumerate(rows, 1):
                cells.write(0, y, row, "muted")
            return
        if self._reading and not hint:
            cells.write(0, 1, news, "verdict")
        else:
            others = "" if viewers == hint else viewers
            cells.write(0, 1, self._second_line(news, others, cells.width), "muted")
        cells.write(0, 2, self._third_line(cells.width), "verdict")

    def _second_line(self, news: str, viewers: str, width: int) -> str:
        parts = parts_of(self._picture.frame, news)
        if viewers:
            parts.append(LinePart(viewers, SPEED, "viewers"))
        say = self.keymap.text
        return fitted([replace(part, text=say(part.text)) for part in parts], width)

    def _third_line(self, width: int) -> str:
        say = self.keymap.text
        if self.too_small:
            return shortened(say(self.too_small), width)
        sentence = self._sentence
        sentence = replace(sentence, text=say(sentence.text), key=say(sentence.key))
        return in_a_line(sentence, width)

    def _draw_position(self, cells: Cells) -> None:
        """The state, and as many of the fields as fit."""
        frame = self._picture.frame
        text = f"{SIGNS[frame.state]} {frame.state}"
        ink = str(frame.state)
        if not self._picture.audience.is_connected:  # then the state is unknown
            text = "× not connected"
            ink = "disconnected"
        x = cells.write(0, 0, text, ink)
        cells.mark(0, 0, x, 1, Press(self.keymap.key("pause")))
        fields = position_fields(frame)
        widths = [len(f"{label} {value}") for label, value in fields]
        gap = 3 if x + sum(widths) + 3 * len(fields) <= cells.width else 1
        for (label, value), width in zip(fields, widths, strict=True):
            x += gap
            if x + width > cells.width:
                break
            x = cells.write(x, 0, f"{label} ", "muted")
            x = cells.write(x, 0, value)
