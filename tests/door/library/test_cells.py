"""The cells of the program, as they are printed; what is no cell is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.answered import answered, records


def test_the_printed_cells_are_these() -> None:
    shown = records(answered("cells", "--json"))
    parts = [(one["cell"], one["state"], one["held"], one["gates"], one["unit_weights"]) for one in shown]
    assert parts == [
        ("rnn", ["h"], 1, [], []),
        ("gru", ["h"], 1, ["update", "reset"], []),
        ("lstm", ["h", "c"], 2, ["input", "forget", "output"], []),
        ("indrnn", ["h"], 1, [], ["u"]),
        ("irnn", ["h"], 1, [], []),
        ("mingru", ["h"], 1, ["take"], []),
        ("lru", ["h", "real", "imaginary"], 2, [], ["nu", "theta", "gamma"]),
        ("cornn", ["h", "v"], 2, [], []),
    ]
    products = {
        one["cell"]: [(made["weight"], made["bias"], *made["reads"], len(made["columns"])) for made in one["products"]]
        for one in shown
    }
    assert products == {
        "rnn": [("W", "b", "x", "h", 1)],
        "gru": [("W", "b", "x", "h", 2), ("Wc", "bc", "x", "h", 1)],
        "lstm": [("W", "b", "x", "h", 4)],
        "indrnn": [("W", "b", "x", 1)],
        "irnn": [("W", "b", "x", "h", 1)],
        "mingru": [("W", "b", "x", 2)],
        "lru": [("W", "b", "x", 2), ("Wc", "bc", "real", "imaginary", "x", 1)],
        "cornn": [("W", "b", "x", "h", "v", 1)],
    }
    assert {one["cell"]: one["keras"] for one in shown if one["keras"]} == {
        "rnn": "SimpleRNN",
        "gru": "GRU",
        "lstm": "LSTM",
        "irnn": "SimpleRNN",
    }
    for one in shown:
        assert records(answered("cells", one["cell"], "--json")) == [one]


def test_the_template_is_a_cell_that_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_cell.py").write_text(answered("cells", "--template").stdout, encoding="utf-8")
    (shown,) = records(answered("cells", "my_cell.py:MyCell", "--json"))
    assert (shown["state"], shown["held"], shown["gates"]) == (["h"], 1, ["gate"])
