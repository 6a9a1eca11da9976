"""Records the demonstration in the documentation: the app, a network that trains, and keys, without a hand.

`python -m tests.record_demo docs/demo.svg`: takes about a minute. What is drawn depends on the machine's speed, so no
test compares it.
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
from tests.animated_svg import Shot, animated
from tui.app.app import EchoApp
from tui.term.private_textual import strips_shown

SIZE = 84, 26

SPEED = 50.0
"""Windows a second."""

PATIENCE = 120.0
"""The most seconds to wait for anything."""


@dataclass(frozen=True)
class Scene:
    """A key, and the pictures after it.

    Attributes:
        keys: the keys, by Textual's names.
        caption: the key and what it does, below the screen.
        until: what the frame shows before the first picture.
        shots: the number of pictures.
        every: the seconds between them.
        seconds: for how long each is shown.
    """

    keys: Sequence[str]
    caption: str
    until: Callable[[Frame], bool] = lambda frame: True
    shots: int = 1
    every: float = 0.7
    seconds: float = 2.0


def trains(windows: int) -> Callable[[Frame], bool]:
    """Whether it runs, after so many windows."""
    return lambda frame: frame.state is State.RUNNING and frame.trained >= windows


def stands(frame: Frame) -> bool:
    """Whether nothing is trained, and the readings are there."""
    return frame.state is State.PAUSED


STORY = (
    Scene((), "echornn-tui   a network begins to learn", trains(5), shots=6, every=1.6, seconds=0.8),
    Scene(("space",), "space   pause: loss, inputs, predictions, state", stands, seconds=2.5),
    Scene(("3",), "3   what does its state remember?", seconds=2.5),
    Scene(("4",), "4   how far back do gradients reach?", seconds=2.5),
    Scene(("1", *["left_square_bracket"] * 3), "[   go back in time: every window comes back to the same bits", stands),
    Scene(("R", "space"), "R   other initial weights: another future", trains(5), shots=4, every=1.4, seconds=0.8),
    Scene(("b",), "b   the branches of the run", seconds=2.5),
    Scene(("escape", "L"), "L   luck? 64 seeds side by side", trains(20), shots=4, every=1.4, seconds=0.8),
    Scene(("space",), "space   pause: how many of them have learned it?", stands, seconds=3.0),
)


async def record(session: Session) -> list[Shot]:
    """Play the story; returns its pictures."""
    app, shots = EchoApp(session), []
    async with app.run_test(size=SIZE) as pilot:
        for scene in STORY:
            for key in scene.keys:
                await pilot.press(key)
                await pilot.pause(0.3)
            await wait_for(pilot, lambda scene=scene: scene.until(session.frame))  # type: ignore[misc]
            for _ in range(scene.shots):
                await pilot.pause(scene.every)
                shots.append(Shot([*lines_of(app), caption(scene.caption)], scene.seconds))
    return shots


async def wait_for(pilot: Pilot[Any], happened: Callable[[], bool]) -> None:
    """Wait until something has happened.

    Raises:
        TimeoutError: it does not happen.
    """
    async with asyncio.timeout(PATIENCE):
        while not happened():
            await pilot.pause(0.1)


def lines_of(app: EchoApp) -> list[list[Segment]]:
    """The lines of the screen."""
    return [list(strip) for strip in strips_shown(app.screen)]


def caption(text: str) -> list[Segment]:
    """The line below the screen."""
    key, _, rest = text.partition("   ")
    return [Segment(f"  {key} ", Style(color="#121212", bgcolor="#ffd166", bold=True)), Segment(f"  {rest}", Style())]


def main() -> None:
    """Record, and write the file."""
    shots = asyncio.run(record(Session(EchoConfig(), SPEED, vitals=True)))
    Path(sys.argv[1]).write_text(animated(shots, SIZE[0]), encoding="utf-8")


if __name__ == "__main__":
    main()
