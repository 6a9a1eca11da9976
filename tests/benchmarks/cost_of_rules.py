"""Measures a window of each learning rule relative to tbptt, alone and in 64 replicas.

`python -m tests.benchmarks.cost_of_rules [CELL:UNITS ...]`: by default rnn:4 rnn:8 rnn:16 gru:8;
some minutes. Times are processor times in us for each network and window, the least of several
turns in which the rules alternate.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from echornn import ConfigError, EchoConfig, Population
from echornn.config import RULES
from echornn.training.programs import Programs
from tests.benchmarks.in_turn import least_times

SIZES = ("rnn:4", "rnn:8", "rnn:16", "gru:8")
REPLICAS = 64


def print_times(title: str, base: EchoConfig, replicas: int) -> None:
    """Print the time of each rule that can train this network."""
    programs: dict[str, Callable[[int], object]] = {}
    for rule in RULES:
        with suppress(ConfigError):  # this rule cannot train this cell
            population = Population(replace(base, rule=rule), replicas, Programs(), at_once=1)
            programs[rule] = population.advance
    times = least_times(programs)
    figures = []
    for name, time in times.items():
        figures.append(f"{name} {time / replicas:.1f} ({time / times['tbptt']:.2f})")
    print(f"{title}: {'  '.join(figures)}", flush=True)


def main() -> None:
    for size in sys.argv[1:] or SIZES:
        cell, _, units = size.partition(":")
        base = EchoConfig(
            cell=cell, state_size=int(units), init="glorot", num_epochs=10**9, learning_rate=1e-3
        )
        print_times(f"{cell} of {units} units, alone", base, 1)
        print_times(f"{cell} of {units} units, by {REPLICAS}", base, REPLICAS)


if __name__ == "__main__":
    main()
