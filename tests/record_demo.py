"""Records the demonstration in the README: the app, networks that train, and keys, without a hand.

`python -m tests.record_demo docs/demo.svg`: takes two minutes. What is drawn depends on the
machine's speed, so no test compares it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.pilot import Pilot

from echornn.config import EchoConfig
from echornn.session.pictures.frame import Frame, State
from echornn.session.session import Session
from tests.animated import Shot, animated
from tui.app.app import EchoApp
from tui.term.private_textual import strips_shown

SIZE = 84, 26
PATIENCE = 300.0  # the most seconds to wait for anything
KEY_STYLE = Style(color="#121212", bgcolor="#ffd166", bold=True)


@dataclass(frozen=True)
class Scene:
    keys: Sequence[str]  # pressed at its beginning, by Textual's names
    caption: str  # below the screen: the key, three spaces, and what it does
    until: Callable[[Frame], bool]  # what the frame shows before the first shot
    shots: int = 1
    every: float = 0.7  # seconds between the shots
    seconds: float = 2.5  # for which each is shown


@dataclass(frozen=True)
class Chapter:
    config: EchoConfig
    speed: float  # windows a second
    scenes: Sequence[Scene]


def trains(windows: int) -> Callable[[Frame], bool]:
    """Whether it runs, after so many windows."""
    return lambda frame: frame.state is State.RUNNING and frame.trained >= windows


def is_paused(frame: Frame) -> bool:
    return frame.state is State.PAUSED


def has_map(frame: Frame) -> bool:
    return frame.readings is not None and frame.readings.solutions is not None


def has_automaton(frame: Frame) -> bool:
    return frame.readings is not None and frame.readings.automaton is not None


TUTORIAL = Chapter(
    EchoConfig(),
    50.0,
    (
        Scene((), "echornn-tui   a network begins to learn", trains(5), 6, 1.6, seconds=0.8),
        Scene(("space",), "space   pause: loss, inputs, predictions, state", is_paused),
        Scene(("3",), "3   ask: what does its state remember?", is_paused),
        Scene(("4",), "4   ask: how far back do gradients reach?", is_paused),
        Scene(("f",), "f   what if one input were another?", is_paused),
        Scene(
            ("1", *["left_square_bracket"] * 3),
            "[   go back: every window comes back to the same bits",
            is_paused,
        ),
        Scene(
            ("R", "space"), "R   other initial weights: a branch", trains(5), 4, 1.4, seconds=0.8
        ),
        Scene(("b",), "b   the branches of the run", trains(5)),
        Scene(("escape", "L"), "L   luck? 64 seeds side by side", trains(20), 4, 1.4, seconds=0.8),
        Scene(("e",), "e   to the end of the epoch", is_paused),
        Scene(("8",), "8   do those that learned it do it alike?", has_map, seconds=4.0),
    ),
)

SETTINGS_OF_PARITY: dict[str, Any] = {
    "task": "parity",
    "length": 10,
    "state_size": 8,
    "init": "glorot",
    "optimizer": "adam",
    "learning_rate": 0.01,
    "batch_size": 32,
    "total_series_length": 480_000,
}
PARITY = Chapter(
    EchoConfig(**SETTINGS_OF_PARITY),
    200.0,
    (
        Scene((), "--task parity   is the number of ones odd?", trains(800)),
        Scene(("space", "7"), "7   the states of the network", is_paused, every=2.0),
        Scene(("9",), "9   which automaton has it become?", has_automaton, seconds=4.0),
    ),
)


async def record(chapter: Chapter) -> list[Shot]:
    """Play a chapter; returns its shots."""
    session = Session(chapter.config, chapter.speed)
    app = EchoApp(session)
    shots = []
    async with app.run_test(size=SIZE) as pilot:
        for scene in chapter.scenes:
            for key in scene.keys:
                await pilot.press(key)
                await pilot.pause(0.3)
            await _wait_for(pilot, session, scene.until)
            for _ in range(scene.shots):
                await pilot.pause(scene.every)
                lines = [list(strip) for strip in strips_shown(app.screen)]
                shots.append(Shot([*lines, _caption(scene.caption)], scene.seconds))
    return shots


async def _wait_for(pilot: Pilot[Any], session: Session, until: Callable[[Frame], bool]) -> None:
    """Wait until the newest frame shows something; a TimeoutError if it never does."""
    async with asyncio.timeout(PATIENCE):
        while not until(session.frame):
            await pilot.pause(0.1)


def _caption(text: str) -> list[Segment]:
    key, _, words = text.partition("   ")
    return [Segment(f"  {key} ", KEY_STYLE), Segment(f"  {words}")]


def main() -> None:
    shots = []
    for chapter in (TUTORIAL, PARITY):
        shots += asyncio.run(record(chapter))
    Path(sys.argv[1]).write_text(animated(shots, SIZE[0]), encoding="utf-8")


if __name__ == "__main__":
    main()
