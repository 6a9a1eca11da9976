"""Colours on simple terminals: different things look different, with any number of colours and without any."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from rich.color import ColorSystem
from textual.widget import Widget

from echornn.config import EchoConfig
from tests.program import Program, running
from tests.scripted import ScriptedSession
from tui.app.app import EchoApp
from tui.app.curve.loss_plot import LossPlot
from tui.app.drawings.blocks import CLASS_COLOURS
from tui.app.views.data import Data
from tui.app.views.gradient import GradientView
from tui.app.views.memory import MemoryView
from tui.app.views.plane import PlaneView
from tui.app.views.rows import Rows
from tui.app.views.seeds import SeedsView
from tui.app.views.weights import WeightsView
from tui.app.widgets.settings_panel import SettingsPanel

SYSTEMS = [ColorSystem.STANDARD, ColorSystem.EIGHT_BIT, ColorSystem.TRUECOLOR]
APART: list[tuple[type[Widget], str, list[str]]] = [
    (Rows, "color", ["rows--input", "rows--target", "rows--prediction"]),
    (Rows, "bgcolor", ["rows--wrong", "rows--cursor", "rows--source", "rows--input"]),
    (Rows, "bgcolor", [f"rows--class{number}" for number in range(CLASS_COLOURS)]),
    (Data, "color", ["data--window", "data--before", "data--above", "data--place"]),
    (Data, "color", ["data--target", "data--before", "data--above"]),
    (Data, "color", ["data--missed", "data--covered"]),
    (Data, "bgcolor", ["data--cursor", "data--source", "data--window"]),
    (MemoryView, "color", ["view--bar", "view--echo", "view--wall", "view--saturated"]),
    (MemoryView, "color", ["view--positive", "view--negative", "view--saturated"]),
    (GradientView, "color", ["view--bar", "view--echo", "view--beyond", "view--wall"]),
    (GradientView, "color", ["view--input", "view--positive", "view--prediction"]),
    (GradientView, "bgcolor", ["view--cursor", "view--changed", "view--input"]),
    (WeightsView, "color", ["view--positive", "view--negative", "view--point", "view--saturated"]),
    (PlaneView, "color", [f"view--class{number}" for number in range(CLASS_COLOURS)]),
    (PlaneView, "color", ["view--wall", "view--class0", "view--class1"]),
    (SeedsView, "color", ["seeds--loss", "seeds--solved"]),
    (SeedsView, "bgcolor", ["seeds--chosen", "seeds--label"]),
    (LossPlot, "color", ["plot--raw", "plot--mean", "plot--mark", "plot--errors"]),
    (LossPlot, "color", ["plot--mean", "plot--median", "plot--solved", "plot--mark", "plot--errors"]),
    (SettingsPanel, "color", ["panel--field", "panel--draft", "panel--refusal"]),
]


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light"])
@pytest.mark.parametrize("system", SYSTEMS)
async def test_colours_that_tell_things_apart_differ_from_each_other_and_from_the_background(
    system: ColorSystem, theme: str
) -> None:
    app = EchoApp(ScriptedSession(EchoConfig()), fps=0.01)
    async with app.run_test() as pilot:
        app.theme = theme
        await pilot.pause()
        for widget, layer, names in APART:
            styles = {name: app.query_one(widget).get_component_rich_style(name) for name in names}
            for name, style in styles.items():
                assert style.color is not None
                assert style.bgcolor is not None
                assert style.color.downgrade(system) != style.bgcolor.downgrade(system), name
            for one, other in combinations(names, 2):
                first, second = (getattr(styles[name], layer).downgrade(system) for name in (one, other))
                assert first != second, (one, other)


TRUE_COLOUR, PALETTE, STANDARD = rb"\x1b\[[0-9;]*[34]8;2;", rb"\x1b\[[0-9;]*[34]8;5;", rb"\x1b\[([0-9;]*;)?(3|9)[0-7]m"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "used", "unused"),
    [
        ({"COLORTERM": "truecolor"}, [TRUE_COLOUR], [PALETTE]),
        ({"TERM": "xterm-256color"}, [PALETTE], [TRUE_COLOUR]),
        ({"TERM": "screen"}, [STANDARD], [TRUE_COLOUR, PALETTE]),
    ],
    ids=["true colour", "256", "16"],
)
def test_rows_in_each_number_of_colours(environment: dict[str, str], used: list[bytes], unused: list[bytes]) -> None:
    with running(environment=environment, scripted=True) as program:
        seen = colours_of_the_rows(program)
        assert len({seen["input"], seen["echo"], seen["pred"], "default"}) == 4
        assert seen["wrong background"] not in (seen["input background"], "default")
        assert all(re.search(pattern, program.output) for pattern in used)
        assert not any(re.search(pattern, program.output) for pattern in unused)


@pytest.mark.slow
def test_without_colour_there_are_greys_and_the_signs_remain() -> None:
    with running(environment={"NO_COLOR": "1", "COLORTERM": "truecolor"}, scripted=True) as program:
        colours_of_the_rows(program)
        for red, green, blue in re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", program.output):
            assert red == green == blue


def colours_of_the_rows(program: Program) -> dict[str, str]:
    """Pause with a wrong prediction on the screen, read the colours of a row's lines, and quit."""
    program.until(lambda text: "running" in text and "><" in text)
    program.press(" ")
    program.until(lambda text: "paused" in text and "Resume" in text and len(colours_shown(program)) == 7)
    seen = colours_shown(program)
    program.press("q")
    assert program.ended() == 0
    return seen


def colours_shown(program: Program) -> dict[str, str]:
    """The colours of the first block of each kind of line of the rows, as far as it is drawn by now."""
    seen: dict[str, str] = {}
    for line, text in enumerate(program.screen.display):
        for name in ("input", "echo", "pred"):
            if text.startswith(f" {name}"):
                for column in [x for x, sign in enumerate(text) if sign in "█▁▒▓░" and x > 6][:1]:
                    cell = program.screen.buffer[line][column]
                    seen[name], seen[f"{name} background"] = cell.fg, cell.bg
        if "><" in text:
            seen["wrong background"] = program.screen.buffer[line][text.index("><")].bg
    return seen
