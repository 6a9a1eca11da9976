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
from echornn.progress import Floats, Progress
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
from echornn.state import Snapshot
from tui.text.held_inputs import held_inputs

DATA = Path(__file__).parent / "data"

TUTORIAL = EchoConfig()

Arrays = dict[str, Any]


def parts(name: str, value: Any) -> Arrays:
    """The fields of a dataclass as arrays; not its limits, which are those of h by default."""
    kept = {field: one for field, one in vars(value).items() if not isinstance(one, Bounds)}
    return {f"{name} {field}": np.asarray(one) for field, one in kept.items()}


def stored(file: str, start: str = "") -> Arrays:
    """The arrays in a file whose names begin with this, without it."""
    with np.load(DATA / f"{file}.npz") as run:
        return {name.removeprefix(start): run[name] for name in run.files if name.startswith(start)}


def made(kind: type[Any], arrays: Mapping[str, Any], name: str) -> Any:
    """A value of a dataclass, of its parts; fields that are newer than the recording are as by
    default."""
    there = {field.name: f"{name} {field.name}" for field in dataclasses.fields(kind)}
    values = {field: arrays[key] for field, key in there.items() if key in arrays}
    plain = {field: value if value.ndim else value.item() for field, value in values.items()}
    return kind(
        **{
            field: tuple(value.tolist()) if field == "kinds" else value
            for field, value in plain.items()
        }
    )


# ---- the tutorial

MOMENTS = (1, 298, 460, 667, 1500)
"""Windows after which rows are recorded: the start, the descent, solved, an epoch's first window,
later."""

TAPE = 8
"""The number of windows recorded before each of these."""

FUTURES: dict[str, tuple[int, dict[str, Any], int]] = {
    "learning_rate": (290, {"learning_rate": 0.05}, 1210),
    "init": (0, {"init": "glorot"}, 900),
}
"""Other branches of the run: the window at which each begins, the fields that differ, and the
windows trained."""


def tutorial() -> Arrays:
    """1 500 windows of the tutorial's run: every loss and error count, and the rows before
    `MOMENTS`."""
    # Only here, so that tests that read the recordings need no TensorFlow
    from echornn import Trainer

    trainer, arrays, pieces, trained = Trainer(TUTORIAL), Arrays(), list[Progress](), 0
    for position in MOMENTS:
        if position - TAPE > trained:
            pieces.append(trainer.advance(position - TAPE - trained))
            trained = position - TAPE
        newest = [trainer.advance(1) for _ in range(position - trained)]
        trained = position
        pieces += newest
        for name, field in (("x", "x"), ("y", "y"), ("probabilities", "outputs")):
            arrays[f"{name}_{position}"] = np.stack([getattr(one, field) for one in newest])
    arrays |= {
        name: np.concatenate([getattr(piece, name) for piece in pieces])
        for name in ("losses", "errors")
    }
    for name, (fork, changes, windows) in FUTURES.items():
        config = TUTORIAL.with_fields(changes)
        other = Trainer(TUTORIAL if fork else config)
        if fork:
            other.advance(fork)
            other.edit(config)
        arrays[f"losses_{name}"] = other.advance(windows).losses
    return arrays


def recorded_future(name: str) -> tuple[int, EchoConfig, Floats]:
    """Another branch of the run: the window at which it begins, its configuration, and its losses,
    float32 [windows].
    """
    fork, changes, _ = FUTURES[name]
    return fork, TUTORIAL.with_fields(changes), stored("tutorial_run")[f"losses_{name}"]


def recorded(position: int) -> tuple[tuple[Progress, ...], Floats, Floats]:
    """The rows up to a window, newest last; and the losses and error rates of all windows to it
    (float32 [position]). The states are made up, from -1 to 1, since the recording has none.
    """
    run = stored("tutorial_run")
    losses, errors = run["losses"][:position], run["errors"][:position]
    windows = [
        *zip(*(run[f"{name}_{position}"] for name in ("x", "y", "probabilities")), strict=True)
    ]
    size = (TUTORIAL.batch_size, TUTORIAL.truncated_backprop_length, TUTORIAL.state_size)
    states = np.random.default_rng(0).uniform(-1, 1, size).astype(np.float32)
    shown = []
    for number, (x, y, probabilities) in enumerate(windows, start=position - len(windows)):
        at = slice(number, number + 1)
        place = divmod(number, TUTORIAL.windows_per_epoch)
        shown.append(Progress(losses[at], errors[at], *place, x, y, probabilities, states))
    return tuple(shown), losses, (errors / TUTORIAL.predictions_per_window).astype(np.float32)


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
    trainer, arrays, trained = Trainer(TUTORIAL), Arrays(), 0
    for position in READ_AT:
        trainer.advance(position - WINDOWS_SINCE - trained)
        before = {name: weight.copy() for name, weight in trainer.weights.items()}
        progress = trainer.advance(WINDOWS_SINCE)
        trained = position
        found = examine(
            Snapshot(trainer.state, 0, position, progress, before, WINDOWS_SINCE), question
        )
        for kind in KINDS:
            arrays |= parts(f"{position} {kind}", getattr(found, kind))
        weights = found.weights
        assert weights is not None
        for name in weights.weights:
            of_one = ("weights", "rows", "columns", "update")
            arrays |= {f"{position} {kind} {name}": getattr(weights, kind)[name] for kind in of_one}
        arrays |= {
            f"{position} names": [*weights.weights],
            f"{position} eigenvalues": weights.recurrent[0].eigenvalues,
            f"{position} lyapunov": found.lyapunov,
            f"{position} lyapunov_samples": found.lyapunov_samples,
            f"{position} lyapunov_spread": found.lyapunov_spread,
        }
    return arrays


def recorded_readings(position: int) -> Readings:
    """The recorded readings of the tutorial's run after ``position`` windows."""
    there = stored("tutorial_readings", f"{position} ")

    def named(kind: str, what: Any) -> Arrays:
        return {name: what(there[f"{kind} {name}"]) for name in there["names"].tolist()}

    rows, columns = (
        named(kind, lambda names: tuple(names.tolist())) for kind in ("rows", "columns")
    )
    from_state = there["weights W"][TUTORIAL.input_size :]
    norm = float(np.linalg.norm(from_state, 2))
    recurrent = (Recurrent("W", there["eigenvalues"], norm),)
    return Readings(
        TUTORIAL,
        0,
        position,
        ("h",),
        weights=Matrices(
            named("weights", np.asarray), rows, columns, named("update", float), recurrent
        ),
        lyapunov=there["lyapunov"],
        lyapunov_samples=there["lyapunov_samples"].item(),
        lyapunov_spread=there["lyapunov_spread"],
        progress=recorded(position)[0][-1],
        **{name: made(kind, there, name) for name, kind in KINDS.items()},
    )


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
    found = examine(snapshot, Question(frozenset({"memory", "units"})))
    arrays = {"x": last.x, "y": last.y, "probabilities": last.outputs, "states": last.states}
    arrays |= {
        name: np.append(getattr(before, name), getattr(last, name)) for name in ("losses", "errors")
    }
    return arrays | parts("memory", found.memory) | parts("units", found.units)


def recorded_stuck() -> tuple[Progress, Floats, Floats, Readings]:
    """The last window, the losses and error rates of all windows (float32 [windows]), and the
    readings."""
    run = stored("stuck_run")
    losses, errors, place = (
        run["losses"],
        run["errors"],
        divmod(STUCK_WINDOWS - 1, STUCK.windows_per_epoch),
    )
    window = (run[name] for name in ("x", "y", "probabilities", "states"))
    progress = Progress(losses[-1:], errors[-1:], *place, *window)
    memory, units = made(Memory, run, "memory"), made(Units, run, "units")
    found = Readings(STUCK, 0, STUCK_WINDOWS, ("h",), memory=memory, units=units, progress=progress)
    return progress, losses, (errors / STUCK.predictions_per_window).astype(np.float32), found


# ---- a network that learns the flip-flop

FLIP_FLOP = EchoConfig.from_fields({"task": "flip_flop", "state_size": 16, "init": "glorot"})

FLIP_FLOP_MOMENTS = (1, 100, 1500)
"""The windows after which readings are recorded: before, in the middle of, and after learning."""


def flip_flop() -> Arrays:
    """All losses, and at each moment the window with its states and fixed points."""
    from echornn import Trainer
    from echornn.probes.examine import examine

    question = Question(
        frozenset({"plane", "fixed_points"}), held=held_inputs(FLIP_FLOP)[0].numbers
    )
    shown = (
        "losses",
        "errors",
        "epoch",
        "window",
        "x",
        "y",
        "outputs",
        "states",
        "init_state",
        "scored",
    )
    trainer, losses, arrays = Trainer(FLIP_FLOP), np.zeros(0, np.float32), Arrays()
    for moment in FLIP_FLOP_MOMENTS:
        before = moment - 1 - len(losses)
        losses = np.append(losses, trainer.advance(before).losses) if before else losses
        progress = trainer.advance(1)
        losses = np.append(losses, progress.losses)
        found = examine(Snapshot(trainer.state, 0, moment, progress), question)
        arrays |= parts(f"{moment} plane", found.plane) | parts(
            f"{moment} fixed_points", found.fixed_points
        )
        arrays |= {f"{moment} progress {name}": getattr(progress, name) for name in shown}
    return {"losses": losses.astype(np.float32), **arrays}


def recorded_flip_flop(moment: int) -> tuple[Progress, Floats, Readings]:
    """The window, the losses of all windows up to it, and its readings."""
    run = stored("flip_flop_run")
    progress = made(Progress, run, f"{moment} progress")
    plane, points = (
        made(StatePlane, run, f"{moment} plane"),
        made(FixedPoints, run, f"{moment} fixed_points"),
    )
    found = Readings(
        FLIP_FLOP, 0, moment, ("h",), plane=plane, fixed_points=points, progress=progress
    )
    return progress, run["losses"][:moment], found


RECORDED: dict[str, tuple[str, Callable[[], Arrays]]] = {
    "tutorial": ("tutorial_run", tutorial),
    "population": ("population_run", population),
    "readings": ("tutorial_readings", readings),
    "stuck": ("stuck_run", stuck),
    "flip_flop": ("flip_flop_run", flip_flop),
}
"""What can be recorded: the file, and the function that trains it."""

if __name__ == "__main__":
    for one in sys.argv[1:]:
        file, record = RECORDED[one]
        np.savez_compressed(DATA / f"{file}.npz", allow_pickle=False, **record())
