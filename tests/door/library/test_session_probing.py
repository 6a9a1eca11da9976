"""What a session has examined, and when: the newest answer, never of another network, and training never waits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from echornn import EchoConfig, Question, Readings, Snapshot
from echornn.session.commands import Alone, Ask, Choose, Edit, Go, Pause, Reset, Resume, Step, Undo
from tests.clock import Clock
from tests.door.library.sessions import GRADIENT, MEMORY, Probes, Stage, on_stage
from tests.patience import PATIENCE, wait_for
from tests.scripted import SMALL_POPULATION


def read_at(stage: Stage) -> tuple[int, int] | None:
    """The branch and the window that the newest readings are of."""
    readings = stage.frame.readings
    return None if readings is None else (readings.branch, readings.window)


def seed_read(stage: Stage) -> int | None:
    readings = stage.frame.readings
    return None if readings is None else readings.config.seed


def test_the_position_at_which_one_looks_is_read() -> None:
    with on_stage(examine=Probes(), vitals=True, paused=False) as stage:
        assert stage.frame.readings is None
        stage.session.send(Ask(MEMORY))
        wait_for(lambda: stage.frame.readings is not None and stage.frame.trained > 50)
        stage.do(Pause())
        wait_for(lambda: read_at(stage) == (0, stage.frame.trained))
        stage.do(Go(0, 30))
        wait_for(lambda: read_at(stage) == (0, 30))
        stage.do(Reset())
        wait_for(lambda: read_at(stage) == (1, 0))
        wait_for(lambda: stage.frame.vitals is not None and stage.frame.vitals.branch == 1)
        stage.do(Ask(None))
        assert stage.frame.readings is None


def test_an_examined_window_is_trained_alone_so_that_its_change_of_the_weights_is_known() -> None:
    probes = Probes()
    with on_stage(examine=probes, paused=False) as stage:
        stage.session.send(Ask(MEMORY))
        wait_for(lambda: len(probes.seen) > 2)
    for snapshot, _ in probes.seen:
        if snapshot.window:
            assert snapshot.before is not None
            change = snapshot.state.weights["W"] - snapshot.before["W"]
            np.testing.assert_array_equal(change, np.ones_like(change), "a scripted weight counts windows")
            assert snapshot.windows_since == 1


def test_what_was_read_is_gone_with_its_network_and_there_again_when_one_comes_back() -> None:
    probes = Probes()
    with on_stage(examine=probes, vitals=True) as stage:
        stage.do(Step(5), Ask(MEMORY))

        def are_read() -> bool:
            vitals = stage.frame.vitals
            return read_at(stage) == (0, 5) and vitals is not None and vitals.window == 5

        wait_for(are_read)
        probes.begun.clear()
        probes.may_go_on.clear()
        stage.session.send(Ask(GRADIENT))
        assert probes.begun.wait(PATIENCE), "it is busy"
        stage.do(Edit({"state_size": 8}))
        assert (stage.frame.readings, stage.frame.vitals) == (None, None)
        probes.may_go_on.set()
        wait_for(lambda: stage.frame.readings)
        assert read_at(stage) == (1, 0), "what was read of the network before is not shown"
        stage.do(Undo())
        wait_for(are_read)


def test_neither_training_nor_the_end_waits_for_a_probe() -> None:
    probes = Probes()
    probes.may_go_on.clear()
    with on_stage(examine=probes, paused=False) as stage:
        stage.session.send(Ask(MEMORY))
        assert probes.begun.wait(PATIENCE)
        trained = stage.frame.trained
        wait_for(lambda: stage.frame.trained > trained + 100)
    probes.may_go_on.set()


def test_a_probe_that_fails_says_why_is_not_tried_again_and_ends_nothing() -> None:
    probes = Probes()
    probes.error = RuntimeError("no memory mappings left\nand more")
    with on_stage(examine=probes, vitals=True) as stage:
        stage.do(Ask(GRADIENT))
        wait_for(lambda: stage.frame.unread)
        assert "RuntimeError: no memory mappings left" in stage.frame.unread
        assert "and more" not in stage.frame.unread
        count = len(probes.seen)
        stage.session.send(Resume())
        wait_for(lambda: stage.frame.trained > 300)
        stage.do(Pause())
        assert len(probes.seen) == count
        probes.error = None
        stage.do(Ask(MEMORY))
        wait_for(lambda: read_at(stage) == (0, stage.frame.trained))
        assert stage.frame.unread == ""


@pytest.mark.parametrize("took", [0.001, 0.1])
def test_at_full_speed_probes_take_a_twentieth_of_the_time_and_four_readings_a_second_at_most(took: float) -> None:
    clock, begun, probes = Clock(), list[float](), Probes()

    def examine(snapshot: Snapshot, question: Question) -> Readings:
        begun.append(clock.now)
        clock.now += took
        return probes(snapshot, question)

    with on_stage(examine=examine, clock=clock, speed=1000.0) as stage:
        stage.do(Ask(MEMORY))
        wait_for(lambda: len(begun) == 1)
        stage.settled()
        stage.session.send(Resume())

        def later() -> bool:
            clock.now += max(0.01, took / 2)
            stage.settled()
            return len(begun) > 4

        wait_for(later)
    assert begun[-1] - begun[1] >= 0.9 * (len(begun) - 2) * max(0.25, took / 0.05)


def test_of_many_the_chosen_one_is_read_also_on_the_path_of_another() -> None:
    with on_stage(SMALL_POPULATION, examine=Probes()) as stage:
        stage.do(Step(5), Ask(MEMORY))
        wait_for(lambda: seed_read(stage) == 7)
        stage.do(Choose(2))
        wait_for(lambda: seed_read(stage) == 9)
        stage.do(Alone(), Step(1), Go(0, 3), Choose(4))
        wait_for(lambda: (read_at(stage), seed_read(stage)) == ((0, 3), 11))
        stage.do(Go(1, 3))
        wait_for(lambda: (read_at(stage), seed_read(stage)) == ((0, 3), 9))
        assert stage.frame.readings is not None
        assert isinstance(stage.frame.readings.config, EchoConfig)
        assert stage.frame.readings.config == replace(SMALL_POPULATION, replicas=1, seed=9)
