"""`python -m tests.door.sweeps.scripted_worker HOW DESCRIPTOR`: a server that forks workers with scripted
results.
"""

from __future__ import annotations

import socket
import sys
import threading
from multiprocessing.connection import Connection

from echornn.sweeps.fork_server import serve_forks
from echornn.sweeps.worker import serve
from tests.door.sweeps.scripted import train, train_for_ever

if __name__ == "__main__":
    how, descriptor = sys.argv[1:]
    if how == "dies":
        sys.exit("there is no TensorFlow")
    how_it_trains = train_for_ever if how == "stays" else train
    serve_forks(
        socket.socket(fileno=int(descriptor)),
        threading.Event().wait if how == "loads" else lambda: None,
        lambda worker: serve(Connection(worker), lambda: how_it_trains),
    )
