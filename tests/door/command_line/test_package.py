"""The package that users install, and what is imported before it is needed."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.answered import answered

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


def test_the_wheel_holds_types_styles_and_templates_and_no_tests() -> None:
    # Optional for running the program
    builders: Any = pytest.importorskip("hatchling.builders.wheel")
    files = {
        file.distribution_path for file in builders.WheelBuilder(str(ROOT)).recurse_included_files()
    }
    styles = {str(file.relative_to(ROOT)) for file in (ROOT / "tui").rglob("*.tcss")}
    assert {"echornn/py.typed", "echornn/tasks/template.txt", "tui/py.typed", *styles} <= files
    assert {file.partition("/")[0] for file in files} == {"echornn", "tui"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"echornn-tui": "tui.__main__:main"}
    assert answered("--version").stdout == f"{project['version']}\n"


HEAVY = {"tensorflow", "keras", "tensorboard", "matplotlib", "pyarrow"}
SCREEN = {"textual", "rich", "plotext", "textual_plotext", "tui", "cyclopts"}


@pytest.mark.parametrize(
    ("statement", "unneeded"),
    [
        ("from echornn import EchoConfig, Session, read; Session(EchoConfig())", HEAVY | SCREEN),
        (
            "import sys, runpy; sys.argv[1:] = ['list']; runpy.run_module('tui', "
            "run_name='__main__')",
            HEAVY | {"textual"},
        ),
        (  # with this level, as in the app
            "import os; os.environ['TF_CPP_MIN_LOG_LEVEL'] = '0'; from echornn import Trainer",
            HEAVY - {"tensorflow"} | SCREEN,
        ),
    ],
)
def test_what_is_not_needed_is_not_imported(statement: str, unneeded: set[str]) -> None:
    script = f"import atexit, os, sys\nsys.path.insert(0, {str(ROOT)!r})\nleave = os._exit\n"
    script += (
        "def told(*_):\n    print('modules:', *{name.split('.')[0] for name in sys.modules}, "
        "flush=True); leave(0)\n"
    )
    script += f"os._exit = told\natexit.register(told)\n{statement}\n"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    names = done.stdout.rpartition("modules:")[2].split()
    assert "echornn" in names, done.stderr
    assert not unneeded & {*names}
