"""A checkpoint whose header somebody has changed, with a checksum that is right: whatever stands
there, each command does its work or says in a line why not, in seconds.
"""

from __future__ import annotations

import copy
import hashlib
import json
import math
import os
import shutil
import signal
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from echornn import EchoConfig, RunError, read
from echornn.session.commands import SetSpeed
from tests.answered import Answer, records
from tests.door.folders import by_hand
from tests.door.folders.lab import answered, record, refusal
from tests.recorded import Step
from tests.scripted import SMALL

Place = tuple[str | int, ...]
"""The names and indices that lead to a value in the header."""

VALUES: tuple[Any, ...] = (None, -1, 2**70, 10**18, "x", [], {}, 1.5, True, math.nan)

MOST_SECONDS = 20.0
"""Of a command; each takes a tenth of a second here on a free machine."""

NAMED: dict[Place, str] = {
    ("serial",): "serial",
    ("state", "epoch"): "epoch",
    ("state", "window"): "window",
    ("state", "generation"): "data_version",
    ("state", "draw"): "init_index",
    ("losses", "length"): "losses.length",
    ("losses", "crc"): "losses.crc",
    ("commands", "length"): "commands.length",
    ("stands", 0): "stands.branch",
    ("stands", 1): "stands.window",
    ("solved_at",): "solved_at",
    ("speed",): "speed",
    ("layout", 1, 0): "layout.window",
    ("layout", 1, 1): "layout.replicas",
}
"""The name of a value in the line that refuses it."""

RUNS: dict[str, tuple[EchoConfig, tuple[Step, ...]]] = {
    "of one network": (SMALL, (4, "reset", 5, {"learning_rate": 0.1}, 2, SetSpeed(20.0))),
    "of several": (
        SMALL.with_fields({"replicas": 6}),
        (4, "regenerate", 5, "alone", 2, (1, 3), 1),
    ),
}


@dataclass(frozen=True)
class Doctored:
    """A header with another value in one place."""

    place: Place
    value: Any
    header: dict[str, Any]

    @property
    def name(self) -> str:
        path = ".".join(map(str, self.place))
        return f"{path} is {self.value!r}".replace("/", " ")


def places(tree: Any, above: Place = ()) -> Iterator[Place]:
    """The place of each value in a header, of lists and tables too."""
    if above:
        yield above
    if isinstance(tree, list):
        tree = dict(enumerate(tree))
    if isinstance(tree, dict):
        for name, member in tree.items():
            yield from places(member, (*above, name))


def doctored(header: dict[str, Any], every: int = 1, first: int = 0) -> Iterator[Doctored]:
    """Headers with each value in each place; or every so many, from another value on in each."""
    for number, place in enumerate(places(header)):
        for value in VALUES[(number + first) % every :: every]:
            changed = copy.deepcopy(header)
            *above, name = place
            holder: Any = changed
            for step in above:
                holder = holder[step]
            holder[name] = value
            yield Doctored(place, value, changed)


def with_header(data: bytes, header: dict[str, Any]) -> bytes:
    """The checkpoint in these bytes with another header, and the checksum of that."""
    (length,) = struct.unpack_from("<I", data, 12)
    text = json.dumps(header).encode()
    content = data[:12] + struct.pack("<I", len(text)) + text + data[16 + length : -32]
    return content + hashlib.sha256(content).digest()


def put(folder: Path, data: bytes) -> None:
    """Make these bytes both checkpoints of a run."""
    for name in ("checkpoint-0", "checkpoint-1"):
        (folder / name).write_bytes(data)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """An error after so many seconds, wherever the program is."""

    def give_up(*_: object) -> None:
        raise TimeoutError(f"it took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def require_plain(done: Answer, name: str) -> None:
    """It went well, or a line says why not."""
    assert done.returncode in (0, 1, 2), (name, done.stderr)
    assert "Traceback" not in done.stderr, (name, done.stderr)
    assert len(done.stdout) < 100_000, name
    if done.returncode == 2:
        line, *hint = done.stderr.splitlines()
        assert line, name
        assert len(hint) <= 1, (name, "where to read more")


@pytest.fixture(scope="module", params=RUNS)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    config, steps = RUNS[request.param]
    return record(tmp_path_factory.mktemp("runs") / "run", config, *steps)


def test_each_bad_run_is_one_line_and_the_others_go_on(run: Path, tmp_path: Path) -> None:
    data = by_hand.newest(run).read_bytes()
    header = by_hand.checkpoint(data).header
    # Both runs have nearly the same places: a quarter of the values is tried in each
    first = 0 if header["config"]["replicas"] > 1 else 2
    headers = doctored(header, 4, first)
    cases = {str(number): case for number, case in enumerate(headers)}
    runs = tmp_path / "runs"
    shutil.copytree(run, runs / "good")
    for name, case in cases.items():
        put(shutil.copytree(run, runs / name), with_header(data, case.header))

    with within(5 * MOST_SECONDS):
        done = answered("list", runs, "--json")
    assert done.stderr == ""
    rows = {Path(row["run"]).name: row for row in records(done)}
    assert rows.keys() == {"good", *cases}
    assert rows["good"]["windows"] == len(read(run).windows())

    refused = [name for name, row in rows.items() if "error" in row]
    for name in refused:
        assert "\n" not in rows[name]["error"]
        if "cannot be read" not in rows[name]["error"]:
            assert str(runs / name) in rows[name]["error"], cases[name].name
    assert len(refused) > len(cases) / 2
    # Some of those that are refused, by the same reader all; and of the others each place once
    asked = refused[::100]
    asked += {cases[name].place: name for name in cases if name not in refused}.values()
    for name in asked:
        with within(MOST_SECONDS):
            for words in ("branches", "export", "--headless --speed max --resume"):
                done = answered(*words.split(), runs / name)
                require_plain(done, f"{words}: {cases[name].name}")
                assert (done.returncode == 2) == (name in refused)
        if name in refused:
            with pytest.raises(RunError):
                read(runs / name)


def test_a_header_names_the_value_that_cannot_be_used(run: Path, tmp_path: Path) -> None:
    data = by_hand.newest(run).read_bytes()
    folder = shutil.copytree(run, tmp_path / "run")
    for case in doctored(by_hand.checkpoint(data).header):
        if case.place in NAMED and case.value == 10**18:
            put(folder, with_header(data, case.header))
            line = refusal("export", folder)
            assert f"{NAMED[case.place]} = {10**18} cannot be used" in line


def test_a_file_that_is_longer_than_its_header_says_is_not_read(run: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(run, tmp_path / "run")
    for name in ("checkpoint-0", "checkpoint-1"):
        os.truncate(folder / name, 15 << 30)  # the file system keeps no blocks for it
    with within(MOST_SECONDS):
        assert f"{15 << 30:,} of" in refusal("export", folder)
