"""What README.md and docs/ show runs, and prints what is shown below it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
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

SHOWN = list(shown())

BLOCKS = [
    (page, block) for page in PAGES.values() for block in page.blocks if block.language == "python"
]


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
    for one in SHOWN:
        if one.is_quick:
            code = exit_code_of([*one.words])
            printed = capfd.readouterr()
            lines = (printed.err if one.is_refused else printed.out).splitlines()
            wrong += [text] if (text := unlike(one, lines)) else []
            if code != (2 if one.is_refused else 0):
                wrong.append(f"{one.place}: exit code {code}: {printed.err}")
    assert not wrong, "\n\n".join(["what is shown is not what is printed:", *wrong])


@pytest.mark.slow
def test_each_block_and_each_command_that_trains_prints_what_is_shown(tmp_path: Path) -> None:
    recorded(tmp_path, tmp_path / "state" / "echornn-tui" / "runs")
    run = [(page, block) for page, block in BLOCKS if block.is_run]
    for page, block in BLOCKS:
        compile(block.text, page.at(block.line), "exec")
        reason = block.above.rstrip().rpartition(NOT_RUN)[2]
        assert block.is_run or re.fullmatch(r" \w.* -->", reason), (
            f"{page.at(block.line)}: say why it is not run"
        )
    snippets: list[Snippet] = [
        {"page": page.path, "line": block.line, "text": block.text} for page, block in run
    ]
    trains = [one for one in SHOWN if not one.is_quick]
    commands = [[*one.environment, *one.words] for one in trains]
    came = in_own_process(answer, snippets, commands, tmp_path, tmp_path / "state")
    wrong = []
    for (page, block), one in zip(run, came[: len(run)], strict=True):
        wrong += (
            [text] if (text := wrong_with_block(page, block, one["printed"], one["failed"])) else []
        )
    for command, one in zip(trains, came[len(run) :], strict=True):
        wrong += (
            [text] if (text := wrong_with_command(command, one["printed"], one["failed"])) else []
        )
    assert not wrong, "\n\n".join(["what is shown does not run as shown:", *wrong])


def printed_below(page: Page, block: Block) -> str | None:
    """The output that the page shows for a block: the ``text`` block right below it; None if there
    is none."""
    following = next((one for one in page.blocks if one.line > block.line), None)
    if following is None or following.language != "text":
        return None
    end = len(block.above) + len(f"```python\n{block.text}```")
    return following.text if not page.text[end : len(following.above)].strip() else None


def wrong_with_block(page: Page, block: Block, printed: str, failed: str) -> str:
    if failed:
        return f"{page.at(block.line)}:\n{failed}"
    expected = printed_below(page, block)
    return (
        ""
        if expected in (None, printed)
        else f"{page.at(block.line)} prints\n{printed}and not\n{expected}"
    )


def wrong_with_command(one: Shown, printed: str, failed: str) -> str:
    return f"{one.place}:\n{failed}" if failed else unlike(one, printed.splitlines(), masked=True)


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
