"""The versions that affect a result besides the configuration: of the program, and of the packages that compute."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError

from echornn.runtime.quiet import version

PACKAGES = ("echornn-tui", "keras", "numpy", "tensorflow")

Versions = Mapping[str, str]
"""Versions by package; sweeps of earlier programs also have environment variables, and a hash under "engine"."""


@lru_cache(maxsize=1)
def versions_here() -> Versions:
    """The versions of this process, as of the first call; TensorFlow is not imported."""
    return {name: _version(name) for name in PACKAGES}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def in_words(versions: Versions) -> str:
    """Versions as text: ``echornn-tui 0.1.0, keras 3.15.0, ...``."""
    return ", ".join(f"{name} {_shown(name, value)}" for name, value in versions.items())


def version_difference(here: Versions, there: Versions) -> str:
    """The versions in ``here`` that differ from those in ``there``: ``keras 3.15.0 and not 3.15.1``; empty if none
    do.
    """
    names = [name for name in {**here, **there} if here.get(name) != there.get(name)]
    return ", ".join(f"{name} {_shown(name, here.get(name))} and not {_shown(name, there.get(name))}" for name in names)


def _shown(name: str, value: str | None) -> str:
    return "unset" if value is None else value[:8] if name == "engine" else value
