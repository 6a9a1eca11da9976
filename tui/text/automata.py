"""The automaton that a network has become, in words: its states and letters, whether it is that of
the task, and a word on which the network is wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from echornn.machines import NOT_ALLOWED, TOLERANCE, Automaton, Machine
from echornn.progress import Bools
from echornn.tasks.task import Symbols, Task
from tui.text.lines import aligned, digits_of, symbol_name

# Chosen by eye
MOST_STATES = 12  # that are drawn: arrows between more of them hide each other
MOST_SPELT = 12  # letters of a word within a sentence
NO_LETTERS = "the inputs of this task are numbers, not letters, or its targets are no symbols"
ROUNDED = 1e-6  # of a tenth of a percent: a share is not cut for what was lost in rounding


def letter_names(task: Task) -> list[str]:
    """The letters that a machine of the task reads; of numbers, all of a step, such as ``01``."""
    letters, form = task.letters, task.inputs
    assert letters is not None  # without them nothing is read
    if isinstance(form, Symbols):
        return [symbol_name(form, symbol) for symbol in letters.tolist()]
    return [_joined([f"{number:g}" for number in numbers]) for numbers in letters.tolist()]


def said(task: Task, says: Bools) -> list[str]:
    """What is said to be right, [states or letters, outputs]: ``1``, or ``TP`` for either."""
    names: Sequence[str] = digits_of(says.shape[1])
    if isinstance(task.outputs, Symbols) and task.outputs.names:
        names = task.outputs.names
    return [
        _joined([names[output] for output in outputs.nonzero()[0].tolist()]) for outputs in says
    ]


def _joined(names: Sequence[str]) -> str:
    between = "," if max(map(len, names), default=0) > 1 else ""
    return between.join(names)


def arrows_of(task: Task, machine: Machine) -> dict[tuple[int, int], str]:
    """The letters by which a state leads to another, or to itself."""
    arrows: dict[tuple[int, int], list[str]] = {}
    names = letter_names(task)
    for (state, letter), target in np.ndenumerate(machine.leads):
        if target != NOT_ALLOWED:
            arrows.setdefault((state, int(target)), []).append(names[letter])
    return {arrow: _joined(letters) for arrow, letters in arrows.items()}


def word_rows(task: Task, automaton: Automaton) -> dict[str, list[str]]:
    """The letters of the word on which the network is wrong, what is said after each, and the
    automaton's state there; none if no such word is known."""
    word, machine = automaton.counterexample, automaton.machine
    if word is None:
        return {}
    names = letter_names(task)
    rows = {"word": [names[letter] for letter in word.letters]}
    rows |= {"network": said(task, word.network), "task": said(task, word.task)}
    if machine is not None:
        rows |= {"automaton": said(task, word.automaton), "state": []}
        state = machine.start
        for letter in word.letters:
            if state != NOT_ALLOWED:
                state = int(machine.leads[state, letter])
            rows["state"].append(_next(state))
    return rows


# ---- what was found


def sentences(task: Task, automaton: Automaton) -> list[str]:
    """Whether the automaton is the task's machine; where the network is wrong; and how far both
    hold on long words."""
    texts = [_verdict(automaton)]
    word, rows = automaton.counterexample, word_rows(task, automaton)
    if word is not None:
        name = "the shortest word" if word.is_shortest else "a word"
        letters = f"of {len(word.letters)} letters"
        if len(word.letters) <= MOST_SPELT:
            letters = " ".join(rows["word"])
        says = f"network says {rows['network'][-1]}, task {rows['task'][-1]}"
        texts.append(f"wrong on {name} {letters} ({says})")
    shares = {"predicts": automaton.predicted, "network right at": automaton.right}
    known = [f"{what} {_percent(share)}" for what, share in shares.items() if share == share]
    if known:
        texts.append(f"words of {automaton.word_length} letters: {', '.join(known)} of steps")
    return texts


def _verdict(automaton: Automaton) -> str:
    if automaton.machine is None:
        found = f"No automaton found: {_percent(automaton.alike)} of moves alike"
        return f"{found}; it takes {_percent(1 - TOLERANCE)}"
    count = automaton.machine.states
    states = "1 state" if count == 1 else f"{count} states"
    if automaton.is_same is None:
        return f"an automaton ({states})"
    if automaton.is_right:
        return f"the same as the task's machine ({states})"
    if automaton.is_same:
        return f"the task's machine ({states}), but the network leaves it"
    return f"differs from the task's machine ({states})"


def _percent(share: float) -> str:
    """Cut and not rounded: only all is 100.0 %."""
    return f"{math.floor(1000 * share + ROUNDED) / 10:.1f} %"


def table_lines(task: Task, automaton: Automaton) -> Iterator[str]:
    """A head, and a line for each state: what it says, the next state by letter, and its visits."""
    machine = automaton.machine
    assert machine is not None
    letters = [f"{name:>2}" for name in letter_names(task)]
    lines = [["state", "says", *letters, "visits"]]
    for state, says in enumerate(said(task, machine.says)):
        start = ">" if state == machine.start else ""
        targets = map(_next, machine.leads[state])
        lines.append([f"{start}{state}", says, *targets, f"{automaton.visits[state]:.1%}"])
    return aligned(lines, " ")


def _next(state: int) -> str:
    return "-" if state == NOT_ALLOWED else str(state)
