"""A session whose loss diverges under a rule that carries an influence: it pauses, and can go back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from echornn.rules.table import RULES
from echornn.session.commands import Edit, Pause, Resume, Step, Undo
from echornn.session.pictures.frame import State
from echornn.session.session import Session
from tests.compiled import SMALL, make_population
from tests.on_a_thread import running
from tests.patience import PATIENCE, wait_for

pytestmark = pytest.mark.slow

RATE = 1e38
"""With this learning rate, the weights are infinite after one window."""


@pytest.mark.parametrize("rule", [name for name, rule in RULES.items() if not rule.cuts])
def test_it_pauses_there_and_undone_it_goes_on_as_if_nothing_had_been(rule: str) -> None:
    config = replace(SMALL, rule=rule)
    undisturbed = make_population(config).advance(9).losses[:, 0]
    session = Session(config, make_trainer=make_population)
    session.send(Pause())
    session.send(Step(6))
    with running(session):
        session.send(Edit({"learning_rate": RATE}))
        session.send(Resume())
        wait_for(lambda: session.frame.has_diverged and session.frame.state is State.PAUSED)
        frame = session.frame
        assert frame.warning.endswith(f"in window {frame.window} of epoch 1: paused there")
        assert 6 < frame.trained < 9
        session.send(Undo())
        session.send(Step(3))
        assert session.when_idle(PATIENCE)
        assert (session.frame.trained, session.frame.has_diverged) == (9, False)
        losses = session.frame.loss_stats.recent
    np.testing.assert_array_equal(losses, undisturbed)
