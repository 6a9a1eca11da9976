"""Keys in sentences: they are drawn as text, and a click presses them, however the sentence was cut."""

from __future__ import annotations

import textwrap

import pytest
from textual.binding import Binding

from tui.kit.cells import Cells, Press
from tui.kit.fitting import shortened
from tui.kit.key_letters import hidden, in_ascii, keys_in, shown
from tui.kit.keymap import KeyMap

KEYS = KeyMap.of(
    [
        Binding("u,ctrl+z", "undo", id="undo"),
        Binding("left_square_bracket", "back", id="back"),
        Binding("space,p", "pause", id="pause"),
        Binding("ctrl+r", "redo", id="redo"),
        Binding("left", "left", id="left"),
    ],
    {"left": ("é",)},
    {},
)


def presses(cells: Cells, y: int = 0) -> str:
    """The first letters of the keys that a click presses, below their places."""
    spots = [cells.under(x, y) for x in range(cells.width)]
    return "".join(one.key[0] if isinstance(one, Press) else "." for one in spots)


def test_a_key_in_a_sentence_is_drawn_as_it_is_called_and_pressed_where_it_stands() -> None:
    cells = Cells(40, 1, (), KEYS)
    end = cells.write(2, 0, "«back» or «redo», «pause»: go on; «left»")
    assert cells.text(0) == "  [ or ctrl+r, space: go on; é          "
    assert presses(cells) == "..l....cccccc..sssss.........é.........."
    assert end == 30


def test_a_key_stays_one_when_the_sentence_is_wrapped_shortened_and_made_ascii() -> None:
    text = KEYS.clickable("«undo» goes back · «redo» forth; «pause» trains on")
    assert shown(text) == KEYS.text("«undo» goes back · «redo» forth; «pause» trains on")
    assert len(text) == len(shown(text))
    lines = textwrap.wrap(in_ascii(text), 16)
    assert [shown(line) for line in lines] == ["u goes back ?", "ctrl+r forth;", "space trains on"]
    cells = Cells(16, 4, (), KEYS)
    for y, line in enumerate([*lines, shortened(text, 16)]):
        cells.write(0, y, line)
    assert [presses(cells, y) for y in range(4)] == [
        "u...............",
        "cccccc..........",
        "sssss...........",
        "u...............",
    ]


def test_what_is_no_key_is_not_pressed() -> None:
    cells = Cells(40, 1, (), KEYS)
    cells.write(0, 0, f"«unknown» {KEYS.clickable('«redo»')[:3]} u [ space {hidden('q')}")
    assert cells.text(0).rstrip() == "unknown ctr u [ space q"
    assert presses(cells) == "." * 40


@pytest.mark.parametrize("text", ["", "plain", "Größe ▁▂ 字"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert KEYS.clickable(text) == shown(text) == text
    assert list(keys_in(text)) == []
