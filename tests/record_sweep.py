"""Records the map that the pictures show: `python -m tests.record_sweep FOLDER` computes it, and writes tests/data.

Afterwards: `UPDATE_PICTURES=1 pytest tests/tui/map/test_map_pictures.py`, and check the pictures.
"""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from echornn.config import EchoConfig
from echornn.sweeps.axis import Axis
from echornn.sweeps.folder import Result
from echornn.sweeps.grid import Grid
from echornn.sweeps.processes import Processes
from echornn.sweeps.results import SweepResults
from echornn.sweeps.sweep import Sweep
from tests.swept import WIDE_STATE, results_of

FILE = Path(__file__).parent / "data" / "cliff.npz"

CLIFF = Grid(
    (Axis.parse("echo_step=1..20"), Axis.parse("cell=rnn,gru,lstm")), {**WIDE_STATE, "seed": 0, "num_epochs": 3}, 16
)
"""A grid that shows which echo steps each cell can learn at T 15 with a state of 16, in three epochs."""


def record(folder: Path) -> None:
    """Compute what is missing in the folder; store when each network solved the echo, and its final loss."""
    sweep = Sweep(folder, CLIFF)
    try:
        sweep.run(Processes())
    finally:
        sweep.close()
    points = SweepResults.read(folder).points
    known = [[point.results[seed] for seed in point.seeds] for point in points]
    np.savez_compressed(
        FILE,
        allow_pickle=False,
        solved_at=np.array([[one.solved_at or 0 for one in results] for results in known], np.int32),
        final_loss=np.array([[one.final_loss for one in results] for results in known], np.float32),
    )


def recorded_cliff() -> SweepResults:
    """The recorded map, as `SweepResults` reads it, but without the seconds."""
    with np.load(FILE) as run:
        solved_at, losses = run["solved_at"], run["final_loss"]
    numbers = {replace(point, seed=0): number for number, point in enumerate(CLIFF.points.possible)}
    most = EchoConfig(**CLIFF.fields).windows_per_epoch * CLIFF.fields["num_epochs"]

    def rule(config: EchoConfig) -> Result:
        number = numbers[replace(config, seed=0)]
        at = int(solved_at[number, config.seed]) or None
        loss = float(losses[number, config.seed])
        return Result(at, loss if math.isfinite(loss) else math.nan, at or most, 0.0)

    return results_of(CLIFF, rule)


if __name__ == "__main__":
    record(Path(sys.argv[1]))
