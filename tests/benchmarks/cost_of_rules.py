"""Measures a window of each learning rule relative to tbptt, alone and in 64 replicas; and rtrl relative to a slow
NumPy program that computes the influence at every step, as Williams and Zipser (1989) write it.

`python -m tests.benchmarks.cost_of_rules [CELL:UNITS ...]`: by default rnn:4 rnn:8 rnn:16 gru:8; two to three minutes.
Times are processor times in us for each network and window, the least of several turns in which the rules alternate.
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
    """The processor time of a window in us, by program; each trains as many windows as it is asked for."""
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


class SlowRTRL:
    """The tutorial's cell by RTRL in NumPy with sgd: the influence of every weight, of every row, at every step."""

    def __init__(self, config: EchoConfig) -> None:
        rng, size = np.random.default_rng(0), config.state_size
        self._config, self._w = config, rng.uniform(-0.5, 0.5, (1 + size, size))
        self._w2, self._h = rng.uniform(-0.5, 0.5, (size, 2)), np.zeros((config.batch_size, size))
        self._m = np.zeros((config.batch_size, size, 2 + size, size))
        self._x = rng.integers(0, 2, (config.window_steps, config.batch_size))

    def train(self, windows: int) -> None:
        rows, size = self._h.shape
        for _ in range(windows):
            d_w, d_w2 = np.zeros((2 + size, size)), np.zeros_like(self._w2)
            for x in self._x:
                read = np.hstack([x[:, np.newaxis], self._h])
                self._h = np.tanh(read @ self._w)
                slope = 1 - self._h**2
                jacobian = slope[:, :, np.newaxis] * self._w[1:].T
                self._m = np.einsum("bij,bjwu->biwu", jacobian, self._m)
                with_bias = np.hstack([read, np.ones((rows, 1))])
                for unit in range(size):
                    self._m[:, unit, :, unit] += with_bias * slope[:, [unit]]
                scores = np.exp(self._h @ self._w2)
                wrong = (scores / scores.sum(1, keepdims=True) - np.eye(2)[x]) / (rows * len(self._x))
                d_w2 += self._h.T @ wrong
                d_w += np.einsum("bi,biwu->wu", wrong @ self._w2.T, self._m)
            self._w -= 1e-3 * d_w[:-1]
            self._w2 -= 1e-3 * d_w2


def measured(cell: str, units: int) -> None:
    base = EchoConfig(cell=cell, state_size=units, init="glorot", num_epochs=10**9, learning_rate=1e-3)
    for replicas in (1, REPLICAS):
        programs: dict[str, Callable[[int], object]] = {}
        for rule in RULES:
            try:
                programs[rule] = Population(replace(base, rule=rule), replicas, Programs(), at_once=1).advance
            except ConfigError:
                continue  # this rule cannot train this cell
        if replicas == 1 and cell == "rnn":
            programs["NumPy rtrl"] = SlowRTRL(base).train
        times = {name: each / replicas for name, each in least(programs).items()}
        shown = "  ".join(f"{name} {each:.1f} ({each / times['tbptt']:.2f})" for name, each in times.items())
        print(f"{cell} of {units} units, {'alone' if replicas == 1 else f'by {replicas}'}: {shown}", flush=True)
        if "NumPy rtrl" in times:
            print(f"    NumPy rtrl takes {times['NumPy rtrl'] / times['rtrl']:.0f} times as long as rtrl", flush=True)


if __name__ == "__main__":
    for text in sys.argv[1:] or SIZES:
        name, _, size = text.partition(":")
        measured(name, int(size))
