"""The versions that affect a result besides the configuration: the engine's source, packages, and flags."""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError
from importlib.resources import files
from importlib.resources.abc import Traversable

from echornn.runtime import small_loops
from echornn.runtime.installed import version

PACKAGES = ("echornn-tui", "keras", "numpy", "tensorflow")

SOURCES = (
    "cells",
    "config.py",
    "config_error.py",
    "config_fields.py",
    "config_ranges.py",
    "config_windows.py",
    "data",
    "limits.py",
    "network",
    "own",
    "population_state.py",
    "progress.py",
    "rules",
    "runtime/small_loops.py",
    "seeding.py",
    "sweeps/ended.py",
    "sweeps/part_trainer.py",
    "tasks",
    "trainer_state.py",
    "training",
)
"""The files and folders of the package that affect a network's losses, and when it is finished. Files that only store,
send or show results are left out.
"""

FLAGS = ("CUBLAS_", "CUDNN_", "DNNL_", "KERAS_", "NVIDIA_TF32_", "ONEDNN_", "TF_", "XLA_")
"""Prefixes of environment variables that can change what TensorFlow computes."""

NO_FLAGS = ("TF_CPP_", "TF_OVERRIDE_GLOBAL_THREADPOOL")
"""Exceptions among these: variables that only control printing, or that the engine itself sets (`use_one_thread`)."""

SHOWN_DIGITS = 8
"""The number of characters of a hash that are shown."""

Versions = Mapping[str, str]
"""Versions by package or environment variable; the hash of the engine's source is under `ENGINE`."""

ENGINE = "engine"


@lru_cache(maxsize=1)
def versions_here() -> Versions:
    """The versions of this process, as of the first call; TensorFlow is not imported."""
    environment = {**os.environ, small_loops.VARIABLE: small_loops.flags_if_asked()}
    flags = {name: value for name, value in environment.items() if value and name.startswith(FLAGS)}
    return {
        **{name: _version(name) for name in PACKAGES},
        ENGINE: hash_of_sources(files("echornn")),
        **{name: value for name, value in sorted(flags.items()) if not name.startswith(NO_FLAGS)},
    }


def hash_of_sources(package: Traversable) -> str:
    """The SHA-256 of the names and programs of all `SOURCES`, ignoring comments, docstrings and layout."""
    found = hashlib.sha256()
    for name in SOURCES:
        for file, data in _sources(name, package.joinpath(name)):
            found.update(f"{file} {normalized_program(data)}\n".encode())
    return found.hexdigest()[:32]


def normalized_program(source: bytes) -> str:
    """The syntax tree of a Python source as text, without docstrings and other statements that are only strings.

    Fields of the tree that are not set are left out, so that newer versions of Python, which have more fields, give the
    same text.
    """
    return _text(ast.parse(source))


def _text(part: object) -> str:
    if isinstance(part, ast.AST):
        fields = [f"{name}={_text(value)}" for name, value in ast.iter_fields(part) if value not in (None, [])]
        return f"{type(part).__name__}({','.join(fields)})"
    if isinstance(part, list):
        return f"[{','.join(_text(one) for one in part if not _is_only_a_string(one))}]"
    return ascii(part)


def _is_only_a_string(part: object) -> bool:
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant) and isinstance(part.value.value, str)


def _sources(name: str, there: Traversable) -> Iterator[tuple[str, bytes]]:
    if there.is_file():
        yield name, there.read_bytes()
        return
    for one in sorted(there.iterdir(), key=lambda one: one.name):
        if one.is_dir() or one.name.endswith(".py"):
            yield from _sources(f"{name}/{one.name}", one)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def in_words(versions: Versions) -> str:
    """Versions as text: ``echornn-tui 0.1.0, engine 3f2a91c0, keras 3.15.0, ...``."""
    return ", ".join(f"{name} {_shown(name, value)}" for name, value in versions.items())


def version_difference(here: Versions, there: Versions) -> str:
    """The versions in ``here`` that differ from those in ``there``: ``keras 3.15.0 and not 3.15.1``; empty if none
    do.
    """
    names = [name for name in {**here, **there} if here.get(name) != there.get(name)]
    return ", ".join(f"{name} {_shown(name, here.get(name))} and not {_shown(name, there.get(name))}" for name in names)


def _shown(name: str, value: str | None) -> str:
    return "unset" if value is None else value[:SHOWN_DIGITS] if name == ENGINE else value
