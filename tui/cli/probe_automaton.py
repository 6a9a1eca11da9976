"""``probe --automaton``: the finite automaton that a run's network has become, as text, JSON, or a
graph in Graphviz's language DOT."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from json import dumps

from echornn.config import EchoConfig
from echornn.errors import ConfigError
from echornn.machines import Automaton
from echornn.readings import Readings
from echornn.tasks.task import has_words
from tui.cli.rows import Record
from tui.text.automata import (
    NO_LETTERS,
    arrows_of,
    letter_names,
    said,
    sentences,
    table_lines,
    word_rows,
)

COLUMNS, NAME = 80, 10  # of a line; of who says a row of the word


def require_letters(config: EchoConfig) -> None:
    if not has_words(config.the_task):
        raise ConfigError("task", config.value("task"), NO_LETTERS)


def measured_automaton(readings: Readings, automaton: Automaton) -> tuple[Record, Iterable[str]]:
    """The keys in docs/cli.md, and lines of text."""
    task, machine, word = readings.config.the_task, automaton.machine, automaton.counterexample
    rows, lines = word_rows(task, automaton), sentences(task, automaton)
    names = (
        "visits",
        "lookahead",
        "alike",
        "word_length",
        "words",
        "predicted",
        "right",
        "is_same",
    )
    record: Record = {"letters": letter_names(task)}
    record |= dict.fromkeys(("states", "start", "leads", "says", "counterexample"))
    record |= {name: getattr(automaton, name) for name in names}
    if machine is not None:
        record |= {"states": machine.states, "start": machine.start, "leads": machine.leads}
        record["says"] = said(task, machine.says)
        lines += ["", *table_lines(task, automaton)]
    if word is not None:
        record["counterexample"] = rows | {"is_shortest": word.is_shortest}
        lines += _word_lines(rows)
    return record, lines


def _word_lines(rows: dict[str, list[str]]) -> Iterator[str]:
    """The letters and what is said after each, below each other."""
    width = 1 + max(len(text) for row in rows.values() for text in row)
    room = (COLUMNS - NAME) // width
    for begin in range(0, len(rows["word"]), room):
        yield ""
        for name, row in rows.items():
            cells = "".join(f"{text:<{width}}" for text in row[begin : begin + room])
            yield f"{name:<{NAME}}{cells}".rstrip()


def dot_lines(readings: Readings) -> Iterator[str]:
    """A graph with a node for each state; none if no automaton was found."""
    task, automaton = readings.config.the_task, readings.automaton
    assert automaton is not None
    machine = automaton.machine
    yield f"// {'; '.join(sentences(task, automaton))}"
    yield "digraph automaton {"
    if machine is not None:
        yield "  start [shape=point]"
        yield f"  start -> {machine.start}"
        for state, says in enumerate(said(task, machine.says)):
            yield f"  {state} [label={_quoted(f'{state}: {says}')}]"
        for (state, target), letters in arrows_of(task, machine).items():
            yield f"  {state} -> {target} [label={_quoted(letters)}]"
    yield "}"


def _quoted(text: str) -> str:
    """With a backslash before quotes and backslashes, as in JSON."""
    return dumps(text, ensure_ascii=False)
