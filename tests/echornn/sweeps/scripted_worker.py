"""`python -m tests.echornn.sweeps.scripted_worker [HOW] DESCRIPTOR`: a worker that trains nothing."""

from __future__ import annotations

import os
import sys
from multiprocessing.connection import Connection

from echornn.sweeps.worker import serve
from tests.echornn.sweeps.scripted import train

if __name__ == "__main__":
    how, descriptor = sys.argv[1:]
    if how == "dies":
        sys.exit("there is no TensorFlow")
    parts = 0

    def is_worn() -> bool:
        """After each part, where that is asked for."""
        global parts
        parts += 1
        return how == "wears" and parts > 1

    if how == "changed":
        os.environ["XLA_FLAGS"] = "--changed"
    serve(Connection(int(descriptor)), lambda: (train, is_worn))
