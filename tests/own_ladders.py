"""Tasks of the user's own that are only a ladder."""

from __future__ import annotations

from echornn.config import EchoConfig
from echornn.tasks.own.own_task import OwnTask

TEXT = """
from dataclasses import dataclass

from echornn import Level, Numbers, Symbols, Task


@dataclass(frozen=True)
class Mine(Task):
    inputs, outputs = Symbols(2), {outputs}
    length = {length}

    def draw(self, rng, rows, steps):
        raise NotImplementedError

    def levels(self, rows, steps):
        return [Level(name, loss, "of it " + name) for name, loss in {levels}]
"""


def own(*levels: tuple[str, float], outputs: str = "Symbols(4)", length: int | None = None) -> EchoConfig:
    """A configuration with a task of the user's own that has this ladder."""
    return EchoConfig(task=OwnTask("mine.py", "Mine", TEXT.format(outputs=outputs, length=length, levels=list(levels))))
