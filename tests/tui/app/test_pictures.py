"""The pictures in the README: the app's drawing of a recorded run, compared character by character.

After an intended change: `UPDATE_PICTURES=1 pytest tests/tui/app/test_pictures.py`, and check the pictures.
"""

from __future__ import annotations

import html
import math
import os
import re
from pathlib import Path

import pytest

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import LossStats
from echornn.history.curve import Cause
from echornn.session.audience import LOCAL
from echornn.session.pictures.frame import State
from tests.losses_seen import after
from tests.record_readings import recorded_readings
from tests.record_run import FUTURES, recorded, recorded_future
from tests.scripted import ScriptedSession, make_progress
from tests.trees import branch_off, grow
from tests.tui.drawn_cells import SHADES, path, rects
from tui.app.app import EchoApp
from tui.app.layout import TWO_VIEWS

FOLDER = Path(__file__).parents[2] / "snapshots"
TUTORIAL = EchoConfig()

SHAPES = "".join(re.escape(chr(code)) for code in range(0x2500, 0x2900) if rects(chr(code)) and chr(code) not in SHADES)
SAME_KIND = re.compile(rf"[{SHAPES}]+|░+|▒+|▓+|[^\s░▒▓{SHAPES}]+")
"""A word, or characters that are drawn as shapes; each shade separately."""


CELL_HEIGHT, BASE_LINE = 24.4, 18.5
"""The height of a line of text in the picture, and the distance from its top to the base of the letters."""


def pinned(svg: str) -> str:
    """The picture with each word at a fixed place, independent of the font, and with lines, blocks and dots as
    shapes.
    """
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code", "DejaVu Sans Mono, Fira Code")

    def place(match: re.Match[str]) -> str:
        x, length, content = float(match["x"]), float(match["length"]), html.unescape(match["content"])
        width = length / len(content)
        return "".join(_part(match, part[0], x + part.start() * width, width) for part in SAME_KIND.finditer(content))

    return re.sub(
        r'<text class="(?P<style>[^"]*)" x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)" textLength="(?P<length>[\d.]+)"'
        r"(?P<tail>[^>]*)>(?P<content>[^<]+)</text>",
        place,
        svg,
    )


def _part(text: re.Match[str], part: str, x: float, width: float) -> str:
    """The SVG of a word, or of characters drawn as shapes."""
    style, y = text["style"], text["y"]
    if not rects(part[0]):
        length = f"{len(part) * width:.1f}"
        place = f'x="{x:.1f}" y="{y}" textLength="{length}"'
        return f'<text class="{style}" {place}{text["tail"]}>{html.escape(part)}</text>'
    edges = "" if part[0] >= "⠀" else ' shape-rendering="crispEdges"'
    shade = f' fill-opacity="{SHADES[part[0]]}"' if part[0] in SHADES else ""
    return f'<path class="{style}"{edges}{shade} d="{path(part, x, float(y) - BASE_LINE, width, CELL_HEIGHT)}"/>'


@pytest.mark.parametrize(
    ("name", "position", "state", "size", "keys"),
    [
        ("learning", 298, State.RUNNING, (120, 38), []),
        ("spike", 667, State.PAUSED, (100, 30), []),
        ("small", 460, State.RUNNING, (80, 24), []),
        ("wide", 1500, State.RUNNING, (160, 45), []),
        ("futures_wide", 1500, State.RUNNING, (160, 41), []),
        ("log", 1500, State.RUNNING, (120, 40), ["l"]),
        ("crosshair", 667, State.PAUSED, (100, 30), ["z", "left"]),
        ("cursor", 298, State.PAUSED, (80, 24), ["tab", "left", "left"]),
        ("settings", 460, State.RUNNING, (120, 40), ["s", "down", "plus", *["down"] * 7, "plus"]),
        ("settings_small", 460, State.RUNNING, (80, 24), ["s", "down", "plus", *["down"] * 7, "plus"]),
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
async def test_picture(name: str, position: int, state: State, size: tuple[int, int], keys: list[str]) -> None:
    (*tape, progress), losses, error_rates = recorded(position)
    session = ScriptedSession(TUTORIAL)
    loss_stats = after(LossStats(), losses, TUTORIAL, errors=error_rates)
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
        shown = {"trained": position, "rate": 100.0, "device": "cpu", "loss_stats": loss_stats, "tape": tuple(tape)}
        readings = recorded_readings(position) if size[0] >= TWO_VIEWS else None
        session.set_frame(state, progress, **shown, readings=readings, is_past=position < len(losses))
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
    """Compare a picture with the stored one, or store it."""
    file = FOLDER / f"{name}.svg"
    if os.environ.get("UPDATE_PICTURES"):
        file.write_text(svg, encoding="utf-8")
    assert svg == file.read_text(encoding="utf-8"), f"{file.name} is not what the app draws now"


async def test_picture_of_two_viewers() -> None:
    """One viewer watches, on a smaller screen than that of the viewer who steers."""
    (*tape, progress), losses, error_rates = recorded(298)
    session = ScriptedSession(TUTORIAL)
    session.viewers.join("pts/3 (10.0.0.7)")
    session.viewers.join("pts/1", LOCAL)
    grow(session.timeline, branch_off(session.timeline, TUTORIAL), losses, error_rates)
    app = EchoApp(session, fps=0.01)
    async with app.run_test(size=(80, 24)) as pilot:
        shown = {"trained": 298, "rate": 100.0, "device": "cpu", "tape": tuple(tape)}
        session.set_frame(State.RUNNING, progress, **shown, loss_stats=after(LossStats(), losses, TUTORIAL))
        app.show_newest_frame()
        await pilot.pause()
        compare("viewer", pinned(app.export_screenshot(title="")))
