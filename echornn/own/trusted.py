"""The texts that may run when they come from a record: those that this user gave before as a file, or by ``--trust``.

A run's folder may come from anybody. The state folder has a file with the hash of each text that may run, one a line.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import platformdirs

TRUSTING = ContextVar("TRUSTING", default=False)
"""Whether the texts in the records that are being read may run; see `trusting`."""


def trusted_file() -> Path:
    """The file with the hashes."""
    return platformdirs.user_state_path("echornn-tui") / "trusted"


def hash_of(text: str) -> str:
    """The hash of a text."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def is_trusted(text: str) -> bool:
    """Whether a text may run."""
    try:
        return hash_of(text) in trusted_file().read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError):
        return False


def trust(text: str) -> None:
    """Note that a text may run.

    Raises:
        OSError: the state folder cannot be written to.
    """
    if is_trusted(text):
        return
    file = trusted_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        os.write(descriptor, f"{hash_of(text)}\n".encode())
    finally:
        os.close(descriptor)


@contextmanager
def trusting(are_trusted: bool = True) -> Iterator[None]:
    """In the ``with`` block, all texts in the records that are read may run from now on, if they are to be trusted."""
    token = TRUSTING.set(are_trusted)
    try:
        yield
    finally:
        TRUSTING.reset(token)
