"""Two lines that say where the run stands, and what is trained."""

from __future__ import annotations

import math

from rich.text import Text
from textual.widget import Widget

from echornn.config import EchoConfig
from echornn.frame import Frame, State

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


class StatusLine(Widget):
    """State, position, loss, accuracy and speed; below them the configuration."""

    COMPONENT_CLASSES = {f"status--{state}" for state in State} | {"status--name", "status--configuration"}

    def __init__(self, frame: Frame, ascii_only: bool = False) -> None:
        super().__init__()
        self._frame = frame
        self._signs = ASCII_SIGNS if ascii_only else SIGNS

    def show(self, frame: Frame) -> None:
        """Draw this frame."""
        self._frame = frame
        self.refresh()

    def render(self) -> Text:
        frame = self._frame
        state = Text(
            f"{self._signs[frame.state]} {frame.state}", self.get_component_rich_style(f"status--{frame.state}")
        )
        name = self.get_component_rich_style("status--name")
        fields = [state]
        for label, value in status_fields(frame):
            fields.append(Text.assemble((f"{label} ", name), value))
        first = Text("   ").join(fields)
        second = Text(describe(frame), self.get_component_rich_style("status--configuration"))
        for line in (first, second):
            line.truncate(max(1, self.size.width), overflow="ellipsis")
        return Text("\n").join([first, second])


def status_fields(frame: Frame) -> list[tuple[str, str]]:
    """Names and values of the first line, after the state."""
    config = frame.config
    return [
        ("epoch", f"{frame.epoch}/{config.num_epochs}"),
        ("window", f"{frame.window:>{len(str(config.windows_per_epoch))}}/{config.windows_per_epoch}"),
        ("loss", "-" if math.isnan(frame.loss) and frame.progress is None else f"{frame.loss:.4f}"),
        ("accuracy", "-" if math.isnan(frame.accuracy) else f"{frame.accuracy:.1%}"),
    ]


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
    """What is trained, in a line."""
    stride = "" if config.window_stride == config.truncated_backprop_length else f" every {config.window_stride}"
    return (
        f"echo {config.echo_step}, T {config.truncated_backprop_length}{stride}, state {config.state_size}"
        f", batch {config.batch_size}, {config.optimizer} {config.learning_rate:g}, seed {config.seed}"
    )
