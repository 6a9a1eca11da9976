"""Connections to a session in another process: the greeting, who looks, and a request to end."""

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
from typing import Any

from echornn.files import own_files
from echornn.remote import messages
from echornn.remote.messages import OTHER_RUN, OTHER_VERSION
from echornn.runs.folders import POINTER_FILE

MOST_BYTES = 4096
"""The most bytes that a pointer may have."""

PEER = struct.Struct("3i")
"""What Linux tells about the process at the other end: its id, its user and its group."""

SUFFIX = ".sock"


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
        """The address for a new session of this process."""
        folder = socket_folder()
        _remove_old(folder)
        path = str(folder / f"{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}")
        return cls(socket.gethostname(), os.getpid(), path)

    @classmethod
    def read(cls, folder: Path) -> Address:
        """The address of the session that trains the run in this folder, checked to be a socket of this user."""
        try:
            fields = json.loads(own_files.read_bytes(folder / POINTER_FILE, MOST_BYTES))
            address = cls(str(fields["host"]), int(fields["process"]), str(fields["path"]))
        except FileNotFoundError:
            raise AddressError(
                f"the run in {folder} is not trained now, or by a program that cannot be attached to"
            ) from None
        except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
            why = (error.strerror or error) if isinstance(error, OSError) else "this program did not write it"
            raise AddressError(f"{folder / POINTER_FILE} cannot be read: {why}") from error
        if address.host != socket.gethostname():
            raise AddressError(f"the run in {folder} is trained on {address.host!r}: attach there")
        _require_own_socket(Path(address.path), folder)
        return address

    def point(self, folder: Path) -> None:
        """Write the pointer to this address into a run's folder."""
        own_files.write_whole(folder / POINTER_FILE, json.dumps(asdict(self)).encode())

    def listener(self) -> socket.socket:
        """A socket that listens at this address. It gets its name only then: a socket on which nobody listens counts as
        left behind by a process that was killed.
        """
        listener, before = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), self.path.removesuffix(SUFFIX)
        try:
            listener.bind(before)
            os.chmod(before, 0o600)
            listener.listen()
            os.rename(before, self.path)
        except OSError:
            listener.close()
            with contextlib.suppress(OSError):
                os.unlink(before)
            raise
        return listener

    def forget(self, folder: Path) -> None:
        """Remove the socket, and the pointer in the run's folder, if it points here."""
        with contextlib.suppress(OSError):
            os.unlink(self.path)
        with contextlib.suppress(OSError, ValueError):
            if json.loads(own_files.read_bytes(folder / POINTER_FILE, MOST_BYTES)) == asdict(self):
                (folder / POINTER_FILE).unlink()


def _folder_name() -> str:
    return f"echornn-tui-{os.getuid()}"


def socket_folder() -> Path:
    """The folder for this user's sockets, which nobody else can enter; it is made if it does not exist.

    It is in the temporary folder, since the folder in `XDG_RUNTIME_DIR` is removed when its user logs out.
    """
    folder = Path(tempfile.gettempdir()) / _folder_name()
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        _require_own_folder(folder)
    except AddressError:
        raise
    except OSError as error:
        raise AddressError(f"{folder} cannot be made: {error.strerror or error}") from error
    return folder


def _require_own_folder(folder: Path) -> None:
    """Raises an `AddressError` if the folder is a link, or somebody else's, or if others can enter it."""
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise AddressError(f"{folder} cannot be used: it must be a folder of yours alone (mode 700)")


def _remove_old(folder: Path) -> None:
    """Remove the sockets on which nobody listens: their processes were killed.

    The id in a socket's name does not say that: by now it may be the id of another process, and containers that share
    this folder count their processes separately.
    """
    for path in folder.glob(f"*{SUFFIX}"):
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.setblocking(False)
            if connection.connect_ex(os.fspath(path)) == errno.ECONNREFUSED:
                path.unlink()


def _require_own_socket(path: Path, folder: Path) -> None:
    """Raises an `AddressError` if the path is no socket in a folder that `socket_folder` can have made.

    The session may have had another temporary folder than this process: batch systems set one for each job.
    """
    if not path.is_absolute() or path.parent.name != _folder_name():
        raise AddressError(f"{folder / POINTER_FILE} points to {str(path)!r}, which is no socket of yours")
    try:
        _require_own_folder(path.parent)
        is_socket = stat.S_ISSOCK(os.lstat(path).st_mode)
    except AddressError:
        raise
    except (OSError, ValueError):
        raise AddressError(f"the program that trained the run in {folder} has ended") from None
    if not is_socket:
        raise AddressError(f"{path} is not a socket of yours")


def user_at_the_other_end(connection: socket.socket) -> int | None:
    """The user id of the process at the other end of a Unix socket; None if the system does not say."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size)
    _, user, _ = PEER.unpack(credentials)
    return int(user)


CONNECT_SECONDS = 20.0
"""How long a session may take to answer a greeting; usually some milliseconds, but its machine may be overloaded."""


class OtherVersionError(AddressError):
    """The session is of another version of the program, or of another build of this version."""


def connected(folder: Path, seconds: float = CONNECT_SECONDS) -> socket.socket:
    """A connection to the session that trains the run in a folder.

    Args:
        seconds: how long each message may take.
    """
    address = Address.read(folder)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(seconds)
    try:
        connection.connect(address.path)
        if user_at_the_other_end(connection) not in (os.getuid(), None):
            raise AddressError(f"{address.path} belongs to another user")
    except AddressError:
        connection.close()
        raise
    except (BlockingIOError, TimeoutError) as error:  # it accepts no more connections, as if it were stopped
        connection.close()
        raise AddressError(f"the program that trains the run in {folder} does not answer") from error
    except OSError as error:
        connection.close()
        raise AddressError(f"the program that trained the run in {folder} has ended") from error
    return connection


def greeted(connection: socket.socket, folder: Path, **says: str | bool) -> dict[str, Any]:
    """The session's greeting."""
    try:
        messages.send_greeting(connection, run=messages.identity(folder), **says)
        said = messages.receive_greeting(connection)
    except OSError as error:
        connection.close()
        why = error.strerror or error
        raise AddressError(f"the program that trains the run in {folder} does not answer: {why}") from error
    if "refused" in said:
        connection.close()
        if said["refused"] == OTHER_RUN:
            raise AddressError(f"no program trains the run in {folder} now: {POINTER_FILE} there is of another run")
        if said["refused"] != OTHER_VERSION:
            raise AddressError(f"the program that trains the run in {folder} refuses: {said['refused']}")
        other, own = said.get("version", "?"), messages.greeting()["version"]
        by = f"another build of version {own}" if other == own else f"another version: {other}, and this is {own}"
        raise OtherVersionError(f"the run in {folder} is trained by {by}")
    return said


def viewers_of(folder: Path, seconds: float = CONNECT_SECONDS) -> tuple[tuple[str, ...], str]:
    """The names of the viewers of the session that trains the run in a folder, and the name of the one that steers.

    Args:
        seconds: how long the session may take to answer.
    """
    connection = connected(folder, seconds)
    said = greeted(connection, folder, wants="names")
    connection.close()
    names = said.get("names")
    return tuple(map(str, names)) if isinstance(names, list) else (), str(said.get("steering", ""))


def end_session(folder: Path, seconds: float = 30.0) -> str | None:
    """Ask the session that trains the run in a folder to save everything and end.

    Returns:
        why not everything was saved, empty if everything was; None if the session has not ended in time.
    """
    connection = connected(folder, max(seconds, CONNECT_SECONDS))  # a program that is loading may answer late
    greeted(connection, folder, wants="end")
    with connection:
        connection.settimeout(seconds)
        try:
            return str(messages.receive_greeting(connection).get("trouble", ""))
        except TimeoutError:
            return None
        except OSError:
            return "it ended without a word"
