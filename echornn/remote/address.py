"""Where a session can be reached: a socket in a folder of this user alone, and a pointer to it in the run's folder."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import stat
import struct
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from echornn.files import own_files
from echornn.runs.run_files import POINTER_FILE

MOST_BYTES = 4096
"""The most bytes that a pointer may have."""

PEER = struct.Struct("3i")
"""What Linux tells about the process at the other end: its id, its user and its group."""

MOST_PATH_BYTES = 90
"""The longest path of a socket: systems allow 92 to 108 bytes."""


class AddressError(OSError):
    """The session cannot be reached; the text says why."""


@dataclass(frozen=True)
class Address:
    """Where a session can be reached.

    Attributes:
        host: the name of the machine.
        process: the id of the session's process.
        path: the path of the socket.
    """

    host: str
    process: int
    path: str

    @classmethod
    def new(cls) -> Address:
        """The address for a new session of this process.

        Raises:
            AddressError: there is no folder for the socket that only this user can reach.
        """
        folder = socket_folder()
        _remove_old(folder)
        path = str(folder / f"{os.getpid()}-{secrets.token_hex(4)}.sock")
        if len(os.fsencode(path)) > MOST_PATH_BYTES:
            raise AddressError(f"the path of a socket would be too long: {path}")
        return cls(socket.gethostname(), os.getpid(), path)

    @classmethod
    def read(cls, folder: Path) -> Address:
        """The address of the session that trains the run in this folder, checked to be a socket of this user.

        Raises:
            AddressError: no session of this user can be reached there.
        """
        try:
            fields = json.loads(own_files.read_bytes(folder / POINTER_FILE, MOST_BYTES))
            address = cls(str(fields["host"]), int(fields["process"]), str(fields["path"]))
        except FileNotFoundError:
            raise AddressError(f"no program trains the run in {folder} now, or it does not serve") from None
        except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
            raise AddressError(f"{folder / POINTER_FILE} cannot be read: {error}") from error
        if address.host != socket.gethostname():
            raise AddressError(f"the run in {folder} is trained on {address.host!r}: attach there")
        _require_own_socket(Path(address.path), folder)
        return address

    def point(self, folder: Path) -> None:
        """Write the pointer to this address into a run's folder.

        Raises:
            OSError: it cannot be written.
        """
        own_files.write_whole(folder / POINTER_FILE, json.dumps(asdict(self)).encode())

    def forget(self, folder: Path) -> None:
        """Remove the socket, and the pointer in the run's folder, if it points here."""
        with contextlib.suppress(OSError):
            os.unlink(self.path)
        with contextlib.suppress(OSError, ValueError):
            if json.loads(own_files.read_bytes(folder / POINTER_FILE, MOST_BYTES)) == asdict(self):
                (folder / POINTER_FILE).unlink()


def socket_folder() -> Path:
    """The folder of this user's sockets, which nobody else can enter; it is made if it does not exist.

    Raises:
        AddressError: it cannot be made, or others can enter it.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and os.path.isabs(runtime) and os.path.isdir(runtime):
        folder = Path(runtime) / "echornn-tui"
    else:
        folder = Path(tempfile.gettempdir()) / f"echornn-tui-{os.getuid()}"
    try:
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        found = os.lstat(folder)
    except OSError as error:
        raise AddressError(f"{folder} cannot be made: {error.strerror or error}") from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise AddressError(f"{folder} cannot be used: it must be a folder of yours alone (mode 700)")
    return folder


def _remove_old(folder: Path) -> None:
    """Remove the sockets of processes that were killed."""
    for path in folder.glob("*-*.sock"):
        process = path.name.partition("-")[0]
        try:
            os.kill(int(process), 0)
        except ProcessLookupError:
            with contextlib.suppress(OSError):
                path.unlink()
        except (OSError, ValueError, OverflowError):
            continue


def _require_own_socket(path: Path, folder: Path) -> None:
    """Raises an `AddressError` if the path is not a socket in `socket_folder` that belongs to this user."""
    if path.parent != socket_folder():
        raise AddressError(f"{folder / POINTER_FILE} points to {str(path)!r}, which is no socket of this program")
    try:
        found = os.lstat(path)
    except OSError:
        raise AddressError(f"the program that trained the run in {folder} has ended") from None
    if not stat.S_ISSOCK(found.st_mode) or found.st_uid != os.getuid():
        raise AddressError(f"{path} is no socket of yours")


def user_at_the_other_end(connection: socket.socket) -> int | None:
    """The user id of the process at the other end of a Unix socket; None if the system does not say."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size)
    _, user, _ = PEER.unpack(credentials)
    return int(user)
