"""The ladder of a task on the curve: which rungs are named, and where."""

from __future__ import annotations

import re

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.data.levels import ladder_of
from echornn.diagnosis.loss_text import loss_text
from echornn.tasks.table import TASKS
from echornn.timeline.timeline import Timeline
from tests.trees import branch_off, grow
from tests.tui.app.scenes import NOTHING, Line
from tui.app.curve.loss_plot import LossPlot
from tui.app.curve.viewport import Viewport

OTHERS = [name for name in TASKS if name != "echo"]


def lines_of(
    config: EchoConfig, losses: list[float], width: int = 80, height: int = 20, log: bool = False
) -> list[str]:
    """The lines of the plot of a run with these losses."""
    timeline = Timeline()
    grow(timeline, branch_off(timeline, config), losses)
    plot = LossPlot(NOTHING, ascii_only=True)
    plot.viewport = Viewport(log=log)
    cells = Line(timeline, config=config).draw(plot, width, height)
    return [cells.text(y).rstrip() for y in range(height)]


def falling(config: EchoConfig) -> list[float]:
    """Losses that fall from above the ladder to just above its second rung, where they stay."""
    chance, second, *_ = (level.loss for level in ladder_of(config))
    return [float(loss) for loss in second + 1.2 * chance * np.exp(-np.arange(60) / 6)]


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("task", OTHERS)
def test_labels_are_whole_and_apart(task: str, width: int, log: bool) -> None:
    config = EchoConfig(task=task)
    lines = lines_of(config, falling(config), width, log=log)
    labels = [f" {level.name} {loss_text(level.loss, 3)}" for level in ladder_of(config)]
    shown = [label for label in labels if any(f"{label} " in f"{line} " for line in lines)]
    if not log:
        assert {labels[0], labels[-1]} <= {*shown}, "\n".join(lines)
    left = "\n".join(line[7:] for line in lines[:-1])
    for text in (*shown, f" {config.loss_name}"):
        left = left.replace(text, "")
    assert not set(re.findall("[a-z]{2,}", left)), "\n".join(lines)


def test_a_rung_is_a_line_with_its_name_at_its_loss() -> None:
    config = EchoConfig(task="two_coins")
    lines = lines_of(config, [0.9, 0.7, *[0.58] * 60], height=40)
    at = {name: next(y for y, line in enumerate(lines) if name in line) for name in ("chance", "t-8", "t-3", "both")}
    assert at["chance"] < at["t-8"] < at["t-3"] < at["both"]
    assert lines[at["t-3"]][7:].startswith("---")
    assert "cross-entropy, nats" in lines[0]


def test_numbers_have_no_strip_of_errors() -> None:
    config = EchoConfig(task="adding")
    lines = lines_of(config, [0.3, 0.2, 0.1])
    assert "squared error" in lines[0]
    assert not any(line.startswith("errors") for line in lines)
    assert "knows both 0.000" in lines[-2]
