"""Nobody but the user reaches a session: modes, links, planted files, other users."""

from __future__ import annotations

import json
import os
import shutil
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.answered import answered
from tests.door.remote.viewers import AddressError, served, viewers_of
from tests.patience import PATIENCE


def refused(folder: Path) -> str:
    """The one line with which a run cannot be attached to."""
    done = answered("attach", "--once", folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[0]


def pointer(folder: Path) -> Path:
    return folder / "serving.json"


def socket_of(folder: Path) -> Path:
    return Path(json.loads(pointer(folder).read_text())["path"])


def test_the_socket_is_the_users_alone_and_goes_with_the_session(
    place: Path, tmp_path: Path
) -> None:
    with served(tmp_path):
        path = socket_of(tmp_path)
        assert path.parent == place / f"echornn-tui-{os.getuid()}"
        assert path.parent.lstat().st_mode & 0o777 == 0o700
        assert path.lstat().st_mode & 0o777 == 0o600
        assert viewers_of(tmp_path) == ((), "")
    assert not path.exists()
    assert not pointer(tmp_path).exists()
    assert str(tmp_path) in refused(tmp_path)


def test_a_process_of_another_user_gets_no_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path), socket.socket(socket.AF_UNIX) as stranger:
        path = socket_of(tmp_path)
        # For the session, we are another user than its own
        monkeypatch.setattr(os, "getuid", lambda: 12345)
        stranger.connect(str(path))
        stranger.settimeout(PATIENCE)
        assert stranger.recv(1) == b""


def test_a_listener_of_another_user_in_our_own_folder_hears_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path):
        path = socket_of(tmp_path)
        text = pointer(tmp_path).read_text()
    pointer(tmp_path).write_text(text)
    # The system says so
    monkeypatch.setattr(socket.socket, "getsockopt", lambda *_: struct.pack("3i", 1, 12345, 1))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(1)
        assert "another user" in refused(tmp_path)
        connection, _ = listener.accept()
        with connection:
            assert connection.recv(1) == b""


@pytest.fixture
def planted(place: Path) -> Iterator[Path]:
    """A socket that another has planted, and that must hear nothing."""
    path = place / "planted.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(1)
        yield path
        listener.settimeout(0)
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize("text", ["{", "[]", "[" * 5000, "x" * 5000])
def test_a_pointer_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    with served(tmp_path):
        pointer(tmp_path).write_text(text)
        assert "serving.json" in refused(tmp_path)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("host", "elsewhere", "elsewhere"),
        ("path", "PLANTED", "serving.json"),
        ("path", "../planted.sock", "serving.json"),
        ("path", None, "serving.json"),
    ],
)
def test_a_planted_pointer_is_refused_and_a_planted_socket_hears_nothing(
    field: str, value: str | None, words: str, planted: Path, tmp_path: Path
) -> None:
    if value == "PLANTED":
        value = str(planted)
    with served(tmp_path):
        planting = json.loads(pointer(tmp_path).read_text())
        pointer(tmp_path).write_text(json.dumps({**planting, field: value}))
        line = refused(tmp_path)
    assert words in line
    assert ("elsewhere" in line) == (value == "elsewhere")


def test_neither_a_link_nor_a_file_nor_a_socket_without_listener_is_taken_for_a_session(
    tmp_path: Path,
) -> None:
    with served(tmp_path):
        path = socket_of(tmp_path)
        text = pointer(tmp_path).read_text()
        pointer(tmp_path).rename(tmp_path / "other.json")
        pointer(tmp_path).symlink_to(tmp_path / "other.json")
        assert "serving.json" in refused(tmp_path)
        pointer(tmp_path).unlink()
        pointer(tmp_path).write_text(text)
        path.rename(path.with_name("moved"))
        refused(tmp_path)
        path.write_text("")
        refused(tmp_path)
        path.unlink()
        with socket.socket(socket.AF_UNIX) as deserted:
            deserted.bind(str(path))
        refused(tmp_path)
        path.unlink()
        path.with_name("moved").rename(path)
        assert viewers_of(tmp_path) == ((), "")


@pytest.mark.parametrize("mode", [0o770, 0o701])
def test_a_folder_that_others_can_enter_is_not_used(mode: int, place: Path, tmp_path: Path) -> None:
    with served(tmp_path / "before"):
        folder = socket_of(tmp_path / "before").parent
        folder.chmod(mode)
        assert str(folder) in refused(tmp_path / "before")
        with pytest.raises(AddressError, match=str(folder)), served(tmp_path / "late"):
            pass
        folder.chmod(0o700)
    shutil.rmtree(folder)
    (place / "mine").mkdir(mode=0o700)
    folder.symlink_to(place / "mine")
    with pytest.raises(AddressError, match=str(folder)), served(tmp_path / "linked"):
        pass
    assert list((place / "mine").iterdir()) == []


def test_sockets_that_killed_sessions_left_behind_are_removed_and_no_others(tmp_path: Path) -> None:
    with served(tmp_path / "first"):
        live = socket_of(tmp_path / "first")
        deserted = live.with_name(f"{os.getpid()}-ab.sock")
        with socket.socket(socket.AF_UNIX) as left_behind:
            left_behind.bind(str(deserted))
        with served(tmp_path / "second"):
            assert not deserted.exists()
            assert live.exists()
