"""Connections to a session in another process: the greeting, who looks, and a request to end."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

from echornn.remote import messages
from echornn.remote.address import Address, AddressError, user_at_the_other_end
from echornn.remote.messages import OTHER_RUN, OTHER_VERSION
from echornn.runs.run_files import POINTER_FILE

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
