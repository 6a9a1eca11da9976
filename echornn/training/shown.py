"""Makes the progress of a call: the losses of all its windows, and its last window with its data."""

from __future__ import annotations

import numpy as np

from echornn.config import EchoConfig
from echornn.data.solved import Levels, SolvedAt
from echornn.network.shapes import carried_size, shown_part
from echornn.progress import Floats, PopulationProgress
from echornn.training.bptt import LoopOutput
from echornn.training.population_data import PopulationData
from echornn.training.runner import Call


def shown_window(
    config: EchoConfig, data: PopulationData, call: Call, trained: LoopOutput, solved: SolvedAt
) -> PopulationProgress:
    """The progress after a call.

    Args:
        config: the configuration of the first replica.
        data: the data on which the call was trained.
        call: the newest call; if it trained no windows, the progress shows the window at which it begins.
        trained: NumPy arrays with replicas as the last axis: losses and errors of all windows, and the last window of
            the call.
        solved: when each replica solved the task, after these windows.
    """
    epoch, window = divmod(call.first + max(call.windows, 1) - 1, config.windows_per_epoch)
    begin = epoch * config.row_length + window * config.window_stride
    steps = slice(begin, begin + config.window_steps)
    return PopulationProgress(
        trained.losses,
        trained.errors,
        call.block.first_epoch + epoch,
        window,
        data.window(call.block.shown_x, steps),
        data.window(call.block.shown_y, steps),
        data.scored(call.block, steps),
        trained.outputs,
        trained.states[:, :, shown_part(config)],
        trained.init_state,
        solved.at,
        solved.windows,
    )


def unknown_window(config: EchoConfig, replicas: int) -> LoopOutput:
    """The output of a call without losses, in which the predictions of the last window are unknown."""
    steps = (config.window_steps, config.batch_size)
    return LoopOutput(
        np.zeros((0, replicas), np.float32),
        np.zeros((0, replicas), np.int32),
        np.full((*steps, config.output_size, replicas), np.nan, np.float32),
        np.full((*steps, carried_size(config), replicas), np.nan, np.float32),
        np.zeros((0, 0, replicas), np.float32),
    )


MOST_WINDOWS = 4096
"""The number of windows after which their losses are examined even if nothing is requested."""

UNKNOWN_OF_ONE = SolvedAt.unknown(1)


class SolvedCount:
    """The windows at which the replicas of a population solved the task. Examining a single window costs a tenth of the
    call that trains it, so windows are examined together.

    Args:
        before: the value before the first window is added.
        levels: the levels of the replicas.
    """

    def __init__(self, before: SolvedAt, levels: Levels) -> None:
        self._counted, self._levels = before, levels
        self._losses: list[Floats] = []
        self._windows = 0

    def add(self, losses: Floats) -> None:
        """Add the losses of the next windows, float32 [n, replicas]."""
        self._losses.append(losses)
        self._windows += len(losses)
        if self._windows > MOST_WINDOWS:
            self.now()

    def now(self) -> SolvedAt:
        """The value after all windows that have been added."""
        for losses in self._losses:
            self._counted = self._counted.after(losses, self._levels)
        self._losses, self._windows = [], 0
        return self._counted

    def reported(self) -> SolvedAt:
        """The value to report with each call. For a single network it is unknown, since the losses themselves show
        it.
        """
        return self.now() if len(self._counted.at) > 1 else UNKNOWN_OF_ONE
