"""Files of tasks and cells of the user's own that cannot be used: one line says what is wrong, and where."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from echornn.cells.cell import CellError
from echornn.cells.own import check as cells
from echornn.cells.own.examine import examine
from echornn.cells.own.own_cell import OwnCell
from echornn.own.errors import OwnError
from echornn.own.other_process import Limits
from echornn.tasks.own import check as tasks
from echornn.tasks.own.own_task import OwnTask
from echornn.tasks.task import TaskError
from tests.bad_file import BadFile
from tests.echornn.cells import bad_cells
from tests.echornn.tasks import bad_files


def examine_task(text: str) -> None:
    tasks.examine(OwnTask("mine.py", "Mine", text), {}, 5, 1000)


def examine_cell(text: str) -> None:
    examine(OwnCell("mine.py", "Mine", text))


def check_task(text: str, limits: Limits) -> None:
    tasks.check(OwnTask("mine.py", "Mine", text), limits=limits)


def check_cell(text: str, limits: Limits) -> None:
    cells.check(OwnCell("mine.py", "Mine", text), limits)


def of_both(of_tasks: list[bad_files.Bad], task: object, of_cells: list[bad_cells.Bad], cell: object) -> list[object]:
    """The bad files of both kinds, each with the function that refuses it, and the class of its error."""
    of_a_task = [pytest.param(task, TaskError, bad, id=f"task: {bad}") for bad in of_tasks]
    return [*of_a_task, *(pytest.param(cell, CellError, bad, id=f"cell: {bad}") for bad in of_cells)]


@pytest.mark.parametrize(
    ("refuses", "error", "bad"),
    of_both(bad_files.SEEN_IN_ANY_PROCESS, examine_task, bad_cells.SEEN_IN_ANY_PROCESS, examine_cell),
)
def test_what_is_wrong_is_said_in_one_line(refuses: Callable[[str], None], error: type[OwnError], bad: BadFile) -> None:
    with pytest.raises(error) as said:
        refuses(bad.text)
    assert str(said.value).startswith(f"mine.py{bad.says}")
    assert "\n" not in str(said.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("refuses", "error", "bad"),
    of_both(bad_files.SEEN_IN_THE_OTHER_PROCESS, check_task, bad_cells.SEEN_IN_THE_OTHER_PROCESS, check_cell),
)
def test_what_would_do_harm_is_seen_in_another_process(
    refuses: Callable[[str, Limits], None],
    error: type[OwnError],
    bad: BadFile,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("weights.npz").write_bytes(b"")
    bad.require_said(error, lambda limits: refuses(bad.text, limits))
