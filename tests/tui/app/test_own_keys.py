"""Keys of the user's own: each action has the key that was given to it, and every sentence names that key."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.binding import Binding

import echornn
import tui
from echornn.diagnosis.key_marks import MARK
from echornn.session.commands import Move, Redo, Step, Undo
from echornn.session.pictures.frame import State
from tests.tui.app.test_app import opened, screen_text
from tui.app.all_keys import PLACES, keymap_with
from tui.app.app import EchoApp
from tui.kit.help_screen import HelpScreen
from tui.kit.key_presets import VIM, Moved
from tui.map.app import OTHER_KEYS
from tui.map.keys import BINDINGS as MAP_KEYS

LETTERS = [chr(code) for code in (*range(0x3B1, 0x3C2), *range(0x3C3, 0x3CA), *range(0x430, 0x470))]
"""Greek and Cyrillic letters, which no sentence has."""

MOVED: Moved = {name: (letter,) for name, letter in zip(keymap_with({}).keys, LETTERS, strict=False)}
"""Each action has another key than it was built with."""

VERBS = (
    "goes|undoes|sets|draws|starts|shows|tries|quits|ends|leaves|trains|leads|makes|changes|takes|flips|returns|"
    "branches off|puts|moves?|removes|marks|applies|drops|closes|nudge|chooses?|searches|act|again|helps|steers"
)

NAMES_A_KEY = re.compile(
    rf"(?<![\w'-])([a-zA-Z.\[\]{{}}<>+/?-]|space|enter|escape|tab|arrows|backspace|up|down) (and [a-zA-Z] )?({VERBS})\b"
    r"|[Pp]ress (?!«|\{)\S|(?<![\w'])([suaLRrbolyWDq]|enter|space|tab|escape): [a-z0-9]|\((s|v|b|u|n|f)\)"
)
"""A piece of a sentence that names a key."""

NO_KEYS = (
    "> marks",
    "< marks",
    "p moves",
    "r: h",
    "o: h",
    "enter shows",
    "enter keeps",
    "escape closes",
    "escape drops",
    "tab completes",
    "up shows",
)
"""Pieces that look so: a mark before a view, a probability, the gates of cells; and keys that hold wherever text is
typed.
"""


def names_a_key(text: str) -> bool:
    return any(found[0] not in NO_KEYS for found in NAMES_A_KEY.finditer(text))


DEFINED = ast.FunctionDef | ast.AsyncFunctionDef


def sentences(folder: Path) -> Iterator[tuple[str, str]]:
    """The string constants of a folder's Python files that are no docstrings, each with its place."""
    for file in sorted(folder.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        bodies = [node.body for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | DEFINED)]
        told = {id(one.value) for body in bodies for one in body if isinstance(one, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
                yield f"{file.name}:{node.lineno}", node.value


@pytest.mark.parametrize("room", ["app", "map", "kit"])
def test_no_sentence_of_the_screen_names_a_key_itself(room: str) -> None:
    named = [(at, text) for at, text in sentences(Path(tui.__file__).parent / room) if names_a_key(text)]
    assert named == []


@pytest.mark.parametrize("room", ["diagnosis", "session"])
def test_no_sentence_of_the_engine_names_a_key_itself(room: str) -> None:
    named = [(at, text) for at, text in sentences(Path(echornn.__file__).parent / room) if names_a_key(text)]
    assert named == []


def test_the_pattern_finds_what_it_is_for() -> None:
    for text in ("u undoes", "s sets a rate", "press . to train", "b leads back", "s: more epochs", "more epochs (s)"):
        assert names_a_key(text), text
    for text in ("«undo» undoes", "a window draws", "press «step» to train", "> marks the view"):
        assert not names_a_key(text), text


def test_each_key_has_an_id_and_a_meaning() -> None:
    named = {one.id for bindings in PLACES.values() for one in bindings if isinstance(one, Binding)}
    assert None not in named
    meant = (one for bindings in PLACES.values() for one in bindings if isinstance(one, Binding))
    assert [one for one in meant if not (one.tooltip or one.description)] == []


VISITED = (
    *("view.rows", "view.data", "view.memory", "view.gradient", "view.weights", "view.seeds", "fall", "advice", "undo"),
    *("seeds", "next", "swap", "settings", "close", "branches", "close", "runs"),
)
"""Actions that show most of what the screen can show."""


def marked(app: EchoApp) -> list[str]:
    """What the screen says in words of keys that do not hold, or in marks."""
    text = screen_text(app)
    return [
        *(found[0] for found in NAMES_A_KEY.finditer(text) if found[0].isascii() and found[0] not in NO_KEYS),
        *re.findall("[«»]", text),
    ]


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
@pytest.mark.parametrize("state", list(State))
async def test_with_other_keys_nothing_on_the_screen_names_a_key_that_does_not_hold(
    state: State, size: tuple[int, int]
) -> None:
    async with opened(state, size, moved=MOVED) as (app, _, pilot):
        for name in VISITED:
            await pilot.press(*MOVED[name])
            await pilot.pause()
            assert marked(app) == [], name
        await pilot.press("escape", *MOVED["help"])
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        for _ in range(4):
            assert marked(app) == []
            await pilot.press(*MOVED["page_down"])
        await pilot.press(*MOVED["close"])
        await pilot.press(*MOVED["palette"])
        await pilot.pause()
        assert marked(app) == []


async def test_each_action_has_its_own_key_and_the_built_in_key_has_none() -> None:
    async with opened(State.PAUSED, moved=MOVED) as (app, session, pilot):
        await pilot.press("full_stop", "u", "e", "1", "2", "s", "q", "tab")
        assert app.is_running
        assert session.commands == []
        await pilot.press(*MOVED["step"], *MOVED["undo"], *MOVED["window_back"])
        assert session.commands == [Step(), Undo(), Move(-1)]
        await pilot.press(*MOVED["settings"])
        assert app._settings.is_open
        await pilot.press("s", "escape")
        assert app._settings.is_open
        await pilot.press(*MOVED["settings"])
        assert not app._settings.is_open
        await pilot.press(*MOVED["branches"])
        assert app._branches.is_open


async def test_vim_keys() -> None:
    async with opened(State.PAUSED, (160, 50), moved=VIM) as (app, session, pilot):
        await pilot.press("h", "l", "u", "ctrl+r")
        assert session.commands == [Move(-1), Move(1), Undo(), Redo()]
        assert "h Back" in " ".join(screen_text(app).splitlines()[-1].replace("hl", "h").split())
        await pilot.press("n")
        assert app._plot.viewport.cursor is not None
        await pilot.press("G")
        assert app._plot.viewport.cursor is None
        await pilot.press("i", "j", "j", "k")
        assert app._settings.form.name == app._settings.form.rows[1]
        sent = list(session.commands)
        form = app._settings.form
        await pilot.press("end")
        first = form.text(form.name)
        await pilot.press("l")
        assert form.text(form.name) != first
        await pilot.press("h")
        assert form.text(form.name) == first
        assert session.commands == sent, "no way back in time"


def test_each_mark_in_a_sentence_is_that_of_an_action() -> None:
    here = {*keymap_with({}).keys, "arrows", "views"}
    on_the_map = {one.id or "" for one in (*MAP_KEYS, *OTHER_KEYS) if isinstance(one, Binding)} | {"arrows"}
    rooms: dict[str, set[str]] = {"tui/app": here, "tui/kit": here & on_the_map, "tui/map": on_the_map}
    rooms |= {"echornn/diagnosis": here, "echornn/session": here}
    for room, known in rooms.items():
        for at, text in sentences(Path(tui.__file__).parents[1] / room):
            unknown = [mark for mark in MARK.findall(text) if mark not in known]
            assert not unknown, f"{room}/{at}: {unknown}"


def test_arrows_have_one_word_until_other_keys_come_first() -> None:
    assert keymap_with(VIM).text("«arrows»") == "arrows"
    assert keymap_with({"up": ("k",)}).text("«arrows»") == "left right k down"
    assert keymap_with({}).text("«views»: «view.data»") == "1-7: 2"
    assert keymap_with({"view.rows": ("f1",)}).text("«views»") == "f1 2 3 4 5 6 7"
