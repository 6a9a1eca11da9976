"""Record the run that the pictures show: `python -m tests.record_run` trains the tutorial and writes tests/data.

The pictures replay a recorded run, since the last digits of a live one differ from machine to machine.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from echornn import EchoConfig, Progress, Trainer

FILE = Path(__file__).parent / "data" / "tutorial_run.npz"
MOMENTS = (1, 305, 460, 667, 1500)
"""Windows trained when the rows are recorded: the start, the descent, solved, an epoch's first window, later."""


def record() -> None:
    """Train 1 500 windows of the tutorial's run; keep every loss and error count, and the rows at the moments."""
    trainer = Trainer(EchoConfig())
    arrays: dict[str, np.ndarray] = {}
    pieces: list[Progress] = []
    trained = 0
    for moment in MOMENTS:
        progress = trainer.advance(moment - trained)
        trained = moment
        pieces.append(progress)
        for name in ("x", "y", "probabilities"):
            arrays[f"{name}_{moment}"] = getattr(progress, name)
    arrays["losses"] = np.concatenate([piece.losses for piece in pieces])
    arrays["errors"] = np.concatenate([piece.errors for piece in pieces])
    np.savez_compressed(FILE, **arrays)


def recorded(moment: int) -> tuple[Progress, np.ndarray, np.ndarray]:
    """The rows at a moment, and the losses and error rates of all windows up to it (float32 [moment] each)."""
    config = EchoConfig()
    with np.load(FILE) as run:
        losses, errors = run["losses"][:moment], run["errors"][:moment]
        epoch, window = divmod(moment - 1, config.windows_per_epoch)
        x, y, probabilities = (run[f"{name}_{moment}"] for name in ("x", "y", "probabilities"))
    states = np.zeros((*y.shape, config.state_size), np.float32)
    progress = Progress(losses[-1:], errors[-1:], epoch, window, x, y, probabilities, states)
    return progress, losses, (errors / config.predictions_per_window).astype(np.float32)


if __name__ == "__main__":
    record()
