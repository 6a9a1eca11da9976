"""The screen depends only on pictures: an app draws the same after pictures were encoded and decoded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from rich.segment import Segment
from textual.pilot import Pilot

from echornn.config import EchoConfig
from echornn.readings import Question, Readings
from echornn.runs.run_dir import Run
from echornn.runs.run_recorder import RunRecorder
from echornn.session.commands import Pause
from echornn.session.pictures.picture import Picture
from echornn.session.session import Session
from echornn.session.wire import decode, encode
from echornn.snapshot import Snapshot
from tests.kept_folders import unpacked
from tests.patience import PATIENCE, wait_for
from tests.readings_by_hand import flipped, shift_register
from tests.scripted import SMALL, SMALL_POPULATION, ScriptedTrainer, make_progress
from tests.tui.test_kept_folders import FromAnyState
from tests.viewer import OnlyForViewers, PictureSession
from tui.app.app import EchoApp

KEYS = [
    *("1", ".", "e", "e", "6", "down", "v", "enter", ".", "u", "tab", ">", "z", "z", "Z", "l", "home", "right", "]"),
    *("R", "e", "u", "U", "L", "e", "b", "up", "space", "n", "x", "enter", "b", "g", "e", "2", "3", "4", "n", "5"),
    *("e", "d", "[", "{", "L"),
]
"""Stories with every view and panel, branches, the past, one network and several, and parts of the line."""

SIZE = (100, 30)

NAMED = {
    ".": "full_stop",
    "[": "left_square_bracket",
    "]": "right_square_bracket",
    "{": "left_curly_bracket",
    ">": "greater_than_sign",
}


def examined(snapshot: Snapshot, question: Question) -> Readings:
    """Made-up readings."""
    config = snapshot.state.config
    readings = shift_register(make_progress(config), config)
    readings = replace(readings, branch=snapshot.branch, window=snapshot.window)
    return readings if question.flip is None else flipped(readings)


def of_six_replicas(_: Path) -> Session:
    return Session(SMALL_POPULATION, make_trainer=ScriptedTrainer, examine=examined)


def diverging(config: EchoConfig) -> ScriptedTrainer:
    trainer = ScriptedTrainer(config)
    trainer.diverges_at = 15
    return trainer


def of_one_that_diverges(_: Path) -> Session:
    return Session(SMALL, make_trainer=diverging, examine=examined)


def kept(name: str) -> Callable[[Path], Session]:
    """A run of an earlier version, which is continued."""

    def of_folder(place: Path) -> Session:
        folder = unpacked(name, place)
        run = Run.read(folder)
        owner = run.owner(run.position_at(None))
        assert owner is not None
        recorder = RunRecorder.go_on(folder)
        return Session(owner.config, make_trainer=FromAnyState, recorder=recorder, examine=examined)

    return of_folder


async def press(app: EchoApp, pilot: Pilot[int], key: str) -> None:
    """Press a key, without waiting for its hint to disappear."""
    await pilot.press(NAMED.get(key, key))
    app.show_newest_frame()
    app._end_hint()
    app._show_views()


async def recorded(session: Session) -> list[Picture]:
    """The pictures of a session that an app shows after each key."""
    session.send(Pause())
    app, pictures = EchoApp(session, fps=0.01), []
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        for key in KEYS:
            await press(app, pilot, key)
            assert session.when_idle(PATIENCE), (key, session.error)
            if key == "5":  # this view shows what is measured on another thread
                wait_for(lambda: session.frame.readings is not None)
            app.show_newest_frame()
            await pilot.pause()
            app._show_views()
            frame = replace(app._frame, folder="")  # whoever is shown it later names no branches in that folder
            pictures.append(replace(app._picture, frame=frame))
    assert session.error is None
    return pictures


async def drawn(pictures: Sequence[Picture]) -> list[list[list[Segment]]]:
    """The screen of an app that shows these pictures in order while the same keys are pressed, with colours."""
    session = PictureSession(pictures[0])
    app, screens = EchoApp(cast(Session, OnlyForViewers(session)), fps=0.01), []
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        for key, session.picture in zip(KEYS, pictures, strict=True):
            await press(app, pilot, key)
            await pilot.pause()
            screens.append([list(strip) for strip in app.screen._compositor.render_strips()])
    return screens


def goes_on_alone(pictures: Sequence[Picture]) -> bool:
    kinds = {(picture.frame.config.replicas, len(picture.band) > 0) for picture in pictures}
    return kinds >= {(6, True), (1, True)}


def lies_in_the_past_with_ghosts(pictures: Sequence[Picture]) -> bool:
    return any(picture.frame.is_past and picture.ghosts for picture in pictures)


def diverges(pictures: Sequence[Picture]) -> bool:
    return any("the loss is nan" in picture.frame.warning for picture in pictures)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("story", "holds"),
    [
        (of_six_replicas, goes_on_alone),
        (kept("one-network"), lies_in_the_past_with_ghosts),
        (of_one_that_diverges, diverges),
    ],
    ids=["six", "branches", "diverges"],
)
async def test_pictures_that_were_bytes_are_drawn_letter_by_letter_the_same(
    story: Callable[[Path], Session], holds: Callable[[Sequence[Picture]], bool], tmp_path: Path
) -> None:
    pictures = await recorded(story(tmp_path))
    received = [decode(encode(picture), Picture) for picture in pictures]
    for key, one, other in zip(KEYS, await drawn(pictures), await drawn(received), strict=True):
        assert one == other, key
    assert holds(pictures)
    assert any(picture.branches for picture in pictures)
    assert any(picture.frame.readings is not None for picture in pictures)
