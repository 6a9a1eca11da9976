"""Tasks in files of the user's own: good ones work without their file, bad ones say what is wrong, and where."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

import echornn
from echornn import TaskError, seeding
from echornn.own import busy
from echornn.own.own_file import MOST_BYTES
from echornn.tasks.checked_task import draw_rows, known_lags, ladder
from echornn.tasks.own.check import check, examine
from echornn.tasks.own.facts import TaskFacts
from echornn.tasks.own.make_facts import facts_of
from echornn.tasks.own.own_task import OwnTask
from tests.echornn.tasks.bad_files import GOOD

TEMPLATE = (Path(echornn.__file__).parent / "tasks" / "own" / "template.txt").read_text(encoding="utf-8")


def test_a_good_file() -> None:
    text = f"from __future__ import annotations\r\n{GOOD}"
    assert len(examine(OwnTask("mine.py", "Mine", text), {"lag": 3}, 5, 1000)) == 64


@pytest.mark.slow
def test_the_template_is_a_task_that_works_without_its_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "my_task.py"
    file.write_text(TEMPLATE.replace("x = rng", "print('drawn'); x = rng"), encoding="utf-8")
    own = OwnTask.read(f"{file}:Majority")
    file.unlink()
    task = check(own, {"lag": 3})
    again = OwnTask(**asdict(own)).task({"lag": 3})
    for one in (task, again):
        batch = draw_rows(one, seeding.stream(1, 0), 4, 50)
        np.testing.assert_array_equal(batch.x, draw_rows(task, seeding.stream(1, 0), 4, 50).x)
        for row, t in ((0, 6), (1, 20), (3, 49)):
            assert batch.y[row, t] == (sum(int(batch.x[row, t - lag]) for lag in known_lags(one, t)) >= 2)
        assert not batch.scored[:, :6].any()
        assert [round(level.loss, 4) for level in ladder(one, 4, 50)] == [0.6931, 0.5623, 0.3466, 0.0]
    out, err = capfd.readouterr()
    assert out == ""
    assert set(err.split()) == {"drawn"}


def test_another_text_or_class_is_another_task_and_another_name_of_the_file_is_not() -> None:
    own = OwnTask("mine.py", "Mine", GOOD)
    assert own.digest == OwnTask("elsewhere/mine.py", "Mine", GOOD).digest
    assert len({own.digest, OwnTask("mine.py", "Mine", GOOD + "\n").digest, OwnTask("mine.py", "M", GOOD).digest}) == 3


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkdir("folder")
    os.mkfifo("pipe")
    Path("bytes.py").write_bytes(b"x = '\xff'")
    Path("long.py").write_bytes(b"#" * (MOST_BYTES + 1))
    for wanted, says in {
        "mine:Mine": "mine cannot be read: No such file or directory",
        "mine.py": "mine.py: a task of your own is written as FILE.py:NAME",
        "mine.py:": "mine.py:: a task of your own is written as FILE.py:NAME",
        "folder:Mine": "folder is not a file",
        "pipe:Mine": "pipe is not a file",
        "bytes.py:Mine": "bytes.py is not a UTF-8 text: invalid start byte at byte 5",
        "long.py:Mine": "long.py is too long: at most 65,536 bytes",
    }.items():
        with pytest.raises(TaskError) as said:
            OwnTask.read(wanted)
        assert str(said.value) == says


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("SystemExit(3)", "the task ends the program, with exit status 3"),
        ("KeyboardInterrupt", "KeyboardInterrupt"),
        ("GeneratorExit", "GeneratorExit"),
        ("StopIteration", "StopIteration"),
        ("type('Odd', (BaseException,), {'__str__': lambda self: exit()})", "Odd"),
    ],
)
def test_an_error_in_a_later_draw_names_its_line(error: str, says: str) -> None:
    """The check saw other sizes; nothing but a `TaskError` comes out on the thread that trains, whatever the file
    does.
    """
    text = GOOD.replace("        x = rng", f"        if rows > 40: raise {error}\n        x = rng")
    task = OwnTask("mine.py", "Mine", text).task()
    draw_rows(task, seeding.stream(0, 0), 40, 9)
    with ThreadPoolExecutor(1) as thread, pytest.raises(TaskError) as said:
        thread.submit(draw_rows, task, seeding.stream(0, 0), 41, 9).result()
    assert str(said.value) == f"mine.py:11: {says}"


def test_a_draw_that_never_returns_is_ended_by_another_thread() -> None:
    text = GOOD.replace("        x = rng", "        while True: pass\n        x = rng")
    task = OwnTask("mine.py", "Mine", text).task()
    with ThreadPoolExecutor(1) as thread:
        drawn = thread.submit(draw_rows, task, seeding.stream(0, 0), 40, 9)
        while not drawn.done():
            busy.end_calls()
            wait([drawn], 0.01)
    with pytest.raises(TaskError, match=r"^mine.py:1[01]: it was still busy when the program was to end$"):
        drawn.result()
    assert not any(busy.CALLS.values())


def test_ctrl_c_while_a_task_draws_is_no_error_of_the_task() -> None:
    text = GOOD.replace("        x = rng", "        import signal; signal.raise_signal(signal.SIGINT)\n        x = rng")
    with pytest.raises(KeyboardInterrupt):
        draw_rows(OwnTask("mine.py", "Mine", text).task(), seeding.stream(0, 0), 40, 9)


@pytest.mark.parametrize(
    ("sources", "is_kept"),
    [
        ("[self.lag] * (t >= self.lag)", True),
        ("[0, t] if t == 7 else [min(t, 9)]", True),
        ("[t % 3] * (t > 2)", False),
        ("[self.lag]", False),
    ],
)
def test_facts_tell_the_sources_of_all_steps_or_none(sources: str, is_kept: bool) -> None:
    """If they change at every step, the record would be long; if there is an error, there are none."""
    task = OwnTask("mine.py", "Mine", f"{GOOD}\n    def sources(self, t):\n        return {sources}\n").task({})
    facts = TaskFacts.from_record(json.loads(json.dumps(facts_of(task, None).as_record())))
    form = facts.form((2,))
    assert form is not None
    for t in (0, 1, 2, 5, 7, 8, 9, 10, 500, 10**6):
        assert form.lags_at(t) == (known_lags(task, t) if is_kept else ())
    assert replace(form, sources=None).lags_at(3) is None


@pytest.mark.parametrize("lag", [1, 999, 1000, 1001, 5000, 90_000])
def test_the_sources_in_a_record_are_those_of_the_task(lag: int) -> None:
    text = (
        GOOD.replace("1, 50)", "1, 10**6)")
        + "\n    def sources(self, t):\n        return [self.lag] * (t >= self.lag)\n"
    )
    facts = facts_of(OwnTask("mine.py", "Mine", text).task({"lag": lag}), None)
    form = facts.form((lag,))
    assert form is not None
    assert [form.lags_at(t) for t in (0, lag - 1, lag, lag + 1, 10 * lag)] == [(), (), *[(lag,)] * 3]


def test_sources_that_always_change_are_not_kept() -> None:
    text = GOOD + "\n    def sources(self, t):\n        return [t % 2]\n"
    form = facts_of(OwnTask("mine.py", "Mine", text).task(), None).form((2,))
    assert form is not None
    assert form.lags_at(7) == ()
