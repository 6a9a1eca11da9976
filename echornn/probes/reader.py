"""A network as a machine: it reads letters, and its outputs say which symbols are right."""

from __future__ import annotations

import numpy as np

from echornn.machines import Machine
from echornn.network.frozen import FrozenNetwork
from echornn.network.shapes import carried_size
from echornn.progress import Bools, Counts, Floats
from echornn.tasks.task import Task, machine_of

# Of the likeliest symbol's probability: where several may come, each that is so likely is said.
# Choices of 3 to 7 (a^n b^n, Dyck-1) are both; chosen by eye
LIKELY = 0.25
# Read side by side, so that two graphs do: long words, and single letters from many states
FEW_ROWS, MANY_ROWS = 32, 1024


def _says_several(task: Task, machine: Machine | None) -> bool:
    """Whether several symbols may be right at a step, as targets are the inputs that follow."""
    if task.characters:
        return True
    return machine is not None and bool((machine.says.sum(axis=1) > 1).any())


class Reader:
    def __init__(self, network: FrozenNetwork) -> None:
        config = network.config
        task = config.the_task
        self._network = network
        self._letters = np.asarray(task.letters)
        self.config = config
        self.task_machine = machine_of(task)
        self.predicts_input = _says_several(task, self.task_machine)
        # Before the first letter of a word: the state, [1, carried], and what is said, [1, outputs]
        self.start: Floats = np.zeros((1, carried_size(config)), np.float32)
        self.start_says: Bools = np.ones((1, config.output_size), np.bool_)
        if self.task_machine is not None and self.task_machine.warm_up:
            states, says = self.read(np.array([self.task_machine.warm_up], np.int32))
            self.start, self.start_says = states[:, -1], says[:, -1]

    def read(self, words: Counts, states: Floats | None = None) -> tuple[Floats, Bools]:
        """The states after each letter of some words, [words, letters, carried], and what the
        network says there, [words, letters, outputs]; from the start, or states [words, carried].
        """
        if states is None:
            states = np.repeat(self.start, len(words), axis=0)
        rows = FEW_ROWS if len(words) <= FEW_ROWS else MANY_ROWS
        after, outputs = list[Floats](), list[Floats]()
        for first in range(0, len(words), rows):
            some = words[first : first + rows]
            missing = (0, rows - len(some)), (0, 0)
            x = np.ascontiguousarray(self._letters[np.pad(some, missing).T])
            ran = self._network.run(x, np.pad(states[first : first + rows], missing))
            after.append(ran.states.swapaxes(0, 1)[: len(some)])
            outputs.append(ran.outputs.swapaxes(0, 1)[: len(some)])
        likelihoods = np.concatenate(outputs)
        least = LIKELY if self.predicts_input else 1
        says = likelihoods >= least * likelihoods.max(axis=-1, keepdims=True)
        return np.concatenate(after), says

    def may_come(self, says: Bools) -> Bools:
        """The letters that can follow, [states, letters]: if it predicts them, those it says."""
        if self.predicts_input:
            return says
        return np.ones((len(says), len(self._letters)), np.bool_)
