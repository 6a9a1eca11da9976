"""Compiled loops: shared by structure, never by two trainers at once, refused if memory mappings run out."""

from __future__ import annotations

import gc
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from echornn import EchoConfig, Trainer
from echornn.training.bptt import TrainingLoop
from echornn.training.lone_loop import LoneLoop
from echornn.training.programs import OutOfMappingsError, Programs, Structure, refuse_when_mappings_run_out, structure
from tests.compiled import SMALL, make_trainer
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow


def loop_of(trainer: Trainer) -> TrainingLoop:
    runner = trainer._population._runner
    assert isinstance(runner, LoneLoop)
    return runner._loop


def test_going_back_to_a_structure_compiles_nothing_and_starts_afresh() -> None:
    first = make_trainer(SMALL)
    expected = first.advance(20).losses
    loop = loop_of(first)
    del first
    gc.collect()
    other = make_trainer(replace(SMALL, state_size=6))
    assert loop_of(other) is not loop
    again = make_trainer(SMALL)
    assert loop_of(again) is loop
    np.testing.assert_array_equal(again.advance(20).losses, expected)
    assert again.compilations == 1


def test_another_seed_rate_or_echo_uses_the_same_program_and_gives_its_own_losses() -> None:
    """In any order: an earlier training leaves no trace."""
    configs = [
        SMALL,
        replace(SMALL, seed=2**70),
        replace(SMALL, learning_rate=0.01),
        replace(SMALL, echo_step=4, init="glorot", row_start="zero", num_epochs=2),
    ]

    def trained(order: list[EchoConfig]) -> list[list[float]]:
        loops, losses = set(), []
        for config in order:
            trainer = make_trainer(config)
            losses.append(trainer.advance(15).losses.tolist())
            loops.add(id(loop_of(trainer)))
            del trainer
            gc.collect()
        assert len(loops) == 1
        return losses

    losses = trained(configs)
    assert trained(configs[::-1]) == losses[::-1]
    assert len({tuple(one) for one in losses}) == len(configs)


def test_a_trainer_starts_over_as_another_with_nothing_compiled_and_trains_what_a_new_one_does() -> None:
    trainer = make_trainer(SMALL)
    trainer.advance(30)
    trainer.regenerate()
    for config, init_index in (
        (replace(SMALL, seed=8), 0),
        (replace(SMALL, init="glorot", learning_rate=0.1), 2),
        (SMALL, 0),
    ):
        new, compilations = make_trainer(config), trainer.compilations
        new.reset(init_index)
        trainer.start(config, init_index)
        assert (trainer.epoch, trainer.window, trainer.data_version, trainer.init_index) == (0, 0, 0, init_index)
        np.testing.assert_array_equal(trainer.advance(20).losses, new.advance(20).losses)
        assert trainer.compilations == compilations
    with pytest.raises(ValueError, match="needs new networks"):
        trainer.start(replace(SMALL, state_size=6))


def test_two_trainers_never_share_a_program() -> None:
    one, other = make_trainer(SMALL), make_trainer(SMALL)
    assert loop_of(one) is not loop_of(other)
    np.testing.assert_array_equal(one.advance(10).losses, other.advance(10).losses)


def test_a_loop_that_comes_back_within_a_borrow_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The garbage collector may release a trainer at any point, on the thread that borrows a loop."""
    from echornn.training import programs as module

    lent: list[object] = []
    programs = Programs()
    gone: list[object] = ["a loop"]

    def structure_and_collect(config: EchoConfig) -> Structure:
        while gone:
            programs.give_back(SMALL, "/CPU:0", gone.pop())  # type: ignore[arg-type]
        return structure(config)

    monkeypatch.setattr(module, "structure", structure_and_collect)
    borrower = threading.Thread(target=lambda: lent.append(programs.borrow(SMALL, "/CPU:0")), daemon=True)
    borrower.start()
    borrower.join(PATIENCE)
    assert lent == ["a loop"]


def test_threads_that_borrow_at_once_never_share_a_loop() -> None:
    programs = Programs()
    loops: list[list[int]] = [[0] for _ in range(4)]
    for loop in loops:
        programs.give_back(SMALL, "/CPU:0", loop)  # type: ignore[arg-type]

    def borrow_often() -> None:
        for _ in range(300):
            loop: list[int] = programs.borrow(SMALL, "/CPU:0")  # type: ignore[assignment]
            loop.append(loop.pop() + 1)
            programs.give_back(SMALL, "/CPU:0", loop)  # type: ignore[arg-type]

    threads = [threading.Thread(target=borrow_often) for _ in loops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(count for (count,) in loops) == 300 * len(loops)


def test_structure_keeps_what_is_compiled_in() -> None:
    for change in ({"seed": 1}, {"init": "glorot"}, {"learning_rate": 0.1, "num_epochs": 9, "row_start": "zero"}):
        assert structure(replace(SMALL, **change)) == structure(SMALL)
        assert SMALL.same_program(replace(SMALL, **change))
    for change in (
        {"cell": "gru"},
        {"num_layers": 2},
        {"state_size": 5},
        {"batch_size": 5},
        {"truncated_backprop_length": 4},
        {"stride": 2},
        {"total_series_length": 800},
        {"num_classes": 3},
        {"optimizer": "adam"},
    ):
        assert structure(replace(SMALL, **change)) != structure(SMALL)
        assert not SMALL.same_program(replace(SMALL, **change))
    assert structure(replace(SMALL, rule="rtrl")) != structure(SMALL)
    assert SMALL.same_program(replace(SMALL, rule="rtrl"))  # the same trainer takes the other rule's program


def test_too_few_mappings_are_refused_before_native_code_aborts(tmp_path: Path) -> None:
    maps, limit = tmp_path / "maps", tmp_path / "max_map_count"
    limit.write_text("100\n")
    maps.write_text("a mapping\n" * 80)
    refuse_when_mappings_run_out(maps, limit)
    maps.write_text("a mapping\n" * 81)
    with pytest.raises(OutOfMappingsError, match="81 of 100 memory mappings are taken"):
        refuse_when_mappings_run_out(maps, limit)
    refuse_when_mappings_run_out(tmp_path / "none", limit)
    refuse_when_mappings_run_out(maps, tmp_path / "none")
