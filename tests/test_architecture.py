"""The page on the architecture names existing files, classes and functions; class names are unique."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
FILES = {
    file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8")
    for package in ("echornn", "tui", "tests")
    for file in (ROOT / package).rglob("*.py")
}

CLASSES: dict[str, list[tuple[str, str]]] = {}
"""For each class name, the files that define it, and its base classes."""
for text in FILES.values():
    for name, bases in re.findall(r"^class (\w+)(.*)", text, re.M):
        CLASSES.setdefault(name, []).append((text, bases))


def test_files_that_it_names() -> None:
    named = set(re.findall(r"[\w/]+\.py\b", PAGE))
    missing = [name for name in sorted(named) if not any(f"/{path}".endswith(f"/{name}") for path in FILES)]
    assert len(named) > 60
    assert not missing


def test_methods_and_attributes_that_it_names() -> None:
    """Each is in a file of the class, or of a class that it inherits from."""
    named = set(re.findall(r"\b([A-Z][a-z]\w*)\.([a-z_]\w*)\b", PAGE))
    assert len(named) > 40
    assert not [f"{owner}.{name}" for owner, name in sorted(named) if not has(owner, name)]


def has(owner: str, name: str) -> bool:
    homes = CLASSES.get(owner, [])
    if any(re.search(rf"(?:def |^    |self\.){name}\b", text, re.M) for text, _ in homes):
        return True
    return any(has(base, name) for _, bases in homes for base in re.findall(r"\w+", bases) if base != owner)


def test_names_that_it_puts_in_code() -> None:
    known = set(re.findall(r"\w+", " ".join((*FILES, *FILES.values()))))
    assert not [name for name in sorted(set(re.findall(r"`(\w+)`", PAGE))) if name not in known]


def test_each_class_of_the_two_packages_has_a_name_of_its_own() -> None:
    texts = (text for path, text in FILES.items() if not path.startswith("tests/"))
    named = Counter(name for text in texts for name in re.findall(r"^class (\w+)", text, re.M))
    assert len(named) > 300
    assert [name for name, places in named.items() if places > 1] == []
