"""Cells in files of the user's own: bad ones say what is wrong, and where."""

from __future__ import annotations

import dataclasses
import json
import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from echornn.cells.cell import Cell, CellError
from echornn.cells.own.dual import INPUTS, ROWS
from echornn.cells.own.examine import STEPS, examine
from echornn.cells.own.facts import FUNCTIONS, NOT_OURS, facts_of
from echornn.cells.own.over_time import check_long, check_reads
from echornn.cells.own.own_cell import OwnCell
from echornn.cells.own.weights import initial_weights, random_weights, used_weights
from echornn.cells.table import CELLS
from tests.docs.pages import PAGES
from tests.docs.task_files import TASK_FILES
from tests.echornn.cells.bad_cells import GOOD, SEEN_IN_ANY_PROCESS


def test_a_good_file() -> None:
    text = f"from __future__ import annotations\r\n{GOOD}"
    assert len(examine(OwnCell("mine.py", "Mine", text))) == 64


@pytest.mark.parametrize(
    ("error", "says"), [("ValueError('late')", "ValueError: late"), ("SystemExit(3)", "the cell ends")]
)
def test_an_error_that_comes_later_names_its_line(error: str, says: str) -> None:
    """The check saw another network; training, on another thread, gets nothing but a `CellError`."""
    text = GOOD.replace("    h, c =", f"    if not hasattr(network, '_call'): raise {error}\n    h, c =")
    step = OwnCell("mine.py", "Mine", text).cell.step
    with ThreadPoolExecutor(1) as thread, pytest.raises(CellError, match=f"^mine.py:5: {says}"):
        thread.submit(step, None, [None, None], object()).result()  # type: ignore[arg-type]


def test_a_file_is_examined_before_its_first_use_in_training() -> None:
    step = OwnCell("mine.py", "Mine", SEEN_IN_ANY_PROCESS[0].text).cell.step
    with pytest.raises(CellError, match=r"^mine.py:4: step returns a list of 1"):
        step(None, [None, None], object())  # type: ignore[arg-type]


def test_a_record_keeps_all_facts_that_a_file_can_say() -> None:
    cell = OwnCell("mine.py", "Mine", GOOD).cell
    again = OwnCell("mine.py", "Mine", GOOD, json.loads(json.dumps(facts_of(cell)))).cell
    kept = {field.name for field in dataclasses.fields(Cell)} - {*FUNCTIONS, *NOT_OURS}
    assert {name: getattr(again, name) for name in kept} == {name: getattr(cell, name) for name in kept}
    assert kept == facts_of(cell).keys()


def test_facts_that_an_early_record_lacks_are_empty() -> None:
    known = facts_of(OwnCell("mine.py", "Mine", GOOD).cell)
    facts = {name: known[name] for name in ("state_parts", "products", "first_biases")}
    cell = OwnCell("mine.py", "Mine", "no text", facts).cell
    assert (cell.gates, cell.keeps) == ((), "")


@pytest.mark.parametrize("name", CELLS)
def test_our_cells_read_what_they_say_and_stay_finite(name: str) -> None:
    cell = CELLS[name]
    random = random_weights(cell)
    inputs = np.random.default_rng(0).normal(size=(6, ROWS, INPUTS)).astype(np.float32)
    check_reads(cell, used_weights(cell, random), inputs)
    check_long(cell, used_weights(cell, initial_weights(cell)))


def test_a_step_prints_numbers_of_the_check_and_nothing_in_training(capfd: pytest.CaptureFixture[str]) -> None:
    step = OwnCell("mine.py", "Mine", GOOD.replace("    h, c =", '    print("h", state[0])\n    h, c =')).cell.step
    for _ in range(2):
        with pytest.raises(CellError, match=r"^mine.py:7: .*no attribute 'affine'"):
            step(None, [None, None], object())  # type: ignore[arg-type]
    lines = capfd.readouterr().err.splitlines()
    assert [line.startswith("h [") for line in lines] == [True] * STEPS
    assert lines[0] == "h [0. 0. 0. 0.]"


SPOILED = re.findall(r"^\| `(.*?)`.* \| (janet.py:.*) \|$", PAGES["docs/cells.md"].text, re.MULTILINE)


@pytest.mark.parametrize(("line", "says"), [one for one in SPOILED if "busy" not in one[1]])
def test_the_page_shows_what_is_printed(line: str, says: str) -> None:
    begins = line.split()[0] if "=" in line and not line.startswith("h =") else {"h": "(h,)"}.get(line[0], "return")
    good = TASK_FILES["janet.py"].replace("from echornn", "import numpy as np; from echornn")
    lines = [one for one in good.splitlines() if one.strip().startswith(begins)]
    with pytest.raises(CellError) as said:
        examine(OwnCell("janet.py", "JANET", good.replace(lines[0], f"    {line}", 1)))
    assert str(said.value) == says
