"""All built-in tasks, by name."""

from __future__ import annotations

from echornn.tasks.adding import Adding
from echornn.tasks.copy_memory import CopyMemory
from echornn.tasks.delayed_xor import DelayedXor
from echornn.tasks.echo import Echo
from echornn.tasks.flip_flop import FlipFlop
from echornn.tasks.parity import Parity
from echornn.tasks.task import Task
from echornn.tasks.temporal_order import TemporalOrder
from echornn.tasks.two_coins import TwoCoins

TASKS: dict[str, type[Task]] = {
    "echo": Echo,
    "two_coins": TwoCoins,
    "delayed_xor": DelayedXor,
    "flip_flop": FlipFlop,
    "temporal_order": TemporalOrder,
    "copy_memory": CopyMemory,
    "adding": Adding,
    "parity": Parity,
}
"""The class of each task, by the name that ``--task`` takes."""
