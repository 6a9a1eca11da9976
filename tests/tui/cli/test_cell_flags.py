"""A cell of the user's own on the command line, in runs, and in sweeps."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from echornn import EchoConfig
from echornn.cells.own.examine import examine
from echornn.cells.own.own_cell import OwnCell
from echornn.cells.table import CELLS
from echornn.config_text import changes_text
from echornn.data import own_checks
from echornn.own import own_file
from echornn.runs.run_recorder import RunRecorder
from echornn.sweeps.axis import Axis
from echornn.sweeps.folder import RequestedGrid, hashed_fields, read_requests, write_requests
from echornn.sweeps.grid import Grid
from echornn.sweeps.results import SweepResults
from tests.echornn.cells.bad_cells import GOOD, SEEN_IN_ANY_PROCESS
from tests.forgotten import forget_texts
from tests.recorded import record_branches
from tests.tui.cli.test_task_flags import config_of, grid_of, refused
from tui.cli.program import exit_code_of
from tui.commands import cells
from tui.term import terminal
from tui.term.exit_code import ExitCode

MINE = OwnCell("mine.py", "Mine", GOOD)
CHANGED = OwnCell("mine.py", "Mine", GOOD.replace("tanh(network", "sigmoid(network"))

TWICE = """\
from echornn import TANH, Cell, Product

def step(x, state, network):
    (first,) = network.affine([x, *state], "W", "b", TANH)
    return network.affine([first], "V", "a", TANH)

products = Product("W", "b", columns=("first",)), Product("V", "a", columns=("h",), reads=("h",))
Mine = Cell(step, state_parts=("h",), products=products)
"""
"""A cell whose W reaches all units in a step, by V."""


@pytest.fixture(autouse=True)
def _nothing_is_trained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(terminal, "is_interactive", lambda: False)
    monkeypatch.setattr(OwnCell, "check_apart", examine)
    monkeypatch.setattr(cells, "check", lambda own: (examine(own), own.cell)[1])
    own_checks.check_cell.cache_clear()


def write(own: OwnCell) -> None:
    Path("mine.py").write_text(own.text, encoding="utf-8")


def test_a_file_is_a_cell_wherever_a_name_is() -> None:
    write(MINE)
    assert config_of("--cell", "mine.py:Mine") == config_of("--cell=mine.py:Mine") == EchoConfig(cell=MINE)
    grid = grid_of("--grid", "cell=rnn,mine.py:Mine", "echo_step=2,3")
    assert [one.cell for one in grid.points.possible] == ["rnn", "rnn", MINE, MINE]
    assert EchoConfig(cell="mine.py:Mine") == EchoConfig(cell=MINE)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("--cell nothing", "cell = 'nothing' cannot be used: one of rnn, gru, "),
        ("--cell no.py:Mine", "no.py cannot be read: No such file or directory"),
        ("--cell mine.py:", "mine.py:: a cell of your own is written as FILE.py:NAME"),
        ("--cell mine.py:Yours", "mine.py: there is no cell Yours, only Mine"),
        ("sweep --out sweep --grid cell=rnn,mine.py:Yours", "mine.py: there is no cell Yours, only Mine"),
        ("cells mine.py:Yours", "mine.py: there is no cell Yours, only Mine"),
        ("cells nothing", "cell = 'nothing' cannot be used: one of rnn, gru, "),
        ("cells --template --json", "--template cannot be used with another flag, or with a cell: it prints a file"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(capsys: pytest.CaptureFixture[str], arguments: str, says: str) -> None:
    write(MINE)
    assert refused(capsys, *arguments.split()).startswith(says)


def test_a_rule_that_cannot_train_it_is_refused_at_the_door_of_a_sweep_too(capsys: pytest.CaptureFixture[str]) -> None:
    write(OwnCell("mine.py", "Mine", TWICE))
    says = "rule = 'snap1' cannot be used: the cell must be one of rnn, "
    assert refused(capsys, "--cell", "mine.py:Mine", "--rule", "snap1").startswith(says)
    for arguments in (
        "rule=tbptt,snap1 --cell mine.py:Mine",
        "cell=rnn,mine.py:Mine --rule snap1",
        "cell=rnn,mine.py:Mine rule=rtrl,snap1",
    ):
        assert refused(capsys, *f"sweep --out sweep --grid {arguments}".split()).startswith(says), arguments
    assert not Path("sweep").exists()
    assert len(grid_of("--grid", "rule=tbptt,rtrl", "--cell", "mine.py:Mine").points.possible) == 2


def test_a_bad_file_is_refused_before_anything_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    for bad in SEEN_IN_ANY_PROCESS[::6]:
        Path("mine.py").write_text(bad.text, encoding="utf-8")
        assert refused(capsys, "--cell", "mine.py:Mine").startswith(f"mine.py{bad.says}")


def test_a_run_goes_on_without_the_file_of_its_cell(capsys: pytest.CaptureFixture[str]) -> None:
    record_branches(Path("run"), 4, config=EchoConfig(cell=MINE))
    assert config_of("--resume", "run") == EchoConfig(cell=MINE)
    write(CHANGED)
    recorder = RunRecorder.go_on(Path("run"))
    recorder.close()
    assert recorder.warning == "the file of mine.py:Mine has changed: this run was trained with its former text"
    assert config_of("--resume", "run") == EchoConfig(cell=MINE)
    capsys.readouterr()
    assert config_of("--resume", "run", "--cell", "mine.py:Mine") == EchoConfig(cell=CHANGED)
    says = "the file of mine.py:Mine has changed, so it is another cell: the network starts over"
    assert capsys.readouterr().err == f"echornn-tui: {says}\n"
    told = changes_text(EchoConfig(cell=MINE), EchoConfig(cell=CHANGED))
    assert told == f"cell mine.py:Mine (file changed, {CHANGED.digest[:8]})"


def test_to_look_at_a_run_or_a_sweep_does_not_run_the_text(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    record_branches(Path("run"), 4, {"learning_rate": 0.1}, 2, config=EchoConfig(cell=MINE))
    grid = Grid((Axis("cell", ("rnn", MINE)),), {"num_layers": 2}, 2)
    write_requests(Path(), (RequestedGrid(grid, {}),))
    forget_texts(monkeypatch)
    monkeypatch.setattr(OwnCell, "check_apart", lambda own: pytest.fail("the text is run"))
    for look in ("branches run", "export run --summary", "list", "map . --once"):
        assert exit_code_of(look.split()) == ExitCode.DONE
    assert "mine.py:Mine" in capsys.readouterr().out
    assert own_file.LOADED == {}


def test_a_sweep_is_keyed_by_the_text_and_read_without_the_file() -> None:
    write(MINE)
    grid = grid_of("--grid", "cell=rnn,mine.py:Mine", "echo_step=2,3")
    Path("mine.py").unlink()
    asked = RequestedGrid(grid, {"engine": "0"})
    write_requests(Path(), (asked,))
    (again,) = read_requests(Path())
    assert again == asked
    assert len({again.key(one) for one in grid.points.possible}) == 4
    assert hashed_fields(EchoConfig(cell=MINE)) == {"cell": MINE.digest}
    assert asked.key(EchoConfig(cell=MINE)) == asked.key(EchoConfig(cell=replace(MINE, file="elsewhere.py")))
    assert asked.key(EchoConfig(cell=MINE)) != asked.key(EchoConfig(cell=CHANGED))


def test_two_files_of_one_name_in_a_sweep_are_told_apart() -> None:
    grids = [Grid((Axis("echo_step", (2, 3)),), {"cell": file}) for file in (MINE, CHANGED)]
    write_requests(Path(), tuple(RequestedGrid(grid, {}) for grid in grids))
    axes = SweepResults.read(Path()).axes
    assert list(map(str, axes["cell"])) == [f"mine.py:Mine#{file.digest[:8]}" for file in (MINE, CHANGED)]


def test_all_cells_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["cells"]) == ExitCode.DONE
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert [line.partition(":")[0] for line in out.splitlines() if line and not line.startswith(" ")] == [*CELLS]
    assert exit_code_of(["cells", "--json"]) == ExitCode.DONE
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["cell"], one["held"]) for one in records] == [(name, cell.held) for name, cell in CELLS.items()]


def test_a_cell_that_reads_nothing_of_its_state_is_said_to_hold_nothing() -> None:
    assert cells.held_text(replace(CELLS["rnn"], unread=("h",))) == "holds nothing from step to step"


def test_the_template_is_a_cell_that_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["cells", "--template"]) == ExitCode.DONE
    Path("my_cell.py").write_text(capsys.readouterr().out, encoding="utf-8")
    assert exit_code_of(["cells", "my_cell.py:MyCell"]) == ExitCode.DONE
    out = capsys.readouterr().out
    assert out.startswith("my_cell.py:MyCell: holds 1 number a unit (h)\n")
    assert "\n    gates: gate\n" in out
