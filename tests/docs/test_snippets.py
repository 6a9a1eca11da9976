"""What README.md and docs/ show runs, and prints what is shown below it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from itertools import filterfalse
from operator import attrgetter
from pathlib import Path

import pytest

from echornn.runtime import small_loops
from tests.docs.pages import (
    NOT_RUN,
    PAGES,
    ROOT,
    Block,
    Page,
    Shown,
    shown,
    unlike,
    write_task_files,
)
from tests.docs.snippets import Snippet, answer
from tests.own_process import in_own_process
from tui.cli.program import exit_code_of

RECORDED = ROOT / "tests" / "data" / "docs"
"""Two runs and a sweep, which the commands on the pages use."""


def python_blocks() -> Iterator[tuple[Page, Block]]:
    for page in PAGES.values():
        for block in page.blocks:
            if block.language == "python":
                yield page, block


def recorded(folder: Path, home: Path) -> None:
    """Copy the recorded runs and the sweep into a folder; the runs are also the user's own, the
    newest last."""
    for number, place in enumerate(sorted(RECORDED.iterdir())):
        for copy in (folder / place.name, home / place.name):
            shutil.copytree(place, copy)
            for file in copy.rglob("*"):
                os.utime(file, (1.79e9 - number, 1.79e9 - number))
    shutil.rmtree(home / "echo-sweep")
    write_task_files(folder)


def test_each_quick_command_prints_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    # As in a new process
    monkeypatch.setattr(small_loops, "threshold_if_asked", lambda threshold: threshold)
    recorded(tmp_path, tmp_path / "state" / "echornn-tui" / "runs")
    wrong = []
    for command in filter(attrgetter("is_quick"), shown()):
        code = exit_code_of([*command.words])
        out, err = capfd.readouterr()
        if command.is_refused:
            expected_code, printed = 2, err
        else:
            expected_code, printed = 0, out
        wrong.append(unlike(command, printed.splitlines()))
        if code != expected_code:
            wrong.append(f"{command.place}: exit code {code}: {err}")
    assert "\n\n".join(filter(None, wrong)) == ""


@pytest.mark.slow
def test_each_block_and_each_command_that_trains_prints_what_is_shown(tmp_path: Path) -> None:
    recorded(tmp_path, tmp_path / "state" / "echornn-tui" / "runs")
    run = []
    snippets: list[Snippet] = []
    for page, block in python_blocks():
        compile(block.text, page.at(block.line), "exec")
        if block.is_run:
            run.append((page, block))
            snippets.append({"page": page.path, "line": block.line, "text": block.text})
        else:
            reason = block.above.rstrip().rpartition(NOT_RUN)[2]
            assert re.fullmatch(r" \w.* -->", reason), page.at(block.line)
    trains = list(filterfalse(attrgetter("is_quick"), shown()))
    commands = [[*command.environment, *command.words] for command in trains]
    answers = in_own_process(answer, snippets, commands, tmp_path, tmp_path / "state")
    wrong = []
    for (page, block), came in zip(run, answers[: len(run)], strict=True):
        wrong.append(wrong_with_block(page, block, came["printed"], came["failed"]))
    for command, came in zip(trains, answers[len(run) :], strict=True):
        wrong.append(wrong_with_command(command, came["printed"], came["failed"]))
    assert "\n\n".join(filter(None, wrong)) == ""


def printed_below(page: Page, block: Block) -> str | None:
    """The output that the page shows for a block: the ``text`` block right below it; None if there
    is none."""
    for following in page.blocks:
        end = f"{block.above}```python\n{block.text}```"
        if following.language == "text" and following.above.rstrip() == end:
            return following.text
    return None


def wrong_with_block(page: Page, block: Block, printed: str, failed: str) -> str:
    if failed:
        return f"{page.at(block.line)}:\n{failed}"
    expected = printed_below(page, block)
    if expected in (None, printed):
        return ""
    return f"{page.at(block.line)} prints\n{printed}and not\n{expected}"


def wrong_with_command(command: Shown, printed: str, failed: str) -> str:
    if failed:
        return f"{command.place}:\n{failed}"
    return unlike(command, printed.splitlines(), masked=True)


def test_the_cells_of_the_notebook_run_that_need_no_tensorflow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import matplotlib

    matplotlib.use("Agg")
    monkeypatch.chdir(ROOT / "docs")
    cells = json.loads((ROOT / "docs" / "notebook.ipynb").read_text())["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    names: dict[str, object] = {}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        for text in texts:
            if "probe(" not in text:
                exec(compile(text, "notebook.ipynb", "exec", dont_inherit=True), names)
    assert "7 of 8 solved it, half of these by window 299" in printed.getvalue()
    names["plt"].close("all")  # type: ignore[attr-defined]
