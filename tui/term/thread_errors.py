"""Handles errors on threads: saves the first one to a file, and shows it in a line."""

from __future__ import annotations

import errno
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from echornn.config import ConfigError
from echornn.files import own_files
from tui.term import printed
from tui.term.exit_code import ExitCode

DRAWS = "textual-output"
"""The name of the thread that writes to the terminal."""


def traceback_file() -> Path:
    """The file that holds the newest traceback of a thread."""
    return platformdirs.user_state_path("echornn-tui") / "traceback.txt"


class ThreadErrors:
    """Records errors on the threads of this process, from its creation on.

    Attributes:
        tell: called with `words` on the thread that failed.
        words: a line with the first error and the file of its traceback; empty if there was no error. Later errors
            usually follow from the first.
    """

    def __init__(self) -> None:
        self.words = ""
        self.tell: Callable[[str], None] = lambda words: None
        self._traceback = ""
        self._is_keeping = threading.Lock()
        threading.excepthook = self._of_thread

    def _of_thread(self, error: threading.ExceptHookArgs) -> None:
        if error.exc_value is None or isinstance(error.exc_value, SystemExit):
            return
        if not _says_that_the_terminal_is_gone(error):
            self.keep(error.exc_value)

    def keep(self, error: BaseException) -> None:
        """Record an error, including one that a thread has caught. If two occur at once, the second waits for the
        first.
        """
        with self._is_keeping:
            if not self.words:
                self._keep_first(error)

    def _keep_first(self, error: BaseException) -> None:
        words = f"{type(error).__name__}: {error}".splitlines()[0]
        text, file = "".join(traceback.format_exception(error)), traceback_file()
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            own_files.write_whole(file, text.encode(errors="replace"))
        except OSError:
            self._traceback, self.words = text, words
        else:
            self.words = f"{words} (traceback in {file})"
        self.tell(self.words)

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Record an error that is raised in the ``with`` block, and raise it again. If it were only printed, it would
        be lost when the terminal is gone.
        """
        try:
            yield
        except ConfigError:
            raise
        except Exception as error:
            self.keep(error)
            raise

    def conclude(self, code: int) -> int:
        """Print the error at the end, on the normal screen; returns the exit code, which becomes failed instead of
        done.

        If the traceback could not be saved, it is printed too.
        """
        if not self.words:
            return code
        printed.complain(*self._traceback.splitlines(), f"echornn-tui: {self.words}")
        return code or ExitCode.FAILED


def _says_that_the_terminal_is_gone(error: threading.ExceptHookArgs) -> bool:
    """Whether the error only follows from a lost terminal; such an error must not hide a fault of the program."""
    draws = error.thread is not None and error.thread.name == DRAWS
    return draws and isinstance(error.exc_value, OSError) and error.exc_value.errno == errno.EIO
