"""All names on the pages exist: flags, subcommands, keys, files, links, pictures."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import PAGES, ROOT, Code, Page, codes_in
from tests.docs.task_files import TASK_FILES
from tests.docs.vocabulary import (
    ALL_FLAGS,
    APP_KEYS,
    EVERYWHERE,
    FLAGS,
    KEYS,
    MAIN,
    MAP_KEYS,
    TASK_FLAGS,
    textual_name,
)

FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*\b")

ELSEWHERE = frozenset({"--lifetime", "--lifetime-restart", "--lifetime-stagger", "--nthreads", "--nworkers"})
"""Flags of Dask's own command line, which only the pages about sweeps name."""

OTHER_PROGRAMS = (
    "dask",
    "pytest",
    "tensorboard",
    "python",
    "uv",
    "pip",
    "pipx",
    "git",
    "ruff",
    "mypy",
    "sbatch",
    "srun",
)

PACKAGES = ("echornn", "tui", "tests", "docs", ".ci")

ARROWS = frozenset({"up", "down", "left", "right", "home", "end", "pageup", "pagedown"})
"""Keys that move a cursor, which the tables need not name one by one."""

MOST_WORDS = 1500
"""The most words of README.md, which is read as a whole, unlike the other pages."""

DRAWN = re.compile(r"\b(?:[A-Z][a-z]+[A-Z]\w*|[a-z]+_\w+)\b(?!\.py)")
"""The names of classes and functions in a diagram."""

each_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)


@each_page
def test_flags(page: Page) -> None:
    unknown = [f"{page.at(code.line)}: `{code.text}`: {flag}" for code in page.code for flag in unknown_flags(code)]
    assert not unknown, "\n".join(["no such flag; echornn-tui --help lists them:", *unknown])


def unknown_flags(code: Code) -> list[str]:
    words = code.text.removeprefix(f"{MAIN} ").split()
    if words[0].rpartition("/")[2].startswith(OTHER_PROGRAMS):
        return []
    named = next((word for word in words[:1] if word in FLAGS), None)
    known = ALL_FLAGS | ELSEWHERE if named is None else FLAGS[named] | EVERYWHERE | TASK_FLAGS
    return [flag for flag in FLAG.findall(code.text) if flag not in known]


@each_page
def test_subcommands(page: Page) -> None:
    unknown = []
    for code in page.code:
        if found := re.match(rf"{MAIN} ([a-z]\S*)", code.text):
            unknown += [f"{page.at(code.line)}: `{code.text}`"] * (found[1] not in FLAGS)
    assert not unknown, "\n".join(["no such subcommand:", *unknown])


@each_page
def test_keys(page: Page) -> None:
    unknown = [
        f"{page.at(table.line + 2 + number)}: `{key}`"
        for table in page.tables("key")
        for number, row in enumerate(table.rows)
        for key in codes_in(row[0])
        if textual_name(key) not in KEYS
    ]
    assert not unknown, "\n".join(["no such key in the app or the map:", *unknown])


@pytest.mark.parametrize("keys", [APP_KEYS, MAP_KEYS], ids=["app", "map"])
def test_every_key_is_in_a_table_of_keys(keys: frozenset[str]) -> None:
    rows = [row for page in PAGES.values() for table in page.tables("key") for row in table.rows]
    named = {textual_name(key) for row in rows for cell in row for key in keys_in(cell)}
    missing = keys - named - ARROWS - {"equals_sign"}  # the key + without shift
    assert not missing, f"no table of keys (first column: key) in README.md or docs/ has {sorted(missing)}"


def keys_in(cell: str) -> list[str]:
    """The keys in a cell of a table; ``1`` to ``6`` are six keys."""
    keys = codes_in(cell)
    if " to " in cell and len(keys) == 2 and all(key.isdigit() for key in keys):
        return [str(number) for number in range(int(keys[0]), int(keys[1]) + 1)]
    return keys


@each_page
def test_files_of_the_repository(page: Page) -> None:
    missing = [
        f"{page.at(code.line)}: `{word}`"
        for code in page.code
        for word in code.text.split()
        if not is_there(word.partition("::")[0])
    ]
    assert not missing, "\n".join(["no such file, folder or name in the repository:", *missing])


def is_there(word: str) -> bool:
    """Whether a word that looks like a path or a dotted name exists in the repository; True for other words."""
    if word.startswith(tuple(f"{name}/" for name in PACKAGES)):
        return any(True for _ in ROOT.glob(word.rstrip("/")))
    if word in TASK_FILES:
        return True
    if re.fullmatch(r"[\w/]+\.py", word):
        return any(True for package in ("echornn", "tui", "tests") for _ in (ROOT / package).rglob(word))
    if re.fullmatch(r"(echornn|tui|tests)(\.[a-zA-Z_]+)+", word) and not word.endswith(".NAME"):
        return is_a_name(word.split("."))
    return True


def is_a_name(parts: list[str]) -> bool:
    """Whether the parts of a dotted name are packages, then a module, then names in the module."""
    place = ROOT
    for number, part in enumerate(parts):
        if (place / f"{part}.py").exists():
            place /= f"{part}.py"
        elif (place / part).is_dir():
            place /= part
        else:
            source = (place / "__init__.py" if place.is_dir() else place).read_text(encoding="utf-8")
            return all(re.search(rf"\b{name}\b", source) for name in parts[number:])
    return True


@pytest.mark.parametrize("path", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_names_of_the_code(path: str) -> None:
    sources = (file for package in ("echornn", "tui", "tests") for file in (ROOT / package).rglob("*.py"))
    words = {word for file in sources for word in re.findall(r"\w+", file.read_text(encoding="utf-8"))}
    page = PAGES[path]
    named = [(code.line, code.text) for code in page.code if re.fullmatch(r"[A-Z]\w*[a-z]\w*|\w+_\w+", code.text)]
    drawn = [(block.line, word) for block in page.blocks if not block.language for word in DRAWN.findall(block.text)]
    missing = [f"{page.at(line)}: {word}" for line, word in (*named, *drawn) if word not in words]
    assert not missing, "\n".join(["nothing in the code is called so:", *missing])


@each_page
def test_environment_variables(page: Page) -> None:
    files = (file for package in ("echornn", "tui") for file in (ROOT / package).rglob("*.py"))
    sources = "".join(file.read_text(encoding="utf-8") for file in files)
    named = [code for code in page.code if code.text.startswith("ECHORNN_")]
    unknown = [f"{page.at(code.line)}: `{code.text}`" for code in named if code.text.partition("=")[0] not in sources]
    assert not unknown, "\n".join(["no such environment variable in echornn/ or tui/:", *unknown])


@each_page
def test_links_and_pictures(page: Page) -> None:
    broken = []
    for link in page.links:
        if "://" in link.target or link.target.startswith("mailto:"):
            continue
        path, _, anchor = link.target.partition("#")
        file = (ROOT / page.path).parent / path if path else ROOT / page.path
        if not file.exists():
            broken.append(f"{page.at(link.line)}: {link.target}: no such file")
        elif anchor and anchor not in Page.read(file.resolve()).anchors:
            broken.append(f"{page.at(link.line)}: {link.target}: no such heading")
    assert not broken, "\n".join(["broken links:", *broken])


@each_page
def test_plain_words(page: Page) -> None:
    if page.path == "CHANGELOG.md":
        return  # the changelog may use old names
    found = [
        f"{page.at(number)}: {line.strip()}"
        for number, line in enumerate(page.words.splitlines(), 1)
        if re.search(r"\blotter(y|ies)\b", line, re.IGNORECASE)
    ]
    assert not found, "\n".join(["say replicas or seeds, not lottery:", *found])


def test_the_readme_is_short() -> None:
    words = len(PAGES["README.md"].text.split())
    assert words < MOST_WORDS, f"README.md has {words:,} words: under {MOST_WORDS:,}; docs/ has room"


@each_page
def test_modules_and_files_in_commands(page: Page) -> None:
    missing = [
        f"{page.at(block.line)}: {word}"
        for block in page.blocks
        if block.language in ("sh", "console")
        for word in block.text.split()
        if not is_there(word.partition("::")[0])
    ]
    assert not missing, "\n".join(["no such module, file or folder:", *missing])
