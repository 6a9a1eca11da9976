"""Records folders that later versions must be able to read: `python -m tests.record_folders NAME ...` trains them, and
writes tests/data/folders with the output of commands about each.

Existing folders are never changed: they are what their version wrote. A version that writes something new records a new
folder under a new name. To record with an older version, set `PYTHONPATH` to a folder with links to that version's
`echornn` and `tui`, and to these `tests`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from echornn import EchoConfig, RunRecorder, Session
from echornn.session.commands import Edit, Pause, Save
from echornn.tasks.own_task import OwnTask
from tests.kept_folders import KEPT, pack, unpacked
from tests.on_a_thread import running
from tests.patience import PATIENCE
from tests.steps import NAMED

CONFIG = EchoConfig(
    num_epochs=3,
    total_series_length=1000,
    truncated_backprop_length=5,
    echo_step=1,
    init="glorot",
)
"""40 windows per epoch; the echo is solved at about window 55."""

SEEDS = replace(CONFIG, init="tutorial", replicas=4, num_epochs=4)
"""Three of four seeds solve the echo between windows 80 and 105, the fourth at about 300."""

OWN_TASK = """\
from dataclasses import dataclass
import numpy as np
from echornn import Batch, Level, Symbols, Task, setting

@dataclass(frozen=True)
class Mine(Task):
    '''Say the symbol of some steps before.'''

    lag: int = setting(2, "Steps back.", 1, 50)
    inputs = outputs = Symbols(3)

    def draw(self, rng, rows, steps):
        x = rng.integers(0, self.inputs.count, (rows, steps))
        scored = np.zeros(x.shape, bool)
        scored[:, self.lag:] = True
        return Batch(x, np.roll(x, self.lag, axis=1), scored)

    def levels(self, rows, steps):
        return [Level("chance", np.log(self.inputs.count), "nothing"), Level("knows it", 0, "the symbol")]

    def sources(self, t):
        return [self.lag] if t >= self.lag else []
"""
"""A task of the user's own, whose second version has four symbols."""

CHECKPOINTS = ("checkpoint-0", "checkpoint-1")

SWEEP = {
    "--seeds": "3",
    "--num-epochs": "3",
    "--total-series-length": "1000",
    "--truncated-backprop-length": "5",
    "--init": "glorot",
    "--workers": "1",
}
"""Flags of the sweeps."""

GRID = ("--grid", "echo_step=1,2,6", "--grid", "cell=rnn,gru")
"""Echo step 6 is longer than a window's 5 steps."""


def one_network(folder: Path) -> None:
    """Branches of every kind: an edit, new data from an earlier window, new weights, new data, a diverged branch."""
    with session_of(folder, CONFIG) as (session, do):
        do("step", 70)
        do("edit", learning_rate=0.05)
        do("step", 10)
        do("go", 0, 30)
        do("edit", echo_step=2)
        do("step", 20)
        do("undo")
        do("redraw")
        do("step", 60)
        do("regenerate")
        do("step", 10)
        do("go", 0, 60)
        do("edit", learning_rate=1e38)
        do("step", 20)
        do("go", 1, 80)
        do("step", 15)
        note(folder, session)


def replicas(folder: Path) -> None:
    """Four seeds: one continues alone; the others lose the echo at a large rate; then training from an earlier
    window.
    """
    with session_of(folder, SEEDS) as (_, do):
        do("step", 120)
        do("choose", 2)
        do("alone")
        do("step", 15)
        do("go", 0, 115)
        do("edit", learning_rate=8.0)
        do("step", 35)
        do("go", 0, 100)
        do("step", 12)


def own_task(folder: Path) -> None:
    """A task of the user's own: a live edit of its setting, then a changed file of the same name."""
    config = replace(CONFIG, echo_step=EchoConfig().echo_step, task=OwnTask("own.py", "Mine", OWN_TASK).task())
    with session_of(folder, config) as (_, do):
        do("step", 30)
        do("edit", lag=3)
        do("step", 20)
        do("edit", task=OwnTask("own.py", "Mine", OWN_TASK.replace("Symbols(3)", "Symbols(4)")), lag=3)
        do("step", 15)


def two_seeds(folder: Path) -> None:
    """Few windows, by a version that writes more into `run.json`. One seed continues alone, then both from an earlier
    window.
    """
    with session_of(folder, replace(SEEDS, replicas=2)) as (_, do):
        do("step", 20)
        do("choose", 1)
        do("alone")
        do("step", 5)
        do("go", 0, 10)
        do("step", 5)


def interrupted(folder: Path) -> None:
    """30 windows are saved, and 25 more are in the logs."""
    with killed_after(30, folder, CONFIG) as do:
        do("edit", learning_rate=0.1)
        do("step", 25)


def interrupted_replicas(folder: Path) -> None:
    """The same with four seeds: two are solved in the saved windows, a third after them."""
    with killed_after(95, folder, SEEDS) as do:
        do("step", 20)


def sweep(folder: Path) -> None:
    """A finished sweep."""
    subprocess.run(sweep_into(folder), check=True)


def interrupted_sweep(folder: Path) -> None:
    """A sweep that was killed after its third point."""
    with subprocess.Popen(sweep_into(folder), stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        points = 0
        for line in process.stdout:
            points += line.startswith("echo_step")
            if points == 3:
                os.killpg(process.pid, signal.SIGKILL)


RUNS: dict[str, Callable[[Path], None]] = {
    "one-network": one_network,
    "replicas": replicas,
    "two-seeds": two_seeds,
    "own-task": own_task,
    "interrupted": interrupted,
    "interrupted-replicas": interrupted_replicas,
}
SWEEPS: dict[str, Callable[[Path], None]] = {"sweep": sweep, "interrupted-sweep": interrupted_sweep}

OF_A_RUN = (
    "list .",
    "list {} --json",
    "branches {}",
    "branches {} --json",
    "export {}",
    "export {} --summary",
    "export {} --summary --json",
)
MORE = {
    "one-network": ("export {} --path", "export {} --path --json", "export {} --branch b", "export {} --replica 0"),
    "replicas": ("export {} --path --replica 2 --json", "export {} --branch b --replica 2", "export {} --replica 3"),
    "two-seeds": ("export {} --path", "export {} --branch b", "export {} --branch a --summary"),
    "interrupted-replicas": ("export {} --replica 3",),
}
"""Additional commands for some runs."""

OF_A_SWEEP = (
    "map {} --once",
    "map {} --csv",
    "map {} --once --ascii --show windows",
    "map {} --csv --across cell --down echo_step --show loss --filter echo_step=1,2",
)


def commands(name: str) -> list[str]:
    """Commands that read the folder with this name and need no TensorFlow."""
    if name in SWEEPS:
        return [f"echornn-tui {one.format(name)}" for one in OF_A_SWEEP]
    return [f"echornn-tui {one.format(name)}" for one in (*OF_A_RUN, *MORE.get(name, ()))]


@contextmanager
def session_of(folder: Path, config: EchoConfig) -> Iterator[tuple[Session, Callable[..., None]]]:
    """A session that records a new run, and a function that gives it a command by name and waits for its end."""
    session = Session(config, recorder=RunRecorder.begin(folder, config))
    session.send(Pause())

    def do(name: str, *values: object, **fields: object) -> None:
        session.send(Edit(fields) if fields else NAMED[name](*values))
        session.when_idle()
        assert session.frame.refused is None, session.frame.refused

    with running(session):
        yield session, do


def note(folder: Path, session: Session) -> None:
    """Name, pin and hide some branches, as the app does."""
    digests = {number: session.timeline.digest(number) for number in (0, 1, 2)}
    told = {"names": {1: "a smaller rate"}, "pinned": [0], "hidden": [2], "digests": digests}
    (folder / "branches.json").write_text(json.dumps(told))


def saved(session: Session) -> None:
    """Wait until everything is on disk."""
    session.send(Save())
    session.when_idle()
    assert isinstance(session.recorder, RunRecorder)
    assert session.recorder.wait(PATIENCE)


@contextmanager
def killed_after(windows: int, folder: Path, config: EchoConfig) -> Iterator[Callable[..., None]]:
    """A run that is saved after ``windows`` windows, and killed when the commands of the block are in its logs but not
    in its checkpoints. The yielded function gives a command, as that of `session_of`.
    """
    with session_of(folder, config) as (session, do):
        do("step", windows)
        saved(session)
        for name in CHECKPOINTS:
            shutil.copy(folder / name, folder.parent / name)
        yield do
    for name in CHECKPOINTS:
        shutil.move(folder.parent / name, folder / name)


def program(*words: str) -> list[str]:
    """Run the program with these arguments in a separate process; returns the printed lines."""
    return [sys.executable, "-m", "tui", *words]


def sweep_into(folder: Path) -> list[str]:
    flags = [word for flag in SWEEP.items() for word in flag]
    return program("sweep", "--out", f"{folder}", "--headless", *GRID, *flags)


def show(name: str, place: Path) -> None:
    """Store the output of the commands about the folder."""
    unpacked(name, place)
    environment = {**os.environ, "TZ": "UTC", "PYTHONIOENCODING": "utf-8"}
    environment["PYTHONPATH"] = os.environ.get("PYTHONPATH") or str(Path(__file__).parents[1])
    shown = [
        f"$ {one}\n".encode()
        + subprocess.run(program(*one.split()[1:]), cwd=place, env=environment, check=True, stdout=-1).stdout
        for one in commands(name)
    ]
    (KEPT / f"{name}.txt").write_bytes(b"".join(shown))


def record(name: str) -> None:
    """Record the folder with this name, which must not exist."""
    assert not (KEPT / f"{name}.zip").exists(), f"{name} is there, and stays as it is"
    with tempfile.TemporaryDirectory() as place:
        {**RUNS, **SWEEPS}[name](Path(place) / name)
        pack(Path(place) / name)
    with tempfile.TemporaryDirectory() as place:
        show(name, Path(place))


if __name__ == "__main__":
    for named in sys.argv[1:]:
        record(named)
