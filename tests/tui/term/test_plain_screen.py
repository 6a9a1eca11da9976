"""Running without the private parts of Textual: on request, or because Textual lacks them."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Input

from tests.patience import PATIENCE
from tests.program import running, stopped
from tests.scripted import ScriptedSession
from tests.terminal_screen import ALTERNATE_SCREEN_ON
from tui.app.app import EchoApp
from tui.app.save_screen import save_text
from tui.term import plain_screen
from tui.term.backpressure import ASK
from tui.term.plain_screen import SWITCH
from tui.term.private_textual import LayoutUpdate
from tui.term.screen_diff import SavingUpdate, ScreenDiff

TUI = Path(plain_screen.__file__).parents[1]


@pytest.mark.parametrize(("value", "plain"), [("1", True), ("yes", True), ("0", False), ("", False)])
def test_the_switch(value: str, plain: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, value)
    assert plain_screen.is_plain() == plain


LACKING = [
    "import textual.app, textual._compositor as c; del c.ChopsUpdate",
    "import textual.drivers.linux_driver, textual._xterm_parser as x; del x.XTermParser",
    "import textual.app as a; del a.App._display",
    "from textual.drivers.linux_driver import LinuxDriver as d; del d._sigtstp_application",
]


@pytest.mark.slow
@pytest.mark.parametrize("lacking", LACKING)
def test_another_textual_has_a_plain_screen(lacking: str) -> None:
    imports = "from tui.term.plain_screen import is_plain\nimport tui.cli.front_ends.open_app"
    code = f"{lacking}\n{imports}\nassert is_plain()\n"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE)


@pytest.mark.slow
def test_plain_it_starts_stops_resizes_shows_the_palette_and_ends() -> None:
    with running("--speed", "50", environment={SWITCH: "1"}, scripted=True) as program:
        program.until(lambda text: "running" in text)
        assert ASK.encode() not in program.output
        program.resize(100, 30)
        program.until(lambda text: "s Set" in text.splitlines()[29])
        program.press("\x10")
        program.until(lambda text: "Search for a command" in text)
        program.press("\x1b")
        program.until(lambda text: "Search for a command" not in text)
        program.press(" ")
        program.until(lambda text: "paused" in text and "Resume" in text)
        program.quiet_for(0.3)  # Textual's handler of the signal could wait forever if it interrupted the drawing
        shown = program.output.count(ALTERNATE_SCREEN_ON)
        app = program.app
        os.kill(app, signal.SIGTSTP)
        program.stops()
        assert stopped(app)
        os.killpg(program.pid, signal.SIGCONT)
        program.until(lambda text: program.output.count(ALTERNATE_SCREEN_ON) > shown and "s Set" in text)
        program.press("q")
        assert program.ended() == 0
        assert program.mended


@pytest.mark.slow
def test_plain_its_guardian_mends_the_terminal() -> None:
    with running(environment={SWITCH: "1"}, scripted=True) as program:
        program.until(lambda text: "s Set" in text)
        os.kill(program.app, signal.SIGKILL)
        assert program.ended() == 1
        assert program.mended


async def test_plain_text_cannot_be_saved_and_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, "1")
    app = EchoApp(ScriptedSession())
    async with app.run_test():
        with pytest.raises(OSError, match="a plain screen can be saved as a picture only"):
            save_text(app, tmp_path)


def test_an_update_that_is_made_otherwise_is_drawn_by_textual() -> None:
    class Other(LayoutUpdate):
        @property
        def strips(self) -> list[Iterable[Strip]]:
            raise AttributeError("strips")

        @strips.setter
        def strips(self, _: list[Iterable[Strip]]) -> None: ...

        def render_segments(self, console: Console) -> str:
            return "drawn"

    diff = ScreenDiff()
    saving = diff.saving(Other([], Region(0, 0, 1, 1)))
    assert isinstance(saving, SavingUpdate)
    assert saving.render_segments(Console(file=StringIO())) == "drawn"
    assert diff.is_given_up


def private_names() -> set[str]:
    """The private names of Textual's classes from which ours derive."""
    classes: list[type] = [App, Screen, Input, LinuxDriver]
    names = {name for one in classes for name in dir(one) if name.startswith("_") and not name.startswith("__")}
    return names | {"_driver", "_compositor", "_color_system", "_key_thread", "_writer_thread"}


def test_private_parts_of_textual_are_named_in_one_file() -> None:
    private = private_names()
    for file in [*(TUI / "app").rglob("*.py"), *(TUI / "term").rglob("*.py")]:
        text = file.read_text()
        if file.name in ("private_textual.py", "curve_line.py"):  # the latter uses private names of plotext
            continue
        assert "textual._" not in text, file
        assert "rich._" not in text, file
        for node in ast.walk(ast.parse(text)):
            name = getattr(node, "attr", None) or getattr(node, "name", None)
            if isinstance(node, ast.Attribute | ast.FunctionDef | ast.AsyncFunctionDef):
                assert name not in private, f"{file}:{node.lineno}: {name} is private to Textual"
