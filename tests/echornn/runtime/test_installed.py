"""Versions of installed packages, compared with `importlib.metadata`."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from echornn.runs.about import PACKAGES
from echornn.runtime import installed


@pytest.mark.parametrize("name", [*PACKAGES, "echornn-tui", "rich", "textual"])
def test_as_the_standard_library_tells_it(name: str) -> None:
    assert installed.version(name) == metadata.version(name)


def test_what_is_not_there_is_said_to_be_missing() -> None:
    with pytest.raises(metadata.PackageNotFoundError):
        installed.version("no-such-package")


def wheel(folder: Path, name: str, version: str, said: str = "") -> None:
    about = folder / f"{name}-{version}.dist-info"
    about.mkdir(parents=True)
    if said:
        (about / "METADATA").write_text(f"Metadata-Version: 2.4\n{said}\n\nVersion: 9\n")


def test_the_first_on_the_path_counts_that_says_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    wheel(first, "made_up", "1")  # an interrupted update leaves such folders
    wheel(first, "made_up_too", "3", "Version: 3")
    wheel(second, "made_up", "2.1_cpu", "Version: 2.1+cpu")
    monkeypatch.setattr("sys.path", [str(tmp_path / "absent"), str(first), str(second)])
    assert installed.version("made_up") == "2.1+cpu"
