"""Records the run that the pictures show: `python -m tests.record_run` trains the tutorial and writes tests/data.

The pictures use a recorded run, since the last digits of a new one differ from machine to machine.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from echornn import EchoConfig, Progress

FILE = Path(__file__).parent / "data" / "tutorial_run.npz"
MOMENTS = (1, 298, 460, 667, 1500)
"""Windows after which rows are recorded: the start, the descent, solved, an epoch's first window, later."""

TAPE = 8
"""The number of windows recorded before each of these."""

FUTURES: dict[str, tuple[int, dict[str, Any], int]] = {
    "learning_rate": (290, {"learning_rate": 0.05}, 1210),
    "init": (0, {"init": "glorot"}, 900),
}
"""Other branches of the run: the window at which each begins, the fields that differ, and the windows trained."""


def record() -> None:
    """Train 1 500 windows of the tutorial's run; store every loss and error count, and the rows before `MOMENTS`."""
    from echornn import Trainer  # only here, so that tests that read the record need no TensorFlow

    trainer = Trainer(EchoConfig())
    arrays: dict[str, np.ndarray] = {}
    pieces: list[Progress] = []
    trained = 0
    for position in MOMENTS:
        if position - TAPE > trained:
            pieces.append(trainer.advance(position - TAPE - trained))
            trained = position - TAPE
        newest = [trainer.advance(1) for _ in range(position - trained)]
        trained = position
        pieces += newest
        for name in ("x", "y", "probabilities"):
            arrays[f"{name}_{position}"] = np.stack([getattr(one, name) for one in newest])
    arrays["losses"] = np.concatenate([piece.losses for piece in pieces])
    arrays["errors"] = np.concatenate([piece.errors for piece in pieces])
    for name, (fork, changes, windows) in FUTURES.items():
        config = dataclasses.replace(EchoConfig(), **changes)
        other = Trainer(EchoConfig() if fork else config)
        if fork:
            other.advance(fork)
            other.edit(config)
        arrays[f"losses_{name}"] = other.advance(windows).losses
    np.savez_compressed(FILE, allow_pickle=False, **arrays)


def recorded_future(name: str) -> tuple[int, EchoConfig, np.ndarray]:
    """Another branch of the run: the window at which it begins, its configuration, and its losses (float32
    [windows]).
    """
    fork, changes, _ = FUTURES[name]
    with np.load(FILE) as run:
        return fork, dataclasses.replace(EchoConfig(), **changes), run[f"losses_{name}"]


def recorded(position: int) -> tuple[tuple[Progress, ...], np.ndarray, np.ndarray]:
    """The rows up to a window, newest last; and the losses and error rates of all windows to it (float32 [position]).
    The states are made up, from -1 to 1, since the recording has none.
    """
    config = EchoConfig()
    with np.load(FILE) as run:
        losses, errors = run["losses"][:position], run["errors"][:position]
        windows = zip(*(run[f"{name}_{position}"] for name in ("x", "y", "probabilities")), strict=True)
        size = (config.batch_size, config.truncated_backprop_length, config.state_size)
        states = np.random.default_rng(0).uniform(-1, 1, size).astype(np.float32)
        shown = []
        count = len(run[f"x_{position}"])
        for number, (x, y, probabilities) in enumerate(windows, start=position - count):
            epoch, window = divmod(number, config.windows_per_epoch)
            at = slice(number, number + 1)
            shown.append(Progress(losses[at], errors[at], epoch, window, x, y, probabilities, states))
    return tuple(shown), losses, (errors / config.predictions_per_window).astype(np.float32)


if __name__ == "__main__":
    record()
