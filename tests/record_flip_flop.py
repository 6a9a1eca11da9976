"""Records a network that learns the flip-flop, with its states and fixed points: `python -m tests.record_flip_flop`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from echornn.config import EchoConfig
from echornn.progress import Floats, Progress
from echornn.readings import FixedPoints, Question, Readings, StatePlane
from echornn.state import Snapshot
from tui.views.targets import held_inputs

FILE = Path(__file__).parent / "data" / "flip_flop_run.npz"
CONFIG = EchoConfig.from_fields({"task": "flip_flop", "state_size": 16, "init": "glorot"})

MOMENTS = (1, 100, 1500)
"""The windows after which readings are recorded: before, in the middle of, and after learning."""

QUESTION = Question(frozenset({"plane", "fixed_points"}), held=held_inputs(CONFIG)[0].numbers)
OF_A_WINDOW = ("losses", "errors", "epoch", "window", "x", "y", "outputs", "states", "init_state", "scored")


def record() -> None:
    """Train the network; store all losses, and at each moment the window with its readings."""
    from echornn import Trainer  # only here, so that tests that read the record need no TensorFlow
    from echornn.probes.examine import examine

    trainer, losses, arrays = Trainer(CONFIG), np.zeros(0, np.float32), dict[str, Any]()
    for moment in MOMENTS:
        before = moment - 1 - len(losses)
        losses = np.append(losses, trainer.advance(before).losses) if before else losses
        progress = trainer.advance(1)
        losses = np.append(losses, progress.losses)
        readings = examine(Snapshot(trainer.state, 0, moment, progress), QUESTION)
        for name, value in (("plane", readings.plane), ("fixed_points", readings.fixed_points)):
            arrays |= {f"{moment} {name} {key}": np.asarray(one) for key, one in vars(value).items()}
        arrays |= {f"{moment} progress {key}": getattr(progress, key) for key in OF_A_WINDOW}
    np.savez_compressed(FILE, allow_pickle=False, losses=losses.astype(np.float32), **arrays)


def recorded_flip_flop(moment: int) -> tuple[Progress, Floats, Readings]:
    """The window, the losses of all windows up to it, and its readings."""
    with np.load(FILE) as run:
        arrays = {name: run[name] for name in run.files}

    def made(kind: type[Any], name: str) -> Any:
        fields = {field.name: arrays[f"{moment} {name} {field.name}"] for field in dataclasses.fields(kind)}
        plain = {key: value if value.ndim else value.item() for key, value in fields.items()}
        return kind(**{key: tuple(value.tolist()) if key == "kinds" else value for key, value in plain.items()})

    progress = made(Progress, "progress")
    plane, points = made(StatePlane, "plane"), made(FixedPoints, "fixed_points")
    readings = Readings(CONFIG, 0, moment, ("h",), plane=plane, fixed_points=points, progress=progress)
    return progress, arrays["losses"][:moment], readings


if __name__ == "__main__":
    record()
