"""Keys of the user's own: presets, tables and files; what cannot be used is refused in a line."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import pytest

from tui.cli.own_keys import all_places, ids_of, moved_keys
from tui.cli.program import exit_code_of
from tui.kit.key_presets import KEY_PRESETS, VIM
from tui.kit.typed_keys import KeyNameError, textual_key
from tui.preferences.chosen import preferences
from tui.preferences.key_choice import KeyChoice
from tui.preferences.own_file import own_file


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's file, which does not exist; its folder does."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("ECHORNN_KEYS", raising=False)
    own_file().parent.mkdir(parents=True)
    return own_file()


def test_a_preset_and_keys_of_ones_own(file: Path) -> None:
    file.write_text('[keys]\npreset = "vim"\nundo = "ctrl+z"\nmap.mark = ["M", ","]\n"view.rows" = "f1"\n')
    keys = preferences().keys
    assert (keys.preset, str(keys)) == ("vim", "vim and 3 of your own")
    assert keys.own == {"undo": ("ctrl+z",), "map.mark": ("M", "comma"), "view.rows": ("f1",)}
    assert {name: place.rpartition(" ")[2] for name, place in keys.places.items()} == {
        "undo": "3", "map.mark": "4", "view.rows": "5"
    }  # fmt: skip
    assert moved_keys(keys) == {**VIM, **keys.own}


def test_the_flag_the_environment_and_a_file_of_keys(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('keys = "vim"')
    assert preferences().keys == KeyChoice("vim")
    monkeypatch.setenv("ECHORNN_KEYS", "default")
    assert preferences().keys == KeyChoice()
    mine = tmp_path / "mine.toml"
    mine.write_text('[keys]\nredo = "Z"\n')
    assert preferences(keys=str(mine)).keys.own == {"redo": ("Z",)}
    assert preferences(keys="vim").keys.moved == VIM


def test_each_preset_holds_without_a_clash() -> None:
    for name, preset in KEY_PRESETS.items():
        assert moved_keys(KeyChoice(name)) == preset
    known = {name for bindings in all_places().values() for name in ids_of(bindings)}
    assert {*VIM} <= known


@pytest.mark.parametrize(
    ("typed", "key"),
    [("u", "u"), ("U", "U"), ("[", "left_square_bracket"), ("+", "plus"), ("-", "minus"), ("/", "slash"),
     (" ", "space"), ("?", "question_mark"), ("ctrl+r", "ctrl+r"), ("Ctrl+R", "ctrl+r"), ("F5", "f5"),
     ("shift+left", "shift+left"),
     ("PageUp", "pageup"), ("ж", "ж"), (",", "comma"), ("$", "dollar_sign"), ("^", "circumflex_accent")],
)  # fmt: skip
def test_names_of_keys(typed: str, key: str) -> None:
    assert textual_key(typed) == key


@pytest.mark.parametrize(
    "typed", ["ctrl+i", "ctrl+c", "ctrl+q", "foo", "ctrl+", "super+x", "ctrl+ctrl+x", "\x07", "f13"]
)
def test_keys_that_cannot_be_chosen(typed: str) -> None:
    with pytest.raises(KeyNameError):
        textual_key(typed)


BAD = {
    "[keys]\nundoo = 'x'": "line 2: there is no action undoo: did you mean undo?",
    "[keys]\nqqqq = 'x'": "line 2: there is no action qqqq: echornn-tui keys lists the actions",
    "[keys]\nundo = 3": 'line 2: undo = 3 cannot be used: a key such as "u", or a list of keys',
    "[keys]\nundo = ''": 'line 2: undo = "" cannot be used: a key such as "u", or a list of keys',
    "[keys]\nundo = []": "line 2: undo = [] cannot be used: a key such as",
    "[keys]\nundo = ['u', 3]": "line 2: undo = ['u', 3] cannot be used: a key such as",
    "[keys]\nundo = 'foo'": 'line 2: undo = "foo" cannot be used: a key is a character, space, enter',
    "[keys]\nundo = 'ctrl+i'": 'undo = "ctrl+i" cannot be used: a terminal sends the same as for tab: write tab',
    "[keys]\nundo = 'ctrl+q'": 'line 2: undo = "ctrl+q" cannot be used: it quits, also while you type',
    "[keys]\npreset = 'emacs'": 'line 2: preset = "emacs" cannot be used: default or vim',
    "[keys]\npreset = ['vim']": "line 2: preset = ['vim'] cannot be used: default or vim",
    f"[keys]\n{'a.' * 3000}a = 'x'": "line 2: there is no action a.a.a.",
    "[keys]\n\nundo = 'U'": "line 3: U cannot be the key of both undo and redo (in the app)",
    "[keys]\nfall = 'u'": "line 2: u cannot be the key of both undo and fall (on the curve)",
    "[keys]\npreset = 'vim'\nlog = 'l'": "line 3: l cannot be the key of both window_on and log (in the app)",
    "[keys]\nnext = 'f'": "line 2: f cannot be the key of both flip and next (in the view gradient)",
    "[keys.map]\nmark = 'm'": "line 2: m cannot be the key of both map.measure and map.mark (on the map)",
    "[keys.branches]\npin = 'n'": "line 2: n cannot be the key of both branches.name and branches.pin",
    "keys = 'emacs'": 'line 1: keys = "emacs" cannot be used: default or vim, or a table [keys]',
    "keys = 3": "line 1: keys = 3 cannot be used: default or vim, or a table [keys]",
}


@pytest.mark.parametrize("content", BAD)
def test_a_bad_table_is_refused_in_a_line(file: Path, content: str, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(content)
    for command in ("config", "keys"):
        assert exit_code_of([command]) == 2
        said, _ = capsys.readouterr().err.splitlines()
        assert said.startswith(f"echornn-tui: {file}, ")
        assert BAD[content] in said


@pytest.mark.parametrize(
    ("flag", "words"),
    [("emacs", 'keys = "emacs" cannot be used: default, vim, or a file that ends in .toml'),
     ("no/such.toml", "no/such.toml cannot be read: No such file or directory"),
     ("empty.toml", "empty.toml has no table [keys]")],
)  # fmt: skip
def test_a_bad_flag_is_refused_in_a_line(
    flag: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.toml").write_text("fps = 3\n")
    assert exit_code_of(["keys", "--keys", flag]) == 2
    assert words in capsys.readouterr().err


def test_what_keys_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["keys", "--keys", "vim", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (redo,) = [row for row in rows if row["action"] == "redo"]
    assert redo == {
        "place": "in the app",
        "action": "redo",
        "keys": ["ctrl+r", "U"],
        "built_in": ["U"],
        "what": "Redo: go back to where the last undo came from",
    }
    assert exit_code_of(["keys", "--keys", "vim"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split()[:4] == ["*", "redo", "ctrl+r,", "U"] for line in lines)
    assert not any("«" in line for line in lines)


def test_no_two_built_in_actions_of_a_place_share_a_key_but_those_that_take_turns() -> None:
    for place, bindings in all_places().items():
        shared = {
            frozenset((one, other))
            for (one, keys), (other, others) in combinations(ids_of(bindings).items(), 2)
            if {*keys} & {*others}
        }
        assert shared == set(), place


@pytest.mark.parametrize("command", [[], ["tour"], ["sweep", "--out", "swept", "--grid", "echo_step=3"]])
def test_keys_that_clash_are_refused_before_a_folder_is_made(
    command: list[str], file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.term.terminal.is_interactive", lambda: True)
    monkeypatch.setattr("tui.term.guardian.divide", lambda: None)
    monkeypatch.setattr("tui.term.early_signals.let_go", lambda: None)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    file.write_text("[keys]\nundo = 'U'\n")
    assert exit_code_of(command) == 2
    assert not (tmp_path / "state").exists()
    assert not (tmp_path / "swept").exists()


@pytest.mark.parametrize("command", [[], ["sweep", "--out", "grid", "--grid", "state_size=4,8"]])
def test_keys_that_do_not_exist_are_refused_without_the_app_too(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert exit_code_of([*command, "--headless", "--keys", "vmi"]) == 2
    assert 'keys = "vmi" cannot be used' in capsys.readouterr().err
