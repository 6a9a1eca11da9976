"""Which preferences hold, from where they are, and that a bad one is refused in a line."""

from __future__ import annotations

import json
import math
import tomllib
from pathlib import Path

import pytest

from tui.cli.program import exit_code_of
from tui.kit.theme import remember
from tui.preferences.chosen import preferences
from tui.preferences.own_file import own_file
from tui.preferences.table import PREFERENCES
from tui.preferences.template import template


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's file, which does not exist; its folder does."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for one in PREFERENCES:
        monkeypatch.delenv(one.variable, raising=False)
    own_file().parent.mkdir(parents=True)
    return own_file()


def test_without_a_choice_they_are_built_in(file: Path) -> None:
    chosen = preferences()
    assert (chosen.theme, chosen.fps, chosen.speed, chosen.ascii_only) == ("dark", 10, 100, False)
    assert file == Path(file.parents[1] / "echornn-tui" / "config.toml")


def test_flags_come_before_the_environment_and_that_before_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('fps = 20\ntheme = "light"\nascii = true\nspeed = "max"\n')
    assert (preferences().fps, preferences().theme, preferences().ascii_only) == (20, "light", True)
    assert preferences().speed == math.inf
    monkeypatch.setenv("ECHORNN_FPS", "30")
    monkeypatch.setenv("ECHORNN_ASCII", "0")
    monkeypatch.setenv("ECHORNN_THEME", "")  # as if it were not set
    assert (preferences().fps, preferences().theme, preferences().ascii_only) == (30, "light", False)
    assert preferences(fps=40.0, theme=None).fps == 40
    assert preferences(fps=40.0).chosen("fps", "speed", "theme") == {"fps": 40, "speed": "max", "theme": "light"}


def test_a_theme_that_was_chosen_on_the_screen_gives_way_to_the_file(file: Path) -> None:
    remember("light")
    chosen = preferences()
    assert (chosen.theme, chosen.held["theme"].source, chosen.theme_is_kept) == ("light", "chosen last", True)
    file.write_text('theme = "dark"')
    assert (preferences().theme, preferences().theme_is_kept) == ("dark", False)


def test_a_file_in_the_current_folder_is_never_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("config.toml", "echornn-tui/config.toml", "echornn-tui.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("fps = 1")
    monkeypatch.setenv("XDG_CONFIG_HOME", ".")
    assert preferences().fps == 10


def test_what_config_prints(file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("# mine\n\nfps = 20\n")
    monkeypatch.setenv("ECHORNN_SPEED", "max")
    assert exit_code_of(["config", "--theme", "light"]) == 0
    theme, fps, speed, ascii_only, *_, where = capsys.readouterr().out.splitlines()
    assert theme.split() == ["theme", "light", "flag:", "--theme"]
    assert fps.split()[:3] == ["fps", "20", "file:"]
    assert fps.endswith("config.toml, line 3")
    assert speed.split() == ["speed", "max", "environment:", "ECHORNN_SPEED"]
    assert ascii_only.split() == ["ascii", "no", "built-in"]
    assert where == f"your file: {file}"
    assert exit_code_of(["config", "--json"]) == 0
    records = {one["name"]: one for one in map(json.loads, capsys.readouterr().out.splitlines())}
    assert records["fps"] == {"name": "fps", "value": 20, "source": "file", "place": f"{file}, line 3"}
    assert records["ascii"]["place"] is None
    assert exit_code_of(["config", "--path"]) == 0
    assert capsys.readouterr().out == f"{file}\n"


def test_the_template_changes_nothing_until_its_comments_are_taken_away(file: Path) -> None:
    assert tomllib.loads(template()) == {}
    values, _, of_keys = template().partition("# [keys]\n# ")
    file.write_text(f"[keys]\n{of_keys}")
    assert preferences().keys.own == {"undo": ("ctrl+z",)}
    lines = [line.removeprefix("# ") for line in values.splitlines() if "=" in line]
    file.write_text("\n".join(lines))
    held = preferences().held
    assert {name: str(one.value) if name == "keys" else one.value for name, one in held.items()} == {
        one.name: one.built_in for one in PREFERENCES
    }
    assert all(one.source == "file" for one in held.values())
    assert exit_code_of(["config", "--template"]) == 0


BAD = {
    b"fps = 100\n": "line 1: fps = 100 cannot be used: 0.1 to 60",
    b'fps = "10"': 'line 1: fps = "10" cannot be used: 0.1 to 60',
    b"fps = true": "line 1: fps = true cannot be used: 0.1 to 60",
    b"fps = nan": "line 1: fps = nan cannot be used: 0.1 to 60",
    b"\n# a\n[fps]\na = 1": "line 3: fps = {'a': 1} cannot be used: 0.1 to 60",
    b"\n\n'ascii' = 1": "line 3: ascii = 1 cannot be used: true or false",
    b'theme = "blue"': 'line 1: theme = "blue" cannot be used: dark or light',
    b'theme = ["dark"]': "line 1: theme = ['dark'] cannot be used: dark or light",
    b'speed = "maximum"': 'line 1: speed = "maximum" cannot be used: 0.01 to 1,000,000, or max',
    b"speed = 0": "line 1: speed = 0 cannot be used: 0.01 to 1,000,000, or max",
    b"ftp = 10": "line 1: ftp is not known: did you mean fps?",
    b"learning_rate = 3": "line 1: learning_rate is not known: known are ",
    b"fps 10": "line 1, column 5: this is not TOML: expected '=' after a key in a key/value pair",
    b"fps = 1\nfps = 2": "end of document: this is not TOML: cannot overwrite a value",
    b'theme = "dark': "end of document: this is not TOML: unterminated string",
    b"fps = " + b"9" * 5000: "a number in it is too long",
    b"fps = 1" + b"0" * 400: "line 1: fps = a very large number cannot be used: 0.1 to 60",
    b"fps = [0x" + b"f" * 5000 + b"]": "line 1: fps = a very large number cannot be used: 0.1 to 60",
    b"fps = 10\n# \xff\xfe": "line 2: this is not UTF-8 text",
    b"#" * (1 << 20) + b"#": "cannot be read: it is larger than 1 MiB",
}


@pytest.mark.parametrize("content", BAD)
def test_a_bad_file_is_refused_in_a_line(file: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_bytes(content)
    assert exit_code_of(["config"]) == 2
    said, _ = capsys.readouterr().err.splitlines()
    assert said.startswith(f"echornn-tui: {file}")
    assert BAD[content] in said


def test_a_file_may_begin_with_a_byte_order_mark(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbffps = 20\r\n")
    assert preferences().fps == 20


def test_a_file_that_cannot_be_read_is_refused_too(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.mkdir()
    assert exit_code_of(["config", "--fps", "5"]) == 2
    assert f"{file} cannot be read: Is a directory" in capsys.readouterr().err
    assert exit_code_of(["config", "--path"]) == 0
    assert exit_code_of(["list"]) == 0, "other commands need no preferences"


@pytest.mark.parametrize(
    ("variable", "text"), [("FPS", "fast"), ("FPS", "0"), ("ASCII", "2"), ("THEME", "Dark"), ("SPEED", "-1")]
)
def test_a_bad_variable_is_refused_in_a_line(
    variable: str, text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"ECHORNN_{variable}", text)
    assert exit_code_of(["config"]) == 2
    assert f"environment ECHORNN_{variable} = " in capsys.readouterr().err
