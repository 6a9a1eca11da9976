"""Every name of an optimizer has an entry, and the table of cells has their true sizes."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from echornn.cells.table import CELLS
from echornn.config import EchoConfig, Optimizer
from echornn.data.levels import state_numbers
from echornn.network.shapes import carried_size
from echornn.training.optimizers import OPTIMIZERS

pytestmark = pytest.mark.slow


def test_every_name_has_an_entry_and_every_entry_a_name() -> None:
    assert set(OPTIMIZERS) == set(get_args(Optimizer))


@pytest.mark.parametrize("cell", list(CELLS))
def test_what_is_held_at_most_is_what_a_cell_carries(cell: str) -> None:
    config = replace(EchoConfig(state_size=3, num_layers=2), cell=cell)
    assert state_numbers(config) == carried_size(config) - 2 * 3 * len(CELLS[cell].unread)
