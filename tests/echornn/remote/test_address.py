"""Where a session can be reached: only this user's own sockets are used, whatever lies in a run's folder."""

from __future__ import annotations

import json
import os
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from echornn.remote.address import Address, AddressError, socket_folder
from echornn.runs.run_files import POINTER_FILE
from tests.sockets import own_sockets


@pytest.fixture(autouse=True)
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with own_sockets(monkeypatch, tmp_path_factory) as folder:
        yield folder


@pytest.fixture
def folder(temporary: Path) -> Path:
    """The folder of sockets in the temporary folder, which does not exist yet."""
    return temporary / f"echornn-tui-{os.getuid()}"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Address]:
    """An address with a socket, to which the folder `tmp_path` points."""
    address = Address.new()
    with address.listener(1):
        address.point(tmp_path)
        yield address


def test_a_pointer_leads_to_the_socket_until_it_is_forgotten(served: Address, tmp_path: Path) -> None:
    assert Address.read(tmp_path) == served
    assert socket_folder().stat().st_mode & 0o777 == 0o700
    served.forget(tmp_path)
    assert not os.path.lexists(served.path)
    assert not (tmp_path / POINTER_FILE).exists()
    with pytest.raises(AddressError, match="is not trained now"):
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
        ({"path": "/tmp/echornn-tui-999/x.sock"}, "another user trains the run in .*: only that user can attach to it"),
        ({"process": "many"}, "cannot be read"),
        ({"path": "/tmp/x\0/echornn-tui/planted.sock"}, "has ended"),
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


def test_a_pointer_that_is_no_file_is_refused_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / POINTER_FILE).symlink_to("/etc/passwd")
    with pytest.raises(AddressError) as refused:
        Address.read(tmp_path)
    assert f"{POINTER_FILE} cannot be read" in str(refused.value)


def test_a_stale_pointer_and_what_is_no_socket_are_refused(served: Address, tmp_path: Path) -> None:
    os.unlink(served.path)
    with pytest.raises(AddressError, match="has ended"):
        Address.read(tmp_path)
    Path(served.path).write_text("")
    with pytest.raises(AddressError, match="is not a socket of yours"):
        Address.read(tmp_path)


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701])
def test_a_folder_that_others_can_enter_is_not_used(folder: Path, mode: int) -> None:
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(AddressError, match="a folder of yours alone"):
        Address.new()


def test_a_link_in_place_of_the_folder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    folder.symlink_to(tmp_path)
    with pytest.raises(AddressError, match="a folder of yours alone"):
        Address.new()


def test_a_path_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    long = tmp_path / ("long" * 25)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with pytest.raises(AddressError, match="too long"):
        Address.new()


def test_a_runtime_folder_is_used_where_the_temporary_folder_cannot_be(
    monkeypatch: pytest.MonkeyPatch, temporary: Path, folder: Path
) -> None:
    runtime = temporary / "run"
    runtime.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    assert socket_folder() == folder
    folder.chmod(0o777)
    assert socket_folder() == runtime / "echornn-tui"


def test_a_session_is_found_from_a_login_with_other_folders(
    served: Address, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(elsewhere))
    assert Address.read(tmp_path) == served


def test_a_pointer_into_a_folder_that_others_can_enter_is_refused(served: Address, tmp_path: Path) -> None:
    Path(served.path).parent.chmod(0o755)
    with pytest.raises(AddressError, match="a folder of yours alone"):
        Address.read(tmp_path)


def test_sockets_on_which_nobody_listens_are_removed_whatever_process_has_their_number_now() -> None:
    deserted, live = (socket_folder() / f"{number}-ab.sock" for number in (os.getpid(), 999_999_999))
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(deserted))
    with Address("here", 0, str(live)).listener(1):  # in another container, where processes have other numbers
        Address.new()
        Address.new()  # its queue is full now
        Address.new()
        assert [deserted.exists(), live.exists()] == [False, True]
    Address.new()
    assert not any(socket_folder().iterdir())
