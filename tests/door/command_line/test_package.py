"""The package that users install, and what is imported before it is needed."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.answered import answered
from tests.own_process import in_own_process

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


def test_the_wheel_holds_types_styles_and_templates_and_no_tests() -> None:
    # Optional for running the program
    builders: Any = pytest.importorskip("hatchling.builders.wheel")
    wheel = builders.WheelBuilder(str(ROOT))
    files = {file.distribution_path for file in wheel.recurse_included_files()}
    styles = {str(file.relative_to(ROOT)) for file in (ROOT / "tui").rglob("*.tcss")}
    assert {"echornn/py.typed", "echornn/tasks/template.txt", "tui/py.typed", *styles} <= files
    assert {file.partition("/")[0] for file in files} == {"echornn", "tui"}


def test_the_program_is_the_projects_in_its_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"echornn-tui": "tui.__main__:main"}
    assert answered("--version").stdout == f"{project['version']}\n"


HEAVY = {"tensorflow", "keras", "tensorboard", "matplotlib", "pyarrow"}
SCREEN = {"textual", "rich", "plotext", "textual_plotext", "tui", "cyclopts"}

SAYS_WHAT_IS_IMPORTED = f"""
import atexit, os, sys
sys.path.insert(0, {str(ROOT)!r})
leave = os._exit

def say(*_):
    print("modules:", *{{name.split(".")[0] for name in sys.modules}}, flush=True)
    leave(0)

os._exit = say
atexit.register(say)
"""

LIBRARY = "from echornn import EchoConfig, Session, read; Session(EchoConfig())"

LIST = "import runpy; sys.argv[1:] = ['list']; runpy.run_module('tui', run_name='__main__')"


@pytest.mark.parametrize(
    ("statement", "unneeded"), [(LIBRARY, HEAVY | SCREEN), (LIST, HEAVY | {"textual"})]
)
def test_what_is_not_needed_is_not_imported(statement: str, unneeded: set[str]) -> None:
    command = [sys.executable, "-c", SAYS_WHAT_IS_IMPORTED + statement]
    done = subprocess.run(command, capture_output=True, text=True)
    modules = {*done.stdout.rpartition("modules:")[2].split()}
    assert "echornn" in modules, done.stderr
    assert not unneeded & modules


TRAINER = "__import__('echornn').Trainer and [*__import__('sys').modules]"


def test_a_trainer_needs_of_what_is_heavy_only_tensorflow() -> None:
    modules = {*in_own_process(eval, TRAINER)}
    assert "tensorflow" in modules
    assert not (HEAVY - {"tensorflow"} | SCREEN) & modules
