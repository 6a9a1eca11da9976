"""Looks up versions of installed packages."""

from __future__ import annotations

from importlib import metadata

ALSO_BY = {"tensorflow": "tensorflow-cpu"}
"""The other distribution that provides a package."""


def version(name: str) -> str:
    """The version of a package, or of the other distribution that provides it."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        if name not in ALSO_BY:
            raise
        return metadata.version(ALSO_BY[name])
