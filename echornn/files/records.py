"""Reads records of fixed size, which stand one after the other in a binary file."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
import numpy.typing as npt


def read_records(file: BinaryIO, record: np.dtype[np.void], most: int) -> npt.NDArray[np.void]:
    """The next whole records of an open file, as a read-only array [n]; n is below ``most`` only at the file's end.

    `numpy.fromfile` would lose a Ctrl+C that arrives during its first call, and raise a TypeError instead.

    Raises:
        OSError: the file could not be read.
    """
    read = file.read(most * record.itemsize)
    return np.frombuffer(read, record, len(read) // record.itemsize)
