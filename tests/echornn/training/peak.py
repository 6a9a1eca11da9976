"""Measures the peak memory of training, in a process that has not trained before."""

from __future__ import annotations

import resource

from echornn import EchoConfig, Trainer


def peak_bytes(config: EchoConfig) -> int:
    """The peak memory of this process, minus its memory before training the first window, in bytes."""
    with open("/proc/self/statm") as file:
        before = int(file.read().split()[1]) * resource.getpagesize()
    trainer = Trainer(config)
    trainer.advance(1)
    state = trainer.state
    with open("/proc/self/status") as file:  # ru_maxrss would include the parent's memory
        most = next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) * 1024
    del state
    return most - before
