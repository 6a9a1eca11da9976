"""Trains a recorded run for a long time at full speed, and checks that memory and files grow only
as documented.

`python -m tests.benchmarks.endurance [windows]` prints memory and file sizes ten times. It exits
with 1 if memory grows by more than `MOST_GROWTH` after the first fifth, or if the files at the end
are not as documented.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from echornn import EchoConfig, RunRecorder, Session
from echornn.history.windows import WINDOW
from echornn.run import folders, states
from echornn.run.folders import COMMAND_FILE, KEYFRAME_FILE, LOSS_FILE, NORM_FILE
from echornn.run.run import Run
from tests.benchmarks.cost_of_the_record import resident_megabytes

WINDOWS = 200_000_000
LOOKS = 10
WARM_UP = 2
"""Measurements before memory counts, while code is compiled and the history grows to its full
size."""

MOST_GROWTH = 0.10
"""The largest allowed growth of memory after the warm-up, as a share."""

SMALL_BYTES = 100_000
"""The largest allowed size of all other files together, in bytes."""


def sizes(folder: Path) -> tuple[int, int, int, int]:
    """Sizes in bytes: loss log, log of norms, keyframes, all other files."""
    kinds = []
    for name in (LOSS_FILE, NORM_FILE, KEYFRAME_FILE):
        file = folder / name
        kinds.append(file.stat().st_size if file.exists() else 0)
    losses, norms, kept = kinds
    return losses, norms, kept, folders.size(folder) - sum(kinds)


def look(trained: int, folder: Path, seconds: float) -> float:
    """Print memory and file sizes; returns the memory in MB."""
    memory = resident_megabytes()
    losses, norms, kept, others = sizes(folder)
    print(
        f"{trained:>13,} windows {seconds:>7,.0f} s  {memory:>7,.0f} MB resident"
        f"  losses {losses / 1e6:,.1f} MB  norms {norms / 1e6:,.1f} MB"
        f"  keyframes {kept / 1e3:,.1f} kB  others {others / 1e3:,.1f} kB",
        flush=True,
    )
    return memory


def wrong(memory: list[float], folder: Path, trained: int) -> list[str]:
    """The differences from what is documented, as texts."""
    after = memory[WARM_UP:]
    growth = max(after) / after[0] - 1
    losses, norms, kept, others = sizes(folder)
    run = Run.read(folder)
    checks = {
        f"memory grew by {growth:.1%}, more than {MOST_GROWTH:.0%}": growth > MOST_GROWTH,
        f"{run.trained:,} windows saved of {trained:,}": run.trained != trained,
        f"the loss log has {losses:,} bytes": losses != trained * WINDOW.itemsize,
        f"the log of norms has {norms:,} bytes": norms > losses,
        f"the keyframes have {kept:,} bytes": kept > 2 * states.MOST_BYTES,
        f"all else has {others:,} bytes": others > SMALL_BYTES,
        f"{COMMAND_FILE} has {len(run.commands)} commands": len(run.commands) != 1,
        f"notes: {run.notes}": bool(run.notes),
    }
    of_losses = f"{losses / trained:.0f} bytes of losses a window"
    print(f"memory grew by {growth:.1%} after the warm-up; {of_losses}")
    return [fault for fault, is_wrong in checks.items() if is_wrong]


def main(windows: int = WINDOWS) -> int:
    """Train, and look in turn. Returns the exit code."""
    config = EchoConfig(num_epochs=10**9)
    with TemporaryDirectory() as name:
        folder = Path(name) / "run"
        session = Session(config, recorder=RunRecorder.begin(folder, config))
        thread = threading.Thread(target=session.run)
        thread.start()
        begun = time.perf_counter()
        memory = []
        for number in range(1, LOOKS + 1):
            while session.frame.trained < windows * number // LOOKS:
                if session.stopped.wait(0.1):
                    break
            memory.append(look(session.frame.trained, folder, time.perf_counter() - begun))
        session.stop()
        thread.join()
        if session.error is not None:
            raise session.error
        faults = wrong(memory, folder, session.frame.trained)
    for fault in faults:
        print(f"WRONG: {fault}")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
