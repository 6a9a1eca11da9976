"""The settings of a task as flags, and a task of the user's own on the command line."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import pytest

from echornn import EchoConfig
from echornn.config_text import changes_text
from echornn.data import own_checks
from echornn.own import own_file
from echornn.runs.run_recorder import RunRecorder
from echornn.session.commands import Step
from echornn.session.session import Session
from echornn.sweeps.axis import Axis
from echornn.sweeps.folder import RequestedGrid, read_requests, write_requests
from echornn.sweeps.grid import Grid
from echornn.sweeps.results import SweepResults
from echornn.tasks.own import check as checking
from echornn.tasks.own.own_task import OwnTask
from echornn.tasks.table import TASKS
from echornn.tasks.task import Task, TaskError
from echornn.tasks.two_coins import TwoCoins
from tests.echornn.tasks.bad_files import GOOD, SEEN_IN_ANY_PROCESS, Bad
from tests.forgotten import forget_texts
from tests.on_a_thread import play
from tests.recorded import record_branches
from tests.scripted import ScriptedTrainer
from tui.cli import task_flags
from tui.cli.parser import parsed
from tui.cli.program import exit_code_of
from tui.commands import tasks
from tui.term import terminal
from tui.term.exit_code import ExitCode


@pytest.fixture(autouse=True)
def _nothing_is_trained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(terminal, "is_interactive", lambda: False)
    monkeypatch.setattr(checking, "check", in_this_process)
    monkeypatch.setattr(task_flags, "check", in_this_process)
    monkeypatch.setattr(tasks, "check", in_this_process)
    own_checks._check_task.cache_clear()


def in_this_process(own: OwnTask, values: object = None, rows: int = 5, steps: int = 1000) -> Task:
    checking.examine(own, values or {}, rows, steps)  # type: ignore[arg-type]
    return own.task(values)  # type: ignore[arg-type]


def config_of(*arguments: str) -> EchoConfig:
    """The configuration that this command line trains."""
    front_end = parsed([*arguments])
    assert isinstance(front_end, partial)
    for one in front_end.args:
        if isinstance(one, RunRecorder):
            one.close()
    return next(one for one in front_end.args if isinstance(one, EchoConfig))


def grid_of(*arguments: str) -> Grid:
    """The grid that this command line computes."""
    front_end = parsed(["sweep", "--out", "sweep", *arguments])
    assert isinstance(front_end, partial)
    return next(one for one in front_end.args if isinstance(one, Grid))


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The line that says why this command line is refused; nothing is begun."""
    before = sorted(Path.cwd().rglob("*"))
    assert exit_code_of([*arguments]) == ExitCode.USAGE
    out, err = capsys.readouterr()
    says, *hint = err.splitlines()
    hints = (["Try 'echornn-tui --help'."], [f"Try 'echornn-tui {arguments[0]} --help'."])
    assert out == ""
    assert hint in (([],) if re.match(r"echornn-tui: \S+\.py(:\d+)?: ", says) else hints)
    assert sorted(Path.cwd().rglob("*")) == before
    return says.removeprefix("echornn-tui: ")


def test_the_settings_of_the_task_are_flags() -> None:
    assert config_of("--task", "two_coins", "--lag", "5", "--state-size", "8") == EchoConfig(
        task=TwoCoins(lag=5), state_size=8
    )
    assert config_of("--task=copy_memory", "--blank=50").truncated_backprop_length == 70
    assert config_of("--task", "echo", "--echo-step", "5") == EchoConfig(echo_step=5)


def test_no_setting_of_the_table_has_the_name_of_a_flag() -> None:
    for name in TASKS:
        task_flags.flags_with({name: name})


def test_help_shows_the_settings_of_the_task(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["--task", "two_coins", "--help"]) == ExitCode.DONE
    text = " ".join(capsys.readouterr().out.replace("\u2502", " ").split())
    assert "--lag INT Steps back to the nearer coin. 0 to 1,000,000. [default: 3]" in text
    assert "--echo-step" not in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("--task nothing", "task = 'nothing' cannot be used: one of echo, two_coins, "),
        ("--task two_coins --echo-step 4", "echo_step = '4' cannot be used: the settings of the task two_coins are"),
        ("--task two_coins --warp 4", "Unknown option: --warp. Did you mean --at? The settings of two_coins: --lag, "),
        ("--task two_coins --lag 2.5", "Invalid value for --lag: '2.5' is not a whole number"),
        ("--task two_coins --lag 9", "far_lag = 8 cannot be used: more than lag = 9"),
        ("--task copy_memory --stride 5", "stride = 5 cannot be used: unset, since each window is a trial"),
        (
            "--lag 5",
            "Unknown option: --lag. It is a setting of the tasks two_coins, delayed_xor: name one with --task.",
        ),
        ("--bits=3", "Unknown option: --bits. It is a setting of the task flip_flop: name one with --task."),
        ("--task adding --far-lag 5", "Unknown option: --far-lag. It is a setting of the tasks two_coins, delayed_xor"),
        ("--warp 5", "Unknown option: --warp. Did you mean --at?"),
        ("--task no.py:Mine", "no.py cannot be read: No such file or directory"),
        ("sweep --out sweep --grid lag=3,4", "grid = 'lag' cannot be used: it is a setting of the tasks two_coins, "),
        ("sweep --out sweep --grid task=two_coins,nothing", "task = 'nothing' cannot be used: one of echo, two_coins"),
        ("sweep --out sweep --task two_coins --grid lag=-1,4", "lag = -1 cannot be used: 0 to 1,000,000"),
        ("sweep --out sweep --task two_coins --grid lag=1.5", "lag = '1.5' cannot be used: a whole number"),
        ("sweep --out sweep --task two_coins --grid base=x", "base = 'x' cannot be used: 0 to 1"),
        ("tasks nothing", "task = 'nothing' cannot be used: one of echo, two_coins"),
        ("tasks --template --json", "--template cannot be used with another flag, or with a task: it prints a file"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(capsys: pytest.CaptureFixture[str], arguments: str, says: str) -> None:
    assert refused(capsys, *arguments.split()).startswith(says)


@pytest.mark.parametrize("bad", SEEN_IN_ANY_PROCESS, ids=str)
def test_a_file_that_is_no_task_is_refused_in_a_line(capsys: pytest.CaptureFixture[str], bad: Bad) -> None:
    Path("mine.py").write_text(bad.text, encoding="utf-8")
    assert refused(capsys, "--task", "mine.py:Mine").startswith(f"mine.py{bad.says}")


@pytest.mark.parametrize("name", ["json", "out", "state_size"])
def test_a_setting_of_a_file_has_a_name_that_is_free(capsys: pytest.CaptureFixture[str], name: str) -> None:
    Path("mine.py").write_text(GOOD.replace("    lag: int", f"    {name}: int = 3\n    lag: int"), encoding="utf-8")
    assert f"the setting {name} needs another name" in refused(capsys, "--task", "mine.py:Mine")


def test_a_value_with_which_a_file_does_not_work_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    text = GOOD.replace("        x = rng", "        if self.lag > 9: raise ValueError('too far')\n        x = rng")
    Path("mine.py").write_text(text, encoding="utf-8")
    assert config_of("--task", "mine.py:Mine", "--lag", "9").value("lag") == 9
    assert refused(capsys, "--task", "mine.py:Mine", "--lag", "10") == "mine.py:11: ValueError: too far"


def test_a_run_goes_on_without_the_file_of_its_task(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.py").write_text(GOOD, encoding="utf-8")
    own = OwnTask.read("mine.py:Mine")
    play(Session(config := EchoConfig(task=own.task({"lag": 3})), make_trainer=ScriptedTrainer,
                 recorder=RunRecorder.begin(Path("run"), config)), Step(4))  # fmt: skip
    Path("mine.py").unlink()
    assert config_of("--resume", "run") == config
    assert config_of("--resume", "run", "--lag", "4") == config.with_fields({"lag": 4})
    assert "The settings of mine.py:Mine: --lag." in refused(capsys, "--resume", "run", "--leg", "4")
    Path("mine.py").write_text(GOOD.replace("/ 2", "/ 3"), encoding="utf-8")
    recorder = RunRecorder.go_on(Path("run"))
    recorder.close()
    assert recorder.warning == "the file of mine.py:Mine has changed: this run was trained with its former text"
    assert config_of("--resume", "run") == config
    changed = config_of("--resume", "run", "--task", "mine.py:Mine")
    assert capsys.readouterr().err.endswith("so it is another task: the network starts over; kept: lag 3\n")
    assert changed != config
    assert not config.differs_only_live(changed)


def test_a_changed_file_keeps_what_it_can_of_the_settings_and_branches_tells_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def write(far: str, *more: str) -> OwnTask:
        fields = "".join(f"    {one}\n" for one in (f'far: int = setting(5, "", 1, {far})', *more))
        Path("mine.py").write_text(GOOD.replace("    lag: int", f"{fields}    lag: int"), encoding="utf-8")
        return OwnTask.read("mine.py:Mine")

    first = write("20", "deep: int = 1").task({"lag": 3, "far": 12})
    record_branches(Path("run"), 4, config=EchoConfig(task=first))
    second = write("9", "speedy: int = 2")
    changed = config_of("--resume", "run", "--task", "mine.py:Mine")
    assert changed.the_task == second.task({"lag": 3})
    assert capsys.readouterr().err == (
        "echornn-tui: the file of mine.py:Mine has changed, so it is another task: the network starts over; "
        "kept: lag 3; reset: far 5 (was 12); gone: deep\n"
    )
    assert config_of("--resume", "run", "--task", "mine.py:Mine", "--lag", "4").the_task == second.task({"lag": 4})
    assert "kept" not in capsys.readouterr().err
    said = changes_text(EchoConfig(task=first), changed)
    assert said == f"task mine.py:Mine (file changed, {second.digest[:8]}), lag 3"


def test_what_a_run_is_resumed_with_is_checked_before_anything_is_begun(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    record_branches(Path("run"), 4, config=EchoConfig(task=OwnTask("mine.py", "Mine", GOOD).task({"lag": 3})))
    forget_texts(monkeypatch)

    def check(own: OwnTask, values: object, rows: int, steps: int) -> Task:
        assert (own.text, values, rows, steps) == (GOOD, {"lag": 3}, 5, 10_000)
        raise TaskError("mine.py:2: it was still busy after 20 s", is_placed=True)

    monkeypatch.setattr(checking, "check", check)
    assert refused(capsys, "--resume", "run") == "mine.py:2: it was still busy after 20 s"
    assert own_file.LOADED == {}


def test_settings_and_tasks_are_axes() -> None:
    grid = grid_of("--grid", "lag=3..5", "base=0.25..0.5@2", "--task", "two_coins")
    assert [(one.value("lag"), one.value("base")) for one in grid.points.possible[:3]] == [
        (3, 0.25),
        (3, 0.5),
        (4, 0.25),
    ]
    grid = grid_of("--grid", "task=echo,two_coins,delayed_xor", "state_size=4,8", "--lag", "2", "--echo-step", "5")
    assert [str(one.value("task")) for one in grid.points.possible] == [
        *("echo", "echo", "two_coins", "two_coins", "delayed_xor", "delayed_xor")
    ]
    assert [one.fields().get("lag", one.echo_step) for one in grid.points.possible] == [5, 5, 2, 2, 2, 2]
    grid = grid_of("--grid", "task=echo,two_coins", "lag=3,4")
    assert len(grid.points.possible) == 2
    assert str(grid.points.impossible[0]) == (
        "task echo, lag 3: lag = 3 cannot be used: the settings of the task echo are echo_step, num_classes, row_start"
    )


def test_a_sweep_of_a_file_is_read_without_it(tmp_path: Path) -> None:
    Path("mine.py").write_text(GOOD, encoding="utf-8")
    grid = grid_of("--grid", "task=two_coins,mine.py:Mine", "lag=2,3")
    Path("mine.py").unlink()
    asked = RequestedGrid(grid, {"engine": "0"})
    write_requests(tmp_path, (asked,))
    (again,) = read_requests(tmp_path)
    assert again == asked
    assert again.grid.points == grid.points
    assert len({again.key(one) for one in grid.points.possible}) == 4


def test_two_files_of_one_name_in_a_sweep_are_told_apart(tmp_path: Path) -> None:
    files = [OwnTask("mine.py", "Mine", text) for text in (GOOD, GOOD.replace("/ 2", "/ 3"))]
    grids = [Grid((Axis("lag", (2, 3)),), {"task": file}) for file in files]
    write_requests(tmp_path, tuple(RequestedGrid(grid, {}) for grid in grids))
    results = SweepResults.read(tmp_path)
    assert list(map(str, results.axes["task"])) == [f"mine.py:Mine#{file.digest[:8]}" for file in files]
    assert results.axes["task"] == tuple(files)
    assert [str(point.config.value("task")) for point in results.points] == [
        str(task) for task in results.axes["task"] for _ in (2, 3)
    ]


def test_all_tasks_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["tasks"]) == ExitCode.DONE
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert [line.partition(":")[0] for line in out.splitlines() if line and not line.startswith(" ")] == [*TASKS]
    assert exit_code_of(["tasks", "--json"]) == ExitCode.DONE
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["task"] for one in records] == [*TASKS]
    assert records[1]["sources"] == [3, 8]
    assert [level["name"] for level in records[1]["levels"]] == ["chance", "knows t-8", "knows t-3", "knows both"]


def test_the_template_is_a_task_that_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["tasks", "--template"]) == ExitCode.DONE
    Path("my_task.py").write_text(capsys.readouterr().out, encoding="utf-8")
    assert exit_code_of(["tasks", "my_task.py:Majority"]) == ExitCode.DONE
    out = capsys.readouterr().out
    assert out.startswith("my_task.py:Majority: 2 symbols to 2 symbols, a stream\n")
    assert "sources: t, t-2, t-4\n    --lag 2  Steps between the bits. 1 to 100.\n" in out
