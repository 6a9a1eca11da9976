"""Records a map that pictures show: `python -m tests.record_sweep cliff FOLDER` computes it, and
writes tests/data.

Afterwards: `UPDATE_PICTURES=1 pytest tests/door/pictures`, and check the pictures.
"""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from echornn.config import EchoConfig
from echornn.sweeps.folder import SweepResults
from echornn.sweeps.grid import Axis, Grid
from echornn.sweeps.processes import Processes
from echornn.sweeps.results import Result
from echornn.sweeps.sweep import Sweep
from tests.swept import WIDE_STATE, results_of

DATA = Path(__file__).parent / "data"

CAREFUL = {"init": "glorot", "optimizer": "adam", "learning_rate": 0.003, "batch_size": 50}

CELLS = Axis.parse("cell=rnn,gru,lstm")

GRIDS = {
    "cliff": Grid(
        (Axis.parse("echo_step=1..20"), CELLS),
        {**WIDE_STATE, "seed": 0, "num_epochs": 3},
        16,
    ),
    "tasks": Grid(
        (Axis.parse("task=echo,two_coins,delayed_xor,flip_flop"), CELLS),
        {**CAREFUL, "state_size": 6, "truncated_backprop_length": 20, "seed": 0, "num_epochs": 20},
        8,
    ),
}
"""Which echo steps each cell can learn at T 15 with a state of 16; and which tasks with a state of
6."""


def record(name: str, folder: Path) -> None:
    """Compute what is missing in the folder; store when each network solved its task, and its final
    loss."""
    sweep = Sweep(folder, GRIDS[name])
    try:
        sweep.run(Processes())
    finally:
        sweep.close()
    points = SweepResults.read(folder).points
    shape = (len(points), GRIDS[name].seeds)
    solved_at = np.empty(shape, np.int32)
    final_loss = np.empty(shape, np.float32)
    for row, point in enumerate(points):
        for column, seed in enumerate(point.keys):
            result = point.results[seed]
            solved_at[row, column] = result.solved_at or 0
            final_loss[row, column] = result.final_loss
    np.savez_compressed(
        DATA / f"{name}.npz", allow_pickle=False, solved_at=solved_at, final_loss=final_loss
    )


def recorded(name: str) -> SweepResults:
    """The recorded map, as `SweepResults` reads it, but without the seconds."""
    grid = GRIDS[name]
    with np.load(DATA / f"{name}.npz") as run:
        solved_at, losses = run["solved_at"].tolist(), run["final_loss"].tolist()
    numbers = {replace(point, seed=0): number for number, point in enumerate(grid.points.possible)}

    def rule(config: EchoConfig) -> Result:
        number = numbers[replace(config, seed=0)]
        at = solved_at[number][config.seed] or None
        loss = losses[number][config.seed]
        if not math.isfinite(loss):
            loss = math.nan
        most = config.num_epochs * config.windows_per_epoch
        return Result(at, loss, at or most, 0.0)

    return results_of(grid, rule)


if __name__ == "__main__":
    record(sys.argv[1], Path(sys.argv[2]))
