"""Writes the script that draws a figure from its CSV file, without this program."""

from __future__ import annotations

import ast
import pprint
from pathlib import Path
from typing import Any

DRAWN = Path(__file__).parent / "drawn"

HEAD = '''#!/usr/bin/env python3
"""Draws {picture} from {picture}.csv, which was written by

    {command}

It needs Matplotlib and NumPy, and no other package. Change it as you like.
"""

from __future__ import annotations

'''

FOOT = """
FACTS: dict[str, Any] = {facts}

ABOUT = {about}

if __name__ == "__main__":
    folder = Path(__file__).parent
    table = table_of((folder / {table!r}).read_text(encoding="utf-8"))
    save(folder / {picture!r}, {draw}, table, FACTS, {size}, {font!r}, ABOUT)
"""


def script_of(
    name: str,
    function: str,
    picture: str,
    facts: dict[str, Any],
    size: tuple[float, float],
    font: str,
    about: dict[str, str],
) -> str:
    """The text of the script.

    Args:
        name, function: the file in ``drawn`` and its function that draws the figure.
        picture: the name of the file that the script writes, beside itself; that of the CSV file ends in ``.csv``.
        facts, size, font, about: as in `tui.figures.drawn.paper.save`.
    """
    imports: dict[str, None] = {}
    bodies = [_body(DRAWN / f"{one}.py", imports) for one in ("paper", name)]
    command = about["command"].replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    foot = FOOT.format(
        facts=pprint.pformat(facts, width=110, sort_dicts=False),
        about=pprint.pformat(about, width=110, sort_dicts=False),
        table=f"{picture}.csv",
        picture=picture,
        draw=function,
        size=size,
        font=font,
    )
    head = HEAD.format(picture=picture.replace("\\", "\\\\").replace('"', '\\"'), command=command)
    return "\n".join([head + "\n".join(imports), *bodies, foot])


def _body(file: Path, imports: dict[str, None]) -> str:
    """The text of a file without its docstring and imports; those of other packages are added to ``imports``."""
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines()
    first, *rest = ast.parse(text).body
    dropped = set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    for node in rest:
        if isinstance(node, ast.Import | ast.ImportFrom):
            dropped |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
            inside = isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in ("tui", "__future__")
            if not inside:
                imports[ast.unparse(node)] = None
    kept = [line for number, line in enumerate(lines, start=1) if number not in dropped]
    return "\n" + "\n".join(kept).strip() + "\n"
