"""Which texts of users' files may run: those that this user gave as a file, or trusted by
``--trust``.

A run's folder may come from anybody, and its record has the text of a task or a cell.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from echornn.runtime.user_folders import state_folder

# Whether the texts in the records that are being read may run
TRUSTING = ContextVar("TRUSTING", default=False)


@contextmanager
def trusting(are_trusted: bool = True) -> Iterator[None]:
    """In the ``with`` block, all texts in the records that are read may run from now on."""
    token = TRUSTING.set(are_trusted)
    try:
        yield
    finally:
        TRUSTING.reset(token)


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def trusted_file() -> Path:
    """The file with the hash of each text that may run, one a line."""
    return state_folder() / "trusted"


def is_trusted(text: str) -> bool:
    try:
        hashes = trusted_file().read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError):
        return False
    return hash_of(text) in hashes


def trust(text: str) -> None:
    if is_trusted(text):
        return
    file = trusted_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    # Appended, as other programs of this user may write to it; never through a link
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    with open(os.open(file, flags, 0o600), "a") as trusted:
        trusted.write(f"{hash_of(text)}\n")
