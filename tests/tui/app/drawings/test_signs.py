"""The signs of symbols in blocks, and names of symbols and channels."""

from __future__ import annotations

import re

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.tasks.adding import Adding
from echornn.tasks.copy_memory import CopyMemory
from echornn.tasks.flip_flop import FlipFlop
from echornn.tasks.task import Numbers, Symbols, TaskError
from echornn.tasks.temporal_order import TemporalOrder
from tests.any_task import progress_of
from tui.app.drawings.signs import channel_label, signs_of, widest
from tui.app.views.rows_words import read


@pytest.mark.parametrize(
    ("form", "two", "one"),
    [
        (Symbols(4, names="abcd"), "a b c d", "a b c d"),
        (TemporalOrder().inputs, "a b c d X Y E B", "a b c d X Y E B"),
        (TemporalOrder().outputs, "XX XY YX YY", "0 1 2 3"),
        (CopyMemory(symbols=3).inputs, "b 1 2 3 m", "b 1 2 3 m"),
        (Symbols(3, names=("left", "right", "lower")), "0 1 2", "0 1 2"),
        (Symbols(12), "0 1 2 3 4 5 6 7 8 9 a b", "0 1 2 3 4 5 6 7 8 9 a b"),
    ],
)
def test_a_symbol_has_the_sign_of_its_name_if_that_fits_and_differs(form: Symbols, two: str, one: str) -> None:
    assert " ".join(signs_of(form)) == two
    assert " ".join(signs_of(form, 1)) == one
    assert all(len(set(signs_of(form, most))) == form.count for most in (1, 2))
    assert widest(signs_of(form, 1)) == 1
    assert widest(signs_of(Symbols(256))) == 2


@pytest.mark.parametrize("names", ["ab", "aab", ("a", "b", ""), ("a", "b", "\n"), ("a", "b", "é"), ("a", "b", 3)])
def test_names_are_as_many_as_the_symbols_and_printable(names: tuple[str, ...]) -> None:
    with pytest.raises(TaskError, match=r"Symbols\(3\): names = .*, but there have to be 3 different names"):
        Symbols(3, names=names)


def test_names_change_nothing_but_what_is_shown() -> None:
    assert Numbers(2, names=("value", "mark")) == Numbers(2)
    assert hash(Symbols(3, names="abc")) == hash(Symbols(3))
    assert [channel_label(Adding().inputs, channel) for channel in range(2)] == [" value", " mark"]
    assert channel_label(Numbers(2), 1) == " 2"
    assert channel_label(Adding().outputs, 0) == ""
    assert channel_label(Numbers(2, names=("of a long name", "b")), 0) == " of a lon"


def test_the_sentence_of_the_cursor_has_the_names_as_far_as_they_fit() -> None:
    order, copy = EchoConfig(task=TemporalOrder(length=10)), EchoConfig(task=CopyMemory())
    assert read(order, progress_of(order), 0, 0) == "row 1, step 1: input E; no target counts here"
    assert "input B; target " in read(order, progress_of(order), 0, 9)
    assert re.search(r"target ([XY]{2}); p\(\1\) 0\.", read(order, progress_of(order), 0, 9))
    assert "input marker; target blank" in read(copy, progress_of(copy), 0, 109)
    adding = EchoConfig(task=Adding(length=10))
    assert "input value 0." in read(adding, progress_of(adding), 0, 9)
    assert ", mark 0; target " in read(adding, progress_of(adding), 0, 9)
    for bits, words in ((2, "input bit 1 "), (3, "input "), (64, "input ")):
        flip_flop = EchoConfig(task=FlipFlop(bits=bits), batch_size=1, total_series_length=1000)
        text = read(flip_flop, progress_of(flip_flop), 0, 9)
        assert words in text
        assert len(text) <= 78
    largest = EchoConfig(task=CopyMemory(symbols=254, items=20), batch_size=1, total_series_length=1000)
    window = progress_of(largest)
    assert max(len(read(largest, window, 0, step)) for step in np.arange(140).tolist()) <= 78
