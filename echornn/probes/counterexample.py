"""A short word on which a network is wrong by its task's machine."""

from __future__ import annotations

import numpy as np

from echornn.machines import NOT_ALLOWED, Machine, Word, answers, run, shortest_difference
from echornn.probes.reader import Reader
from echornn.progress import Counts

# By eye
MOST_WORDS = 4096  # all words of a length are tried, as long as they are at most so many
CUTS = 32  # letters are left out at so many places, to see whether the network is still wrong
MOST_CUTS = 200  # such rounds


def counterexample(reader: Reader, automaton: Machine | None, words: Counts) -> Word | None:
    """The shortest wrong word, if all words up to its length can be tried; else the shortest on
    which the automaton differs, if the network does too; else from the first mistake in these
    words, [words, letters], with letters left out as long as the network is still wrong. None if no
    such word is found, or if the task has no machine."""
    task = reader.task_machine
    if task is None:
        return None
    word = _shortest_wrong(reader, task)
    is_shortest = word is not None
    if word is None and automaton is not None:
        difference = shortest_difference(automaton, task)
        if difference is not None:
            word = _first_wrong(reader, task, np.array([difference], np.int32))
    if word is None:
        word = _first_wrong(reader, task, words)
    if word is None:
        return None
    if not is_shortest:
        word = _shortened(reader, task, word)
    by_automaton = np.zeros((0, task.says.shape[1]), np.bool_)
    if automaton is not None:
        by_automaton = answers(automaton, word[np.newaxis])[0]
    by_network = reader.read(word[np.newaxis])[1][0]
    by_task = answers(task, word[np.newaxis])[0]
    return Word(tuple(word.tolist()), by_network, by_automaton, by_task, is_shortest)


def _shortest_wrong(reader: Reader, task: Machine) -> Counts | None:
    """By the states of network and machine after all words of each length."""
    states, places = reader.start, np.array([task.start])
    words = np.zeros((1, 0), np.int32)
    while True:
        word, letter = np.nonzero(task.leads[places] != NOT_ALLOWED)
        if len(word) > MOST_WORDS or words.shape[1] > MOST_WORDS:
            return None
        words = np.column_stack([words[word], letter.astype(np.int32)])
        places = task.leads[places[word], letter]
        after, says = reader.read(words[:, -1:], states[word])
        states = after[:, 0]
        is_wrong = (says[:, 0] != task.says[places]).any(axis=-1)
        if is_wrong.any():
            wrong: Counts = words[is_wrong.argmax()]
            return wrong


def _first_wrong(reader: Reader, task: Machine, words: Counts) -> Counts | None:
    """The shortest beginning of a word at whose last letter the network is wrong."""
    differs = (reader.read(words)[1] != answers(task, words)).any(axis=-1)
    is_wrong = differs & (run(task, words) != NOT_ALLOWED)
    if not is_wrong.any():
        return None
    step = int(is_wrong.any(axis=0).argmax())
    wrong: Counts = words[is_wrong[:, step].argmax(), : step + 1]
    return wrong


def _shortened(reader: Reader, task: Machine, word: Counts) -> Counts:
    """With parts left out, first large ones, then smaller ones, as long as the network is wrong."""
    part = len(word) // 2
    for _ in range(MOST_CUTS):
        part = min(part, len(word) - 1)
        if part == 0:
            break
        begins = np.linspace(0, len(word) - part, CUTS).astype(np.int32)
        kept = np.arange(len(word) - part)
        kept = kept + part * (kept >= begins[:, np.newaxis])
        shorter = _first_wrong(reader, task, word[kept])
        if shorter is None:
            part //= 2
        else:
            word = shorter
    return word
