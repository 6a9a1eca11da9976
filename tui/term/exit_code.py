"""How the program ends: its exit codes, the signals that ask it to end, and errors on its
threads."""

from __future__ import annotations

import errno
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum

from echornn.config import ConfigError
from echornn.files import own_files
from tui.term import printed

ENDING_SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
"""Signals that ask the process to end: hangup of the connection, request of a scheduler, Ctrl+C."""


class ExitCode(IntEnum):
    """The exit codes; scripts may rely on them."""

    DONE = 0
    """Training reached its end, or the user left with q."""
    FAILED = 1
    """Training failed or diverged, or the run could not be saved, or something could not be
    printed."""
    USAGE = 2
    """A flag, a field, a folder or a file cannot be used; nothing was changed.

    Or a command of a script was refused.
    """
    CHECKPOINTED = 42
    """A signal ended the program, and everything was saved: continue with ``--resume``."""
    FORCED = 130
    """Ctrl+C ended the program at once (during training, the second Ctrl+C); the last checkpoint is
    unchanged."""


class UsageError(ValueError):
    """A command line, or a preference, that cannot be used; the message says what was given and
    what is allowed."""


class FailedError(Exception):
    """What was asked cannot be done; the message says why."""


class ThreadErrors:
    """Keeps the first error on a thread, from which others usually follow: its traceback in a file,
    and in a line."""

    def __init__(self) -> None:
        self.words = ""  # the error and the file; empty if there was no error
        # Called with `words` on the thread that failed
        self.tell: Callable[[str], object] = lambda words: None
        threading.excepthook = self._of_thread

    def _of_thread(self, failed: threading.ExceptHookArgs) -> None:
        error = failed.exc_value
        # It is gone, which is no fault
        of_the_terminal = isinstance(error, OSError) and error.errno == errno.EIO
        if isinstance(error, Exception) and not of_the_terminal:
            self.keep(error)

    def keep(self, error: Exception) -> None:
        if self.words:
            return
        import platformdirs

        self.words = f"{type(error).__name__}: {error}".splitlines()[0]
        file = platformdirs.user_state_path("echornn-tui") / "traceback.txt"
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            own_files.write_whole(
                file, "".join(traceback.format_exception(error)).encode(errors="replace")
            )
            self.words += f" (traceback in {file})"
        self.tell(self.words)

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Also keep an error of the block: printed alone, it would be lost when the terminal is
        gone."""
        try:
            yield
        except ConfigError:
            raise
        except Exception as error:
            self.keep(error)
            raise

    def conclude(self, code: int) -> int:
        """Print the error on the normal screen; returns the exit code, which is failed instead of
        done."""
        if not self.words:
            return code
        printed.complain(f"echornn-tui: {self.words}")
        return code or ExitCode.FAILED
