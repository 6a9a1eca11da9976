"""Which modules are imported when, observed in separate processes."""

from __future__ import annotations

import subprocess
import sys
from enum import Enum

import pytest

pytestmark = pytest.mark.slow

HEAVY = ("tensorflow", "keras", "tensorboard", "matplotlib", "pyarrow")
SCREEN = ("textual", "rich", "plotext", "textual_plotext", "tui", "cyclopts")


def modules_after(statement: str) -> set[str]:
    """The top-level names in sys.modules after a statement, in a new interpreter."""
    program = f"import sys\n{statement}\nprint(' '.join({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import echornn; from echornn import EchoConfig, EchoSeries, Session, LossHistory, Frame, Progress",
        "from echornn import EchoConfig, Session; Session(EchoConfig())",
        "from echornn import Question, Readings, RunRecorder, Snapshot, TrainerState; import echornn.probes",
        "import echornn.sweeps.sweep, echornn.sweeps.processes",
        "from echornn import read",
        "from echornn import EchoConfig; from echornn.training.memory import require_for_training as require; "
        "require(EchoConfig(), lambda: None)",
    ],
)
def test_the_engine_without_a_trainer_needs_neither_tensorflow_nor_a_screen(statement: str) -> None:
    assert not modules_after(statement) & {*HEAVY, *SCREEN}


@pytest.mark.parametrize(
    "statement",
    [
        "import tui.cli.parser",
        "import tui.app.app",
        "import tui.commands.training.headless, tui.commands.kept_runs.probe, tui.commands.training.sweep",
        "import tui.commands.kept_runs.export, tui.commands.kept_runs.figure",
        "import tui.__main__",
    ],
)
def test_the_front_ends_do_not_wait_for_tensorflow(statement: str) -> None:
    assert not modules_after(statement) & set(HEAVY)


def test_the_command_line_opens_without_the_app() -> None:
    assert not modules_after("import tui.cli.parser") & {"textual", "plotext"}


def test_the_app_opens_without_what_its_first_frame_does_not_need() -> None:
    imported = modules_after("import tui.__main__, tui.cli.program, tui.cli.front_ends.open_app")
    assert not imported & {"cyclopts", "plotext", "email", "hashlib"}


EARLIER = {"Lottery": "SeedStats", "Moment": "Position", "Specimen": "Snapshot"}
"""Earlier names that stay available, and the names that they stand for."""


def test_public_names_are_there() -> None:
    import echornn

    for name in echornn.__all__:
        found = getattr(echornn, name)  # an activation of a cell has no __name__
        assert (found.name if isinstance(found, Enum) else found.__name__) == EARLIER.get(name, name)
    assert dir(echornn) == echornn.__all__
    with pytest.raises(AttributeError, match="no attribute 'Trainr'"):
        _ = echornn.Trainr
