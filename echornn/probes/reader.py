"""A network as a machine: it reads letters, and its outputs say which symbols are right."""

from __future__ import annotations

import numpy as np

from echornn.config import EchoConfig
from echornn.network.frozen import FrozenNetwork
from echornn.network.shapes import carried_size
from echornn.progress import Bools, Counts, Floats
from echornn.tasks.task import Symbols, machine_of

# Of the likeliest symbol's probability: where several may come, each that is so likely; by eye
LIKELY = 0.5

# Read side by side, so that two graphs do: long words, and single letters from many states
FEW_ROWS, MANY_ROWS = 32, 1024


def speaks(config: EchoConfig) -> bool:
    """Whether a network of this configuration can be seen as a machine."""
    task = config.the_task
    has_letters = isinstance(task.inputs, Symbols) or machine_of(task) is not None
    return has_letters and isinstance(task.outputs, Symbols)


def least_likely(config: EchoConfig) -> float:
    """Which symbols a network says: those at least so likely, as a share of the likeliest. If
    targets are the inputs that follow, several may be right at a step."""
    machine = machine_of(config.the_task)
    says_several = machine is not None and (machine.says.sum(axis=1) > 1).any()
    if config.the_task.characters or says_several:
        return LIKELY
    return 1


def what_is_said(outputs: Floats, least: float) -> Bools:
    """Of probabilities [..., outputs]."""
    return np.asarray(outputs >= least * outputs.max(axis=-1, keepdims=True))


class Reader:
    def __init__(self, network: FrozenNetwork) -> None:
        self.config = network.config
        self.task_machine = machine_of(self.config.the_task)
        letters = self.config.the_task.letters
        assert letters is not None
        self.letters = letters
        self._network = network
        self._least = least_likely(self.config)
        # Before the first letter of a word: the state, [1, carried], and what is said, [1, outputs]
        self.start: Floats = np.zeros((1, carried_size(self.config)), np.float32)
        self.start_says: Bools = np.ones((1, self.config.output_size), np.bool_)
        if self.task_machine is not None and self.task_machine.warm_up:
            states, says = self.read(np.array([self.task_machine.warm_up], np.int32))
            self.start, self.start_says = states[:, -1], says[:, -1]

    def read(self, words: Counts, states: Floats | None = None) -> tuple[Floats, Bools]:
        """The states after each letter of some words, [words, letters, carried], and what the
        network says there, [words, letters, outputs]; from these states, [words, carried]."""
        if states is None:
            states = np.repeat(self.start, len(words), axis=0)
        rows = FEW_ROWS if len(words) <= FEW_ROWS else MANY_ROWS
        after, says = list[Floats](), list[Bools]()
        for first in range(0, len(words), rows):
            some = words[first : first + rows]
            missing = (0, rows - len(some)), (0, 0)
            x = np.ascontiguousarray(self.letters[np.pad(some, missing).T])
            ran = self._network.run(x, np.pad(states[first : first + rows], missing))
            after.append(ran.states.swapaxes(0, 1)[: len(some)])
            said = what_is_said(ran.outputs, self._least)
            says.append(said.swapaxes(0, 1)[: len(some)])
        return np.concatenate(after), np.concatenate(says)

    def may_come(self, says: Bools) -> Bools:
        """The letters that can follow, [states, letters]."""
        if self._least < 1:
            return says
        return np.ones((len(says), len(self.letters)), np.bool_)
