"""Where a session is reached: its socket, in a folder that only its user can enter, and the pointer
to the socket in the run's folder."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import socket
import stat
import struct
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from echornn.files import safe_files
from echornn.files.recorded_values import NO_RECORD
from echornn.run.folders import POINTER_FILE

SUFFIX = ".sock"  # of sockets on which a session listens

MOST_BYTES = 1 << 12  # of a pointer: names of hosts and of sockets have at most a few hundred

# What Linux tells about the process at the other end: its id, its user and its group
PEER = struct.Struct("3i")


class AddressError(OSError):
    """The session cannot be reached; the text says why."""


@dataclass(frozen=True)
class Pointer:
    """The contents of ``serving.json`` in a run's folder."""

    host: str
    process: int
    path: str  # of the socket

    @classmethod
    def read(cls, folder: Path) -> Pointer:
        """An `AddressError` if there is none, or if it cannot be one."""
        file = folder / POINTER_FILE
        try:
            fields = json.loads(safe_files.read_bytes(file, MOST_BYTES))
            return cls(str(fields["host"]), int(fields["process"]), str(fields["path"]))
        except FileNotFoundError:
            reason = "is not trained now, or by a program that cannot be attached to"
            raise AddressError(f"the run in {folder} {reason}") from None
        except OSError as error:
            raise AddressError(f"{file} cannot be read: {error.strerror or error}") from error
        except NO_RECORD as error:
            raise AddressError(f"{file} cannot be read: this program did not write it") from error

    def write(self, folder: Path) -> None:
        safe_files.write_whole(folder / POINTER_FILE, json.dumps(asdict(self)).encode())

    def forget(self, folder: Path) -> None:
        """Remove the socket, and the pointer in the run's folder, if it is still this one."""
        with contextlib.suppress(OSError):
            os.unlink(self.path)
        with contextlib.suppress(OSError):
            if Pointer.read(folder) == self:
                (folder / POINTER_FILE).unlink()


def listen(folder: Path) -> tuple[socket.socket, Pointer]:
    """A socket for viewers of the run in this folder, and the pointer to it, which is in the folder
    from now on; an OSError if that cannot be."""
    sockets = _socket_folder()
    _remove_deserted(sockets)
    unready = f"{sockets}/{os.getpid()}-{secrets.token_hex(4)}"
    pointer = Pointer(socket.gethostname(), os.getpid(), f"{unready}{SUFFIX}")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(unready)
        os.chmod(unready, 0o600)
        listener.listen()
        # Only now, since a socket on which nobody listens counts as deserted
        os.rename(unready, pointer.path)
        pointer.write(folder)
    except OSError:
        listener.close()
        with contextlib.suppress(OSError):
            os.unlink(unready)
        pointer.forget(folder)
        raise
    return listener, pointer


def _socket_folder() -> Path:
    """The folder for this user's sockets: not in `XDG_RUNTIME_DIR`, which is removed when its user
    logs out."""
    folder = Path(tempfile.gettempdir()) / _name_of_socket_folder()
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise AddressError(f"{folder} cannot be made: {error.strerror or error}") from error
    require_own(folder)
    return folder


def _remove_deserted(sockets: Path) -> None:
    """Remove sockets on which nobody listens: their processes were killed."""
    for path in sockets.glob(f"*{SUFFIX}"):
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection,
        ):
            connection.setblocking(False)
            if connection.connect_ex(str(path)) == errno.ECONNREFUSED:
                path.unlink()


def socket_of(folder: Path) -> Path:
    """The socket of the session that trains the run in a folder, by the pointer in it; an
    `AddressError` if it is none of this user's on this machine."""
    pointer = Pointer.read(folder)
    if pointer.host != socket.gethostname():
        raise AddressError(f"the run in {folder} is trained on {pointer.host!r}: attach there")
    path = Path(pointer.path)
    # The session may have had another temporary folder than this process: batch systems set one for
    # each job
    if not path.is_absolute() or path.parent.name != _name_of_socket_folder():
        what = f"{pointer.path!r}, which is no socket of yours"
        raise AddressError(f"{folder / POINTER_FILE} points to {what}")
    return path


def _name_of_socket_folder() -> str:
    return f"echornn-tui-{os.getuid()}"


def require_own(folder: Path) -> None:
    """An `AddressError` if the folder is a link, or somebody else's, or if others can enter it."""
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise AddressError(
            f"{folder} cannot be used: it must be a folder of yours alone (mode 700)"
        )


def is_of_this_user(connection: socket.socket) -> bool:
    """Whether the process at the other end of a Unix socket is this user's; True if the system does
    not say."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size)
    _, user, _ = PEER.unpack(peer)
    return bool(user == os.getuid())
