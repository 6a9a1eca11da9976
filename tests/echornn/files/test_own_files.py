"""Only regular files with their own names are opened, and opening never waits."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from echornn.files import own_files


def link(place: Path) -> None:
    (place.parent / "thesis.tex").write_bytes(b"all my work")
    place.symlink_to(place.parent / "thesis.tex")


def dangling(place: Path) -> None:
    place.symlink_to(place.parent / "not there yet")


def listening(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place))


ODD = [link, dangling, listening, os.mkfifo, os.mkdir]


@pytest.mark.parametrize("put", ODD)
@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_WRONLY, os.O_RDWR | os.O_CREAT])
def test_what_is_no_regular_file_is_named_and_not_touched(
    put: Callable[[Path], None], flags: int, tmp_path: Path
) -> None:
    put(tmp_path / "log")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(OSError, match="log is not a regular file"):
        own_files.opened(tmp_path / "log", flags)
    assert not own_files.is_regular(tmp_path / "log")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("put", ODD)
def test_a_file_is_put_into_a_place_only_by_way_of_one_that_is_new(put: Callable[[Path], None], tmp_path: Path) -> None:
    put(tmp_path / "file.new")
    with pytest.raises(FileExistsError):
        own_files.write_whole(tmp_path / "file", b"data")
    assert not (tmp_path / "file").exists()
    if put is link:
        assert (tmp_path / "thesis.tex").read_bytes() == b"all my work"


def test_what_a_crash_left_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "file.new").write_bytes(b"half")
    own_files.write_whole(tmp_path / "file", b"data")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("file", b"data")]


def test_a_link_in_the_place_of_a_file_is_replaced_and_not_followed(tmp_path: Path) -> None:
    link(tmp_path / "file")
    own_files.write_whole(tmp_path / "file", b"data")
    assert (tmp_path / "thesis.tex").read_bytes() == b"all my work"
    assert (tmp_path / "file").read_bytes() == b"data"


def test_a_file_without_end_is_refused_by_its_size(tmp_path: Path) -> None:
    with open(tmp_path / "run.json", "wb") as file:
        file.truncate(40 << 30)
    with pytest.raises(OSError, match=r"run.json is larger than 1,000 bytes"):
        own_files.read_bytes(tmp_path / "run.json", 1000)


def test_a_folder_is_made_or_is_one_already_and_no_link(tmp_path: Path) -> None:
    for _ in range(2):
        own_files.make_folder(tmp_path / "tensorboard")
    (tmp_path / "link").symlink_to(tmp_path / "tensorboard")
    with pytest.raises(OSError, match="link is not a folder of the run"):
        own_files.make_folder(tmp_path / "link")
