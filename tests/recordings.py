"""Networks that were trained once, and what was read of them.

The pictures show these, since the last digits of a new training differ from machine to machine.
`python -m tests.recordings NAME ...` trains them again and writes tests/data: see `RECORDED`.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from echornn.cells.cell import Bounds
from echornn.config import EchoConfig
from echornn.progress import Counts, Floats, Progress
from echornn.readings import (
    Connectivity,
    Effects,
    FixedPoints,
    Flip,
    Gradient,
    Kind,
    Matrices,
    Memory,
    Question,
    Readings,
    Recurrent,
    Reliance,
    StatePlane,
    Units,
)
from echornn.solutions import Solutions
from echornn.state import Snapshot
from tui.text.held_inputs import held_inputs

DATA = Path(__file__).parent / "data"

TUTORIAL = EchoConfig()

Arrays = dict[str, Any]


def parts(name: str, value: Any) -> Arrays:
    """The fields of a dataclass as arrays; not its limits, which are those of h by default."""
    arrays = Arrays()
    for field, content in vars(value).items():
        if not isinstance(content, Bounds):
            arrays[f"{name} {field}"] = np.asarray(content)
    return arrays


def stored(file: str, start: str = "") -> Arrays:
    """The arrays in a file whose names begin with this, without it."""
    arrays = Arrays()
    with np.load(DATA / f"{file}.npz") as run:
        for name in run.files:
            if name.startswith(start):
                arrays[name.removeprefix(start)] = run[name]
    return arrays


def rebuilt(kind: type[Any], arrays: Mapping[str, Any], name: str) -> Any:
    """A value of a dataclass, of its parts; fields that are newer than the recording are as by
    default."""
    values = Arrays()
    for field in dataclasses.fields(kind):
        array = arrays.get(f"{name} {field.name}")
        if array is None:
            continue
        if field.name == "kinds":
            values["kinds"] = tuple(array.tolist())
        else:
            values[field.name] = array if array.ndim else array.item()
    return kind(**values)


# ---- the tutorial

MOMENTS = (1, 298, 460, 667, 1500)
"""Windows after which rows are recorded: the start, the descent, solved, an epoch's first window,
later."""

TAPE = 8
"""The number of windows recorded before each of these."""

FUTURES: dict[str, tuple[int, EchoConfig, int]] = {
    "learning_rate": (290, dataclasses.replace(TUTORIAL, learning_rate=0.05), 1210),
    "init": (0, dataclasses.replace(TUTORIAL, init="glorot"), 900),
}
"""Other branches of the run: the window at which each begins, its configuration, and the windows
trained."""


def tutorial() -> Arrays:
    """1 500 windows of the tutorial's run: every loss and error count, and the rows before
    `MOMENTS`."""
    # Only here, so that tests that read the recordings need no TensorFlow
    from echornn import Trainer

    trainer = Trainer(TUTORIAL)
    arrays = Arrays()
    pieces: list[Progress] = []
    trained = 0
    for position in MOMENTS:
        if position - TAPE > trained:
            pieces.append(trainer.advance(position - TAPE - trained))
            trained = position - TAPE
        newest = [trainer.advance(1) for _ in range(position - trained)]
        trained = position
        pieces += newest
        arrays[f"x_{position}"] = np.stack([window.x for window in newest])
        arrays[f"y_{position}"] = np.stack([window.y for window in newest])
        arrays[f"probabilities_{position}"] = np.stack([window.outputs for window in newest])
    arrays["losses"] = np.concatenate([piece.losses for piece in pieces])
    arrays["errors"] = np.concatenate([piece.errors for piece in pieces])
    for name, (fork, config, windows) in FUTURES.items():
        arrays[f"losses_{name}"] = trained_on(fork, config, windows)
    return arrays


def trained_on(fork: int, config: EchoConfig, windows: int) -> Floats:
    """The losses of a branch of the run."""
    from echornn import Trainer

    if not fork:
        return Trainer(config).advance(windows).losses
    trainer = Trainer(TUTORIAL)
    trainer.advance(fork)
    trainer.edit(config)
    return trainer.advance(windows).losses


def recorded_future(name: str) -> tuple[int, EchoConfig, Floats]:
    """Another branch of the run: the window at which it begins, its configuration, and its losses,
    float32 [windows].
    """
    fork, config, _ = FUTURES[name]
    return fork, config, stored("tutorial_run")[f"losses_{name}"]


def recorded(position: int) -> tuple[tuple[Progress, ...], Floats, Floats]:
    """The rows up to a window, newest last; and the losses and error rates of all windows to it
    (float32 [position]). The states are made up, from -1 to 1, since the recording has none.
    """
    run = stored("tutorial_run")
    losses, errors = run["losses"][:position], run["errors"][:position]
    x = run[f"x_{position}"]
    y = run[f"y_{position}"]
    outputs = run[f"probabilities_{position}"]
    states = np.random.default_rng(0).uniform(-1, 1, (*x[0].shape, TUTORIAL.state_size))
    recent = []
    for row, window in enumerate(range(position - len(x), position)):
        progress = Progress(
            losses[window : window + 1],
            errors[window : window + 1],
            *divmod(window, TUTORIAL.windows_per_epoch),
            x[row],
            y[row],
            outputs[row],
            states.astype(np.float32),
        )
        recent.append(progress)
    return tuple(recent), losses, share_of_errors(errors, TUTORIAL)


def share_of_errors(errors: Counts, config: EchoConfig) -> Floats:
    return (errors / config.predictions_per_window).astype(np.float32)


# ---- 64 seeds of it

POPULATION = dataclasses.replace(TUTORIAL, replicas=64)
POPULATION_WINDOWS = 1500

LEAST, MOST = 1e-4, 10.0
"""Losses between these, in nats, are stored as one of 256 steps; each step is a factor of about
1.05."""


def population() -> Arrays:
    """Every loss of many networks to within 3 %."""
    from echornn import Population

    losses = Population(POPULATION).advance(POPULATION_WINDOWS).losses
    shares = np.log(np.clip(losses, LEAST, MOST) / LEAST) / np.log(MOST / LEAST)
    return {"losses": np.rint(255 * shares).astype(np.uint8).T}


def recorded_population() -> Floats:
    """The recorded losses, float32 [windows, replicas]; the first replica is the tutorial's
    network."""
    shares = stored("population_run")["losses"].T.astype(np.float32) / 255
    losses: Floats = np.float32(LEAST) * np.float32(MOST / LEAST) ** shares
    return losses


def solutions() -> Arrays:
    """The map of these networks."""
    from echornn import Population
    from echornn.probes.examine import examine

    population = Population(POPULATION)
    population.advance(POPULATION_WINDOWS)
    state = population.state
    snapshot = Snapshot(state.of(0), 0, POPULATION_WINDOWS, population=state)
    return parts("solutions", examine(snapshot, Question(frozenset({"solutions"}))).solutions)


def recorded_solutions() -> Readings:
    """The readings of the first of these networks, with the recorded map."""
    solutions = rebuilt(Solutions, stored("solutions_run"), "solutions")
    return Readings(POPULATION.of(0), 0, POPULATION_WINDOWS, ("h",), solutions=solutions)


# ---- what the probes read of the tutorial's network

READ_AT = (298, 1500)
"""Windows after which readings are recorded, among `MOMENTS`: while it learns, and when solved."""

KINDS: dict[Kind, type[Any]] = {
    "memory": Memory,
    "units": Units,
    "gradient": Gradient,
    "effects": Effects,
    "reliance": Reliance,
    "connectivity": Connectivity,
    "flip": Flip,
    "plane": StatePlane,
}
"""The kinds of readings that consist of arrays and numbers by name."""

WINDOWS_SINCE = 8


def readings() -> Arrays:
    """The tutorial's network, examined at these windows."""
    from echornn import Trainer
    from echornn.probes.examine import examine

    question = Question(frozenset({*KINDS, "weights", "lyapunov"}), flip=(0, 6))
    trainer = Trainer(TUTORIAL)
    arrays = Arrays()
    trained = 0
    for position in READ_AT:
        trainer.advance(position - WINDOWS_SINCE - trained)
        before = {name: weight.copy() for name, weight in trainer.weights.items()}
        progress = trainer.advance(WINDOWS_SINCE)
        trained = position
        snapshot = Snapshot(trainer.state, 0, position, progress, before, WINDOWS_SINCE)
        answer = examine(snapshot, question)
        for kind in KINDS:
            arrays |= parts(f"{position} {kind}", getattr(answer, kind))
        for name in ("lyapunov", "lyapunov_samples", "lyapunov_spread"):
            arrays[f"{position} {name}"] = getattr(answer, name)
        matrices = answer.weights
        assert matrices is not None
        arrays[f"{position} names"] = [*matrices.weights]
        arrays[f"{position} eigenvalues"] = matrices.recurrent[0].eigenvalues
        for name in matrices.weights:
            for field in ("weights", "rows", "columns", "update"):
                arrays[f"{position} {field} {name}"] = getattr(matrices, field)[name]
    return arrays


def recorded_readings(position: int) -> Readings:
    """The recorded readings of the tutorial's run after ``position`` windows."""
    arrays = stored("tutorial_readings", f"{position} ")
    return Readings(
        TUTORIAL,
        0,
        position,
        ("h",),
        weights=recorded_matrices(arrays),
        lyapunov=arrays["lyapunov"],
        lyapunov_samples=arrays["lyapunov_samples"].item(),
        lyapunov_spread=arrays["lyapunov_spread"],
        progress=recorded(position)[0][-1],
        **{name: rebuilt(kind, arrays, name) for name, kind in KINDS.items()},
    )


def recorded_matrices(arrays: Arrays) -> Matrices:
    weights, update = {}, {}
    rows, columns = {}, {}
    for name in arrays["names"].tolist():
        weights[name] = arrays[f"weights {name}"]
        update[name] = float(arrays[f"update {name}"])
        rows[name] = tuple(arrays[f"rows {name}"].tolist())
        columns[name] = tuple(arrays[f"columns {name}"].tolist())
    from_state = weights["W"][TUTORIAL.input_size :]
    norm = float(np.linalg.norm(from_state, 2))
    recurrent = (Recurrent("W", arrays["eigenvalues"], norm),)
    return Matrices(weights, rows, columns, update, recurrent)


# ---- a network whose state is too small for the echo

STUCK = EchoConfig(echo_step=4)
"""Four units; a linear shift register for this echo needs five."""

STUCK_WINDOWS = 1000


def stuck() -> Arrays:
    """Every loss and error count, the last window, and its memory and unit readings."""
    from echornn import Trainer
    from echornn.probes.examine import examine

    trainer = Trainer(STUCK)
    before = trainer.advance(STUCK_WINDOWS - 1)
    weights = {name: weight.copy() for name, weight in trainer.weights.items()}
    last = trainer.advance(1)
    snapshot = Snapshot(trainer.state, 0, STUCK_WINDOWS, last, weights, 1)
    answer = examine(snapshot, Question(frozenset({"memory", "units"})))
    arrays = {"x": last.x, "y": last.y, "probabilities": last.outputs, "states": last.states}
    arrays["losses"] = np.append(before.losses, last.losses)
    arrays["errors"] = np.append(before.errors, last.errors)
    return arrays | parts("memory", answer.memory) | parts("units", answer.units)


def recorded_stuck() -> tuple[Progress, Floats, Floats, Readings]:
    """The last window, the losses and error rates of all windows (float32 [windows]), and the
    readings."""
    run = stored("stuck_run")
    losses, errors = run["losses"], run["errors"]
    place = divmod(STUCK_WINDOWS - 1, STUCK.windows_per_epoch)
    window = (run["x"], run["y"], run["probabilities"], run["states"])
    progress = Progress(losses[-1:], errors[-1:], *place, *window)
    readings = Readings(
        STUCK,
        0,
        STUCK_WINDOWS,
        ("h",),
        memory=rebuilt(Memory, run, "memory"),
        units=rebuilt(Units, run, "units"),
        progress=progress,
    )
    return progress, losses, share_of_errors(errors, STUCK), readings


# ---- a network that learns the flip-flop

FLIP_FLOP = EchoConfig.from_fields({"task": "flip_flop", "state_size": 16, "init": "glorot"})

FLIP_FLOP_MOMENTS = (1, 100, 1500)
"""The windows after which readings are recorded: before, in the middle of, and after learning."""


def flip_flop() -> Arrays:
    """All losses, and at each moment the window with its states and fixed points."""
    from echornn import Trainer
    from echornn.probes.examine import examine

    kinds = frozenset[Kind]({"plane", "fixed_points"})
    question = Question(kinds, held=held_inputs(FLIP_FLOP)[0].numbers)
    trainer = Trainer(FLIP_FLOP)
    arrays = Arrays()
    losses: list[Floats] = []
    trained = 0
    for moment in FLIP_FLOP_MOMENTS:
        if moment - 1 > trained:
            losses.append(trainer.advance(moment - 1 - trained).losses)
        progress = trainer.advance(1)
        trained = moment
        losses.append(progress.losses)
        answer = examine(Snapshot(trainer.state, 0, moment, progress), question)
        arrays |= parts(f"{moment} plane", answer.plane)
        arrays |= parts(f"{moment} fixed_points", answer.fixed_points)
        arrays |= parts(f"{moment} progress", progress)
    return {"losses": np.concatenate(losses), **arrays}


def recorded_flip_flop(moment: int) -> tuple[Progress, Floats, Readings]:
    """The window, the losses of all windows up to it, and its readings."""
    run = stored("flip_flop_run")
    progress = rebuilt(Progress, run, f"{moment} progress")
    readings = Readings(
        FLIP_FLOP,
        0,
        moment,
        ("h",),
        plane=rebuilt(StatePlane, run, f"{moment} plane"),
        fixed_points=rebuilt(FixedPoints, run, f"{moment} fixed_points"),
        progress=progress,
    )
    return progress, run["losses"][:moment], readings


RECORDED: dict[str, tuple[str, Callable[[], Arrays]]] = {
    "tutorial": ("tutorial_run", tutorial),
    "population": ("population_run", population),
    "solutions": ("solutions_run", solutions),
    "readings": ("tutorial_readings", readings),
    "stuck": ("stuck_run", stuck),
    "flip_flop": ("flip_flop_run", flip_flop),
}
"""What can be recorded: the file, and the function that trains it."""

if __name__ == "__main__":
    for name in sys.argv[1:]:
        file, record = RECORDED[name]
        np.savez_compressed(DATA / f"{file}.npz", allow_pickle=False, **record())
