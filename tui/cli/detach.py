"""Training without its terminal: a process in the background, and the viewers that attach to a
session."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from echornn.files import safe_files
from echornn.run.folders import ERROR_FILE, OUTPUT_FILE
from tui.term import guardian, printed, terminal
from tui.term.exit_code import ExitCode
from tui.text.command_line import flags_text

if TYPE_CHECKING:
    from echornn.remote.server import Server
    from echornn.session.session import Session


def into_background() -> int:
    """Fork, before any thread starts or a run is locked. The child returns with a descriptor for
    `let_go`, in a session of its own, which no hang-up reaches; the parent waits for that, prints
    how to attach, and ends.
    """
    hears, line = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    # From here on for both: the terminal may go at once
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    child = os.fork()
    if child:
        os.close(line)
        _wait(child, hears)
    os.close(hears)
    os.setsid()
    return line


def _wait(child: int, hears: int) -> NoReturn:
    guardian.forward_to(child)
    with open(hears, "rb") as line:
        folder, begun, trouble = os.fsdecode(line.read()).partition("\0")
    if not begun:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        terminal.leave_process(code if code >= 0 else ExitCode.FAILED)
    words, look, stop = "not kept", "nobody can attach, since it is not kept", f"kill {child}"
    if folder:
        name = printed.quoted(folder)
        words = f"in {name}"
        look = trouble or f"look with: echornn-tui attach {name}"
        if not trouble:
            stop = f"echornn-tui attach --stop {name}"
    printed.lines(
        [f"training in the background: process {child}, {words}", look, f"end it with: {stop}"]
    )
    printed.finish()
    terminal.leave_process(ExitCode.DONE)


def let_go(line: int, folder: Path | None, trouble: str, errors_apart: bool) -> None:
    """Write into files of the run from now on, and let the parent end; ``trouble`` is why nobody
    can attach."""
    sys.stdout.flush()
    sys.stderr.flush()
    output = _appended(folder, OUTPUT_FILE)
    errors = _appended(folder, ERROR_FILE) if errors_apart else output
    for descriptor, target in ((0, _nowhere()), (1, output), (2, errors)):
        os.dup2(target, descriptor)
    with contextlib.suppress(OSError):
        os.write(line, os.fsencode(f"{folder or ''}\0{trouble}"))
    os.close(line)


def _appended(folder: Path | None, file: str) -> int:
    """A descriptor that writes to the end of this file; nowhere if there is no folder, or if it
    cannot be written."""
    if folder is not None:
        with contextlib.suppress(OSError):
            return safe_files.opened(folder / file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    return _nowhere()


def _nowhere() -> int:
    return os.open(os.devnull, os.O_RDWR)


def go_on_in_the_background(
    folder: Path, speed: float, paused: bool, serve: bool, flags: Sequence[str]
) -> NoReturn:
    """Become a program that trains this run on, after the flags that say where to go and what to
    change first."""
    given = {
        "detach": True,
        "resume": folder,
        "speed": "max" if math.isinf(speed) else f"{speed:g}",
        "paused": paused,
        "no_serve": not serve,
    }
    words = [*flags_text(given), *flags]
    sys.stdout.flush()
    os.dup2(1, 2)  # errors would go to the log of native code
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.execv(sys.executable, [*terminal.PROGRAM, *words])


class Serving:
    """Lets viewers in other processes look at a session, if that is wanted and the run is kept."""

    def __init__(self, session: Session, is_wanted: bool) -> None:
        self._session = session
        self._server: Server | None = None
        self._has_ended = False
        # Guards both: `begin` has a thread of its own, and the user may leave before it has begun
        self._changing = threading.Lock()
        self._folder = session.recorder.folder if is_wanted else None
        self.trouble = "" if is_wanted else "nobody can attach, because of --no-serve"

    def begin(self) -> None:
        if self._folder is None:
            return
        from echornn.remote.server import Server  # late: the first frame does not need it

        if self._has_ended:  # its folder may be gone
            return
        try:
            server = Server(self._session, self._folder)
        except OSError as error:
            self.trouble = f"nobody can attach: {error.strerror or error}"
            return
        with self._changing:
            is_late = self._has_ended
            if not is_late:
                self._server = server
        if is_late:
            server.close("")

    def end(self, reason: str, command: str = "go on with echornn-tui --resume") -> None:
        """Tell the viewers why the session ends, and how to continue, wherever their current folder
        is."""
        with self._changing:
            self._has_ended, server = True, self._server
        if server is None or self._folder is None:
            return
        recorder, trouble = self._session.recorder, ""
        if not recorder.saved:
            trouble = recorder.warning[:200] or "the disk was too slow"
            reason = f"{reason} ({trouble})"
        server.close(f"{reason}: {command} {printed.quoted(self._folder.absolute())}", trouble)
