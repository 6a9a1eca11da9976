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


@pytest.mark.parametrize("task", OTHERS)
def test_before_the_first_window_the_whole_ladder_is_on_the_axis(task: str) -> None:
    config = EchoConfig(task=task)
    lines = lines_of(config, [], height=40)
    rungs = ladder_of(config)
    for level in (rungs[0], rungs[-1]):
        assert any(f" {level.name} {loss_text(level.loss, 3)} " in line for line in lines), "\n".join(lines)


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("height", [10, 14, 20, 40])
@pytest.mark.parametrize("task", OTHERS)
def test_labels_are_in_the_order_of_their_rungs(task: str, height: int, log: bool) -> None:
    config = EchoConfig(task=task)
    lines = lines_of(config, falling(config), height=height, log=log)
    at = []
    for level in ladder_of(config):
        label = f" {level.name} {loss_text(level.loss, 3)} "
        at += [y for y, line in enumerate(lines) if label in f"{line} "]
    assert at == sorted(at), "\n".join(lines)


def test_where_noise_fills_the_plot_the_labels_cover_it_but_not_the_mean() -> None:
    """Short of room, a label covers the range of losses."""
    config = EchoConfig(task="adding")
    noise = np.random.default_rng(0).exponential(0.09, 900)
    lines = lines_of(config, noise.tolist(), width=120, height=30)
    for level in ladder_of(config):
        assert any(f" {level.name} {loss_text(level.loss, 3)} " in f"{line} " for line in lines), "\n".join(lines)
