"""A process that trains parts for another, which started it: see `echornn.sweeps.processes`."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from queue import SimpleQueue

from echornn.sweeps.part import Done, Lost, News, Part, Ready
from echornn.sweeps.trained_by import versions_here

Trainers = tuple[Callable[[Part], Iterator[News]], Callable[[], bool]]
"""What trains a part, and what says whether this process should train no more."""

MAPPINGS_USED_AT_MOST = 0.5
"""Part of a process' memory mappings; one that has taken more ends before the next part."""


def serve(connection: Connection, prepare: Callable[[], Trainers]) -> None:
    """Say `Ready`, train the part that comes, tell its news, and again; until this process is worn.

    When whoever sends the parts is gone, it ends at once, whatever is under way: it would be for nobody.

    Args:
        prepare: loads what is needed, which may take seconds.
    """
    parts: SimpleQueue[Part] = SimpleQueue()

    def listen() -> None:
        while True:
            try:
                parts.put(connection.recv())
            except (EOFError, OSError):
                os._exit(0)
            except Exception:  # whoever waits for news of a part that cannot be read must not wait for ever
                traceback.print_exc()
                os._exit(1)

    threading.Thread(target=listen, name="parts", daemon=True).start()
    train, worn = prepare()
    while not worn():
        connection.send(Ready(versions_here()))
        part = parts.get()
        try:
            for news in train(part):
                connection.send(news)
            last: News = Done()
        except Exception as error:
            last = Lost(f"{type(error).__name__}: {error}")
        connection.send(last)
    connection.send(Ready(versions_here(), worn=True))


def prepared() -> Trainers:
    """TensorFlow, with one thread, and nothing compiled yet."""
    from echornn import quiet

    quiet.import_tensorflow()
    from echornn.sweeps.workshop import Workshop
    from echornn.training.device import use_one_thread

    use_one_thread()
    return Workshop().train, is_worn


def is_worn() -> bool:
    """Whether this process has compiled so much that the next part should be another's."""
    from echornn.training.programs import mappings_taken

    taken, most = mappings_taken()
    return taken > MAPPINGS_USED_AT_MOST * most


def main() -> None:
    """Serve on the descriptor that is the command line's last argument."""
    serve(Connection(int(sys.argv[-1])), prepared)
