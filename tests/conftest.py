"""What all tests share."""

from __future__ import annotations

import gc
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from echornn.runtime import small_loops
from echornn.runtime.collector import paused
from tests.examples import ALL, QUICK
from tests.idle import TurnedOnClock

PATIENT = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
"""Nothing fails by the clock: a loaded machine may take any time for an example, and to make one up."""

settings.register_profile("same", PATIENT, derandomize=True, max_examples=ALL)
settings.register_profile("quick", settings.get_profile("same"), max_examples=QUICK)
settings.register_profile("random", PATIENT)
settings.load_profile("same")  # a failure comes from a change; `--hypothesis-profile=random` looks for new ones

SLOW_AS_A_WHOLE = re.compile(r"^pytestmark = pytest\.mark\.slow$", re.MULTILINE)


def pytest_configure(config: pytest.Config) -> None:
    """Where slow tests are left out, properties are tried with fewer examples, unless a profile was asked for.

    What the tests start hears signals as by default, also where a shell's background or nohup ignores some here; and
    it keeps its compiled code, for the next one to start sooner."""
    if config.option.markexpr == "not slow" and config.getoption("--hypothesis-profile") is None:
        settings.load_profile("quick")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    small_loops.ask_for(small_loops.THRESHOLD)  # also for a test file that imports TensorFlow itself
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)  # a handler is not inherited by another program; still not heeded


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """The garbage collector looks for no garbage in tests and modules, which stay until the end."""
    with paused():
        yield
    gc.freeze()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where slow tests are left out, files of nothing else are not even imported: TensorFlow alone takes seconds."""
    if config.option.markexpr != "not slow" or collection_path.suffix != ".py":
        return None
    return True if SLOW_AS_A_WHOLE.search(collection_path.read_text(encoding="utf-8")) else None


@pytest.fixture(autouse=True)
def _fast_tests_need_no_tensorflow(request: pytest.FixtureRequest) -> Iterator[None]:
    """One that imports it fails where none did before it: it is to be marked as slow, as is its file that does."""
    was_there = "tensorflow" in sys.modules and request.config.option.markexpr != "not slow"
    yield
    if request.node.get_closest_marker("slow") is None:
        assert was_there or "tensorflow" not in sys.modules, "it needs TensorFlow and is not marked as slow"


@pytest.fixture(autouse=True)
def _tensorflow_has_the_threads_of_the_first_network() -> None:
    """Whatever test of a process is the first, and whether it makes a network."""
    if "tensorflow" in sys.modules:
        from echornn.config import EchoConfig
        from echornn.training.process import prepare

        prepare(EchoConfig(), 0)


@pytest.fixture(autouse=True)
def _pilots_wait_for_the_loop_and_not_for_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = TurnedOnClock()
    if "textual.app" in sys.modules:
        from tests.quick_textual import make_quick

        make_quick()
        monkeypatch.setattr("textual._time.get_time", clock.now)
    for name in ("textual.app", "textual.pilot"):
        if name in sys.modules:
            monkeypatch.setattr(sys.modules[name], "wait_for_idle", clock.wait_for_idle)


@pytest.fixture(autouse=True, scope="session")
def _runs_are_kept_apart_from_the_users(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Runs that tests begin, in this process or in others, go to a folder of the tests; no compiled program is kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ECHORNN_KEEP_PROGRAMS", "0")
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture
def shared_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever makes trainers in this process, they take and give back the compiled loops of all tests."""
    from tests.compiled import PROGRAMS

    for module in ("programs", "trainer", "population"):
        monkeypatch.setattr(f"echornn.training.{module}.Programs", lambda *_: PROGRAMS)


@pytest.fixture
def one_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Populations are trained by one call, as on a machine with one processor: it compiles one program and not two."""
    monkeypatch.setattr("echornn.training.population.processors", lambda: ["/CPU:0"])
