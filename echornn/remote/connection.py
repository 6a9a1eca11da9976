"""Connections to a session in another process: where it listens, the greeting, who looks, and a request to end."""

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
from pathlib import Path
from typing import Any

from echornn.files import own_files
from echornn.remote import messages
from echornn.runs.run_files import POINTER_FILE

MOST_BYTES = 4096
"""The most bytes of the pointer in a run's folder, which says the host, the process and the path of the socket."""

PEER = struct.Struct("3i")
"""What Linux tells about the process at the other end: its id, its user and its group."""

SUFFIX = ".sock"

CONNECT_SECONDS = 20.0
"""How long a session may take to answer a greeting; usually some milliseconds, but its machine may be overloaded."""

OTHER_RUN, OTHER_VERSION = "other run", "other version"
"""Why a session refuses a viewer: the pointer is a copy, say, in another run's folder; or it would not understand."""


class AddressError(OSError):
    """The session cannot be reached; the text says why."""


class OtherVersionError(AddressError):
    """The session is of another version of the program, or of another build of this version."""


# ---- where a session listens


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


def _folder_name() -> str:
    return f"echornn-tui-{os.getuid()}"


def _require_own_folder(folder: Path) -> None:
    """An `AddressError` if the folder is a link, or somebody else's, or if others can enter it."""
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise AddressError(f"{folder} cannot be used: it must be a folder of yours alone (mode 700)")


def listening(folder: Path) -> tuple[socket.socket, dict[str, Any]]:
    """A socket that listens for viewers of the run in this folder, and the pointer to it, which the folder has now."""
    sockets = socket_folder()
    for left in sockets.glob(f"*{SUFFIX}"):  # those on which nobody listens: their processes were killed
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.setblocking(False)
            if connection.connect_ex(os.fspath(left)) == errno.ECONNREFUSED:
                left.unlink()
    before = str(sockets / f"{os.getpid()}-{secrets.token_hex(4)}")
    pointer: dict[str, Any] = {"host": socket.gethostname(), "process": os.getpid(), "path": f"{before}{SUFFIX}"}
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(before)
        os.chmod(before, 0o600)
        listener.listen()
        os.rename(before, pointer["path"])  # only now, since a socket on which nobody listens counts as left behind
        own_files.write_whole(folder / POINTER_FILE, json.dumps(pointer).encode())
    except OSError:
        listener.close()
        with contextlib.suppress(OSError):
            os.unlink(before)
        forget(folder, pointer)
        raise
    return listener, pointer


def forget(folder: Path, pointer: dict[str, Any]) -> None:
    """Remove the socket, and the pointer in the run's folder, if it is this one."""
    with contextlib.suppress(OSError):
        os.unlink(pointer["path"])
    with contextlib.suppress(OSError, ValueError):
        if json.loads(own_files.read_bytes(folder / POINTER_FILE, MOST_BYTES)) == pointer:
            (folder / POINTER_FILE).unlink()


def socket_of(folder: Path) -> str:
    """The path of the socket of the session that trains the run in this folder, checked to be this user's."""
    pointer = folder / POINTER_FILE
    try:
        fields = json.loads(own_files.read_bytes(pointer, MOST_BYTES))
        host, _, path = str(fields["host"]), int(fields["process"]), Path(str(fields["path"]))
    except FileNotFoundError:
        raise AddressError(
            f"the run in {folder} is not trained now, or by a program that cannot be attached to"
        ) from None
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        why = (error.strerror or error) if isinstance(error, OSError) else "this program did not write it"
        raise AddressError(f"{pointer} cannot be read: {why}") from error
    if host != socket.gethostname():
        raise AddressError(f"the run in {folder} is trained on {host!r}: attach there")
    # the session may have had another temporary folder than this process: batch systems set one for each job
    if not path.is_absolute() or path.parent.name != _folder_name():
        raise AddressError(f"{pointer} points to {str(path)!r}, which is no socket of yours")
    try:
        _require_own_folder(path.parent)
        is_socket = stat.S_ISSOCK(os.lstat(path).st_mode)
    except AddressError:
        raise
    except (OSError, ValueError):
        raise AddressError(f"the program that trained the run in {folder} has ended") from None
    if not is_socket:
        raise AddressError(f"{path} is not a socket of yours")
    return str(path)


# ---- connections


def is_of_this_user(connection: socket.socket) -> bool:
    """Whether the process at the other end of a Unix socket is this user's; True if the system does not say."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    _, user, _ = PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size))
    return bool(user == os.getuid())


def identity(folder: Path) -> list[int]:
    """The numbers of a run's folder in a greeting, which a copy of the folder does not have."""
    found = os.stat(folder)
    return [found.st_dev, found.st_ino]


def connected(folder: Path, seconds: float = CONNECT_SECONDS) -> socket.socket:
    """A connection to the session that trains the run in a folder.

    Args:
        seconds: how long each message may take.
    """
    path = socket_of(folder)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(seconds)
    try:
        connection.connect(path)
        if is_of_this_user(connection):
            return connection
        why = f"{path} belongs to another user"
    except (BlockingIOError, TimeoutError):  # it accepts no more connections, as if it were stopped
        why = f"the program that trains the run in {folder} does not answer"
    except OSError:
        why = f"the program that trained the run in {folder} has ended"
    connection.close()
    raise AddressError(why)


def greeted(connection: socket.socket, folder: Path, **says: str | bool) -> dict[str, Any]:
    """The session's greeting."""
    try:
        messages.send_greeting(connection, run=identity(folder), **says)
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
    """The names of the viewers of the session that trains the run in a folder, and the name of the one that steers."""
    with connected(folder, seconds) as connection:
        said = greeted(connection, folder, wants="names")
    names = said.get("names")
    return tuple(map(str, names)) if isinstance(names, list) else (), str(said.get("steering", ""))


def end_session(folder: Path, seconds: float = 30.0) -> str | None:
    """Ask the session that trains the run in a folder to save everything and end.

    Returns:
        why not everything was saved, empty if everything was; None if the session has not ended in time.
    """
    with connected(folder, max(seconds, CONNECT_SECONDS)) as connection:  # a program that is loading may answer late
        greeted(connection, folder, wants="end")
        connection.settimeout(seconds)
        try:
            return str(messages.receive_greeting(connection).get("trouble", ""))
        except TimeoutError:
            return None
        except OSError:
            return "it ended without a word"
