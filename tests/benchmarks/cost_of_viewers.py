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
    viewer, received = RemoteSession(folder, "viewer"), 0
    read = viewer._received

    def counted() -> bytes:
        nonlocal received
        data = read()
        received += len(data)
        return data

    viewer._received = counted  # type: ignore[method-assign]
    query = Query(columns=columns)
    begun = time.monotonic()
    viewer.look(query)
    threading.Thread(target=stop_at_the_end, args=(viewer,), daemon=True).start()
    while not viewer._stopped.is_set():
        viewer.look(query)
        time.sleep(0.1)
    print(f"{received / (time.monotonic() - begun):.0f}")


def stop_at_the_end(viewer: RemoteSession) -> None:
    """Stop a viewer when its parent closes the pipe."""
    sys.stdin.read()
    viewer.stop()


def served_seconds() -> float:
    """Processor time of the threads that serve viewers now."""
    nanoseconds = 0
    for one in threading.enumerate():
        if one.name == "viewer":
            with suppress(OSError):  # it begins or ends just now
                nanoseconds += int(
                    Path(f"/proc/self/task/{one.native_id}/schedstat").read_text().split()[0]
                )
    return nanoseconds / 1e9


def rates_with(
    session: Session, folder: Path, count: int, seconds: float
) -> tuple[list[float], list[float]]:
    """Windows a second with this number of viewers, the same of processor time, and milliseconds of
    processor time a second of the threads that serve them; each viewer's bytes a second.
    """
    command = [sys.executable, "-m", "tests.benchmarks.cost_of_viewers", "--view", str(folder)]
    viewers = [
        subprocess.Popen(
            [*command, str(columns)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for columns in range(COLUMNS, COLUMNS + count)
    ]
    while len(session.viewers.names) < count:
        time.sleep(0.01)
    time.sleep(1.0)
    begun, busy, served, before = (
        time.perf_counter(),
        time.process_time(),
        served_seconds(),
        session.frame.trained,
    )
    time.sleep(seconds)
    trained, took = session.frame.trained - before, time.perf_counter() - begun
    rates = [
        trained / took,
        trained / (time.process_time() - busy),
        (served_seconds() - served) / took * 1000,
    ]
    return rates, [float(viewer.communicate("")[0]) for viewer in viewers]


def key_to_effect(folder: Path) -> list[float]:
    """Seconds from sending a command to the first picture with its effect, at full speed."""
    viewer, seconds = RemoteSession(folder, "keys"), []
    viewer.take_over()
    query = Query(columns=COLUMNS)
    picture = viewer.look(query)
    for index in range(KEYS):
        begun = time.perf_counter()
        number = viewer.send(commands.SetSpeed(math.inf if index % 2 else 1e6))
        while picture.frame.answered < number:
            time.sleep(0.001)
            picture = viewer.look(query)
        seconds.append(time.perf_counter() - begun)
        time.sleep(0.02)
    viewer.stop()
    return seconds


def main() -> None:
    """Print the table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 4.0
    with TemporaryDirectory() as name:
        folder, config = Path(name) / "run", EchoConfig(num_epochs=10**6)
        session = Session(config, recorder=RunRecorder.begin(folder, config))
        threading.Thread(target=session.run, daemon=True).start()
        server = Server(session, folder)
        while session.frame.trained < 10_000:
            time.sleep(0.05)
        rates: dict[int, list[list[float]]] = {count: [] for count in COUNTS}
        received: list[float] = []
        for _ in range(ROUNDS):
            for count in COUNTS:
                measured, each = rates_with(session, folder, count, seconds)
                rates[count].append(measured)
                received += each
        for title, which in (("windows/s", 0), ("windows/processor second", 1)):
            medians = {
                count: statistics.median(one[which] for one in some)
                for count, some in rates.items()
            }
            for count, rate in medians.items():
                print(
                    f"{count:>2} viewers  {rate:>10,.0f} {title}  {rate / medians[0]:.3f} of no "
                    "viewers"
                )
        for count, some in rates.items():
            print(
                f"{count:>2} viewers  {statistics.median(one[2] for one in some):>10.1f} ms a "
                "second to serve them"
            )
        print(f"a viewer gets {statistics.median(received) / 1000:.0f} kB a second")
        keys = key_to_effect(folder)
        print(
            f"key to effect: median {statistics.median(keys) * 1000:.0f} ms, longest "
            f"{max(keys) * 1000:.0f} ms"
        )
        session.stop()
        server.close("")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--view"]:
        view(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
