"""Whether r2 of all lags may be added up: only if the inputs are independent."""

from __future__ import annotations

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.network.shapes import weight_shapes
from echornn.probes.independence import are_independent
from echornn.readings import Question
from echornn.tasks.own.own_task import OwnTask
from echornn.tasks.table import TASKS

TEXT = """
from dataclasses import dataclass

import numpy as np

from echornn import Batch, Numbers, Symbols, Task


@dataclass(frozen=True)
class Mine(Task):
    inputs, outputs = {inputs}, Symbols(2)

    def draw(self, rng, rows, steps):
        return Batch({x}, np.zeros((rows, steps), np.uint8), np.ones((rows, steps), bool))
"""


def own(inputs: str, x: str) -> EchoConfig:
    """A configuration with a task that has these inputs."""
    return EchoConfig(task=OwnTask("mine.py", "Mine", TEXT.format(inputs=inputs, x=x)), state_size=1)


DRIFT = own("Numbers(1)", "rng.normal(size=(rows, steps, 1)) + rng.normal(size=(rows, 1, 1))")


@pytest.mark.parametrize("seed", [7, 8])
@pytest.mark.parametrize("task", TASKS)
def test_inputs_of_tasks_are_independent_but_those_that_are_mostly_blank_or_the_same(task: str, seed: int) -> None:
    assert are_independent(EchoConfig(task=task, seed=seed)) is (task not in ("temporal_order", "copy_memory"))


@pytest.mark.parametrize(
    ("config", "independent"),
    [
        (DRIFT, False),
        (own("Numbers(2)", "rng.normal(size=(rows, steps, 2))"), True),
        (own("Numbers(2)", "np.repeat(rng.normal(size=(rows, steps, 1)), 2, axis=2)"), False),
        (own("Symbols(2)", "(rng.random((rows, steps)) < 0.2).astype(np.uint8)"), True),
        (
            own("Symbols(2)", "np.repeat(rng.integers(0, 2, (rows, steps), np.uint8), 2, 1)[:, :steps]"),
            False,
        ),
        (own("Symbols(3)", "rng.integers(0, 3, (rows, steps)).astype(np.uint8)"), True),
        (own("Symbols(3)", "rng.choice(3, (rows, steps), p=[0.8, 0.1, 0.1]).astype(np.uint8)"), False),
        (own("Symbols(4)", "np.zeros((rows, steps), np.uint8)"), False),
    ],
)
def test_of_ones_own_tasks_it_is_measured(config: EchoConfig, independent: bool) -> None:
    assert are_independent(config) is independent


@pytest.mark.slow
def test_a_unit_that_follows_many_correlated_inputs_does_not_hold_one_number() -> None:
    """The unit is a mean of the newest inputs. Each is read from it in part, and their r2 add up to more than 1."""
    from echornn.probes.examine import examine
    from echornn.probes.of_weights import snapshot_of

    weights = {name: np.zeros(shape, np.float32) for name, shape in weight_shapes(DRIFT).items()}
    weights["W"][:] = [[0.01], [0.9]]
    memory = examine(snapshot_of(weights, DRIFT), Question(frozenset({"memory"}))).memory
    assert memory is not None
    assert not memory.independent
    assert memory.size == 1
    assert memory.total == pytest.approx(float(memory.by_lag.sum()), rel=1e-6)
    assert memory.total > 3
