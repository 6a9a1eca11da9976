"""A folder that is held open, so that writing goes into it even if another takes its name."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from echornn.files import own_files

NEW = ".new"
"""Suffix of a file that is being written."""


class HeldFolder:
    """A folder that existed when this object was made, and is not a link.

    Attributes:
        path: the folder's path.

    Raises:
        OSError: there is no such folder, or it is a link or something else.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)

    def require_here(self) -> None:
        """Make sure that the folder still has its name.

        Raises:
            OSError: it was moved or removed, or something else has its name now.
        """
        try:
            is_here = os.path.samestat(self.path.lstat(), os.fstat(self._descriptor))
        except FileNotFoundError:
            is_here = False
        if not is_here:
            raise OSError(errno.ENOTDIR, "it is no longer the folder that was opened", str(self.path))

    def names(self) -> list[str]:
        """The names of everything in the folder."""
        return os.listdir(self._descriptor)

    def write(self, name: str, data: bytes) -> None:
        """Write a whole file at once under this name, replacing an existing one; does not wait until it is on the disk.

        Raises:
            OSError: it cannot be written, or see `require_here`.
        """
        self.require_here()
        new = name + NEW
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | own_files.SAFE
        descriptor = os.open(new, flags, 0o644, dir_fd=self._descriptor)
        try:
            own_files.write_all(descriptor, data, 0)
            os.replace(new, name, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)
        except OSError:
            with contextlib.suppress(OSError):
                self.remove(new)
            raise
        finally:
            os.close(descriptor)

    def remove(self, name: str) -> None:
        """Remove a file, or a link.

        Raises:
            OSError: it cannot be removed.
        """
        os.unlink(name, dir_fd=self._descriptor)

    def close(self) -> None:
        """Close the folder."""
        os.close(self._descriptor)
