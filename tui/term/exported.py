"""Files that the user named for what is exported: written completely or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from echornn.errors import RunError


def export_whole(target: Path, save: Callable[[Path], object]) -> None:
    """Write a file, also through a link: ``save`` writes a temporary file beside it, whose name ends as the target's.

    Raises:
        RunError: the target can never be written: there is no such folder, say, or it is not a regular file.
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
        is_the_disk = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)
        reason = f"{target} cannot be written: {error.strerror or error}"
        raise (OSError if is_the_disk else RunError)(reason) from error
