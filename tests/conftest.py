"""Fixtures and settings for all tests."""

from __future__ import annotations

import gc
import os
import re
import signal
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, settings

from echornn.runtime import small_loops
from echornn.runtime.quiet import collector_paused
from tests.examples import ALL, QUICK
from tests.idle import TurnedOnClock

PATIENT = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
"""No property test has a time limit: on a loaded machine an example may take any time."""

settings.register_profile("same", PATIENT, derandomize=True, max_examples=ALL)
settings.register_profile("quick", settings.get_profile("same"), max_examples=QUICK)
settings.register_profile("random", PATIENT)
# so that a failure comes from a change; `--hypothesis-profile=random` searches with new examples
settings.load_profile("same")

MEMORY_OF_A_PROCESS = 5 << 29
"""Bytes that one process of tests and those that it starts use at most, with all programs that it
compiles."""

SLOW_AS_A_WHOLE = re.compile(r"^pytestmark = \[?pytest\.mark\.slow\b", re.MULTILINE)


def pytest_configure(config: pytest.Config) -> None:
    """Use fewer examples for property tests when slow tests are left out, unless a profile was
    chosen.

    Processes started by tests handle signals in the default way, even if a shell's background job
    or nohup ignores some here. They and this one also keep compiled Python code, so that later ones
    start sooner.
    """
    if config.option.markexpr == "not slow" and config.getoption("--hypothesis-profile") is None:
        settings.load_profile("quick")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False  # asserts are rewritten once, not in each worker of each run
    # Also for test files that import TensorFlow themselves
    small_loops.ask_for(small_loops.THRESHOLD)
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            # other programs do not inherit a handler; here the signal is still ignored
            signal.signal(number, lambda *_: None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """One process more than processors, so that none is idle while a test waits; fewer if memory is
    scarce."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    fit = int(psutil.virtual_memory().available) // MEMORY_OF_A_PROCESS
    return max(1, min(len(os.sched_getaffinity(0)) + 1, fit))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """The garbage collector ignores tests and modules, which stay until the end."""
    with collector_paused():
        yield
    gc.freeze()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Skip the import of files that contain only slow tests, when these are left out: TensorFlow
    alone takes seconds.
    """
    if config.option.markexpr != "not slow" or collection_path.suffix != ".py":
        return None
    return True if SLOW_AS_A_WHOLE.search(collection_path.read_text(encoding="utf-8")) else None


@pytest.fixture(autouse=True)
def _fast_tests_need_no_tensorflow(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that is the first to import TensorFlow fails if it is not marked as slow."""
    was_there = "tensorflow" in sys.modules and request.config.option.markexpr != "not slow"
    yield
    if request.node.get_closest_marker("slow") is None:
        assert was_there or "tensorflow" not in sys.modules, (
            "it needs TensorFlow and is not marked as slow"
        )


@pytest.fixture(autouse=True)
def _tensorflow_has_the_threads_of_the_first_network() -> None:
    """TensorFlow has the threads for the smallest network, whichever test runs first in a process;
    unless that test made no network, but used TensorFlow itself.
    """
    if "tensorflow" in sys.modules:
        from echornn.training.device import begin
        from tests.quick_tensorflow import make_quick

        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "TensorFlow was used in this process", RuntimeWarning)
            begin(1)
        make_quick()


@pytest.fixture(autouse=True)
def _pilots_wait_for_the_loop_and_not_for_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = TurnedOnClock()
    if "textual.app" in sys.modules:
        from tests.quick_textual import make_quick

        make_quick()
        monkeypatch.setattr("textual._time.get_time", clock.now)
        # real time would end them before their timers do
        monkeypatch.setattr("textual.notifications.Notification.has_expired", False)
    for name in ("textual.app", "textual.pilot"):
        if name in sys.modules:
            monkeypatch.setattr(sys.modules[name], "wait_for_idle", clock.wait_for_idle)


@pytest.fixture(autouse=True, scope="session")
def _runs_are_kept_apart_from_the_users(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Runs of tests, in this or other processes, go to a test folder; compiled programs are not
    kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ECHORNN_KEEP_PROGRAMS", "0")
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield


@pytest.fixture(autouse=True)
def _programs_are_shared(request: pytest.FixtureRequest) -> None:
    """A slow test compiles nothing that one before it in this process has compiled."""
    if "tensorflow" in sys.modules and request.node.get_closest_marker("slow"):
        request.getfixturevalue("shared_programs")


@pytest.fixture
def shared_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """All trainers in this process share the compiled loops of all tests."""
    from tests import compiled

    for module in ("training.programs", "training.population", "sweeps.part_trainer"):
        monkeypatch.setattr(f"echornn.{module}.Programs", lambda *_: compiled.PROGRAMS)


@pytest.fixture
def one_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Populations are trained by one call, as with one processor: only one program is compiled. The
    data of four epochs are drawn at once, since those of hundreds of short ones take a second.
    """
    monkeypatch.setattr("echornn.training.population.processors", lambda: ["/CPU:0"])
    monkeypatch.setattr("echornn.training.shards.epochs_in_a_block", lambda config, replicas: 4)
