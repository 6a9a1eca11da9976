"""Records the run of several networks that the pictures show: `python -m tests.record_population` writes tests/data.

See `tests.record_run`.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from echornn.config import EchoConfig
from echornn.progress import Floats

FILE = Path(__file__).parent / "data" / "population_run.npz"
CONFIG = dataclasses.replace(EchoConfig(), replicas=64)
"""The tutorial's configuration, with 64 seeds."""

WINDOWS = 1500

LEAST, MOST = 1e-4, 10.0
"""Losses between these, in nats, are stored as one of 256 steps; each step is a factor of about 1.05."""


def record() -> None:
    """Train the networks, and store every loss to within 3 %."""
    from echornn import Population  # only here, so that tests that read the record need no TensorFlow

    losses = Population(CONFIG).advance(WINDOWS).losses
    shares = np.log(np.clip(losses, LEAST, MOST) / LEAST) / np.log(MOST / LEAST)
    np.savez_compressed(FILE, allow_pickle=False, losses=np.rint(255 * shares).astype(np.uint8).T)


def recorded_population() -> Floats:
    """The recorded losses, float32 [windows, replicas]; the first replica is the network of `tests.record_run`."""
    with np.load(FILE) as run:
        shares = run["losses"].T.astype(np.float32) / 255
    losses: Floats = np.float32(LEAST) * np.float32(MOST / LEAST) ** shares
    return losses


if __name__ == "__main__":
    record()
