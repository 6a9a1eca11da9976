"""The selected network of several: everything that is shown and read belongs to it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from echornn.session.commands import Alone, Ask, Choose, Edit, Go, Step, Toggle, ToggleReplicas
from echornn.session.session import Session
from tests.echornn.session.test_probing import MEMORY, Scripted
from tests.on_a_thread import running
from tests.patience import wait_for
from tests.scripted import SMALL_POPULATION, ScriptedTrainer


@contextmanager
def paused_population() -> Iterator[Session]:
    """A session of several networks, paused after five windows."""
    session = Session(SMALL_POPULATION, math.inf, make_trainer=ScriptedTrainer, examine=Scripted())
    session.send(Toggle())
    session.send(Step(5))
    with running(session):
        assert session.frame.trained == 5
        yield session


def seed_read(session: Session) -> int | None:
    readings = session.frame.readings
    return None if readings is None else readings.config.seed


def test_where_nothing_is_trained_the_network_that_is_chosen_is_read_too() -> None:
    with paused_population() as session:
        first = SMALL_POPULATION.seed
        session.send(Ask(MEMORY))
        wait_for(lambda: seed_read(session) == first)
        session.send(Choose(2))
        wait_for(lambda: session.frame.own_config.seed == first + 2)
        wait_for(lambda: seed_read(session) == first + 2)
        session.send(Choose(100))
        wait_for(lambda: session.frame.replica == SMALL_POPULATION.replicas - 1)


def test_who_goes_to_the_same_moment_on_the_way_of_another_network_has_that_one_read() -> None:
    with paused_population() as session:
        first = SMALL_POPULATION.seed
        session.send(Choose(2))
        session.send(Alone())
        session.send(Step(1))
        session.send(Ask(MEMORY))
        session.send(Go(0, 3))
        session.send(Choose(4))
        wait_for(lambda: (session.frame.trained, seed_read(session)) == (3, first + 4))
        session.send(Go(1, 3))
        wait_for(lambda: session.frame.own_config.seed == first + 2)
        wait_for(lambda: seed_read(session) == first + 2)


def test_a_chosen_one_that_a_smaller_population_has_not_goes_on_alone_as_the_one_that_is_shown() -> None:
    with paused_population() as session:
        session.send(Choose(5))
        session.send(Edit({"replicas": 3}))
        session.send(Step(2))
        wait_for(lambda: session.frame.config.replicas == 3 and session.frame.trained == 2)
        shown = session.frame.own_config
        session.send(Alone())
        wait_for(lambda: session.frame.config.replicas == 1)
        assert session.frame.config == shown
        assert session.error is None
        assert session.frame.refused is None


def test_one_alone_that_becomes_a_population_again_is_still_the_one_that_is_looked_at() -> None:
    with paused_population() as session:
        session.send(Choose(2))
        session.send(Alone())
        session.send(Edit({"learning_rate": 0.05}))
        session.send(ToggleReplicas(4))
        session.send(Step(1))
        wait_for(lambda: session.frame.config.replicas == 4 and session.frame.trained == 1)
        assert session.frame.own_config == replace(SMALL_POPULATION.of(2), learning_rate=0.05)
