"""Figures as files: pictures, their metadata, their numbers, and scripts that draw the same."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import get_args

import pytest
from PIL import Image

from echornn.runs.run_recorder import RunRecorder
from tests.recorded import contents, go_on, record_branches
from tests.scripted import SMALL_POPULATION
from tests.swept import SMALL as SWEPT
from tests.swept import keep
from tests.tui.figures.test_numbers import LONG, probed
from tui.cli.program import exit_code_of
from tui.figures import make
from tui.figures.data import FigureError
from tui.figures.kinds import KINDS
from tui.figures.names import FigureName

__all__ = ["probed"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a run of one network, in which a branch costs $5, one of several, and a sweep."""
    monkeypatch.chdir(tmp_path)
    record_branches(tmp_path / "run", 60, {"learning_rate": 0.1}, 50, (0, 20), {"learning_rate": 0.5}, 50, config=LONG)
    record_branches(tmp_path / "$many$", 90, config=SMALL_POPULATION)
    keep(tmp_path / "sweep", [SWEPT])
    return tmp_path


def made(*words: object) -> None:
    assert exit_code_of(["figure", *map(str, words)]) == 0


OF_RUNS = {
    "curve": ("$many$", "curve"),
    "seeds": ("$many$", "seeds"),
    "branches": ("run", "branches"),
    "runs": ("run", "runs", "$many$"),
    "map": ("sweep", "map"),
}
PROBED = {kind: ("run", kind) for kind in ("memory", "gradient", "weights", "plane")}


def test_each_kind_is_tried() -> None:
    assert {*OF_RUNS, *PROBED} == set(KINDS) == set(get_args(FigureName))


def test_the_metadata_says_the_command_and_no_date(folder: Path) -> None:
    for name in ("a.svg", "a.pdf", "a.png"):
        made("run", "curve", "--log", "-o", name, "--at", "40")
    command = "echornn-tui figure run curve --out {} --at 40 --log"
    svg, pdf = (folder / "a.svg").read_text(), (folder / "a.pdf").read_bytes()
    assert f"<dc:description>{command.format('a.svg')}</dc:description>" in svg
    assert "<dc:date>" not in svg
    assert command.format("a.pdf").encode() in pdf
    assert b"CreationDate" not in pdf
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf
    with Image.open(folder / "a.png") as picture:
        assert picture.text["Description"] == command.format("a.png")  # type: ignore[attr-defined]
        assert picture.size == (990, 720)
    made("run", "curve", "-o", "b.png", "--width", "2", "--height", "1.5")
    with Image.open(folder / "b.png") as picture:
        assert picture.size == (600, 450)


def test_a_run_that_is_being_trained_is_drawn_and_not_changed(folder: Path) -> None:
    recorder = RunRecorder.go_on(folder / "run")  # holds the lock
    before = contents(folder / "run")
    files = make.figure("run", "curve", Path("a.svg"))
    assert files == [Path("a.svg"), Path("a.svg.csv")]
    assert contents(folder / "run") == before
    recorder.close()
    go_on(folder / "run", 30)
    first = (folder / "a.svg").read_bytes()
    make.figure("run", "curve", Path("a.svg"))  # replaces it
    assert (folder / "a.svg").read_bytes() != first


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (
            ["run", "curves", "-o", "a.svg"],
            'Invalid value "curves" for KIND. Choose from: "curve", "memory", "gradient"',
        ),
        (["run", "curve", "-o", "a.jpg"], "out = 'a.jpg' cannot be written: the name must end in .svg, .pdf, .png"),
        (["run", "curve"], "parameter --out requires an argument"),
        (["run", "curve", "-o", "none/a.svg"], "none/a.svg.csv cannot be written: No such file or directory"),
        (["run", "curve", "-o", "d.svg"], "d.svg cannot be written: it exists and is not a regular file"),
        (["none", "curve", "-o", "a.svg"], "none holds no run"),
        (["run", "map", "-o", "a.svg"], "there is no sweep in run"),
        (["sweep", "curve", "-o", "a.svg"], "sweep holds no run"),
        (["run", "curve", "-o", "a.svg", "--at", "9999"], "at = 9999 cannot be used: it must be 0 to 70"),
        (["run", "curve", "-o", "a.svg", "--at", "-1"], "at = -1 cannot be used"),
        (["run", "curve", "-o", "a.svg", "--branch", "z"], "branch = 'z' cannot be used: a to c"),
        (["run", "curve", "-o", "a.svg", "--replica", "4"], "replica = 4 cannot be used: only 0"),
        (["run", "curve", "-o", "a.svg", "--width", "0"], "width = 0 cannot be used: 1 to 40 inches"),
        (["run", "curve", "-o", "a.svg", "--height", "nan"], "height = nan cannot be used: 1 to 40 inches"),
        (["run", "curve", "-o", "a.svg", "--font", "No Such"], "font = 'No Such' cannot be used: it is not installed"),
        (["run", "curve", "-o", "a.svg", "--across", "cell"], "--across cannot be used with curve: only with map"),
        (
            ["run", "runs", "$many$", "-o", "a.svg", "--at", "3"],
            "--at cannot be used with runs: only with curve",
        ),
        (["run", "curve", "$many$", "-o", "a.svg"], "'$many$' cannot be used with curve: only runs compares"),
        (["run", "runs", "-o", "a.svg"], "runs need several: echornn-tui figure RUN runs RUN ... -o FILE"),
        (["sweep", "map", "-o", "a.svg", "--across", "T"], "across = 'T' cannot be used: one of echo_step, cell"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_line(
    folder: Path, words: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "d.svg").mkdir()
    assert exit_code_of(["figure", *words]) == 2
    assert why in capsys.readouterr().err.splitlines()[0]
    assert not (folder / "a.svg").exists()


def test_a_missing_package_is_said_in_a_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert exit_code_of(["figure", "run", "curve", "-o", "a.svg"]) == 2
    assert "without Matplotlib: install echornn-tui[figures]" in capsys.readouterr().err
    assert sorted(os.listdir()) == ["$many$", "run", "sweep"]


def test_a_kind_that_is_not_there_is_said_to_the_app_too(folder: Path) -> None:
    with pytest.raises(FigureError, match="kind = 'curves' cannot be used: one of curve, memory"):
        make.figure("run", "curves", Path("a.svg"))
