"""A worker process of a sweep: it trains parts for the process that started it (`echornn.sweeps.processes`)."""

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
from echornn.threads import threads_if_asked

Trainers = tuple[Callable[[Part], Iterator[News]], Callable[[], bool]]
"""A function that trains a part, and one that says whether this process should end."""

MAPPINGS_USED_AT_MOST = 0.5
"""Share of a process' memory mappings; a worker that has taken more ends before the next part."""


def serve(connection: Connection, prepare: Callable[[], Trainers]) -> None:
    """Send `Ready`, receive a part, train it and send its news; repeat until this process is worn.

    If the process that sends the parts is gone, this one ends at once, also in the middle of a part.

    Args:
        prepare: loads TensorFlow, which may take seconds.
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
    """Import TensorFlow; returns the functions that train a part.

    An operation has one thread, also in the only worker: what a network comes to does not depend on how many there are.
    """
    from echornn import quiet

    quiet.import_tensorflow()
    from echornn.sweeps.workshop import Workshop
    from echornn.training import kept_programs
    from echornn.training.process import begin

    kept_programs.keep(threads_if_asked(1))
    begin(1)
    return Workshop().train, is_worn


def is_worn() -> bool:
    """Whether this process has compiled so many programs that another should train the next part."""
    from echornn.training.programs import mappings_taken

    taken, most = mappings_taken()
    return taken > MAPPINGS_USED_AT_MOST * most


def main() -> None:
    """Run `serve` on the file descriptor that is the last argument of the command line."""
    serve(Connection(int(sys.argv[-1])), prepared)
