"""What is examined and when, and the messages about it: with scripted probes, and a clock that the test controls."""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.readings import Question, Readings
from echornn.runtime import quiet
from echornn.session.commands import Ask, Edit, Go, Pause, Reset, Step, Undo
from echornn.session.pictures.frame import State
from echornn.session.probing import FIRST_SECONDS, LEAST_SECONDS, MOST_SHARE, VITALS, Probing, examine, union
from echornn.session.session import Session
from echornn.snapshot import Snapshot
from echornn.timeline.branch import Position
from echornn.trainer_state import TrainerState
from tests.clock import Clock
from tests.echornn.session.test_session import ENDLESS
from tests.on_a_thread import on_a_thread
from tests.patience import PATIENCE, wait_for
from tests.scripted import SMALL, ScriptedTrainer

MEMORY = Question(frozenset({"memory"}))
GRADIENT = Question(frozenset({"gradient"}))
GATES = Question(frozenset({"memory"}), part="update")


def no_thread(self: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


class Bench:
    """A prober that runs on the test's own thread."""

    def __init__(self, vitals: bool = False) -> None:
        self.clock = Clock()
        self.examined: list[tuple[Snapshot, Question]] = []
        self.shown: dict[str, Any] = {}
        self.took = 0.01
        self.error: Exception | None = None
        self.mail: queue.Queue[Callable[[], None]] = queue.Queue()
        self.now = (Position(0, 0), SMALL)
        self.short: Exception | None = None
        self.probing = Probing(self.examine, self.mail.put, self.show, self.clock, lambda: self.now, vitals)

    def show(self, **some: Any) -> None:
        self.shown.update(some)

    def examine(self, snapshot: Snapshot, question: Question) -> Readings:
        self.examined.append((snapshot, question))
        self.clock.now += self.took
        if self.error is not None:
            raise self.error
        return Readings(snapshot.state.config, snapshot.branch, snapshot.window)

    def seconds(self, window: int, still: bool = False, branch: int = 0, config: EchoConfig = SMALL) -> float | None:
        return self.probing.seconds(Position(branch, window), config, still)

    def begin(self, window: int, still: bool = False, branch: int = 0, config: EchoConfig = SMALL) -> None:
        self.now = (Position(branch, window), config)
        self.probing.begin(lambda: self.take(window, config), self.now[0], None, still, flat_out=True)

    def take(self, window: int, config: EchoConfig = SMALL) -> TrainerState:
        if self.short is not None:
            raise self.short
        weights = {"W": np.full(1, window**2, np.float32)}
        return TrainerState(config, 0, window, 0, 0, weights, np.zeros(1, np.float32), ())

    def read(self, window: int, still: bool = False, branch: int = 0, config: EchoConfig = SMALL) -> None:
        assert self.seconds(window, still, branch, config) == 0
        self.begin(window, still, branch, config)
        self.mail.get(timeout=PATIENCE)()


def test_where_nothing_is_asked_nothing_is_examined() -> None:
    bench = Bench()
    assert not bench.probing.asked
    assert bench.seconds(3) is None
    bench.probing.ask(MEMORY)
    assert bench.probing.asked
    bench.probing.ask(None)
    assert (bench.seconds(3), bench.shown) == (None, {"readings": None, "unread": ""})


@pytest.mark.parametrize("took", [0.001, 0.02, 1.0])
def test_while_it_trains_at_full_speed_it_takes_its_share_and_no_more_than_four_a_second(took: float) -> None:
    bench = Bench()
    bench.took = took
    bench.probing.ask(MEMORY)
    bench.read(0)
    first_rest = bench.seconds(1) or 0.0
    assert first_rest == pytest.approx(max(0.25 - took, min(took, FIRST_SECONDS) * 19)), "graphs are built once"
    bench.clock.now += first_rest
    begun = bench.clock.now
    bench.read(1)
    bench.clock.now += bench.seconds(2) or 0.0
    assert took / (bench.clock.now - begun) <= MOST_SHARE + 1e-9
    assert bench.clock.now - begun >= LEAST_SECONDS["screen"] - 1e-9
    assert bench.seconds(2) == pytest.approx(0)


def test_the_first_answer_to_a_question_does_not_wait_for_the_rest() -> None:
    bench = Bench()
    bench.took = 3.0
    bench.probing.ask(MEMORY)
    bench.read(0)
    bench.clock.now += 1
    bench.read(1)
    assert bench.seconds(2) == pytest.approx(3.0 * 19)
    bench.probing.ask(GRADIENT)
    bench.read(2)


def test_another_network_does_not_wait_for_the_rest_from_a_large_one() -> None:
    bench = Bench()
    bench.took = 9.0
    bench.probing.ask(MEMORY)
    bench.read(0)
    bench.clock.now += 1
    bench.read(1)
    assert bench.seconds(2) == pytest.approx(9.0 * 19)
    bench.read(0, branch=1, config=replace(SMALL, state_size=3))


def test_one_specimen_is_under_way_at_a_time() -> None:
    bench = Bench()
    bench.probing.ask(MEMORY)
    bench.begin(1)
    bench.clock.now += 100
    assert bench.seconds(2) is None
    bench.mail.get(timeout=PATIENCE)()
    bench.clock.now += 100
    assert bench.seconds(2) == 0


def test_where_it_stands_still_each_moment_and_question_is_examined_once_without_a_rest() -> None:
    bench = Bench()
    bench.took = 1.0
    bench.probing.ask(MEMORY)
    bench.read(5, still=True)
    assert bench.seconds(5, still=True) is None
    bench.read(4, still=True)
    bench.read(5, still=True)
    bench.probing.ask(MEMORY)
    assert bench.seconds(5, still=True) is None, "the same question"
    bench.probing.ask(GRADIENT)
    bench.read(5, still=True)
    assert [(snapshot.window, question) for snapshot, question in bench.examined] == [
        *((window, MEMORY) for window in (5, 4, 5)),
        (5, GRADIENT),
    ]


def test_a_specimen_knows_what_one_window_changed() -> None:
    """A scripted weight is the square of its window, so that each window changes it by another amount."""
    bench = Bench()
    bench.probing.ask(MEMORY)

    def change(window: int, branch: int = 0, still: bool = False) -> float | None:
        bench.clock.now += 10
        bench.read(window, still, branch)
        snapshot, _ = bench.examined[-1]
        if snapshot.before is None:
            assert snapshot.windows_since == 0
            return None
        assert snapshot.windows_since == 1
        return float((snapshot.state.weights["W"] - snapshot.before["W"])[0])

    def weigh(window: int) -> None:
        assert bench.seconds(window) == 0
        bench.probing.weigh(lambda: bench.take(window), Position(0, window))
        assert bench.seconds(window) is None, "the next window comes first"
        assert bench.probing.is_weighed(Position(0, window))
        assert bench.probing.follows(Position(0, window + 1))

    assert change(10) is None
    bench.clock.now += 10
    weigh(13)
    assert change(14) == 14**2 - 13**2
    assert change(90, still=True) == 14**2 - 13**2, "the last that was seen on the way here"
    assert change(12, still=True) is None, "not yet seen there"
    assert change(13, still=True) == 13**2 - 12**2
    assert change(14, branch=1) is None
    assert change(15, branch=1) is not None
    bench.probing.forget()
    assert change(16, branch=1) is None, "of another network"


def test_what_cannot_be_read_is_said_and_not_tried_again_until_something_changes() -> None:
    bench = Bench()
    bench.error = RuntimeError("out of memory\nand more")
    bench.probing.ask(GRADIENT)
    bench.read(1)
    assert bench.shown["unread"] == "nothing could be read: RuntimeError: out of memory"
    bench.clock.now += 100
    assert bench.seconds(2) is None
    other = replace(SMALL, state_size=2)
    assert bench.seconds(2, config=other) == 0
    bench.error = None
    bench.probing.ask(MEMORY)
    assert bench.shown["unread"] == ""
    bench.read(2)
    assert bench.shown["readings"].window == 2


def test_an_answer_to_what_is_not_asked_any_more_is_not_shown() -> None:
    bench = Bench()
    bench.probing.ask(GRADIENT)
    bench.begin(1)
    bench.probing.ask(MEMORY)
    bench.mail.get(timeout=PATIENCE)()
    assert "readings" not in bench.shown


@pytest.mark.parametrize("now", [(Position(1, 0), replace(SMALL, state_size=2)), (Position(1, 0), SMALL)])
def test_readings_of_what_is_not_trained_any_more_are_not_shown(now: tuple[Position, EchoConfig]) -> None:
    bench = Bench(vitals=True)
    bench.probing.ask(MEMORY)
    bench.begin(7)
    bench.now = now
    bench.mail.get(timeout=PATIENCE)()
    assert bench.shown == {"unread": ""}
    bench.clock.now += 10
    bench.read(7, still=True)
    assert (bench.shown["readings"].window, bench.shown["vitals"].window) == (7, 7), "one came back to it"


@pytest.mark.parametrize("short", [MemoryError(), RuntimeError("can't start new thread")])
def test_where_memory_for_a_copy_or_a_thread_is_short_that_is_said_and_training_goes_on(
    short: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench()
    bench.probing.ask(MEMORY)
    if isinstance(short, MemoryError):
        bench.short = short
    else:
        monkeypatch.setattr(threading.Thread, "start", no_thread)
        bench.probing.start()
    bench.begin(1)
    why = f"{type(short).__name__}: {short}".removesuffix(": ")
    assert bench.shown == {"readings": None, "unread": f"nothing could be read: {why}"}
    bench.clock.now += 100
    assert bench.seconds(2) is None, "not tried again until something changes"
    assert bench.seconds(2, config=replace(SMALL, state_size=2)) == 0


def test_where_memory_for_weighing_is_short_that_is_said() -> None:
    bench = Bench()
    bench.probing.ask(MEMORY)
    bench.short = MemoryError()
    bench.probing.weigh(lambda: bench.take(1), Position(0, 1))
    assert bench.shown["unread"] == "nothing could be read: MemoryError"


def test_one_thread_started_early_examines_all(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    bench.probing.start()
    monkeypatch.setattr(threading.Thread, "start", no_thread)
    bench.probing.ask(MEMORY)
    for window in range(3):
        bench.clock.now += 10
        bench.read(window)
    assert bench.shown["readings"].window == 2
    bench.probing.end()


def test_the_probes_import_tensorflow_by_the_door_that_completes_numpy_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """If nothing was trained before, the probes' thread imported TensorFlow beside the first median, and the app
    crashed.
    """

    def ask(*_: object) -> None:
        raise ImportError("asked")

    monkeypatch.setattr(quiet, "import_tensorflow", ask)
    with pytest.raises(ImportError, match="asked"):
        examine(Snapshot(ScriptedTrainer(SMALL).state.of(0)), VITALS)


def test_vitals_are_read_now_and_then_with_what_the_screen_asks_where_that_is_of_the_same_part() -> None:
    bench = Bench(vitals=True)
    bench.read(1)
    bench.clock.now += 1
    assert bench.seconds(2) == pytest.approx(1 - bench.took)
    bench.clock.now += 1
    bench.probing.ask(GRADIENT)
    bench.read(2)
    bench.clock.now += 1
    bench.read(3)
    bench.clock.now += 1
    bench.probing.ask(GATES)
    bench.read(4)
    questions = [question for _, question in bench.examined]
    assert questions == [VITALS, union(GRADIENT, VITALS), GRADIENT, GATES, VITALS]
    assert (bench.shown["vitals"].window, bench.shown["readings"].window) == (4, 4)


def test_large_networks_are_read_only_where_that_is_asked() -> None:
    bench = Bench(vitals=True)
    large = replace(SMALL, state_size=1000)
    assert bench.seconds(1, config=large) is None
    bench.probing.ask(MEMORY)
    bench.read(1, config=large)
    assert "vitals" not in bench.shown
    bench.error = MemoryError("state_size = 1000 needs 9.0 GiB, but only 1.0 GiB are free")
    bench.clock.now += 10
    bench.read(2, config=large)
    assert bench.shown["unread"] == "nothing could be read: state_size = 1000 needs 9.0 GiB, but only 1.0 GiB are free"


def test_one_question_for_several_views() -> None:
    flip = Question(frozenset({"flip"}), flip=(1, 2), row=0)
    assert union() is None
    assert union(None, Question(frozenset())) is None
    assert union(flip, None, GATES) == Question(frozenset({"flip", "memory"}), "update", (1, 2), 0)


class Scripted:
    """Scripted probes of a session, which wait when told to."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.begun = threading.Event()
        self.error: Exception | None = None
        self.seen: list[Snapshot] = []

    def __call__(self, snapshot: Snapshot, question: Question) -> Readings:
        self.seen.append(snapshot)
        self.begun.set()
        assert self.may_go_on.wait(PATIENCE)
        if self.error is not None:
            raise self.error
        return Readings(snapshot.state.config, snapshot.branch, snapshot.window)


def window_read(session: Session) -> int | None:
    readings = session.frame.readings
    return None if readings is None else readings.window


def test_a_session_reads_the_moment_at_which_one_looks() -> None:
    session = Session(ENDLESS, math.inf, make_trainer=ScriptedTrainer, examine=Scripted(), vitals=True)
    session.send(Ask(MEMORY))
    with on_a_thread(session):
        wait_for(lambda: window_read(session) is not None and session.frame.trained > 50)
        session.send(Pause())
        wait_for(lambda: session.frame.state is State.PAUSED and window_read(session) == session.frame.trained)
        session.send(Go(0, 30))
        wait_for(lambda: window_read(session) == 30)
        session.send(Reset())
        assert session.when_idle(PATIENCE)
        wait_for(lambda: window_read(session) == 0)
        wait_for(lambda: session.frame.vitals is not None)
        assert session.frame.vitals is not None
        assert (session.frame.vitals.branch, session.frame.vitals.window) == (1, 0)
        session.send(Ask(None))
        assert session.when_idle(PATIENCE)
        assert session.frame.readings is None


def test_while_it_trains_the_window_that_is_examined_is_trained_alone() -> None:
    probes = Scripted()
    trainers: list[ScriptedTrainer] = []

    def make(config: EchoConfig) -> ScriptedTrainer:
        trainers.append(ScriptedTrainer(config))
        return trainers[-1]

    session = Session(ENDLESS, math.inf, make_trainer=make, examine=probes)
    session.send(Ask(MEMORY))
    with on_a_thread(session):
        wait_for(lambda: len(probes.seen) > 2)
    for snapshot in probes.seen:
        if snapshot.window:
            assert snapshot.before is not None
            assert snapshot.state.weights["W"] - snapshot.before["W"] == snapshot.windows_since == 1


def test_what_was_read_at_a_moment_is_there_again_however_soon_one_comes_back() -> None:
    probes = Scripted()
    session = Session(ENDLESS, math.inf, make_trainer=ScriptedTrainer, examine=probes, vitals=True)
    session.send(Pause())
    session.send(Step(5))
    session.send(Ask(MEMORY))

    def both_are_read() -> bool:
        frame = session.frame
        return window_read(session) == 5 and frame.vitals is not None and frame.vitals.window == 5

    with on_a_thread(session):
        wait_for(both_are_read)
        probes.begun.clear()
        probes.may_go_on.clear()
        session.send(Ask(GRADIENT))
        assert probes.begun.wait(PATIENCE), "it is busy, so that nothing is read where one goes meanwhile"
        session.send(Edit({"state_size": 8}))
        assert session.when_idle(PATIENCE)
        assert (session.frame.readings, session.frame.vitals) == (None, None)
        session.send(Undo())
        assert session.when_idle(PATIENCE)
        probes.may_go_on.set()
        wait_for(both_are_read)


def test_neither_training_nor_the_end_waits_for_a_probe() -> None:
    probes = Scripted()
    probes.may_go_on.clear()
    session = Session(ENDLESS, math.inf, make_trainer=ScriptedTrainer, examine=probes)
    session.send(Ask(MEMORY))
    with on_a_thread(session):
        assert probes.begun.wait(PATIENCE)
        trained = session.frame.trained
        wait_for(lambda: session.frame.trained > trained + 100)
    probes.may_go_on.set()


def test_a_probe_that_fails_is_no_end_of_training() -> None:
    probes = Scripted()
    probes.error = RuntimeError("no memory mappings left")
    session = Session(ENDLESS, math.inf, make_trainer=ScriptedTrainer, examine=probes, vitals=True)
    session.send(Ask(GRADIENT))
    with on_a_thread(session):
        wait_for(lambda: bool(session.frame.unread))
        assert session.frame.unread == "nothing could be read: RuntimeError: no memory mappings left"
        trained = session.frame.trained
        wait_for(lambda: session.frame.trained > trained + 100)
        assert session.frame.state is State.RUNNING
