"""The package that users install contains everything that they need: it is built, and installed into an environment of
its own, whose other packages are those of the environment of the tests.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def name_of(requirement: str) -> str:
    """The name of the package in a requirement such as ``numpy>=2``."""
    return requirement.partition("[")[0].partition(">")[0].partition("=")[0].lower().replace("_", "-")


REQUIRED = {name_of(one) for one in PROJECT["dependencies"]}

OPTIONAL = {name_of(one) for extra, some in PROJECT["optional-dependencies"].items() if extra != "dev" for one in some}


def test_the_wheel_holds_types_and_styles_and_no_tests() -> None:
    # this builds the wheel, and is optional for running the program
    builders: Any = pytest.importorskip("hatchling.builders.wheel")
    files = {file.distribution_path for file in builders.WheelBuilder(str(ROOT)).recurse_included_files()}
    styles = {str(file.relative_to(ROOT)) for file in (ROOT / "tui").rglob("*.tcss")}
    assert {"echornn/py.typed", "echornn/tasks/own/template.txt", "tui/py.typed", *styles} <= files
    assert {file.partition("/")[0] for file in files} == {"echornn", "tui"}


def test_every_package_that_is_imported_is_required() -> None:
    known = packages_distributions()
    for file in (*(ROOT / "echornn").rglob("*.py"), *(ROOT / "tui").rglob("*.py")):
        for module in imported(ast.parse(file.read_text(encoding="utf-8"))) - {"echornn", "tui"}:
            if module not in sys.stdlib_module_names:
                packages = {one.lower().replace("_", "-") for one in known.get(module, [module])}
                assert packages & (REQUIRED | OPTIONAL), f"{file.relative_to(ROOT)} imports {module}"


def imported(tree: ast.Module) -> set[str]:
    """The top-level names of the modules that a file imports, anywhere in it."""
    modules: list[str] = []
    for one in ast.walk(tree):
        if isinstance(one, ast.Import):
            modules += [alias.name for alias in one.names]
        elif isinstance(one, ast.ImportFrom) and one.level == 0:
            modules.append(one.module or "")
    return {module.partition(".")[0] for module in modules}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of an environment into which the wheel is installed, which is built from the sdist."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    build = (sys.executable, "-m", "hatchling", "build", "-d", str(folder))
    subprocess.run([*build, "-t", "sdist"], cwd=ROOT, check=True, capture_output=True)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    unpacked = folder / sdist.name.removesuffix(".tar.gz")
    subprocess.run([*build, "-t", "wheel"], cwd=unpacked, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    environment = folder / "environment"
    venv.create(environment, with_pip=True)
    run([str(environment / "bin" / "pip"), "install", "--quiet", "--no-deps", "--no-index", str(wheel)], folder)
    paths = {"base": str(environment), "platbase": str(environment)}
    others = [path for path in sys.path if path.endswith("site-packages")]
    (Path(sysconfig.get_path("purelib", "venv", paths)) / "others.pth").write_text("\n".join(others))
    return environment / "bin"


def run(command: list[str], folder: Path) -> str:
    """What a command prints that is run in a folder, without the paths of the tests."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_installed_program_trains_and_its_run_is_read(installed: Path, tmp_path: Path) -> None:
    program, python = str(installed / "echornn-tui"), str(installed / "python")
    assert run([program, "--version"], tmp_path) == f"{PROJECT['version']}\n"
    assert "sweep" in run([program, "--help"], tmp_path)
    assert "echo" in run([program, "tasks"], tmp_path)
    trained = ["--headless", "--num-epochs", "1", "--total-series-length", "1500", "--run", "a-run", "--no-serve"]
    assert "epoch" in run([program, *trained], tmp_path)
    read = "import echornn, sys; print(echornn.__file__); print(*echornn.read('a-run').windows().loss[:, 0])"
    where, losses = run([python, "-c", read], tmp_path).splitlines()
    assert Path(where).is_relative_to(installed.parent)
    assert np.isfinite([float(one) for one in losses.split()]).sum() == 20
