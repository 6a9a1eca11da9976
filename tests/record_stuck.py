"""Records a network whose state is too small for the echo: `python -m tests.record_stuck` trains it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from echornn import EchoConfig, Progress
from echornn.readings import Memory, Question, Readings, Units
from echornn.state import Snapshot

FILE = Path(__file__).parent / "data" / "stuck_run.npz"
CONFIG = EchoConfig(echo_step=4)
"""Four units; a linear shift register for this echo needs five."""

WINDOWS = 1000
LAST_WINDOW = (*divmod(WINDOWS - 1, CONFIG.windows_per_epoch),)


def record() -> None:
    """Train the network; store every loss and error count, the last window, and its memory and unit readings."""
    from echornn import Trainer  # only here, so that tests that read the record need no TensorFlow
    from echornn.probes.examine import examine

    trainer = Trainer(CONFIG)
    before = trainer.advance(WINDOWS - 1)
    weights = {name: weight.copy() for name, weight in trainer.weights.items()}
    last = trainer.advance(1)
    question = Question(frozenset({"memory", "units"}))
    readings = examine(Snapshot(trainer.state, 0, WINDOWS, last, weights, 1), question)
    arrays = {name: getattr(last, name) for name in ("x", "y", "probabilities", "states")}
    arrays |= {name: np.append(getattr(before, name), getattr(last, name)) for name in ("losses", "errors")}
    for kind in ("memory", "units"):
        arrays |= {f"{kind} {name}": np.asarray(value) for name, value in vars(getattr(readings, kind)).items()}
    np.savez_compressed(FILE, allow_pickle=False, **arrays)


def recorded_stuck() -> tuple[Progress, np.ndarray, np.ndarray, Readings]:
    """The last window, the losses and error rates of all windows (float32 [WINDOWS]), and the readings."""
    with np.load(FILE) as run:
        arrays = {name: run[name] for name in run.files}
    window = (arrays[name] for name in ("x", "y", "probabilities", "states"))
    progress = Progress(arrays["losses"][-1:], arrays["errors"][-1:], *LAST_WINDOW, *window)
    parts = {
        kind: {
            name.partition(" ")[2]: value if value.ndim else value.item()
            for name, value in arrays.items()
            if name.startswith(f"{kind} ")
        }
        for kind in ("memory", "units")
    }
    memory, units = Memory(**parts["memory"]), Units(**parts["units"])
    readings = Readings(CONFIG, 0, WINDOWS, ("h",), memory=memory, units=units, progress=progress)
    error_rates = (arrays["errors"] / CONFIG.predictions_per_window).astype(np.float32)
    return progress, arrays["losses"], error_rates, readings


if __name__ == "__main__":
    record()
