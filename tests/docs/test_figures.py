"""The page about figures shows pictures that its commands draw, and the notebook's cells run."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest

from tests.docs.pages import PAGES, ROOT
from tui.cli.program import exit_code_of

PICTURES = sorted((ROOT / "docs").glob("figure_*.svg"))


def command_of(picture: Path) -> str:
    """The command in the metadata of a picture."""
    (command,) = re.findall(r"<dc:description>(.*)</dc:description>", picture.read_text())
    return str(command)


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.stem)
def test_a_picture_is_drawn_by_a_command_of_the_page(
    picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = command_of(picture)
    assert command.replace("--out", "-o") in PAGES["docs/figures.md"].text
    monkeypatch.chdir(ROOT / "tests" / "data" / "docs")
    made = tmp_path / picture.name
    words = command.split()[1:]
    assert exit_code_of([*words[: words.index("--out")], "--out", str(made)]) == 0
    assert shapes(made) == shapes(picture), "regenerate it with the command above it, and look at it"


def shapes(picture: Path) -> list[tuple[int, ...]]:
    """How many points each line and area of a picture has; letters are left out, which differ between versions of
    Matplotlib."""
    text = re.sub(r"<defs>.*?</defs>", "", picture.read_text(), flags=re.S)
    return [(len(re.findall(r"[ML]", path)),) for path in re.findall(r'<path d="([^"]*)"', text)]


def code_cells() -> list[str]:
    cells: list[dict[str, Any]] = json.loads((ROOT / "docs" / "notebook.ipynb").read_text())["cells"]
    assert all(
        cell["outputs"] == [] and cell["execution_count"] is None for cell in cells if cell["cell_type"] == "code"
    )
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def run_cells(cells: list[str], names: dict[str, Any]) -> str:
    """Run cells as a notebook does; returns what they print."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        for number, cell in enumerate(cells, start=1):
            exec(compile(cell, f"cell {number}", "exec", dont_inherit=True), names)
    return out.getvalue()


def test_the_notebook_draws_the_curves_without_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    matplotlib.use("Agg")
    monkeypatch.chdir(ROOT / "docs")
    names: dict[str, Any] = {}
    printed = run_cells([cell for cell in code_cells() if "probe(" not in cell], names)
    assert "(666, 8) median of the last window" in printed
    assert "7 of 8 solved it, half of these by window 299" in printed
    assert {name: array.shape for name, array in names["weights"].items()}["W"] == (5, 4)
    names["plt"].close("all")


@pytest.mark.slow
def test_the_notebook_draws_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    matplotlib.use("Agg")
    monkeypatch.chdir(ROOT / "docs")
    names: dict[str, Any] = {}
    run_cells(code_cells(), names)
    assert (np.asarray(names["memory"].by_lag)[:4] > 0.9).all()
    names["plt"].close("all")
