"""What may keep a network from solving a task, as text: too few units, or a gradient that is cut.

Few units come first. In 5,000 windows of two coins (adagrad 0.1, batch 200, glorot), 0, 0, 2, 6 and 8 of seeds 0 to 7
solve it with 4, 6, 8, 12 and 16 units at T 5, and 0, 5, 6, 8 and 8 at T 16.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from echornn.config import EchoConfig
from echornn.data.coverage import lags_beyond, source_lags
from echornn.data.levels import state_numbers
from echornn.data.read_out import unreachable
from echornn.diagnosis.phrases import UNCUT, cut_off

MORE_UNITS, LONGER = "; more units («settings») may help", f"; a longer T or {UNCUT} («settings») may help"


def obstacle(config: EchoConfig, missing: Sequence[int] = ()) -> tuple[str, str]:
    """Why the network may not solve the task, and what may help; each empty if nothing is known.

    Args:
        missing: the lags of the sources; by default those of all.
    """
    length = config.truncated_backprop_length
    if least := unreachable(config):
        units = f"{config.state_size} unit{'s' * (config.state_size > 1)}"
        below = math.floor(100 * least) / 100  # it is measured with drawn targets
        return f"{config.output_size} numbers from {units}: no read-out gets below {below:.2f}", MORE_UNITS
    lags = missing or source_lags(config)
    if lags and config.input_size == 1 and max(lags) >= state_numbers(config):
        return f"a shift register needs {max(lags) + 1:,} numbers", MORE_UNITS
    if beyond := [lag for lag in lags_beyond(config) if lag in lags]:
        return f"{cut_off(config, beyond[0])} (T {length:,})", LONGER
    if config.gradient_cut is not None:
        return f"{config.rule} cuts every {length:,} of a trial's {config.window_steps:,} steps", LONGER
    return "", ""
