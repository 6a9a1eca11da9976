"""Measures a window of each learning rule relative to tbptt, alone and in 64 replicas.

`python -m tests.benchmarks.cost_of_rules [CELL:UNITS ...]`: by default rnn:4 rnn:8 rnn:16 gru:8;
two to three minutes. Times are processor times in us for each network and window, the least of
several turns in which the rules alternate.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from echornn import ConfigError, EchoConfig, Population
from echornn.config import RULES
from echornn.training.programs import Programs

SIZES = ("rnn:4", "rnn:8", "rnn:16", "gru:8")
REPLICAS = 64
TURNS = 3
SECONDS_OF_A_TURN = 0.1


def least(programs: Mapping[str, Callable[[int], object]]) -> dict[str, float]:
    """The processor time of a window in us, by program; each trains as many windows as it is asked
    for."""
    counts, found = {}, dict.fromkeys(programs, np.inf)
    for name, train in programs.items():
        train(1)  # compiles
        begun = time.process_time()
        train(2)
        counts[name] = max(2, int(2 * SECONDS_OF_A_TURN / max(time.process_time() - begun, 1e-4)))
    for _ in range(TURNS):
        for name, train in programs.items():
            begun = time.process_time()
            train(counts[name])
            found[name] = min(found[name], 1e6 * (time.process_time() - begun) / counts[name])
    return found


def measured(cell: str, units: int) -> None:
    base = EchoConfig(
        cell=cell, state_size=units, init="glorot", num_epochs=10**9, learning_rate=1e-3
    )
    for replicas in (1, REPLICAS):
        programs: dict[str, Callable[[int], object]] = {}
        for rule in RULES:
            try:
                programs[rule] = Population(
                    replace(base, rule=rule), replicas, Programs(), at_once=1
                ).advance
            except ConfigError:
                continue  # this rule cannot train this cell
        times = {name: each / replicas for name, each in least(programs).items()}
        shown = "  ".join(
            f"{name} {each:.1f} ({each / times['tbptt']:.2f})" for name, each in times.items()
        )
        print(
            f"{cell} of {units} units, {'alone' if replicas == 1 else f'by {replicas}'}: {shown}",
            flush=True,
        )


if __name__ == "__main__":
    for text in sys.argv[1:] or SIZES:
        name, _, size = text.partition(":")
        measured(name, int(size))
