"""The files of tasks and cells that the pages name: those that they show, and the templates."""

from __future__ import annotations

from pathlib import Path

from tests.docs.pages import PAGES, ROOT

TASK_FILES = {
    "nback.py": next(block.text for block in PAGES["docs/tasks.md"].blocks if "class NBack" in block.text),
    "my_cell.py": (ROOT / "echornn" / "cells" / "template.txt").read_text(encoding="utf-8"),
    "janet.py": next(block.text for block in PAGES["docs/cells.md"].blocks if "JANET = Cell" in block.text),
    "my_task.py": (ROOT / "echornn" / "tasks" / "template.txt").read_text(encoding="utf-8"),
}
"""Their texts by name."""


def write_task_files(folder: Path) -> None:
    """Write these files into a folder."""
    for name, text in TASK_FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
