"""`probe --automaton` and `figure RUN automaton` of a real network: its machine is run over words,
and its answers are computed again by NumPy."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.answered import answered, json_rows
from tests.door.oracles.probes import numpy_network as oracle

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_programs", "one_processor")]

ECHO = Path("tests/data/docs/echo-run").resolve()
PARITY = (
    "--task parity --length 10 --state-size 8 --init glorot --optimizer adam --learning-rate 0.01 "
    "--batch-size 32 --total-series-length 160000 --num-epochs 1 --headless --speed max --run"
)
EARLY = 250  # windows: it answers with a machine, which is not that of parity
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


@pytest.fixture(scope="module")
def parity(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a network that has learned parity."""
    folder = tmp_path_factory.mktemp("runs") / "parity"
    done(PARITY, folder)
    return folder


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def done(*words: object) -> str:
    """What a command prints that succeeds."""
    answer = answered(*" ".join(map(str, words)).split())
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


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


def test_the_machine_of_a_solved_run_says_the_parity_of_any_word(parity: Path) -> None:
    machine = probed(parity)
    assert machine["states"] == 2
    assert machine["letters"] == ["0", "1"]
    assert machine["is_same"] is True
    assert machine["counterexample"] is None
    assert machine["predicted"] > 0.99
    assert machine["right"] > 0.99
    for word in np.random.default_rng(0).integers(0, 2, (20, 30)):
        assert says_of(machine, word.tolist()) == [str(bit) for bit in np.cumsum(word) % 2]
    text = answered("probe", parity, "--automaton").stdout
    assert "the same as the task's machine (2 states)" in text
    assert re.search(r"^ +>0 +0 +0 +1 ", text, re.MULTILINE)
    assert re.search(r"^ +1 +1 +1 +0 ", text, re.MULTILINE)


def test_the_word_of_a_network_that_is_wrong_is_replayed(parity: Path) -> None:
    machine = probed(parity, "--at", EARLY)
    assert machine["is_same"] is False
    word = machine["counterexample"]
    letters = [*map(int, word["word"])]
    assert word["task"] == [str(bit) for bit in np.cumsum(letters) % 2]
    assert word["automaton"] == says_of(machine, letters)
    assert word["network"][-1] != word["task"][-1]

    done("export", parity, "--at", EARLY, "--weights a.npz")
    with np.load("a.npz") as file:
        network = {name: file[name].astype(np.float64) for name in file.files}
    zeros = np.zeros((1, len(network["W2"])))
    states, _ = oracle.run("rnn", network, np.array([letters]).T, zeros)
    logits = states[1:, 0] @ network["W2"] + network["b2"]
    assert word["network"] == [str(symbol) for symbol in logits.argmax(axis=-1)]

    lines = answered("probe", parity, "--automaton", "--at", EARLY).stdout.splitlines()
    assert any("differs from the task's machine" in line for line in lines)
    for name in ("word", "network", "automaton", "task"):
        assert f"{name:<10}{' '.join(word[name])}" in lines


def test_where_none_is_found_it_says_so_and_the_figure_is_refused(parity: Path) -> None:
    machine = probed(parity, "--at", 0)
    assert machine["leads"] is None or machine["states"] > 0
    early = next(at for at in range(0, 400, 40) if probed(parity, "--at", at)["leads"] is None)
    answer = answered("probe", parity, "--automaton", "--at", early)
    assert answer.returncode == 0
    assert re.search(
        r"No automaton found: \d+\.\d % of moves alike; it takes 99\.0 %", answer.stdout
    )
    graph = answered("probe", parity, "--automaton", "--dot", "--at", early).stdout.splitlines()
    assert graph[0].startswith("// No automaton found")
    assert graph[1:] == ["digraph automaton {", "}"]
    refused = answered("figure", parity, "automaton", "--at", early, "-o", "a.svg")
    assert refused.returncode == 2
    assert "No automaton found" in refused.stderr
    assert not Path("a.svg").exists()


def test_a_graph_has_each_move_and_its_names_are_quoted() -> None:
    Path("own.py").write_text(QUOTED, encoding="utf-8")
    done("--task own.py:Quoted --num-epochs 1 --headless --run run")
    (machine,) = json_rows("probe run --automaton --trust")
    graph = done("probe run --automaton --dot --trust")
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


def test_a_figure_has_the_moves_beside_it(parity: Path) -> None:
    done("figure", parity, "automaton -o a.svg")
    assert Path("a.svg").read_text().startswith("<?xml")
    machine = probed(parity)
    with open("a.svg.csv", newline="") as file:
        rows = [*csv.DictReader(file)]
    moves = {(int(row["state"]), row["letter"]): int(row["next"]) for row in rows}
    assert moves == {
        (state, letter): machine["leads"][state][number]
        for state in range(2)
        for number, letter in enumerate("01")
    }
    assert {row["says"] for row in rows} == {"0", "1"}


def test_a_figure_of_many_states_has_all_moves() -> None:
    done("figure", ECHO, "automaton --branch a -o a.svg")
    with open("a.svg.csv", newline="") as file:
        moves = {(row["state"], row["letter"]): row["next"] for row in csv.DictReader(file)}
    assert len(moves) == 2 * 16, "all words of four symbols"
    assert {*moves.values()} == {str(state) for state in range(16)}


def test_a_task_without_letters_is_refused() -> None:
    size = "--total-series-length 200 --num-epochs 1 --length 10 --headless"
    done(f"--task adding {size} --run run")
    for command in ("probe run --automaton", "figure run automaton -o a.svg"):
        answer = answered(*command.split())
        assert answer.returncode == 2
        assert "numbers, not letters" in answer.stderr.splitlines()[0]
