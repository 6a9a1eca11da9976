"""Writes a file that the user named: whole, or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from echornn.files.run_error import RunError

NO_SUCH_PLACE = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG)
"""Errors that mean that the path can never be written; other errors are the disk's."""


def write_whole(target: Path, save: Callable[[Path], object]) -> None:
    """Write to a temporary file beside the target, which is replaced once that file is complete.

    Args:
        save: writes the file of the given path, whose name ends as the target's.

    Raises:
        RunError: the target cannot be written: there is no such folder, say, or it is not a regular file.
        OSError: the disk did not accept it; an existing file is unchanged.
    """
    place = Path(os.path.realpath(target))
    try:
        if place.exists() and not place.is_file():
            raise RunError(f"{target} cannot be written: it exists and is not a regular file")
        with tempfile.TemporaryDirectory(prefix=".echornn-", dir=place.parent) as folder:
            new = Path(folder) / f"new{target.suffix}"
            save(new)
            os.replace(new, place)
    except OSError as error:
        message = f"{target} cannot be written: {error.strerror or error}"
        if error.errno in NO_SUCH_PLACE:
            raise RunError(message) from error
        raise OSError(message) from error
