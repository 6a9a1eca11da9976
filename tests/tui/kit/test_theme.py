"""The theme, dark or light: chosen by a flag or in the palette, and remembered; a bad file does no harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tests.program import running
from tests.tui.app.test_app import opened
from tui.app.app import EchoApp
from tui.kit.theme import THEMES, remember, remembered, theme_file


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def test_it_is_dark_until_another_is_chosen_and_each_is_remembered() -> None:
    assert remembered() is None
    for theme in (*THEMES, "light", "light"):
        remember(theme)
        assert remembered() == theme
    assert [file.name for file in theme_file().parent.iterdir()] == ["theme"]


@pytest.mark.parametrize("content", [b"", b"blue\n", b"\xff\xfe", b"light" * 1000, b"\x1b[31m", b"light\0"])
def test_another_word_in_the_file_is_none(content: bytes) -> None:
    remember("light")
    theme_file().write_bytes(content)
    assert remembered() is None


def test_where_it_cannot_be_kept_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere")
    remember("light")
    assert remembered() is None


async def test_the_palette_changes_it_for_the_next_time_too() -> None:
    async with opened() as (app, _, pilot):
        (command,) = [one for one in app.get_system_commands(app.screen) if one.title == "Theme: light"]
        command.callback()
        await pilot.pause()
        assert app.theme == "textual-light"
        assert "Theme: dark" in {one.title for one in app.get_system_commands(app.screen)}
        app._remembering.wait(PATIENCE)
    assert remembered() == "light"


async def test_the_app_opens_as_it_is_told() -> None:
    async with opened() as (dark, _, _):
        assert dark.theme == "textual-dark"
    app = EchoApp(dark.session, fps=0.01, theme="light")
    async with app.run_test():
        assert app.theme == "textual-light"


@pytest.mark.slow
def test_the_flag_is_remembered_by_the_real_program(state: Path) -> None:
    """The background is light in the first frame, and also at the next start without the flag."""
    backgrounds = []
    for flags in (["--theme", "light"], []):
        environment = {"XDG_STATE_HOME": str(state), "COLORTERM": "truecolor"}
        with running(*flags, environment=environment, scripted=True) as program:
            program.until(lambda text: "q Quit" in text)  # the last line is drawn last
            backgrounds.append(program.screen.buffer[0][40].bg)
            program.press("q")
            assert program.ended() == 0
    first, second = (sum(bytes.fromhex(colour)) for colour in backgrounds)
    assert first == second > 3 * 128
