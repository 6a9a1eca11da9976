"""Measures what viewers in other processes cost a session: windows a second, windows a second of
the session's processor time, and milliseconds of processor time a second of the threads that serve
them, with none, one and ten of them; how long a key takes to its effect on a viewer's picture; and
the bytes that a viewer gets.

`python -m tests.benchmarks.cost_of_viewers [SECONDS]`: by default 4 seconds of full speed for each
number of viewers, three times in turn. Ratios are against no viewers, in the same run. Viewers are
processes of their own, with terminals of different widths, and share the processor with the
session.
"""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from echornn.config import EchoConfig
from echornn.remote.client import RemoteSession
from echornn.remote.server import Server
from echornn.run.recorder import RunRecorder
from echornn.session import commands
from echornn.session.pictures.picture import Query
from echornn.session.session import Session

COLUMNS = 90
COUNTS = (0, 1, 10)
ROUNDS = 3
KEYS = 200


def view(folder: Path, columns: int) -> None:
    """A viewer's process: fetches ten pictures a second until it is ended, and says how many bytes
    came."""
    viewer = RemoteSession(folder, "viewer")
    received: list[int] = []
    read = viewer._received

    def counted() -> bytes:
        data = read()
        received.append(len(data))
        return data

    viewer._received = counted  # type: ignore[method-assign]
    query = Query(columns=columns)
    begun = time.monotonic()
    viewer.look(query)
    threading.Thread(target=stop_at_the_end, args=(viewer,), daemon=True).start()
    while not viewer._stopped.is_set():
        viewer.look(query)
        time.sleep(0.1)
    print(f"{sum(received) / (time.monotonic() - begun):.0f}")


def stop_at_the_end(viewer: RemoteSession) -> None:
    """Stop a viewer when its parent closes the pipe."""
    sys.stdin.read()
    viewer.stop()


def serving_seconds() -> float:
    """Processor time of the threads that serve viewers now."""
    nanoseconds = 0
    for thread in threading.enumerate():
        if thread.name != "viewer":
            continue
        with suppress(OSError):  # it begins or ends just now
            times = Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text()
            nanoseconds += int(times.split()[0])
    return nanoseconds / 1e9


@dataclass
class Rates:
    """What a session does in a second with some viewers.

    Attributes:
        windows: that it trains.
        of_processor: windows in a second of processor time.
        serving: milliseconds of processor time of the threads that serve viewers.
        received: bytes, of each viewer.
    """

    windows: float
    of_processor: float
    serving: float
    received: list[float]


def measured(session: Session, folder: Path, viewers: int, seconds: float) -> Rates:
    command = [sys.executable, "-m", "tests.benchmarks.cost_of_viewers", "--view", str(folder)]
    pipe = subprocess.PIPE
    processes = []
    for columns in range(COLUMNS, COLUMNS + viewers):
        viewer = [*command, str(columns)]
        processes.append(subprocess.Popen(viewer, stdin=pipe, stdout=pipe, text=True))
    while len(session.viewers.names) < viewers:
        time.sleep(0.01)
    time.sleep(1.0)

    begun = time.perf_counter()
    busy = time.process_time()
    serving = serving_seconds()
    before = session.frame.trained
    time.sleep(seconds)
    trained = session.frame.trained - before
    elapsed = time.perf_counter() - begun
    busy = time.process_time() - busy
    serving = serving_seconds() - serving

    received = [float(process.communicate("")[0]) for process in processes]
    return Rates(trained / elapsed, trained / busy, serving / elapsed * 1000, received)


def key_to_effect(folder: Path) -> list[float]:
    """Milliseconds from sending a command to the first picture with its effect, at full speed."""
    viewer = RemoteSession(folder, "keys")
    viewer.take_over()
    query = Query(columns=COLUMNS)
    picture = viewer.look(query)
    delays = []
    for index in range(KEYS):
        begun = time.perf_counter()
        number = viewer.send(commands.SetSpeed(math.inf if index % 2 else 1e6))
        while picture.frame.answered < number:
            time.sleep(0.001)
            picture = viewer.look(query)
        delays.append(1000 * (time.perf_counter() - begun))
        time.sleep(0.02)
    viewer.stop()
    return delays


def print_medians(rates: dict[int, list[Rates]]) -> None:
    """Print the table, a line for each number of viewers."""
    for field, title in (("windows", "windows/s"), ("of_processor", "windows/processor second")):
        medians = {}
        for viewers, rounds in rates.items():
            medians[viewers] = statistics.median(getattr(rate, field) for rate in rounds)
        for viewers, median in medians.items():
            share = f"{median / medians[0]:.3f} of no viewers"
            print(f"{viewers:>2} viewers  {median:>10,.0f} {title}  {share}")
    received = []
    for viewers, rounds in rates.items():
        serving = statistics.median(rate.serving for rate in rounds)
        print(f"{viewers:>2} viewers  {serving:>10.1f} ms a second to serve them")
        for rate in rounds:
            received += rate.received
    print(f"a viewer gets {statistics.median(received) / 1000:.0f} kB a second")


def main(seconds: float = 4.0) -> None:
    config = EchoConfig(num_epochs=10**6)
    with TemporaryDirectory() as name:
        folder = Path(name) / "run"
        session = Session(config, recorder=RunRecorder.begin(folder, config))
        threading.Thread(target=session.run, daemon=True).start()
        server = Server(session, folder)
        while session.frame.trained < 10_000:
            time.sleep(0.05)
        rates: dict[int, list[Rates]] = {viewers: [] for viewers in COUNTS}
        for _ in range(ROUNDS):
            for viewers in COUNTS:
                rates[viewers].append(measured(session, folder, viewers, seconds))
        print_medians(rates)
        delays = key_to_effect(folder)
        longest = f"longest {max(delays):.0f} ms"
        print(f"key to effect: median {statistics.median(delays):.0f} ms, {longest}")
        session.stop()
        server.close("")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--view"]:
        view(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main(*map(float, sys.argv[1:]))
