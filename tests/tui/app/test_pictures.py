"""The README's pictures: what the app draws of a recorded run, compared letter by letter, so that they stay true.

After a change that is meant to be seen: `UPDATE_PICTURES=1 pytest tests/tui/app/test_pictures.py`, and look at them.
"""

from __future__ import annotations

import html
import math
import os
import re
from pathlib import Path

import pytest

from echornn.analysis.evidence import Evidence
from echornn.analysis.loss_history import Cause
from echornn.config import EchoConfig
from echornn.session.frame import State
from tests.record_readings import recorded_readings
from tests.record_run import FUTURES, recorded, recorded_future
from tests.scripted import ScriptedSession, make_progress
from tests.trees import branch_off, grow
from tui.app.app import EchoApp

FOLDER = Path(__file__).parents[2] / "snapshots"
TUTORIAL = EchoConfig()


def pinned(svg: str) -> str:
    """The picture with each word and braille sign at its place, whatever font draws it, and no font from elsewhere."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code", "DejaVu Sans Mono, Fira Code")

    def place(match: re.Match[str]) -> str:
        x, length, content = float(match["x"]), float(match["length"]), html.unescape(match["content"])
        width = length / len(content)
        return "".join(
            f'{match["head"]}x="{x + part.start() * width:.1f}" y="{match["y"]}" '
            f'textLength="{len(part[0]) * width:.1f}"{match["tail"]}>{html.escape(part[0])}</text>'
            for part in re.finditer(r"[⠀-⣿]|[^\s⠀-⣿]+", content)
        )

    return re.sub(
        r'(?P<head><text class="[^"]*" )x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)" textLength="(?P<length>[\d.]+)"'
        r"(?P<tail>[^>]*)>(?P<content>[^<]+)</text>",
        place,
        svg,
    )


@pytest.mark.parametrize(
    ("name", "moment", "state", "size", "keys"),
    [
        ("learning", 298, State.RUNNING, (120, 38), []),
        ("spike", 667, State.PAUSED, (100, 30), []),
        ("small", 460, State.RUNNING, (80, 24), []),
        ("wide", 1500, State.RUNNING, (160, 45), []),
        ("log", 1500, State.RUNNING, (120, 40), ["l"]),
        ("crosshair", 667, State.PAUSED, (100, 30), ["z", "left"]),
        ("cursor", 298, State.PAUSED, (80, 24), ["tab", "left", "left"]),
        ("settings", 460, State.RUNNING, (120, 40), ["s", "down", "plus", *["down"] * 6, "plus"]),
        ("settings_small", 460, State.RUNNING, (80, 24), ["s", "down", "plus", *["down"] * 6, "plus"]),
        ("help", 460, State.RUNNING, (80, 40), ["question_mark"]),
        ("light", 298, State.RUNNING, (100, 30), []),
        ("ascii", 298, State.RUNNING, (80, 24), []),
        ("futures", 1500, State.PAUSED, (120, 40), []),
        ("futures_small", 1500, State.PAUSED, (80, 24), []),
        ("futures_ascii", 1500, State.PAUSED, (80, 24), []),
        ("past", 298, State.PAUSED, (120, 40), []),
        ("branches", 1500, State.PAUSED, (120, 40), ["b", "up", "n", *"slower", "enter"]),
    ],
)
async def test_picture(name: str, moment: int, state: State, size: tuple[int, int], keys: list[str]) -> None:
    (*tape, progress), losses, error_rates = recorded(moment)
    session = ScriptedSession(TUTORIAL)
    evidence = Evidence().after(losses, TUTORIAL)
    has_futures = name.startswith(("futures", "past", "branches"))
    if has_futures:
        _, losses, error_rates = recorded(1500)
    grow(session.timeline, branch_off(session.timeline, TUTORIAL), losses, error_rates)
    for future in FUTURES if has_futures else ():
        at, config, of_future = recorded_future(future)
        cause: Cause = "edit" if at else "preset"
        grow(session.timeline, branch_off(session.timeline, config, cause, (0, at)), of_future)
    app = EchoApp(session, fps=0.01, ascii_only=name.endswith("ascii"))
    async with app.run_test(size=size) as pilot:
        app.theme = "textual-light" if name == "light" else app.theme
        shown = {"trained": moment, "rate": 100.0, "device": "cpu", "evidence": evidence, "tape": tuple(tape)}
        readings = recorded_readings(moment) if name == "wide" else None
        session.set_frame(state, progress, **shown, readings=readings, is_past=moment < len(losses))
        app.show_newest_frame()
        await pilot.pause()
        await pilot.press(*keys)
        app.show_newest_frame()
        await pilot.pause()
        svg = pinned(app.export_screenshot(title=""))
    assert math.isfinite(losses[-1])
    compare(name, svg)


async def test_picture_of_the_tutorials_little_example() -> None:
    config = EchoConfig(total_series_length=36, batch_size=3, truncated_backprop_length=3, seed=1)
    session = ScriptedSession(config)
    app = EchoApp(session, fps=0.01)
    async with app.run_test(size=(100, 36)) as pilot:
        session.set_frame(State.PAUSED, make_progress(config, 0, 1), trained=2)
        app.show_newest_frame()
        await pilot.press("2", "tab", "right")
        await pilot.pause()
        compare("data", pinned(app.export_screenshot(title="")))


def compare(name: str, svg: str) -> None:
    """With the picture that is kept, or keep this one."""
    file = FOLDER / f"{name}.svg"
    if os.environ.get("UPDATE_PICTURES"):
        file.write_text(svg, encoding="utf-8")
    assert svg == file.read_text(encoding="utf-8"), f"{file.name} is not what the app draws now"
