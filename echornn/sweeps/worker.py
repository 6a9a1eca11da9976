"""A worker process of a sweep; it trains parts for the process that started it (`echornn.sweeps.processes`)."""

from __future__ import annotations

import importlib
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from queue import SimpleQueue

from echornn.sweeps.part import Done, Lost, News, Part, Ready
from echornn.training.device import threads_if_asked

Train = Callable[[Part], Iterator[News]]
"""A function that trains a part, and yields news about it."""


def serve(connection: Connection, prepare: Callable[[], Train]) -> None:
    """Send `Ready`, receive a part, train it and send its news; repeat.

    If the process at the other end is gone, this process ends at once, even in the middle of a part.

    Args:
        prepare: makes the function that trains parts, in this process.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in the terminal is for the computing process only
    nothing = os.open(os.devnull, os.O_WRONLY)
    for output in (1, 2):
        os.dup2(nothing, output)
    parts: SimpleQueue[Part] = SimpleQueue()

    def listen() -> None:
        while True:
            try:
                parts.put(connection.recv())
            except (EOFError, OSError):
                os._exit(0)
            except Exception:  # if a part cannot be decoded, the process that waits for news must not wait forever
                traceback.print_exc()
                os._exit(1)

    threading.Thread(target=listen, name="parts", daemon=True).start()
    try:
        train = prepare()
    except Exception as error:
        connection.send(Lost(f"{type(error).__name__}: {error}"))
        return
    while True:
        connection.send(Ready())
        part = parts.get()
        try:
            for news in train(part):
                connection.send(news)
            last: News = Done()
        except Exception as error:
            last = Lost(f"{type(error).__name__}: {error}")
        connection.send(last)


def import_all() -> None:
    """Import TensorFlow and everything else that training needs. TensorFlow computes nothing yet, and starts no
    threads.
    """
    from echornn.runtime import quiet

    quiet.import_tensorflow()
    for name in ("numpy.random", "echornn.sweeps.part_trainer", "echornn.training.programs"):
        importlib.import_module(name)


def prepared() -> Train:
    """Prepare this process for training; returns the function that trains parts.

    An operation has one thread, even with a single worker, so that results do not depend on the number of workers.
    """
    import_all()
    from echornn.sweeps.part_trainer import PartTrainer
    from echornn.training.device import begin
    from echornn.training.programs import keep

    keep(threads_if_asked(1))
    begin(1)
    return PartTrainer().train
