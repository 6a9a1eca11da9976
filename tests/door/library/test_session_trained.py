"""Sessions with TensorFlow: changes, going back, a resume and programs kept on disk lose nothing,
to the bit."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from echornn import TANH, Cell, EchoConfig, Population, Position, Product, Run, Session
from echornn.session.commands import Edit, Go, Resume, Step
from tests.compiled import SMALL as FOUR_EPOCHS
from tests.compiled import SharedPrograms, make_population, plain
from tests.door.library.sessions import Query, on_stage
from tests.on_a_thread import play
from tests.own_process import in_own_process
from tests.patience import wait_for

pytestmark = pytest.mark.slow

SMALL = replace(FOUR_EPOCHS, num_epochs=10**6, seed=3)
"""14 windows per epoch."""


@pytest.mark.usefixtures("one_processor")
def test_a_limit_of_gradients_set_between_windows_comes_back(tmp_path: Path) -> None:
    trainer = make_population(SMALL)
    losses, norms, are_clipped = [], [], []
    for limit, windows in ((None, 12), (0.05, 10), (0.01, 8)):
        trainer.edit(replace(SMALL, clip_norm=limit))
        progress = trainer.advance(windows)
        losses += progress.losses[:, 0].tolist()
        for norm in progress.grad_norms[:, 0].tolist():
            norms.append(norm)
            are_clipped.append(limit is not None and norm > limit)
    folder = tmp_path / "run"
    with on_stage(SMALL, make_population, folder) as stage:
        stage.do(Step(12), Edit({"clip_norm": 0.05}), Step(10), Edit({"clip_norm": 0.01}), Step(8))
        frame = stage.do(Go(0, 5), Go(2, 15), Go(2))
        assert frame.loss == np.float32(losses[-1])
    with on_stage(Run.read(folder).config, make_population, folder) as stage:
        curve = stage.look(Query(columns=30, norms=True)).norms
        assert stage.losses() == losses
        assert curve.mean.tolist() == norms
        assert curve.error_rate.tolist() == are_clipped
        shown = stage.do(Go(2, 25)).progress
        assert shown is not None
        assert shown.grad_norms[-1] == norms[24]


HUGE = EchoConfig(total_series_length=200, batch_size=4, clip_norm=1.0).with_fields(
    {"task": "adding", "length": 5}
)
"""A task of numbers, of which losses can be very large."""


def with_huge_weights(config: EchoConfig, replica: int, programs: SharedPrograms) -> Population:
    """Of one replica the losses are finite, and the norms of the gradients are not."""
    population = Population(config, programs=programs)
    state = population.state
    state.weights["W2"][replica] = 1e12
    population.restore(state)
    return population


def test_a_clipped_gradient_of_infinite_norm_is_a_divergence(tmp_path: Path) -> None:
    with plain() as programs:
        alone = with_huge_weights(HUGE, 0, programs).advance(4)
        assert np.isfinite(alone.losses[0, 0])
        assert np.isinf(alone.grad_norms[0, 0])
        assert alone.diverged.tolist() == [False, True, True, True]

        together = with_huge_weights(replace(HUGE, replicas=9), 5, programs).advance(4)
        are_lost = ~np.isfinite(together.losses[-1])
        assert np.flatnonzero(are_lost) == [5]

        make = partial(with_huge_weights, replica=0, programs=programs)
        with on_stage(HUGE, make, tmp_path / "run") as stage:
            assert stage.until_it_diverges(Resume()).trained == 2


def losses_of(folder: Path, config: EchoConfig) -> tuple[bytes, str | None]:
    """The losses of a session in a process that keeps its programs; and TF_XLA_FLAGS."""
    os.environ.update(XDG_CACHE_HOME=str(folder), ECHORNN_KEEP_PROGRAMS="1")
    session = play(Session(config), Step(20))
    losses = session.timeline.losses(Position(0, 20), 0)
    assert losses is not None
    return losses.tobytes(), os.environ.get("TF_XLA_FLAGS")


def files_in(folder: Path) -> dict[str, int]:
    """The stored programs by name, each with a number that changes if it is written again."""
    return {file.name: file.stat().st_mtime_ns for file in folder.rglob("*.pb")}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A folder with the kept program of one network, and its losses."""
    folder = tmp_path_factory.mktemp("programs")
    losses, flags = in_own_process(losses_of, folder, SMALL)
    assert flags is None, "what another process would inherit"
    assert len(losses) == 20 * 4
    return folder, losses


def test_a_kept_program_trains_the_same_bits_and_is_not_compiled_again(
    trained: tuple[Path, bytes],
) -> None:
    folder, losses = trained
    kept = files_in(folder)
    assert len(kept) == 1
    for file in folder.rglob("*.pb"):
        assert file.parent.stat().st_mode & 0o777 == 0o700
    assert in_own_process(losses_of, folder, SMALL)[0] == losses
    assert files_in(folder) == kept


def in_memory() -> set[str]:
    return {file.name for file in Path("/dev/shm").glob("echornn-tui-*")}


def test_a_damaged_program_is_compiled_again_and_nothing_stays_in_memory(
    trained: tuple[Path, bytes], tmp_path: Path
) -> None:
    before = in_memory()
    whole, losses = trained
    folder = shutil.copytree(whole, tmp_path / "overwritten")
    (file,) = folder.rglob("*.pb")
    other = file.with_name("another.pb")
    other.write_bytes(b"of another network")
    file.write_bytes(b"\xc6" * 2000)  # an error names this file
    (trace,) = folder.rglob("trace_*")
    trace.write_bytes(trace.read_bytes()[:-100])  # would be read as another function
    assert in_own_process(losses_of, folder, SMALL)[0] == losses
    assert [*folder.rglob("*.pb")] == [other], "only the damaged file is gone"

    folder = shutil.copytree(whole, tmp_path / "cut")
    (file,) = folder.rglob("*.pb")
    file.write_bytes(file.read_bytes()[:5000])  # an error names none
    assert in_own_process(losses_of, folder, SMALL)[0] == losses
    assert not file.exists()
    wait_for(lambda: in_memory() <= before)


def in_words(x: Any, state: Any, network: Any) -> Any:
    """A step that XLA cannot compile."""
    (h,) = network.affine([x, *state], "W", "b", TANH)
    word = tf.strings.as_string(tf.stop_gradient(h))
    return [h + tf.cast(tf.strings.length(word), tf.float32)]


def error_of(folder: Path) -> str:
    """The error of a cell that cannot be compiled, after a network whose program is kept."""
    losses_of(folder, SMALL)
    products = (Product("W", "b", ("h",)),)
    cell = Cell(in_words, ("h",), products, in_turn=True)
    session = play(Session(SMALL.with_fields({"cell": cell})))
    return str(session.error)


def test_an_error_that_is_not_about_kept_programs_leaves_them(
    trained: tuple[Path, bytes], tmp_path: Path
) -> None:
    before = in_memory()
    folder = shutil.copytree(trained[0], tmp_path / "programs")
    kept = files_in(folder)
    assert "AsString" in in_own_process(error_of, folder)
    assert files_in(folder) == kept
    wait_for(lambda: in_memory() <= before)
