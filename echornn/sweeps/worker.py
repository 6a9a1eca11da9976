"""A process that trains parts for another: ``python -m echornn.sweeps.worker DESCRIPTOR``."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from queue import SimpleQueue

from echornn.sweeps.part import Done, Lost, News, Part, Ready

MAPPINGS_USED_AT_MOST = 0.5
"""Part of a process' memory mappings; one that has taken more ends before the next part."""


def serve(
    connection: Connection, train: Callable[[Part], Iterator[News]], worn: Callable[[], bool] = lambda: False
) -> None:
    """Say `Ready`, train the part that comes, tell its news, and again; until it is worn.

    When whoever sends the parts is gone, this process ends at once, whatever is under way: it would be for nobody.
    """
    parts: SimpleQueue[Part] = SimpleQueue()

    def listen() -> None:
        while True:
            try:
                parts.put(connection.recv())
            except (EOFError, OSError):
                os._exit(0)

    threading.Thread(target=listen, name="parts", daemon=True).start()
    while not worn():
        connection.send(Ready())
        part = parts.get()
        try:
            for news in train(part):
                connection.send(news)
            last: News = Done()
        except Exception as error:
            last = Lost(f"{type(error).__name__}: {error}")
        connection.send(last)
    connection.send(Ready(worn=True))


def is_worn() -> bool:
    """Whether this process has compiled so much that the next part should be another's."""
    from echornn.training.programs import mappings_taken

    taken, most = mappings_taken()
    return taken > MAPPINGS_USED_AT_MOST * most


def main() -> None:
    """Serve on the descriptor that the command line names."""
    connection = Connection(int(sys.argv[1]))
    from echornn import quiet

    quiet.import_tensorflow()
    from echornn.sweeps.workshop import Workshop
    from echornn.training.device import use_one_thread

    use_one_thread()
    serve(connection, Workshop().train, is_worn)


if __name__ == "__main__":
    main()
