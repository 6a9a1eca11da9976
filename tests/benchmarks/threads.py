"""`python -m tests.benchmarks.threads [S,B,T ...]`: a window with TensorFlow's default threads and with one thread.

Each is a process of its own, taken in turn. Processor time beside the time on the clock, since on a machine that does
other things two threads get more of it than one.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import echornn
from echornn import EchoConfig, Trainer

SIZES = ("4,5,15", "16,50,15", "64,50,15", "256,50,15", "256,256,100")
WAYS = ("default threads", "one thread")
ROUNDS = 5
ROUND_SECONDS = 1.0


def measure(way: str, size: str) -> None:
    """Print us on the clock and us of the processors for each window."""
    if way == "one thread":
        echornn.use_one_thread()
    state_size, batch_size, length = (int(number) for number in size.split(","))
    windows = 666 if batch_size * state_size < 10_000 else 60 if length < 50 else 5
    config = EchoConfig(
        state_size=state_size,
        batch_size=batch_size,
        truncated_backprop_length=length,
        total_series_length=batch_size * length * windows,
        num_epochs=10**9,
        init="glorot",
    )
    trainer = Trainer(config)
    trainer.advance(windows)
    trained, begun, processors = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - begun < ROUND_SECONDS:
        trainer.advance(windows)
        trained += windows
    clock, processors = time.perf_counter() - begun, time.process_time() - processors
    print(clock / trained * 1e6, processors / trained * 1e6)


def main() -> None:
    if sys.argv[1:2] == ["--measure"]:
        measure(*sys.argv[2:4])
        return
    for size in sys.argv[1:] or SIZES:
        took: dict[str, list[list[float]]] = {way: [] for way in WAYS}
        for _ in range(ROUNDS):
            for way in WAYS:
                command = [sys.executable, "-m", "tests.benchmarks.threads", "--measure", way, size]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                took[way].append([float(word) for word in done.stdout.split()])
        for way in WAYS:
            clock, processors = (statistics.median(column) for column in zip(*took[way], strict=True))
            print(f"{size:>12}  {way:<16} {clock:10.1f} us/window {processors:10.1f} us of the processors", flush=True)


if __name__ == "__main__":
    main()
