"""Folders written by earlier versions, with the output that those versions printed.

They are never changed: later versions must read them. If a version writes something new, make a run
or a sweep with it, and `python -m tests.kept_folders FOLDER` stores it under the folder's name,
with the output of commands about it.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from echornn import read

KEPT = Path(__file__).parent / "data" / "folders"
"""Stored folders: NAME.zip, and NAME.txt with commands to run in it (each after ``$``) and their
expected output."""

SAVED = 1_790_000_000
"""The modification time of all their files, in seconds since 1970."""

SWEEPS = ("sweep", "interrupted-sweep", "sweep-of-automata")

OF_A_RUN = (
    "list .;list {} --json;branches {};branches {} --json;export {};export {} --summary;export {} "
    "--path --json"
)
OF_A_SWEEP = "map {} --once;map {} --csv"


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
    """A copy of the folder with this name, in ``place``; the texts in it are some that the user
    gave before."""
    with zipfile.ZipFile(KEPT / f"{name}.zip") as packed:
        packed.extractall(place)
    for file in (place / name, *(place / name).rglob("*")):
        os.utime(file, (SAVED, SAVED))
    if name == "own-task":
        read(place / name, trust=True)
    return place / name


def printed(name: str) -> list[Printed]:
    """The commands about the folder with this name, and their output."""
    shown = (KEPT / f"{name}.txt").read_bytes().decode()
    parts = [part.partition("\n") for part in f"\n{shown}".split("\n$ ")[1:]]
    return [
        Printed(command, f"{output}\n" if output and not output.endswith("\n") else output)
        for command, _, output in parts
    ]


def keep(folder: Path) -> None:
    """Store a folder under its name, without its lock, and what commands print about it."""
    with zipfile.ZipFile(
        KEPT / f"{folder.name}.zip", "x", zipfile.ZIP_DEFLATED, compresslevel=9
    ) as packed:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file.name != "lock":
                packed.write(file, f"{folder.name}/{file.relative_to(folder)}")
    environment = {
        **os.environ,
        "TZ": "UTC",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    shown = b""
    with tempfile.TemporaryDirectory() as place:
        unpacked(folder.name, Path(place))
        commands = OF_A_RUN if (folder / "run.json").exists() else OF_A_SWEEP
        for one in commands.replace("{}", folder.name).split(";"):
            command = [sys.executable, "-m", "tui", *one.split()]
            done = subprocess.run(
                command, cwd=place, env=environment, check=True, stdout=subprocess.PIPE
            )
            shown += f"$ echornn-tui {one}\n".encode() + done.stdout
    (KEPT / f"{folder.name}.txt").write_bytes(shown)


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        keep(Path(folder))
