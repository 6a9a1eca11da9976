"""Trains a recorded run for a long time at full speed, and checks that memory and files grow only
as documented.

`python -m tests.benchmarks.endurance [windows]` prints memory and file sizes ten times. It exits
with 1 if memory grows by more than `MOST_GROWTH` after the first fifth, or if the files at the end
are not as documented.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

from rich.console import Console

from echornn import EchoConfig, RunRecorder, Session
from echornn.history.windows import WINDOW
from echornn.run import folders, states
from echornn.run.folders import COMMAND_FILE, KEYFRAME_FILE, LOSS_FILE
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

Say = partial(Console().print, soft_wrap=True)


def sizes(folder: Path) -> tuple[int, int, int]:
    """Sizes in bytes: loss log, keyframes, all other files."""
    losses = (folder / LOSS_FILE).stat().st_size
    kept = (folder / KEYFRAME_FILE).stat().st_size if (folder / KEYFRAME_FILE).exists() else 0
    return losses, kept, folders.size(folder) - losses - kept


def look(session: Session, folder: Path, begun: float) -> float:
    """Print memory and file sizes; returns the memory in MB."""
    memory, trained, seconds = (
        resident_megabytes(),
        session.frame.trained,
        time.perf_counter() - begun,
    )
    losses, kept, others = sizes(folder)
    Say(
        f"{trained:>13,} windows {seconds:>7,.0f} s  {memory:>7,.0f} MB resident"
        f"  losses {losses / 1e6:,.1f} MB  keyframes {kept / 1e3:,.1f} kB"
        f"  others {others / 1e3:,.1f} kB"
    )
    return memory


def wrong(memory: list[float], folder: Path, trained: int) -> list[str]:
    """The differences from what is documented, as texts."""
    after = memory[WARM_UP:]
    growth = max(after) / after[0] - 1
    losses, kept, others = sizes(folder)
    run = Run.read(folder)
    checks = {
        f"memory grew by {growth:.1%}, more than {MOST_GROWTH:.0%}": growth > MOST_GROWTH,
        f"{run.trained:,} windows saved of {trained:,}": run.trained != trained,
        f"the loss log has {losses:,} bytes": losses != trained * WINDOW.itemsize,
        f"the keyframes have {kept:,} bytes": kept > 2 * states.MOST_BYTES,
        f"all else has {others:,} bytes": others > SMALL_BYTES,
        f"{COMMAND_FILE} has {len(run.commands)} commands": len(run.commands) != 1,
        f"notes: {run.notes}": bool(run.notes),
    }
    Say(
        f"memory grew by {growth:.1%} after the warm-up; {losses / trained:.0f} bytes of losses a "
        "window"
    )
    return [words for words, is_wrong in checks.items() if is_wrong]


def main() -> None:
    windows = int(sys.argv[1]) if len(sys.argv) > 1 else WINDOWS
    config = EchoConfig(num_epochs=10**9)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        done = threading.Event()
        session = Session(
            config,
            recorder=RunRecorder.begin(folder, config),
            on_progress=lambda _: done.set() if session.tree.trained >= goal else None,
        )
        thread = threading.Thread(target=session.run)
        goal = 1
        memory: list[float] = []
        thread.start()
        begun = time.perf_counter()
        for number in range(1, LOOKS + 1):
            goal = windows * number // LOOKS
            while session.frame.trained < goal and not session.stopped.is_set():
                done.wait(1)
                done.clear()
            memory.append(look(session, folder, begun))
        session.stop()
        thread.join()
        if session.error is not None:
            raise session.error
        found = wrong(memory, folder, session.frame.trained)
    for words in found:
        Say(f"WRONG: {words}")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
