"""Three lines that say where the run stands, what is trained, and what that means."""

from __future__ import annotations

import math

from echornn.config import EchoConfig
from echornn.session.frame import Frame, State
from tui.app.widgets.cells import Cells, CellWidget

SIGNS = {
    State.LOADING: "…",
    State.RUNNING: "▶",
    State.PAUSED: "‖",
    State.FINISHED: "■",
    State.FAILED: "!",
}
ASCII_SIGNS = {
    **dict.fromkeys(SIGNS, ">"),
    State.LOADING: ".",
    State.PAUSED: "=",
    State.FAILED: "!",
    State.FINISHED: "#",
}


CLAUSE_ENDS = (", ", "; ", ": ", " (", " · ", " | ")
"""Where a sentence can be left off and still be one."""


class StatusLine(CellWidget):
    """State, position, loss, accuracy and speed; the configuration; and a sentence on what is being seen."""

    STYLES = (*(f"status--{state}" for state in State), "status--name", "status--configuration", "status--verdict")
    COMPONENT_CLASSES = set(STYLES)

    def __init__(self, frame: Frame, ascii_only: bool = False) -> None:
        super().__init__()
        self._frame = frame
        self._reading = ""
        self._ascii = ascii_only
        self.too_small = ""
        """What a screen that is too small for the rest needs; shown in place of the sentence."""

    def show(self, frame: Frame, reading: str = "") -> None:
        """Draw this frame; in place of the sentence what a cursor reads, if there is one."""
        self._frame, self._reading = frame, reading
        self.redraw()

    def draw(self, cells: Cells) -> None:
        frame = self._frame
        sign = (ASCII_SIGNS if self._ascii else SIGNS)[frame.state]
        x = cells.write(0, 0, f"{sign} {frame.state}", f"status--{frame.state}")
        gap = 3 if cells.width >= 76 else 1
        for label, value in status_fields(frame):
            if x + gap + len(label) + 1 + len(value) > cells.width:
                break
            x = cells.write(x + gap, 0, f"{label} ", "status--name")
            x = cells.write(x, 0, value)
        lines = (
            (describe(frame), "status--configuration"),
            (self.too_small or self._reading or frame.verdict, "status--verdict"),
        )
        for y, (text, style) in enumerate(lines, 1):
            if self._ascii:
                text = text.replace(" · ", " | ").encode("ascii", "replace").decode()
            cells.write(0, y, shortened(text, cells.width), style)


def shortened(text: str, width: int) -> str:
    """Text on one line of this width: as many of its clauses as fit, and dots for the others."""
    if len(text) <= width:
        return text
    room = max(0, width - 3)
    end = max(text.rfind(boundary, 0, room + len(boundary)) for boundary in CLAUSE_ENDS)
    return text[: end if end >= room // 3 else room] + "..."[:width]


def status_fields(frame: Frame) -> list[tuple[str, str]]:
    """Names and values of the first line, after the state."""
    config = frame.config
    return [
        ("epoch", f"{frame.epoch}/{config.num_epochs}"),
        ("window", f"{frame.window:>{len(str(config.windows_per_epoch))}}/{config.windows_per_epoch}"),
        ("loss", "-" if math.isnan(frame.loss) and frame.progress is None else loss_text(frame.loss)),
        ("accuracy", "-" if math.isnan(frame.accuracy) else f"{frame.accuracy:.1%}"),
    ]


def loss_text(loss: float) -> str:
    """A loss with four decimals, or as a power of ten where that is longer."""
    return f"{loss:.4f}" if abs(loss) < 1e5 or not math.isfinite(loss) else f"{loss:.3e}"


def describe(frame: Frame) -> str:
    """The second line: speed, then the configuration; what went wrong, or is loading, comes first."""
    if frame.message:
        return f"{frame.message.splitlines()[0]} · {describe_config(frame.config)}"
    if frame.warning:
        return f"{frame.warning} · {describe_config(frame.config)}"
    dial = "full speed" if math.isinf(frame.speed) else f"{frame.speed:,.0f} windows/s"
    if frame.state is not State.RUNNING:
        parts = [dial]
    elif math.isinf(frame.speed):
        parts = [f"{frame.rate:,.0f} windows/s, {dial}"]
    else:
        parts = [f"{frame.rate:,.0f} of {dial}"]
    parts.append(describe_config(frame.config))
    if frame.draw:
        parts.append(f"weights {frame.draw + 1}")
    if frame.generation:
        parts.append(f"data {frame.generation + 1}")
    parts.append(frame.device)
    return " · ".join(parts)


def describe_config(config: EchoConfig) -> str:
    """What is trained, in a line; what is as in the tutorial and has no number there goes unsaid."""
    stride = "" if config.window_stride == config.truncated_backprop_length else f" every {config.window_stride}"
    return "".join(
        (
            "" if config.cell == "rnn" else f"{config.cell}, ",
            "" if config.num_layers == 1 else f"{config.num_layers} layers, ",
            f"dropout {config.dropout:g}, " if config.dropout else "",
            f"{config.num_classes} classes, " if config.num_classes > 2 else "",
            f"echo {config.echo_step}, T {config.truncated_backprop_length}{stride}, state {config.state_size}",
            f", batch {config.batch_size}, {config.optimizer} {config.learning_rate:g}",
            "" if config.init == "tutorial" else f", {config.init}",
            "" if config.row_start == "previous_row" else ", blank row starts",
            f", seed {config.seed}",
        )
    )
