"""Where a session can be reached: only this user's own sockets are used, whatever lies in a run's folder."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from echornn.remote.address import Address, AddressError, socket_folder
from echornn.runs.run_files import POINTER_FILE


@pytest.fixture(autouse=True)
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A short runtime folder, since the path of a socket has at most about a hundred bytes."""
    with TemporaryDirectory() as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Address]:
    """An address with a socket, to which the folder `tmp_path` points."""
    address = Address.new()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address.path)
        address.point(tmp_path)
        yield address


def test_a_pointer_leads_to_the_socket_until_it_is_forgotten(served: Address, tmp_path: Path) -> None:
    assert Address.read(tmp_path) == served
    assert socket_folder().stat().st_mode & 0o777 == 0o700
    served.forget(tmp_path)
    assert not os.path.lexists(served.path)
    assert not (tmp_path / POINTER_FILE).exists()
    with pytest.raises(AddressError, match="no program trains the run"):
        Address.read(tmp_path)


def test_another_sessions_pointer_is_left(served: Address, tmp_path: Path) -> None:
    replace(served, process=1).forget(tmp_path)
    assert (tmp_path / POINTER_FILE).exists()


@pytest.mark.parametrize(
    ("change", "why_not"),
    [
        ({"host": "elsewhere"}, "is trained on 'elsewhere': attach there"),
        ({"path": "/tmp/planted.sock"}, "which is no socket of this program"),
        ({"path": "../planted.sock"}, "which is no socket of this program"),
        ({"process": "many"}, "cannot be read"),
        ({"path": None}, "which is no socket of this program"),
    ],
)
def test_a_planted_pointer_is_refused(served: Address, tmp_path: Path, change: dict[str, object], why_not: str) -> None:
    fields = json.loads((tmp_path / POINTER_FILE).read_text())
    (tmp_path / POINTER_FILE).write_text(json.dumps({**fields, **change}))
    with pytest.raises(AddressError, match=why_not):
        Address.read(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "{}", "[" * 5000, "x" * 5000])
def test_a_pointer_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / POINTER_FILE).write_text(text)
    with pytest.raises(AddressError, match="cannot be read"):
        Address.read(tmp_path)


def test_a_stale_pointer_and_what_is_no_socket_are_refused(served: Address, tmp_path: Path) -> None:
    os.unlink(served.path)
    with pytest.raises(AddressError, match="has ended"):
        Address.read(tmp_path)
    Path(served.path).write_text("")
    with pytest.raises(AddressError, match="is no socket of yours"):
        Address.read(tmp_path)


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701])
def test_a_folder_that_others_can_enter_is_not_used(runtime: Path, mode: int) -> None:
    (runtime / "echornn-tui").mkdir()
    (runtime / "echornn-tui").chmod(mode)
    with pytest.raises(AddressError, match="a folder of yours alone"):
        Address.new()


def test_a_link_in_place_of_the_folder_is_not_followed(runtime: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (runtime / "echornn-tui").symlink_to(tmp_path)
    with pytest.raises(AddressError, match="a folder of yours alone"):
        Address.new()


def test_a_path_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 25)
    folder.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    with pytest.raises(AddressError, match="too long"):
        Address.new()


def test_sockets_of_processes_that_are_gone_are_removed() -> None:
    gone, own = socket_folder() / "999999999-ab.sock", socket_folder() / f"{os.getpid()}-ab.sock"
    gone.touch()
    own.touch()
    Address.new()
    assert [gone.exists(), own.exists()] == [False, True]
