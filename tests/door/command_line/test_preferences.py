"""Preferences: a flag comes before the environment, that before the file; a bad one is a line and
exit code 2."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.answered import Answer, answered


@dataclass(frozen=True)
class Opened:
    """How the program answered, and what the app was opened with: empty if it was not."""

    answer: Answer
    fps: float = 0
    speed: float = 0
    theme: str = ""
    ascii: bool = False
    mouse: bool = True
    keys: dict[str, tuple[str, ...]] | None = None


def opened(*arguments: object) -> Opened:
    """Open the app with these arguments."""
    found: dict[str, Any] = {}

    def show(kind: object, session: Any, chosen: Any, *_: object, **__: object) -> int:
        names = ("fps", "theme", "ascii", "mouse", "keys")
        found.update({name: getattr(chosen, name) for name in names})
        found["speed"] = session.frame.speed
        return 0

    with (
        patch("tui.term.terminal.is_interactive", lambda: True),
        patch("tui.term.guardian.divide", object),
        patch("tui.cli.train.show", show),
    ):
        return Opened(answered(*arguments), **found)


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


def test_what_is_built_in() -> None:
    app = opened()
    assert (app.answer.returncode, app.answer.stderr) == (0, "")
    assert (app.theme, app.fps, app.speed, app.ascii, app.mouse, app.keys) == (
        "dark",
        10,
        100,
        False,
        True,
        {},
    )


def test_a_flag_comes_before_the_environment_and_that_before_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(
        'fps = 20\ntheme = "light"\nascii = true\nspeed = "max"\nmouse = false\n'
        '[keys]\nundo = "F5"\n'
    )
    app = opened()
    assert (app.theme, app.fps, app.speed, app.ascii, app.mouse) == (
        "light",
        20,
        math.inf,
        True,
        False,
    )
    assert app.keys == {"undo": ("f5",)}
    monkeypatch.setenv("ECHORNN_FPS", "30")
    monkeypatch.setenv("ECHORNN_ASCII", "0")
    monkeypatch.setenv("ECHORNN_THEME", "")  # as if it were not set
    app = opened()
    assert (app.theme, app.fps, app.speed, app.ascii) == ("light", 30, math.inf, False)
    app = opened("--fps", 40, "--theme", "dark", "--speed", 2.5, "--ascii")
    assert (app.theme, app.fps, app.speed, app.ascii) == ("dark", 40, 2.5, True)
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
    "[fps]\na = 1": "fps 0.1 60",
    "ascii = 1": "ascii 1 true false",
    'theme = "blue"': "theme blue dark light",
    "speed = 0": "speed 0 0.01 1,000,000 max",
    "ftp = 10": "ftp fps",
    "fps 10": "TOML",
    "fps = 10\n# \udcff": "TOML utf-8",
    "[keys]\nundoo = 'x'": "undoo undo",
    "[keys]\nundo = 3": "undo 3",
    "[keys]\nundo = 'foo'": "undo foo",
    "[keys]\nundo = 'ctrl+q'": "undo ctrl+q",
    "[keys]\n\nundo = 'U'": "U undo redo",
    "[keys]\nfall = 'u'": "u undo fall",
    "[keys.map]\nswap = 'm'": "m map.measure map.swap",
    "keys = 3": "keys 3",
}
"""Files that are refused, and words of the message."""


def test_a_bad_file_is_refused_in_a_line_and_no_run_begins(file: Path, tmp_path: Path) -> None:
    wrong = []
    for text, words in BAD.items():
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
        done = opened().answer
        first, *others = done.stderr.splitlines()
        about = first.partition(str(file))[2]
        named = [
            word
            for word in words.split()
            if not re.search(rf"(?<![\w.]){re.escape(word)}(?!\w)", about)
        ]
        if (done.returncode, len(others), named) != (2, 1, []):
            wrong.append(f"{text!r}: exit code {done.returncode}, without {named}: {done.stderr}")
    assert not wrong, "\n".join(wrong)
    assert not (tmp_path / "state").exists()
    file.unlink()
    file.mkdir()
    assert opened("--fps", 5).answer.returncode == 2
    assert answered("list").returncode == 0, "what shows no screen needs no preferences"


@pytest.mark.parametrize(
    ("variable", "text", "allowed"), [("FPS", "fast", "0.1 to 60"), ("ASCII", "2", "true or false")]
)
def test_a_bad_variable_is_refused_in_a_line(
    variable: str, text: str, allowed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"ECHORNN_{variable}", text)
    done = opened().answer
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 2)
    for word in (f"ECHORNN_{variable}", text, allowed):
        assert word in done.stderr
