"""Records the probe readings of the run that the pictures show: `python -m tests.record_readings`."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from echornn.config import EchoConfig
from echornn.readings import (
    Connectivity,
    Effects,
    Flip,
    Gradient,
    Kind,
    Matrices,
    Memory,
    Question,
    Readings,
    Recurrent,
    Reliance,
    StatePlane,
    Units,
)
from echornn.state import Snapshot
from tests.record_run import recorded

FILE = Path(__file__).parent / "data" / "tutorial_readings.npz"
MOMENTS = (298, 1500)
"""Windows after which readings are recorded, among `tests.record_run.MOMENTS`: while it learns, and when solved."""

KINDS: tuple[Kind, ...] = ("memory", "units", "gradient", "effects", "reliance", "connectivity", "flip", "plane")
"""The kinds of readings that consist of arrays and numbers by name."""

QUESTION = Question(frozenset({*KINDS, "weights", "lyapunov"}), flip=(0, 6))
WINDOWS_SINCE = 8


def record() -> None:
    """Examine the tutorial's network at these windows."""
    from echornn import Trainer  # only here, so that tests that read the record need no TensorFlow
    from echornn.probes.examine import examine

    trainer = Trainer(EchoConfig())
    arrays: dict[str, Any] = {}
    trained = 0
    for position in MOMENTS:
        trainer.advance(position - WINDOWS_SINCE - trained)
        before = {name: weight.copy() for name, weight in trainer.weights.items()}
        progress = trainer.advance(WINDOWS_SINCE)
        trained = position
        readings = examine(Snapshot(trainer.state, 0, position, progress, before, WINDOWS_SINCE), QUESTION)
        for kind in KINDS:
            arrays |= {f"{position} {kind} {name}": value for name, value in vars(getattr(readings, kind)).items()}
        arrays[f"{position} lyapunov"] = readings.lyapunov
        arrays[f"{position} lyapunov_samples"] = readings.lyapunov_samples
        weights = readings.weights
        assert weights is not None
        arrays[f"{position} names"] = [*weights.weights]
        for name in weights.weights:
            of_one = ("weights", "rows", "columns", "update")
            arrays |= {f"{position} {kind} {name}": getattr(weights, kind)[name] for kind in of_one}
        arrays[f"{position} eigenvalues"] = weights.recurrent[0].eigenvalues
    np.savez_compressed(FILE, allow_pickle=False, **arrays)


def recorded_readings(position: int) -> Readings:
    """The recorded readings of the tutorial's run after ``position`` windows."""
    with np.load(FILE) as run:
        of_moment = {name.partition(" ")[2]: run[name] for name in run.files if name.startswith(f"{position} ")}

    def read(kind: type[Any], name: str = "") -> Any:
        names = {field.name: f"{name or kind.__name__.lower()} {field.name}" for field in dataclasses.fields(kind)}
        values = {
            name: of_moment[key] for name, key in names.items() if key in of_moment
        }  # newer fields: as by default
        return kind(**{name: value if value.ndim else value.item() for name, value in values.items()})

    def named(kind: str, what: Any) -> dict[str, Any]:
        return {name: what(of_moment[f"{kind} {name}"]) for name in of_moment["names"].tolist()}

    rows, columns = (named(kind, lambda names: tuple(names.tolist())) for kind in ("rows", "columns"))
    recurrent = (Recurrent("W", of_moment["eigenvalues"]),)
    readings = Readings(
        EchoConfig(),
        0,
        position,
        ("h",),
        weights=Matrices(named("weights", np.asarray), rows, columns, named("update", float), recurrent),
        lyapunov=of_moment["lyapunov"],
        lyapunov_samples=of_moment["lyapunov_samples"].item(),
        progress=recorded(position)[0][-1],
    )
    return replace(
        readings,
        memory=read(Memory),
        units=read(Units),
        gradient=read(Gradient),
        effects=read(Effects),
        reliance=read(Reliance),
        connectivity=read(Connectivity),
        flip=read(Flip),
        plane=read(StatePlane, "plane"),
    )


if __name__ == "__main__":
    record()
