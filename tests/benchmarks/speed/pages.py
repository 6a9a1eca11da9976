"""The measured parts of a documentation page: the text from ``<!-- measured: NAME -->`` to ``<!-- end -->``."""

from __future__ import annotations

import re
from collections.abc import Mapping

PART = re.compile(r"(<!-- measured: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def measured_parts(page: str) -> dict[str, str]:
    """The measured parts of a page, by name."""
    return {found[2]: found[3].rstrip("\n") for found in PART.finditer(page)}


def with_parts(page: str, parts: Mapping[str, str]) -> str:
    """The page with these parts in place of its parts with the same names."""

    def replaced(found: re.Match[str]) -> str:
        part = f"{parts[found[2]]}\n" if found[2] in parts else found[3]
        return f"{found[1]}{part}{found[4]}"

    return PART.sub(replaced, page)
