"""`probe --automaton` and `figure RUN automaton` of a real network: its machine is run over words,
and its answers are computed again by NumPy."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.answered import Answer, answered, json_rows
from tests.compiled import plain
from tests.door.oracles.probes import numpy_network as oracle

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_programs", "one_processor")]

RUNS = Path("tests/data/docs").resolve()
ECHO = RUNS / "echo-run"
SOLVED = (ECHO, "--branch a")
WRONG = (RUNS / "seeds-run", "--replica 3")
"""It answers with a machine, which is not that of the echo."""
SHORT = "--total-series-length 200 --num-epochs 1 --headless --run run"
QUOTED = """
from dataclasses import dataclass
import numpy as np
import echornn

@dataclass(frozen=True)
class Quoted(echornn.Task):
    inputs = echornn.Symbols(2, names='"\\\\')
    outputs = echornn.Symbols(2, names=('say "even"', "odd"))
    length: int = 5

    def draw(self, rng, rows, steps):
        x = rng.integers(0, 2, (rows, steps), np.uint8)
        return echornn.Batch(x, np.bitwise_xor.accumulate(x, axis=1))
"""


@pytest.fixture(autouse=True, scope="module")
def _nothing_is_compiled() -> Iterator[None]:
    with plain():
        yield


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def done(*words: object) -> str:
    """What a command prints that succeeds."""
    answer = answered(*split(words))
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def refused(*words: object) -> Answer:
    """What a command says that is refused."""
    answer = answered(*split(words))
    assert answer.returncode == 2
    return answer


def split(words: Sequence[object]) -> list[str]:
    return " ".join(map(str, words)).split()


def probed(*words: object) -> dict[str, Any]:
    (record,) = json_rows(" ".join(map(str, ("probe", *words, "--automaton"))))
    return record


def says_of(machine: dict[str, Any], letters: Sequence[int]) -> list[str]:
    """What a machine in JSON says after each letter."""
    state, says = machine["start"], []
    for letter in letters:
        state = machine["leads"][state][letter]
        says.append(machine["says"][state])
    return says


def echo(letters: Sequence[int]) -> list[str]:
    """What the task says after each letter: that three before it."""
    return [str(letter) for letter in (0, 0, 0, *letters)][: len(letters)]


def test_the_machine_of_a_solved_run_says_the_echo_of_any_word() -> None:
    machine = probed(*SOLVED)
    assert machine["states"] == 16, "all words of four symbols"
    assert machine["letters"] == ["0", "1"]
    assert machine["is_same"] is True
    assert machine["counterexample"] is None
    assert machine["predicted"] > 0.99
    assert machine["right"] > 0.99
    for word in np.random.default_rng(0).integers(0, 2, (20, 30)):
        assert says_of(machine, word.tolist()) == echo(word.tolist())
    text = done("probe", *SOLVED, "--automaton")
    assert "the same as the task's machine (16 states)" in text
    assert re.search(r"^ +>0 +0 +0 +1 ", text, re.MULTILINE)
    assert re.search(r"^ +15 +1 +14 +15 ", text, re.MULTILINE)


def test_the_word_of_a_network_that_is_wrong_is_replayed() -> None:
    machine = probed(*WRONG)
    assert machine["is_same"] is False
    word = machine["counterexample"]
    letters = [*map(int, word["word"])]
    assert word["task"] == echo(letters)
    assert word["automaton"] == says_of(machine, letters)
    assert word["network"][-1] != word["task"][-1]

    done("export", *WRONG, "--weights a.npz")
    with np.load("a.npz") as file:
        network = {name: file[name].astype(np.float64) for name in ("W", "b", "W2", "b2")}
    zeros = np.zeros((1, len(network["W2"])))
    states, _ = oracle.run("rnn", network, np.array([letters]).T, zeros)
    logits = states[1:, 0] @ network["W2"] + network["b2"]
    assert word["network"] == [str(symbol) for symbol in logits.argmax(axis=-1)]

    lines = done("probe", *WRONG, "--automaton").splitlines()
    assert any("differs from the task's machine" in line for line in lines)
    for name in ("word", "network", "automaton", "task"):
        assert f"{name:<10}{' '.join(word[name])}" in lines


def test_where_none_is_found_it_says_so_and_the_figure_is_refused() -> None:
    """Of a random network, which has as many states as it has heard letters."""
    rng = np.random.default_rng(1)
    shapes = {"W": (9, 8), "b": (1, 8), "W2": (8, 2), "b2": (1, 2)}
    weights: Any = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    np.savez("w.npz", **weights)
    done("--weights w.npz --state-size 8", SHORT)
    reason = r"No automaton found: \d+\.\d % of moves alike; it takes 99\.0 %"
    comment, *graph = done("probe run --at 0 --automaton --dot").splitlines()
    assert re.match(f"// {reason}", comment)
    assert graph == ["digraph automaton {", "}"]
    assert re.search(reason, refused("figure run automaton --at 0 -o a.svg").stderr)
    assert not Path("a.svg").exists()


def test_a_graph_has_each_move_and_its_names_are_quoted() -> None:
    Path("own.py").write_text(QUOTED, encoding="utf-8")
    done("--task own.py:Quoted", SHORT)
    command = "probe run --at 0 --automaton --trust"
    (machine,) = json_rows(command)
    assert machine["states"] == 2
    graph = done(command, "--dot")
    label = r'\[label="((?:[^"\\]|\\.)*)"\]'
    nodes = dict(re.findall(rf"^  (\d+) {label}$", graph, re.MULTILINE))
    arrows = re.findall(rf"^  (\d+) -> (\d+) {label}$", graph, re.MULTILINE)
    unquoted = {int(state): re.sub(r"\\(.)", r"\1", text) for state, text in nodes.items()}
    assert unquoted == {state: f"{state}: {text}" for state, text in enumerate(machine["says"])}
    moves = set()
    for state, target, text in arrows:
        for letter in re.sub(r"\\(.)", r"\1", text):
            moves.add((int(state), '"\\'.index(letter), int(target)))
    leads = np.array(machine["leads"])
    assert moves == {(*move, int(leads[move])) for move in np.ndindex(leads.shape)}
    assert f"start -> {machine['start']}" in graph


def test_a_figure_has_the_moves_beside_it() -> None:
    done("figure", ECHO, "automaton --branch a -o a.svg")
    assert Path("a.svg").read_text().startswith("<?xml")
    machine = probed(*SOLVED)
    with open("a.svg.csv", newline="") as file:
        rows = [*csv.DictReader(file)]
    moves = [(int(row["state"]), int(row["letter"]), int(row["next"])) for row in rows]
    leads = np.array(machine["leads"])
    assert sorted(moves) == [(*move, int(leads[move])) for move in np.ndindex(leads.shape)]
    for row in rows:
        assert row["says"] == machine["says"][int(row["state"])]


def test_a_task_without_letters_is_refused() -> None:
    done("--task adding --length 10", SHORT)
    for command in ("probe run --automaton", "figure run automaton -o a.svg"):
        assert "numbers, not letters" in refused(command).stderr.splitlines()[0]
