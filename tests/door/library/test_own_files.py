"""Tasks and cells in files of the user's own: they are trained and kept, bad ones are refused in a
line, and looking at a record never runs its texts.
"""

from __future__ import annotations

import csv
import hashlib
import importlib
import json
import math
import re
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import echornn
from echornn import EchoConfig, RunRecorder, Session, TaskError, batch_of
from echornn.session.commands import Edit, StartOver, Step
from tests.answered import answered, records, trained
from tests.door.library.own_texts import CELL, MARKS, TASK, forget_texts, limits, record_all, write
from tests.door.library.sessions import on_stage
from tests.door.sweeps.stage import swept
from tests.on_a_thread import play
from tests.patience import wait_for
from tests.program import detached, gone, running
from tests.recorded import contents

pytestmark = pytest.mark.slow  # each file is looked at by a process of its own

MARK = "run-by-somebody"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder and the state folder are empty, and no text was run in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("tui.term.terminal.is_interactive", lambda: False)
    forget_texts(monkeypatch)


def record_of_somebody_else(with_facts: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records that say what their task and cell are, or do not.

    From then on, texts leave a mark if they run.
    """
    record_all(with_facts)
    forget_texts(monkeypatch)
    for file in ("task.py", "cell.py", "state/echornn-tui/trusted"):
        Path(file).unlink(missing_ok=True)
    monkeypatch.setenv("RUN_BY", str(Path(MARK).absolute()))


def out(command: str) -> str:
    """What a command prints that succeeds."""
    done = answered(*command.split())
    assert (done.returncode, done.stderr) == (0, ""), command
    return done.stdout


def refused(*arguments: str) -> str:
    """The line that refuses a command, which changes nothing."""
    before = contents(Path())
    done = answered(*arguments)
    assert (done.returncode, done.stdout) == (2, ""), done
    after = contents(Path())
    for files in (before, after):
        files.pop("state/echornn-tui/trusted", None)
    assert after == before
    line, *hint = done.stderr.splitlines()
    assert len(hint) <= 1
    return line.removeprefix("echornn-tui: ")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def mark_of(text: str) -> str:
    """What tells this text of `Mine` from another."""
    return sha256(f"Mine\n{text}")[:8]


@pytest.mark.parametrize("with_facts", [True, False], ids=["with facts", "without facts"])
def test_looking_runs_no_text_and_what_is_not_known_is_left_out(
    with_facts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_of_somebody_else(with_facts, monkeypatch)
    for kept in records(answered("list", ".", "--json")):
        assert kept["windows"] == 9
        assert kept["epoch"] == 1
        assert kept["window"] == 2
        assert kept["differs"] == {
            "num_epochs": 9,
            "total_series_length": 500,
            "state_size": 6,
            "cell": "cell.py:Mine",
            "task": "task.py:Mine",
            "lag": 4,
        }
    branches = records(answered("branches", "run", "--json"))
    for branch, numbers in zip(branches, ((0, 4, 4), (4, 3, 7), (0, 2, 2)), strict=True):
        assert (branch["at"], branch["windows"], branch["path"]) == numbers

    squares = csv.DictReader(out("map sweep --csv").splitlines())
    for square, lag in zip(squares, "345", strict=True):
        assert square["lag"] == lag
        assert square["trained"] == "2"
        assert square["median_loss"] == "0.25"
        assert square["level"] == ("0.0216667" if with_facts else "")
        assert square["rung"] == ("above chance" if with_facts else "")

    out("export run")
    out("map sweep --once")
    out("figure sweep map -o map.svg")
    out("figure run curve -o curve.svg")
    run = echornn.read("run")
    assert len(run.windows()) == 9
    assert len(run.weights()) == 1
    assert len(run.networks()) == 1
    assert run.config_at(7, "b").value("lag") == 4
    with pytest.raises(TaskError, match=r"^task.py:Mine .*trust=True"):
        run.probe()
    assert not Path(MARK).exists()


NEED_A_TEXT = (
    "probe run",
    "evaluate run --lag 9",
    "--resume run --headless",
    "--resume run --headless --lag 9",
    "do run step",
    "figure run weights -o f.svg",
)


def test_what_needs_a_text_refuses_one_that_the_user_never_gave_until_it_is_trusted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record_of_somebody_else(False, monkeypatch)
    for command in NEED_A_TEXT:
        line = refused(*command.split())
        assert line.startswith("task.py:Mine ")
        assert sha256(MARKS + TASK)[:8] in line
        assert "--trust" in line
        assert not Path(MARK).exists()

    done = trained("--resume", "run", "--headless", "--num-epochs", "2", "--trust")
    assert done.returncode == 0, done.stderr
    assert Path(MARK).exists()
    trusted = Path("state/echornn-tui/trusted")
    assert trusted.stat().st_mode & 0o777 == 0o600
    marks = set(trusted.read_text().split())
    assert marks == {sha256(MARKS + TASK), sha256(MARKS + CELL)}
    assert trained("--resume", "run", "--headless", "--num-epochs", "3").returncode == 0


def spoiled(text: str, replaced: str, by: str) -> str:
    """A good file of which a part is replaced."""
    assert text.count(replaced) == 1
    return text.replace(replaced, by)


DRAWN = "x = rng.integers(0, 3, (rows, steps))"
GIVEN = "return Batch(x, y, np.ones(x.shape, bool))"
LEVELS = '[Level("chance", 1 / 6, "nothing"), Level("knows it", 0.01, "the symbol")]'
IMPORT = "import numpy as np"
NEXT = "return [h]"

BAD = {
    "a syntax error": (TASK, DRAWN, DRAWN[:-1], 11, ["SyntaxError"]),
    "an error in a call": (
        TASK,
        DRAWN,
        "x = rng.integers(3, 0, (rows, steps))",
        11,
        ["ValueError: low >= high"],
    ),
    "a wrong shape": (
        TASK,
        GIVEN,
        GIVEN.replace("(x,", "(x.T,"),
        10,
        ["x", "[1000, 5]", "[5, 1000]"],
    ),
    "a fork": (TASK, DRAWN, f"import os; os.fork(); {DRAWN}", 11, ["PermissionError", "fork"]),
    "Ctrl+C of its own": (TASK, DRAWN, "raise KeyboardInterrupt", 11, ["KeyboardInterrupt"]),
    "an exit": (TASK, IMPORT, f"{IMPORT}; raise SystemExit(3)", 2, ["SystemExit: 3"]),
    "levels that rise": (TASK, LEVELS, LEVELS.replace("0.01", "2"), 15, ["2.0"]),
    "a machine that does not fit": (
        TASK,
        "    def levels",
        "    @property\n    def machine(self):\n        from echornn import Machine\n"
        "        return Machine(np.array([[0, 1]]), np.array([[True]]))\n\n    def levels",
        15,
        ["machine", "(1, 2)", "(1, 3)"],
    ),
    "too few parts": (CELL, NEXT, "return []", 4, ["1", "h"]),
    "a function of NumPy": (CELL, NEXT, "return [np.tanh(h)]", 7, ["TypeError", "ufunc"]),
    "a state that grows": (CELL, NEXT, "return [3 * state[0] + h + 1]", 4, ["h", "inf"]),
}
"""The good text, the part that is replaced, by what, and the line and the words of the refusal."""


@pytest.mark.parametrize(("good", "replaced", "by", "line", "words"), BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_in_a_line_that_names_its_place(
    good: str, replaced: str, by: str, line: int, words: list[str]
) -> None:
    write(spoiled(good, replaced, by), "mine.py")
    kind = "cell" if good == CELL else "task"
    refusal = refused("--headless", f"--{kind}", "mine.py:Mine")
    assert refusal.startswith(f"mine.py:{line}:")
    for word in words:
        assert word in refusal


def test_a_file_that_is_not_there_is_refused() -> None:
    assert refused("--headless", "--task", "nothing.py:Mine").startswith(
        "nothing.py cannot be read"
    )


def test_an_endless_loop_is_ended() -> None:
    write(spoiled(TASK, DRAWN, f"while True: {DRAWN}"), "mine.py")
    # On a loaded machine, a short time ends before the loop begins
    for seconds in (0.5, 5.0, 100.0):
        with limits(seconds):
            refusal = refused("--headless", "--task", "mine.py:Mine")
        assert f"{seconds:g} s" in refusal
        if refusal.startswith("mine.py:11: "):
            return
    pytest.fail(refusal)


FORKS_UNSEEN = """\
import ctypes
import os
import time
pid = ctypes.CDLL(None).fork()
if pid == 0:
    time.sleep(1000)
elif not os.path.exists("pid"):
    open("pid", "w").write(str(pid))
else:
    os.kill(pid, 9)
"""
"""The beginning of a text that leaves a process behind, when it is first run."""


def test_what_a_file_has_started_ends_with_its_check_which_does_not_wait_for_it() -> None:
    write(FORKS_UNSEEN + TASK, "mine.py")
    assert answered("tasks", "mine.py:Mine").returncode == 0
    left = int(Path("pid").read_text())
    wait_for(lambda: gone(left))


def test_the_check_of_a_file_ends_with_the_program_that_asks_for_it() -> None:
    begins = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(1000)\n"
    write(begins + TASK, "mine.py")
    command = [sys.executable, "-m", "tui", "--headless", "--task", "mine.py:Mine"]
    file = Path("pid")
    with subprocess.Popen(command, stderr=subprocess.PIPE) as program:
        check = int(wait_for(lambda: file.exists() and file.read_text()))
        program.send_signal(signal.SIGINT)
        program.communicate()
    assert program.returncode == 42
    wait_for(lambda: gone(check))


XOR = """\
from dataclasses import dataclass
import numpy as np
from echornn import Batch, Symbols, Task, setting

@dataclass(frozen=True)
class Mine(Task):
    lag: int = setting(1, "Steps to the nearer bit.", 0, 1000)
    far_lag: int = setting(3, "Steps to the farther bit.", 1, 1000)
    inputs = outputs = Symbols(2)

    def draw(self, rng, rows, steps):
        bits = rng.integers(0, 2, (rows, self.far_lag + steps), np.uint8)
        near, far = (bits[:, self.far_lag - lag :][:, :steps] for lag in (self.lag, self.far_lag))
        return Batch(bits[:, self.far_lag :], near ^ far, np.ones((rows, steps), bool))
"""
"""The task delayed_xor, as a user would write it."""

SMALL = "--state-size 3 --init glorot --total-series-length 600 --num-epochs 2 --headless"


def test_own_files_train_as_the_same_task_and_cell_of_the_program() -> None:
    from tests.compiled import plain

    write(XOR, "xor.py")
    write(CELL, "cell.py")
    config = EchoConfig(
        state_size=3, init="glorot", total_series_length=600, truncated_backprop_length=3
    )
    ours = config.with_fields({"task": "xor.py:Mine", "far_lag": 2, "cell": "cell.py:Mine"})
    theirs = config.with_fields({"task": "delayed_xor", "far_lag": 2})

    with plain() as programs:
        losses = echornn.Trainer(ours, programs).advance(16).losses
        expected = echornn.Trainer(theirs, programs).advance(16).losses
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    RunRecorder.begin(Path("ours"), ours).close()
    kept = json.loads(Path("ours/run.json").read_text())["config"]
    task = kept["task"]
    assert task["file"] == "xor.py"
    assert task["name"] == "Mine"
    assert task["text"] == XOR
    assert kept["cell"]["text"] == CELL
    assert kept["far_lag"] == 2


GROWS = """\
from dataclasses import dataclass
import numpy as np
from echornn import Batch, Level, Symbols, Task, setting

@dataclass(frozen=True)
class Mine(Task):
    most: int = setting(6, "Steps of a trial.", 1, 1000)
    inputs = outputs = Symbols(2)

    @property
    def length(self):
        return self.most

    def draw(self, rng, rows, steps):
        bits = (1000 * np.sqrt(2 + np.arange(rows * steps))).astype(int) % 2
        x = bits.reshape(rows, steps)
        return Batch(x, np.cumsum(x, axis=1) % 2)
"""
"""Parity so far, whose length is a setting; bits are the same each time."""

SHAPED = """
    def levels(self, rows, steps):
        return [Level("chance", 1 / steps, "nothing"), Level("all", 1 / rows, "all bits")]
"""
"""A ladder that says for data of which shape it was asked."""


def record_a_window(config: EchoConfig) -> None:
    """A run of one window of real networks."""
    from tests.compiled import plain

    with plain() as programs:
        recorder = RunRecorder.begin(Path("run"), config)
        make_trainer = partial(echornn.Population, programs=programs)
        play(Session(config, recorder=recorder, make_trainer=make_trainer), Step(1))


def parity_by_hand(weights: dict[str, np.ndarray], rows: int, steps: int) -> np.ndarray:
    """The right answers of a tanh network on the bits of `GROWS`, bool [rows, steps]."""
    right = np.empty((rows, steps), bool)
    for row in range(rows):
        h = np.zeros((1, len(weights["W2"])))
        parity = 0
        for step in range(steps):
            bit = int(1000 * math.sqrt(2 + row * steps + step)) % 2
            parity = (parity + bit) % 2
            h = np.tanh(np.insert(h, 0, bit, axis=1) @ weights["W"] + weights["b"])
            logits = h @ weights["W2"] + weights["b2"]
            right[row, step] = logits.argmax() == parity
    return right


def test_other_settings_of_a_recorded_task_have_their_own_length(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(GROWS, "grows.py")
    config = EchoConfig(
        task="grows.py:Mine", total_series_length=600, num_epochs=1, init="glorot", replicas=2
    )
    record_a_window(config)
    Path("grows.py").unlink()
    command = ("evaluate", "run", "--most", 64, "--trials", 100, "--trust")
    forget_texts(monkeypatch)
    run = echornn.read("run")
    for number, found in enumerate(records(answered(*command, "--json"))):
        right = parity_by_hand(run.weights(replica=number), 100, 64)
        by_step = right.mean(axis=0)
        assert found["trials"] == 100
        assert found["steps"] == 64
        assert found["accuracy"] == pytest.approx(right.mean(), abs=2e-4)
        assert found["accuracy_by_step"] == pytest.approx(by_step, abs=0.011)
    forget_texts(monkeypatch)
    assert "100 fresh trials of 64 steps" in answered(*command).stdout


def test_held_out_rows_are_as_long_as_the_settings_need(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lead is the farthest source, whose lag the record does not say, and the step itself."""
    from tests.compiled import plain

    text = spoiled(TASK, '"Steps back.", 1, 50', '"Steps back.", 1, 500')
    write(f"{text}\n    def sources(self, t):\n        return [min(t, self.lag)]\n", "mine.py")
    config = EchoConfig(
        task="mine.py:Mine", total_series_length=5_000, num_epochs=1, truncated_backprop_length=3
    )
    with plain() as programs:
        recorder = RunRecorder.begin(Path("run"), config)
        make_trainer = partial(echornn.Population, programs=programs)
        play(Session(config, recorder=recorder, make_trainer=make_trainer), Step(1))
    forget_texts(monkeypatch)
    snapshot = echornn.read("run", trust=True).snapshot()
    question = echornn.Question(frozenset({"held_out"}), settings=(("lag", 100),), trials=2)
    held_out = echornn.examine(snapshot, question).held_out
    assert held_out is not None
    assert held_out.rows == 2
    assert held_out.steps == 100 + 1 + 256


def test_a_task_is_listed_with_the_ladder_of_its_training() -> None:
    write(GROWS + SHAPED, "grows.py")
    (listed,) = records(answered("tasks", "grows.py:Mine", "--json"))
    chance, all_bits = listed["levels"]
    assert chance["loss"] == 1 / 6  # steps
    assert all_bits["loss"] == 1 / (5 * (50_000 // 5 // 6))  # each trial of an epoch is a row


@pytest.mark.usefixtures("shared_programs")
def test_an_error_late_in_training_keeps_all_windows_before_it() -> None:
    write(XOR, "late.py")
    sizes = "--total-series-length 31500 --truncated-backprop-length 3 --batch-size 5"
    config = EchoConfig(
        task="late.py:Mine", total_series_length=31_500, truncated_backprop_length=3
    )
    # So many windows that the data of each epoch are made alone
    newest = batch_of(config, epoch=2).x[0, :40].tolist()
    is_newest = f"bits[0, self.far_lag :][:40].tolist() == {newest}"
    fails = f"        if {is_newest}: raise ZeroDivisionError('never')\n"
    write(spoiled(XOR, "        near", f"{fails}        near"), "late.py")
    command = f"--task late.py:Mine --headless --json --run run {sizes}"
    done = answered(*command.split())
    assert done.returncode == 1
    events = [json.loads(line)["event"] for line in done.stdout.splitlines()]
    assert events.count("epoch") == 2
    assert "echornn-tui: late.py:13: ZeroDivisionError: never" in done.stderr.splitlines()
    assert len(out("export run").splitlines()) == 1 + 2 * 2100


def test_a_run_goes_on_without_its_files_and_says_if_they_have_changed() -> None:
    write(TASK, "mine.py")
    own = ("--task", "mine.py:Mine")
    done = trained("--run", "run", *own, "--lag", "3", *SMALL.split())
    assert done.returncode == 0
    Path("mine.py").unlink()
    forgotten = trained("--resume", "run", "--headless", "--num-epochs", "3")
    assert forgotten.returncode == 0
    assert "mine.py" not in forgotten.stderr
    write(f"{TASK}# changed\n", "mine.py")
    for words in (("--num-epochs", "4"), own):
        changed = trained("--resume", "run", "--headless", *words)
        assert changed.returncode == 0
        assert "mine.py:Mine" in changed.stderr
    *_, before, newest = records(answered("branches", "run", "--json"))
    assert before["path"] == 4 * 8
    assert newest["at"] == 0
    assert newest["path"] == 4 * 8
    mark = mark_of(f"{TASK}# changed\n")
    assert f"task mine.py:Mine (file changed, {mark})" in newest["differs"]
    assert "lag 3" in newest["differs"]


def test_a_sweep_keeps_its_files_and_tells_two_of_one_name_apart() -> None:
    command = ("--grid", "lag=3,4", "--seeds", "2", "--headless")
    own = ("--task", "task.py:Mine", "--cell", "cell.py:Mine")
    write(CELL, "cell.py")
    expected = []
    for text in (TASK, TASK + "# changed\n"):
        write(text, "task.py")
        done = swept(Path("sweep"), *command, *own)
        assert done.returncode == 0, done.stderr
        task = f"task.py:Mine#{mark_of(text)}"
        expected += [("3", task, "2"), ("4", task, "2")]
    Path("task.py").unlink()
    Path("cell.py").unlink()
    table = csv.DictReader(out("map sweep --across lag --down task --csv").splitlines())
    for square, numbers in zip(table, expected, strict=True):
        assert (square["lag"], square["task"], square["trained"]) == numbers


def test_an_edit_that_a_task_cannot_do_is_refused_and_changes_nothing() -> None:
    write(spoiled(TASK, DRAWN, f"y = 1 / (self.lag - 5); {DRAWN}"), "mine.py")
    config = EchoConfig(
        task="mine.py:Mine", total_series_length=200, truncated_backprop_length=10, batch_size=2
    )
    with on_stage(config) as stage:
        frame = stage.do(Step(3), Edit({"lag": 5}), StartOver({"lag": 5}))
        assert frame.refused is not None
        assert frame.refused.why_not == "mine.py:11: ZeroDivisionError: division by zero"
        assert frame.config == config
        assert len(stage.session.timeline) == 1
        frame = stage.do(Edit({"lag": 30}), Step(3))
        assert frame.refused is None
        assert frame.config.value("lag") == 30
        assert stage.session.tree.windows_of(1) == 3


def test_a_viewer_runs_no_text(tmp_path: Path) -> None:
    write(MARKS + XOR, "task.py")
    write(MARKS + CELL, "cell.py")
    own = ("--task", f"{tmp_path}/task.py:Mine", "--cell", f"{tmp_path}/cell.py:Mine")
    marked = {"RUN_BY": f"{tmp_path}/{MARK}"}
    with (
        detached(tmp_path / "run", 20, *own) as folder,
        running("attach", str(folder), environment=marked, scripted=True) as viewer,
    ):
        viewer.until(lambda text: re.search(r"window [1-9]", text))
        for key in "23456s":
            viewer.press(key)
        viewer.until(lambda text: "lag" in text)
        assert not Path(MARK).exists()


def test_a_task_is_given_as_an_object_and_kept_by_the_text_of_its_modules_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(TASK.replace(", np.ones(x.shape, bool))", ")"), "study.py")
    monkeypatch.syspath_prepend(Path.cwd())
    study = importlib.import_module("study")
    config = EchoConfig(task=study.Mine(lag=4), total_series_length=500, num_epochs=9)
    assert config.value("lag") == 4
    assert str(config.value("task")) == f"{Path('study.py').absolute()}:Mine"
    assert config == replace(config, task=study.Mine(lag=4))
    assert config.with_fields({"lag": 5}).task == study.Mine(lag=5) != config.task
    batch = batch_of(config)
    assert batch.scored.all()
    RunRecorder.begin(Path("run"), config).close()
    Path("study.py").unlink()
    forget_texts(monkeypatch)
    task = echornn.read("run", trust=True).config.the_task
    np.testing.assert_array_equal(batch_of(replace(config, task=task)).x, batch.x)


TRIALS = """\
from dataclasses import dataclass
from echornn import Batch, Symbols, Trials, setting

@dataclass(frozen=True)
class Mine(Trials):
    length: int = setting(6, "Steps.")
    length_from: int = setting(3, "Steps of the shortest.", 0)
    inputs = outputs = Symbols(4)

    def draw(self, rng, rows, steps):
        ends = self.draw_ends(rng, rows)
        x = rng.integers(1, 4, (rows, steps))
        x[self.is_over(ends)] = 0
        return Batch(x, x, self.scored(ends))
"""


def test_trials_of_an_own_task_have_random_lengths_also_from_their_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(MARKS + TRIALS, "task.py")
    for name, shortest in (("random", 3), ("alike", 0)):
        fields = {"task": "task.py:Mine", "length_from": shortest, "total_series_length": 6000}
        RunRecorder.begin(Path(name), EchoConfig.from_fields(fields)).close()
    assert "length_from = 7 cannot be used: 0, or 1 to length = 6" in refused(
        "--task", "task.py:Mine", "--length-from", "7", "--headless"
    )
    forget_texts(monkeypatch)
    monkeypatch.setenv("RUN_BY", str(Path(MARK).absolute()))
    tasks = {name: echornn.read(name).config.the_task for name in ("random", "alike")}
    assert [task.scores_every_step for task in tasks.values()] == [False, True]
    assert not Path(MARK).exists()
    for name, lengths in (("random", {3, 4, 5, 6}), ("alike", {6})):
        scored = batch_of(echornn.read(name, trust=True).config).scored.reshape(-1, 6)
        assert set(scored.sum(axis=1).tolist()) == lengths


def test_a_task_without_a_file_can_be_used_and_not_kept() -> None:
    home = ModuleType("__main__")
    exec(TASK, vars(home))
    config = EchoConfig(task=vars(home)["Mine"](lag=4), total_series_length=500)
    exec(TASK.replace(" / 2", " / 4"), vars(home))
    other = EchoConfig(task=vars(home)["Mine"](lag=4), total_series_length=500)
    assert config != other
    np.testing.assert_array_equal(batch_of(config).y, 2 * batch_of(other).y)
    assert str(config.with_fields({"lag": 5}).value("task")) == "__main__:Mine"
    with pytest.raises(TaskError, match=r"^__main__:Mine is in no file"):
        RunRecorder.begin(Path("run"), config)
    assert not Path("run").exists()
