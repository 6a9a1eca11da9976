"""Measures the cost of saving a run at full speed: windows per second with and without saving, in
turn.

`python -m tests.benchmarks.cost_of_the_record [seconds per measurement] [networks]`; also prints
the used memory.
"""

from __future__ import annotations

import resource
import statistics
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from echornn import EchoConfig, RunRecorder, Session

ROUNDS = 5


def rate(recorder: RunRecorder | None, seconds: float, config: EchoConfig) -> float:
    """Windows per second of a session that trains for ``seconds`` seconds."""
    session = Session(config, recorder=recorder)
    thread = threading.Thread(target=session.run)
    thread.start()
    while not session.frame.trained:
        time.sleep(0.01)
    begun = time.perf_counter()
    before = session.frame.trained
    time.sleep(seconds)
    reached = (session.frame.trained - before) / (time.perf_counter() - begun)
    session.stop()
    thread.join()
    return reached


def resident_megabytes() -> float:
    """The memory of this process in MB."""
    _, pages, *_ = Path("/proc/self/statm").read_text().split()
    return int(pages) * resource.getpagesize() / 2**20


def main(seconds: float = 5.0, networks: float = 1) -> None:
    config = EchoConfig(num_epochs=10**9, replicas=int(networks))
    costs = []
    with TemporaryDirectory() as name:
        for number in range(ROUNDS):
            plain = rate(None, seconds, config)
            kept = rate(RunRecorder.begin(Path(name) / str(number), config), seconds, config)
            costs.append(1 - kept / plain)
            memory = f"{resident_megabytes():,.0f} MB resident"
            print(f"{plain:,.0f} windows/s, recorded {kept:,.0f}; {memory}", flush=True)
    spread = f"{min(costs):.1%} to {max(costs):.1%}"
    print(f"the record costs {statistics.median(costs):.1%} (median of {ROUNDS}; {spread})")


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
