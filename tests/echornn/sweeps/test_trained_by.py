"""The keys of results identify the program and package versions that trained them."""

from __future__ import annotations

import ast
import os
import shutil
from pathlib import Path

import pytest

import echornn
from echornn.runtime import small_loops
from echornn.sweeps import trained_by
from echornn.sweeps.trained_by import SOURCES, hash_of_sources, in_words, normalized_program, version_difference

PACKAGE = Path(echornn.__file__).parent

DECIDES_NOTHING = {
    "files/own_files.py",
    "files/recorded_values.py",
    "files/run_error.py",
    "runtime/installed.py",
    "runtime/quiet.py",
    "sweeps/axis.py",
    "sweeps/axis_field.py",
    "sweeps/folder.py",
    "sweeps/grid.py",
    "sweeps/part.py",
    "sweeps/trained_by.py",
}
"""Other files that workers import: they send, store and name results."""


def here(monkeypatch: pytest.MonkeyPatch, **environment: str) -> trained_by.Versions:
    for name in ("TF_CPP_MIN_LOG_LEVEL", "XLA_FLAGS", "TF_XLA_FLAGS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(small_loops, "flags_if_asked", lambda: os.environ.get("XLA_FLAGS", "") + " ours")
    return trained_by.versions_here.__wrapped__()


def test_packages_sources_and_flags_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = here(monkeypatch)
    assert [*plain][:5] == ["echornn-tui", "keras", "numpy", "tensorflow", "engine"]
    assert all(plain.values())
    flagged = here(monkeypatch, XLA_FLAGS="--xla_cpu_enable_fast_math=true", TF_CPP_MIN_LOG_LEVEL="0")
    assert flagged == {**plain, "XLA_FLAGS": "--xla_cpu_enable_fast_math=true ours"}
    assert version_difference(flagged, plain) == "XLA_FLAGS --xla_cpu_enable_fast_math=true ours and not  ours"
    assert version_difference(plain, plain) == ""


def test_what_the_engine_sets_itself_is_no_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    assert here(monkeypatch, TF_OVERRIDE_GLOBAL_THREADPOOL="1") == here(monkeypatch)


def test_a_hash_is_shown_short() -> None:
    assert in_words({"keras": "3.15.0", "engine": "0123456789abcdef"}) == "keras 3.15.0, engine 01234567"


def test_another_engine_has_another_hash_and_other_words_about_it_do_not(tmp_path: Path) -> None:
    copy = tmp_path / "echornn"
    shutil.copytree(PACKAGE, copy)
    before = hash_of_sources(copy)
    assert before == hash_of_sources(PACKAGE)
    for name in ("diagnosis/words.py", "maps/telling.py", "network/notes.txt"):
        (copy / name).write_text("changed")
    assert hash_of_sources(copy) == before
    for name in ("training/optimizers.py", "sweeps/ended.py", "config.py"):
        text = (copy / name).read_text()
        (copy / name).write_text(f'"""Other words."""\n# and a remark\n\n{text}')
        assert hash_of_sources(copy) == before
        (copy / name).write_text(f"{text}\nMORE = 1\n")
        assert hash_of_sources(copy) != before
        (copy / name).write_text(text)


PROGRAM = b'''"""A module."""
RATE = 0.3
"""A rate."""

class One:
    """A class."""

    size: int = 4

    def of(self, n: int) -> str:
        """A method."""
        return f"{n} and {self.size}" if n else ""
'''


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (b'"""A module."""', b"", True),
        (b'"""A rate."""', b'"""Another rate."""', True),
        (b'"""A class."""', b"# a class", True),
        (b'    """A method."""', b"", True),
        (b"RATE = 0.3\n", b"RATE = (  # slow\n    0.30\n)\n", True),
        (b"0.3", b"0.31", False),
        (b"= 4", b"= 4.0", False),
        (b"size: int = 4", b"size: int", False),
        (b"if n", b"if not n", False),
        (b" and ", b" or ", False),
        (b'else ""', b"else None", False),
        (b"RATE", b"RATES", False),
        (b"    def", b"    @staticmethod\n    def", False),
    ],
)
def test_words_about_a_program_are_no_part_of_it_and_all_else_is(old: bytes, new: bytes, same: bool) -> None:
    assert old in PROGRAM
    assert (normalized_program(PROGRAM.replace(old, new)) == normalized_program(PROGRAM)) == same


def test_all_that_decides_a_result_is_hashed() -> None:
    """Everything that trains in a worker, with all that it imports."""
    found: set[str] = set()
    left = ["sweeps/part_trainer.py"]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += imported_by(PACKAGE / name)
    rooms = tuple(f"{name}/" for name in SOURCES if not name.endswith(".py"))
    hashed = {name for name in found if name in SOURCES or name.startswith(rooms)}
    assert found - hashed - DECIDES_NOTHING == set()
    assert {name for name in SOURCES if name.endswith(".py")} <= found


def imported_by(file: Path) -> list[str]:
    """The files of the package that a file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            names |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
        elif isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
    files = [name.replace(".", "/").removeprefix("echornn/") + ".py" for name in names if name.startswith("echornn.")]
    return [name for name in files if (PACKAGE / name).is_file()]
