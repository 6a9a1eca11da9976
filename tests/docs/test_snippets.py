"""The Python blocks of the pages run, and commands that train print what the pages show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import echornn
from tests.docs.pages import PAGES, Block, Page
from tests.docs.shell import Shown, shown, unlike
from tests.docs.snippets import RequestedGrid, answer
from tests.docs.task_files import write_task_files
from tests.docs.test_commands import recorded
from tests.own_process import in_own_process

BLOCKS = [(page, block) for page in PAGES.values() for block in page.blocks if block.language == "python"]

DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")


def test_blocks_that_are_not_run_are_python_and_say_why() -> None:
    for page, block in BLOCKS:
        compile(block.text, page.at(block.line), "exec")
        if not block.is_run:
            reason = block.above.rstrip().rpartition("<!-- not run:")[2]
            assert re.fullmatch(r" \w.* -->", reason), f"{page.at(block.line)}: say why it is not run"


def printed_below(page: Page, block: Block) -> str | None:
    """The output that the page shows for a block: the ``text`` block right below it; None if there is none."""
    following = next((one for one in page.blocks if one.line > block.line), None)
    if following is None or following.language != "text":
        return None
    end = len(block.above) + len(f"```python\n{block.text}```")
    return following.text if not page.text[end : len(following.above)].strip() else None


def names_of(page: Page) -> list[str]:
    """The texts in backticks that can be looked up: attributes of public names, and of variables of the page."""
    blocks = " ".join(block.text for one, block in BLOCKS if one is page and block.is_run)
    own = set(re.findall(r"^(\w+)(?:, \w+)* = ", blocks, re.MULTILINE)) | {"echornn", *echornn.__all__}
    words = [code.text.partition("(")[0] for code in page.code if page.path == "docs/library.md"]
    return [word for word in words if DOTTED.fullmatch(word) and word.partition(".")[0] in own]


@pytest.mark.slow
def test_everything_shown_runs(tmp_path: Path) -> None:
    home = tmp_path / "state" / "echornn-tui" / "runs"
    home.mkdir(parents=True)
    recorded(tmp_path, home)
    write_task_files(tmp_path)
    blocks = [(page, block) for page, block in BLOCKS if block.is_run]
    trains = [one for one in shown() if one.output is not None and not one.is_quick]
    asked: RequestedGrid = {
        "snippets": [{"page": page.path, "line": block.line, "text": block.text} for page, block in blocks],
        "commands": [[*one.environment, *one.words] for one in trains],
        "names": [(page.path, name) for page in PAGES.values() for name in names_of(page)],
    }
    came = in_own_process(answer, asked, tmp_path, tmp_path / "state")
    wrong = [f"{name}: no such name" for name in came["missing"]]
    for (page, block), one in zip(blocks, came["came"][: len(blocks)], strict=True):
        wrong += [text] if (text := wrong_with_block(page, block, one["printed"], one["failed"])) else []
    for command, one in zip(trains, came["came"][len(blocks) :], strict=True):
        wrong += [text] if (text := wrong_with_command(command, one["printed"], one["failed"])) else []
    assert not wrong, "\n\n".join(["what is shown does not run as shown:", *wrong])


def wrong_with_block(page: Page, block: Block, printed: str, failed: str) -> str:
    if failed:
        return f"{page.at(block.line)}:\n{failed}"
    expected = printed_below(page, block)
    return "" if expected in (None, printed) else f"{page.at(block.line)} prints\n{printed}and not\n{expected}"


def wrong_with_command(one: Shown, printed: str, failed: str) -> str:
    if failed:
        return f"{one.place}:\n{failed}"
    return unlike(one, printed.splitlines(), masked=True)
