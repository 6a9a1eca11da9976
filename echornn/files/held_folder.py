"""A folder that is kept open, so that files are written into it even if another folder takes its name."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from echornn.files import own_files

NEW = ".new"
"""The suffix of a file while it is being written."""


class HeldFolder:
    """An open folder; it must exist when this object is made, and must not be a link.

    Attributes:
        path: the folder's path.

    Raises:
        OSError: the folder does not exist, or it is a link or a file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)

    def require_here(self) -> None:
        """Check that the folder still has its name.

        Raises:
            OSError: it was moved or removed, or another file has its name.
        """
        try:
            is_here = os.path.samestat(self.path.lstat(), os.fstat(self._descriptor))
        except FileNotFoundError:
            is_here = False
        if not is_here:
            raise OSError(errno.ENOTDIR, "the opened folder no longer has this name", str(self.path))

    def names(self) -> list[str]:
        """The names of everything in the folder."""
        return os.listdir(self._descriptor)

    def write(self, name: str, data: bytes) -> None:
        """Write a file completely or not at all, replacing an existing one; does not wait until it is on the disk.

        Raises:
            OSError: the file cannot be written, or the folder has lost its name, see `require_here`.
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
