"""Looks up versions of installed packages faster than `importlib.metadata`, which imports mail parsers."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

LINE = "Version: "

ALSO_BY = {"tensorflow": ("tensorflow_cpu",)}
"""The other distributions that provide a package, by their names in the metadata's folder."""


def version(name: str) -> str:
    """The version of a package (name in lower case), as `importlib.metadata.version` returns it; if the package is
    provided by another distribution, the version of that one.

    Raises:
        importlib.metadata.PackageNotFoundError: the package is not installed.
    """
    for file in (file for one in (name, *ALSO_BY.get(name, ())) for file in _descriptions(one)):
        try:
            with open(file, encoding="utf-8", errors="replace") as lines:
                found = next((line for line in lines if line.startswith(LINE)), "")
        except OSError:
            continue
        if found:
            return found.removeprefix(LINE).strip()
    from importlib.metadata import version as version_of_any

    return version_of_any(name)


def _descriptions(name: str) -> Iterator[str]:
    """The metadata files of wheels with this name, in the order in which Python looks for modules."""
    for folder in sys.path:
        try:
            entries = os.listdir(folder or ".")
        except OSError:
            continue
        for entry in entries:
            if entry.startswith(f"{name}-") and entry.endswith(".dist-info"):
                yield os.path.join(folder, entry, "METADATA")
