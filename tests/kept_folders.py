"""Folders written by earlier versions, with the output that those versions printed; see `tests.record_folders`."""

from __future__ import annotations

import os
import shlex
import zipfile
from dataclasses import dataclass
from pathlib import Path

from echornn import read

KEPT = Path(__file__).parent / "data" / "folders"
"""Stored folders: NAME.zip, and NAME.txt with commands to run in it (each after ``$``) and their expected output."""

SAVED = 1_790_000_000
"""The modification time of all their files, in seconds since 1970."""


@dataclass(frozen=True)
class Printed:
    """A command of this program (its words as a shell parses them), and its output."""

    command: str
    output: str

    @property
    def words(self) -> list[str]:
        """The words without the program's name."""
        return shlex.split(self.command)[1:]


def names() -> list[str]:
    """The names of all folders."""
    return sorted(file.stem for file in KEPT.glob("*.zip"))


def unpacked(name: str, place: Path) -> Path:
    """A copy of the folder with this name, in ``place``; the texts in it are some that the user gave before."""
    with zipfile.ZipFile(KEPT / f"{name}.zip") as packed:
        packed.extractall(place)
    for file in (place / name).rglob("*"):
        os.utime(file, (SAVED, SAVED))
    os.utime(place / name, (SAVED, SAVED))
    if name == "own-task":
        read(place / name, trust=True)
    return place / name


def pack(folder: Path) -> None:
    """Store a folder under its name, without its lock."""
    with zipfile.ZipFile(KEPT / f"{folder.name}.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file.name != "lock":
                packed.writestr(f"{folder.name}/{file.relative_to(folder)}", file.read_bytes(), zipfile.ZIP_DEFLATED, 9)


def printed(name: str) -> list[Printed]:
    """The commands about the folder with this name, and their output."""
    shown = (KEPT / f"{name}.txt").read_bytes().decode()
    parts = [part.partition("\n") for part in f"\n{shown}".split("\n$ ")[1:]]
    return [
        Printed(command, f"{output}\n" if output and not output.endswith("\n") else output)
        for command, _, output in parts
    ]
