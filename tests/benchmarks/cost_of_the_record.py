"""Measures the cost of saving a run at full speed: windows per second with and without saving, in
turn.

`python -m tests.benchmarks.cost_of_the_record [seconds per measurement] [networks]`; also prints
the used memory.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from rich.console import Console

from echornn import EchoConfig, RunRecorder, Session

ROUNDS = 5


def rate(recorder: RunRecorder | None, seconds: float, config: EchoConfig) -> float:
    """Windows per second of a session that trains for ``seconds`` seconds."""
    session = Session(config, recorder=recorder)
    thread = threading.Thread(target=session.run)
    thread.start()
    while not session.frame.trained:
        time.sleep(0.01)
    begun, before = time.perf_counter(), session.frame.trained
    time.sleep(seconds)
    reached = (session.frame.trained - before) / (time.perf_counter() - begun)
    session.stop()
    thread.join()
    return reached


def resident_megabytes() -> float:
    """The memory of this process in MB."""
    status = Path("/proc/self/status").read_text()
    return (
        next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        / 1024
    )


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    config = EchoConfig(num_epochs=10**9, replicas=int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    say = Console().print
    ratios = []
    with tempfile.TemporaryDirectory() as name:
        for number in range(ROUNDS):
            plain = rate(None, seconds, config)
            kept = rate(RunRecorder.begin(Path(name) / str(number), config), seconds, config)
            ratios.append(kept / plain)
            say(
                f"{plain:,.0f} windows/s, recorded {kept:,.0f}; {resident_megabytes():,.0f} MB "
                "resident"
            )
    spread = f"{min(ratios):.3f} to {max(ratios):.3f}"
    say(f"the record costs {1 - statistics.median(ratios):.1%} (median of {ROUNDS}; {spread})")


if __name__ == "__main__":
    main()
