"""The package that users install contains everything that they need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


def test_the_wheel_holds_types_and_styles_and_no_tests() -> None:
    # this builds the wheel, and is optional for running the program
    builders: Any = pytest.importorskip("hatchling.builders.wheel")
    files = {file.distribution_path for file in builders.WheelBuilder(str(ROOT)).recurse_included_files()}
    styles = {str(file.relative_to(ROOT)) for file in (ROOT / "tui").rglob("*.tcss")}
    styles |= {str(file.relative_to(ROOT)) for file in (ROOT / "tui" / "web" / "static").iterdir()}
    assert {"echornn/py.typed", "echornn/tasks/own/template.txt", "tui/py.typed", *styles} <= files
    assert {file.partition("/")[0] for file in files} == {"echornn", "tui"}
