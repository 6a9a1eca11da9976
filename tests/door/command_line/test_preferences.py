"""Preferences: a flag comes before the environment, that before the file; a bad one is a line and
exit code 2."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import Mock, patch

import pytest

from tests.answered import Answer, answered


@dataclass(frozen=True)
class Opened:
    """How the program answered, and what the app was opened with: nothing if it was not."""

    answer: Answer
    fps: float = 0
    speed: float = 0
    theme: str = ""
    ascii: bool = False
    mouse: bool = True
    keys: dict[str, tuple[str, ...]] | None = None


def opened(*arguments: object) -> Opened:
    """Open the app with these arguments."""
    shown: dict[str, Any] = {}

    def shown_session(session: Any, preferences: Any, *_: object, **__: object) -> Mock:
        shown["speed"] = session.frame.speed
        for name in ("fps", "theme", "ascii", "mouse", "keys"):
            shown[name] = getattr(preferences, name)
        return Mock(show=Mock(return_value=0))

    with (
        patch("tui.term.terminal.is_interactive", lambda: True),
        patch("tui.term.guardian.divide", object),
        patch("tui.cli.train.ShownSession", shown_session),
    ):
        return Opened(answered(*arguments), **shown)


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's file, which does not exist yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("THEME", "FPS", "SPEED", "ASCII", "NO_MOUSE", "KEYS"):
        monkeypatch.delenv(f"ECHORNN_{name}", raising=False)
    (tmp_path / "config" / "echornn-tui").mkdir(parents=True)
    return tmp_path / "config" / "echornn-tui" / "config.toml"


FILE = """fps = 20
theme = "light"
ascii = true
speed = "max"
mouse = false
[keys]
undo = "F5"
"""


def test_flag_environment_file_and_what_is_built_in_come_in_this_order(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened()
    assert (app.answer.returncode, app.answer.stderr) == (0, "")
    assert app == Opened(app.answer, 10, 100, "dark", ascii=False, mouse=True, keys={})
    file.write_text(FILE)
    app = opened()
    keys: dict[str, tuple[str, ...]] = {"undo": ("f5",)}
    assert app == Opened(app.answer, 20, math.inf, "light", ascii=True, mouse=False, keys=keys)
    monkeypatch.setenv("ECHORNN_FPS", "30")
    monkeypatch.setenv("ECHORNN_ASCII", "0")
    monkeypatch.setenv("ECHORNN_THEME", "")  # as if it were not set
    app = opened()
    assert app == Opened(app.answer, 30, math.inf, "light", ascii=False, mouse=False, keys=keys)
    app = opened("--fps", 40, "--theme", "dark", "--speed", 2.5, "--ascii")
    assert app == Opened(app.answer, 40, 2.5, "dark", ascii=True, mouse=False, keys=keys)
    file.unlink()
    assert opened("--no-mouse").mouse is False


def test_a_file_in_the_current_folder_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("config.toml", "echornn-tui/config.toml", "echornn-tui.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("fps = 1")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", ".")
    assert opened().fps == 10


BAD = {
    "fps = 100": "fps 100 0.1 60",
    "ascii = 1": "ascii 1 true false",
    "speed = 0": "speed 0 0.01 1,000,000 max",
    "ftp = 10": "ftp fps",
    "fps = 10\n# \udcff": "TOML utf-8",
    "[keys]\nundoo = 'x'": "undoo undo",
    "[keys]\nundo = 3": "undo 3",
    "[keys]\nundo = 'ctrl+q'": "undo ctrl+q",
    "[keys]\n\nundo = 'U'": "U undo redo",
    "[keys]\nfall = 'u'": "u undo fall",
    "[keys.map]\nswap = 'm'": "m map.measure map.swap",
    "keys = 3": "keys 3",
}
"""Files that are refused, and words of the message."""


@pytest.mark.parametrize("text", BAD)
def test_a_bad_file_is_refused_in_a_line_and_no_run_begins(
    text: str, file: Path, tmp_path: Path
) -> None:
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    done = opened().answer
    assert done.returncode == 2
    line, _hint = done.stderr.splitlines()
    about = line.partition(str(file))[2]
    for word in BAD[text].split():
        assert re.search(rf"(?<![\w.]){re.escape(word)}(?!\w)", about), word
    assert not (tmp_path / "state").exists()


def test_only_what_shows_a_screen_needs_preferences(file: Path) -> None:
    file.mkdir()
    assert opened("--fps", 5).answer.returncode == 2
    assert answered("list").returncode == 0


def test_a_bad_variable_is_refused_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECHORNN_ASCII", "2")
    done = opened().answer
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 2
    assert re.search('ECHORNN_ASCII = "2" .*true or false', done.stderr)
