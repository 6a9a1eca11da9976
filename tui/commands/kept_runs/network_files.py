"""Writes the networks of a run to .npz and .keras files."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from echornn.arrays.facts import numbers_of, require_replica
from echornn.arrays.run_arrays import state_at
from echornn.errors import RunError
from echornn.runs.run_dir import Run
from echornn.runtime import quiet
from echornn.state import TrainerState
from echornn.timeline.branch import Position
from tui.commands.kept_runs.weights_text import weights_text
from tui.term import printed, terminal
from tui.term.printed import export_whole


def write_network(
    run: Run, position: Position, weights: Path | None, keras: Path | None, replica: int | None = None
) -> None:
    """Write the networks at a position to files.

    Args:
        weights: a .npz file; with several networks, the first axis of each array is the replica. A text file beside it,
            with .txt added to the name, describes the arrays; the .npz file has only the weights, for
            `Trainer.load_weights`.
        keras: a .keras file, for a single network.
        replica: write only the network with this number; see `NetworkFacts`.
    """
    if weights is not None and weights.suffix != ".npz":
        raise RunError(f"weights = {str(weights)!r} cannot be written: the name must end in .npz")
    if keras is not None and keras.suffix != ".keras":
        raise RunError(f"keras = {str(keras)!r} cannot be written: the name must end in .keras")
    terminal.keep_native_stderr_off_the_screen()
    there = state_at(run, position, retrain=True)
    state = there.state
    numbers = numbers_of(run, state.config)
    if replica is not None:
        require_replica(run, replica, [state.config])
        state = state.only([numbers.index(replica)])
    if keras is not None and state.config.replicas > 1:
        which = f"--replica {numbers[0]} to {numbers[-1]}"
        raise RunError(f"keras = {str(keras)!r} cannot be written: a .keras file has a single network; add {which}")
    if keras is not None and not state.config.the_cell.keras[0]:
        raise RunError(
            f"keras = {str(keras)!r} cannot be written: Keras has no {state.config.cell} cell; "
            "--weights writes its numbers and formulas"
        )
    if there.unlike is not None:
        printed.complain(f"echornn-tui: {there.unlike}")
    if not state.is_finite:
        printed.complain("echornn-tui: the weights are not finite: the loss has diverged there")
    if weights is not None:
        arrays = state.weights if state.config.replicas > 1 else state.of(0).weights
        export_whole(weights, lambda file: np.savez(file, allow_pickle=False, **arrays))
        text = "".join(f"{line}\n" for line in weights_text(state.config, arrays))
        export_whole(weights.with_name(f"{weights.name}.txt"), lambda file: _save_text(text, file))
    if keras is not None:
        export_whole(keras, partial(_save_keras, state.of(0)))


def _save_text(text: str, file: Path) -> None:
    file.write_text(text)


def _save_keras(state: TrainerState, file: Path) -> None:
    quiet.import_tensorflow()
    from echornn.network.model import keras_model

    keras_model(state.config, state.weights).save(file)
