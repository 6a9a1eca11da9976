"""`python -m tests.door.sweeps.busy_engine`: an engine whose two workers train without end.

It prints the process ids of the server that forks the workers, and of the workers.
"""

from __future__ import annotations

import os
import threading

from rich.console import Console

from echornn.config import EchoConfig
from echornn.sweeps.processes import Processes
from echornn.sweeps.sweep import Part
from tests.door.sweeps.scripted import children, stays

if __name__ == "__main__":
    engine = Processes(2, stays, preload="")
    for number, name in enumerate(engine.idle()):
        engine.start(Part(number, (EchoConfig(),), "solved"), name)
    begun = 0
    while begun < 2:
        begun += len(engine.news(1.0))
    workers = [worker.process.pid for worker in engine._there.values()]
    (server,) = {one for one in children(os.getpid()) if {*workers} <= {*children(one)}}
    Console().print(server, *workers)
    threading.Event().wait()
