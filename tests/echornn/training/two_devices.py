"""Trains on two devices, in a process that has not trained before."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import numpy as np

from echornn import EchoConfig, Population, Trainer, use_one_thread
from echornn.training import device, programs
from echornn.training.device import Placement
from echornn.training.lone_loop import LoneLoop
from tests.compiled import SMALL


def use_two_processors() -> None:
    """Make each processor a device, as with one thread per operation, even if this machine has only one processor."""
    patch.object(device, "usable_processors", return_value=2).start()
    device.TRIAL_SECONDS = 0.02
    assert use_one_thread()


def train_on_each() -> tuple[Placement, list[np.ndarray]]:
    """Measure both devices, and train on each; returns the choice, and the losses on each device."""
    kept, losses = programs.Programs(), []
    with patch.object(programs, "place", lambda config, train, before: device.faster("/CPU:0", "/CPU:1", train)):
        chosen = Trainer(SMALL, kept).placement
    for name in ("/CPU:0", "/CPU:1"):
        kept._placed.clear()
        with patch.object(programs, "place", return_value=Placement(name, "asked for")):
            one = Trainer(SMALL, kept)
        runner = one._population._runner
        assert isinstance(runner, LoneLoop)
        assert name[1:] in runner._loop.carried_state.device, runner._loop.carried_state.device
        losses.append(one.advance(40).losses)
        assert one.compilations == 1, "those that were measured are trained on"
    return chosen, losses


def worked_by_threads() -> list[int]:
    """The processor time of each thread while a population was trained, in nanoseconds, largest first."""
    lot = Population(EchoConfig(state_size=16, num_epochs=1000, truncated_backprop_length=2, echo_step=1), 16)
    lot.compile()
    worked: dict[str, int] = {}
    for sign in (-1, 1):
        for thread in Path("/proc/self/task").iterdir():
            nanoseconds = int((thread / "schedstat").read_text().split()[0])
            worked[thread.name] = worked.get(thread.name, 0) + sign * nanoseconds
        if sign < 0:
            lot.advance(4000)
    return sorted(worked.values(), reverse=True)


def on_two_devices() -> tuple[Placement, list[np.ndarray], list[int]]:
    """The results of `train_on_each` and `worked_by_threads`."""
    use_two_processors()
    return *train_on_each(), worked_by_threads()
