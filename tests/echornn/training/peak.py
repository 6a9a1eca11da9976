"""Measures the memory that training takes, in a process that has trained nothing before."""

from __future__ import annotations

import resource

from echornn import EchoConfig, Trainer


def peak_bytes(config: EchoConfig) -> int:
    """The most memory that this process ever had, without what it has before it trains a window."""
    with open("/proc/self/statm") as file:
        before = int(file.read().split()[1]) * resource.getpagesize()
    trainer = Trainer(config)
    trainer.advance(1)
    state = trainer.state
    with open("/proc/self/status") as file:  # ru_maxrss would count what the parent had before
        most = next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) * 1024
    del state
    return most - before
