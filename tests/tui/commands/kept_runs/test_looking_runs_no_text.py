"""Looking at a run or sweep with a task of the user's own does not run the text of its file."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import echornn
from echornn.config import EchoConfig
from echornn.files.run_error import RunError
from echornn.own import own_file
from echornn.runs import kept_runs, run_dir
from echornn.runs.run_files import RUN_FILE
from echornn.sweeps.axis import Axis
from echornn.sweeps.folder import SWEEP_FILE, Result, read_requests
from echornn.sweeps.grid import Grid
from echornn.tasks.own import check as checking
from echornn.tasks.own import make_facts
from echornn.tasks.own.own_task import OwnTask
from echornn.tasks.task import Task, TaskError
from tests.echornn.tasks.bad_files import GOOD
from tests.forgotten import forget_texts
from tests.patience import PATIENCE
from tests.recorded import record_branches
from tests.swept import keep
from tui.app.kept_list import kept_runs_beside
from tui.cli.program import exit_code_of
from tui.figures.data import FigureRequest
from tui.figures.kinds import KINDS
from tui.term.exit_code import ExitCode

HARM = """import os
if os.environ.get("HARM") == "exit":
    os._exit(7)
while os.environ.get("HARM") == "loop":
    pass
if os.environ.get("HARM"):
    open(os.environ["HARM"], "w").close()
"""
"""The beginning of a file that does what the user did not ask for, once it has been recorded."""

REFUSES_LAG_5 = """
    def __post_init__(self):
        if self.lag == 5:
            raise ValueError("not 5")

    def draw("""

SOURCES = """
    def sources(self, t):
        return [self.lag] * (t >= self.lag)
"""

TEXT = HARM + GOOD.replace("\n    def draw(", REFUSES_LAG_5) + SOURCES

LOOKS = [
    *("branches RUN", "branches RUN --json", "export RUN", "export RUN --json", "export RUN --path"),
    *("export RUN --summary", "export RUN --branch 0", "map SWEEP --once", "map SWEEP --csv", "map SWEEP --svg m.svg"),
    *("list", "list --json"),
]


def record_all(folder: Path) -> None:
    """Record a run with three branches and a sweep whose grid has a point that the task refuses."""
    config = EchoConfig(task=OwnTask("own.py", "Mine", TEXT).task({"lag": 3}), total_series_length=500, num_epochs=9)
    record_branches(folder / "run", 4, {"lag": 4}, 3, {"state_size": 6}, 2, config=config)
    grid = Grid((Axis("lag", (3, 4, 5)),), {"task": config.value("task"), "truncated_backprop_length": 4}, 2)
    keep(folder / "sweep", [grid], lambda config: Result(None, 0.25, 9, 0.1))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run and a sweep."""
    folder = tmp_path_factory.mktemp("recorded")
    with pytest.MonkeyPatch.context() as patched:
        forget_texts(patched)
        record_all(folder)
    return folder


@pytest.fixture
def home(recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the run and the sweep are, as another process has left them; HARM is set."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    folder = kept_runs.state_folder()
    shutil.copytree(recorded, folder)
    forget_texts(monkeypatch)
    monkeypatch.setenv("HARM", str(tmp_path / "executed"))
    return folder


def printed(capsys: pytest.CaptureFixture[str], folder: Path, look: str) -> list[Any]:
    """What a command prints; of a list, what does not depend on the files."""
    words = look.replace("RUN", str(folder / "run")).replace("SWEEP", str(folder / "sweep")).split()
    assert exit_code_of(words) == ExitCode.DONE
    out = capsys.readouterr().out
    if look == "list --json":
        return [
            {name: value for name, value in json.loads(out).items() if name not in ("run", "bytes", "saved", "begun")}
        ]
    return [line for line in out.splitlines() if "run" not in line]


def test_nothing_runs_it_and_all_is_as_with_the_text(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {look: printed(capsys, home, look) for look in LOOKS}
    (beside,) = kept_runs_beside(EchoConfig(), None)
    assert beside.differs.endswith("task own.py:Mine, lag 4")
    run = echornn.read(home / "run")
    assert len(run.windows()) == len(run.branches) * 3 == 9
    assert (run.config_at(1).value("lag"), len(run.weights()), len(run.networks())) == (4, 1, 1)
    for kind in ("curve", "branches", "seeds"):
        assert KINDS[kind].numbers(FigureRequest(str(home / "run"), kind)).as_csv()
    assert KINDS["map"].numbers(FigureRequest(str(home / "sweep"), "map")).as_csv()
    assert not (tmp_path / "executed").exists()
    assert any("lag = T" in line and "cannot be" in line for line in found["map SWEEP --once"])
    monkeypatch.delenv("HARM")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "old"))
    monkeypatch.setattr(make_facts, "short_record", lambda facts, most: None)
    forget_texts(monkeypatch)
    record_all(kept_runs.state_folder())
    assert {look: printed(capsys, kept_runs.state_folder(), look) for look in LOOKS} == found


@pytest.mark.slow
@pytest.mark.parametrize("harm", ["exit", "loop"])
def test_a_text_that_ends_the_program_or_never_ends_is_not_noticed(
    harm: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARM", harm)
    program = (
        "import sys; from tui.cli.program import exit_code_of as r; sys.exit(sum(r(w.split()) for w in sys.argv[1:]))"
    )
    looks = [look.replace("RUN", str(home / "run")).replace("SWEEP", str(home / "sweep")) for look in LOOKS]
    done = subprocess.run([sys.executable, "-c", program, *looks], capture_output=True, timeout=PATIENCE)
    assert done.stderr.decode() == ""
    assert b"own.py:Mine" in done.stdout


def damage(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the facts in a record."""
    record = json.loads(file.read_text())
    change((record["grids"][0]["fields"] if "grids" in record else record["config"])["task"]["facts"])
    file.write_text(json.dumps(record))


@pytest.mark.parametrize(
    "change",
    [
        lambda facts: facts.clear(),
        lambda facts: facts.update(known=[]),
        lambda facts: facts.update(settings=[]),
        lambda facts: facts["known"][0].update(values=[99]),
        lambda facts: facts["known"][0].update(values=[[]]),
        lambda facts: facts["known"][0].update(ladders=[]),
        lambda facts: facts["known"][0].update(inputs={"symbols": 0}),
        lambda facts: facts["known"][0].update(length=-1),
        lambda facts: facts["known"][0]["ladders"][0].update(levels=[{}]),
        lambda facts: facts["known"][0]["ladders"][0].update(solved="x"),
        lambda facts: facts["known"][0].update(sources=[[1, []]]),
    ],
)
def test_a_record_with_damaged_facts_is_damaged(
    home: Path, tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    damage(home / "run" / RUN_FILE, change)
    with pytest.raises(RunError, match=r"damaged|cannot be read"):
        run_dir.read(home / "run")
    damage(home / "sweep" / SWEEP_FILE, change)
    with pytest.raises(RunError, match="damaged"):
        read_requests(home / "sweep")
    assert not (tmp_path / "executed").exists()


def test_a_record_without_facts_is_read_once_its_text_is_checked(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = home / "run" / RUN_FILE
    record = json.loads(file.read_text())
    del record["config"]["task"]["facts"]
    file.write_text(json.dumps(record))
    texts = []

    def check(own: OwnTask) -> Task:
        texts.append(own.text)
        raise TaskError("own.py:2: it was still busy after 20 s")

    monkeypatch.setattr(checking, "check", check)
    with pytest.raises(RunError, match=r"run cannot be read: own.py:2: it was still busy"):
        run_dir.read(home / "run")
    assert (texts, own_file.LOADED) == ([TEXT], {})
    assert not (tmp_path / "executed").exists()


def test_the_longest_file_fits_into_all_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = GOOD + "#" + "\u00e9" * ((own_file.MOST_BYTES - len(GOOD) - 1) // 2)
    Path(tmp_path / "long.py").write_text(text, encoding="utf-8")
    task = OwnTask.read(f"{tmp_path}/long.py:Mine").task({"lag": 3})
    record_branches(tmp_path / "run", 4, "reset", 3, config=EchoConfig(task=task))
    forget_texts(monkeypatch)
    run = run_dir.read(tmp_path / "run")
    assert (run.notes, len(run.commands), run.lost_commands) == ((), 2, 0)
    assert run.config.the_task == task
