"""Any text is printed as one line that has no effect on the terminal."""

from __future__ import annotations

import os
import subprocess
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.term.printable import JOINERS, MOST_OF_A_MESSAGE, printable, quoted, shortened

ANYTHING = st.text(st.characters(codec=None))
"""Any text, including unpaired surrogates."""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a run, échos 回声 🙂", "a run, échos 回声 🙂"),
        ("one\ntwo\r\tthree", r"one\ntwo\r\tthree"),
        ("\x1b[2Jgone", r"\x1b[2Jgone"),
        ("\x9b31mred\x7f", r"\x9b31mred\x7f"),
        ("photo\u202egnp.exe\u2066\u200f", r"photo\u202egnp.exe\u2066\u200f"),
        ("a\u2028b\u2029c\ufeff", r"a\u2028b\u2029c\ufeff"),
        (os.fsdecode(b"r\xe9sum\xe9"), r"r\xe9sum\xe9"),
        ("\ud83d alone", r"\ud83d alone"),
        ("\U000e0041 tag", r"\U000e0041 tag"),
        ("👩\u200d🚀 نمی\u200cخواهم", "👩\u200d🚀 نمی\u200cخواهم"),
    ],
)
def test_what_a_terminal_would_obey_or_hide_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(ANYTHING)
def test_it_is_one_line_that_can_be_encoded_and_stays_the_same(text: str) -> None:
    shown = printable(text)
    shown.encode()
    assert len(shown.splitlines()) <= 1
    assert not {unicodedata.category(one) for one in shown if one not in JOINERS} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert printable(shown) == shown


@pytest.mark.parametrize(
    ("name", "word"), [("run", "run"), ("my run", "'my run'"), (os.fsdecode(b"it's\xff\n"), r"$'it\x27s\xff\x0a'")]
)
def test_a_folder_can_be_copied_from_the_screen_into_a_shell(name: str, word: str) -> None:
    assert quoted(name) == word
    said = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, check=True)
    assert said.stdout == os.fsencode(name)


def test_of_a_message_without_end_beginning_and_end_are_shown() -> None:
    assert shortened("short") == "short"
    long = shortened("begin" + "x" * 5000 + "end")
    assert len(long) <= MOST_OF_A_MESSAGE
    assert (long[:5], long[-3:]) == ("begin", "end")
