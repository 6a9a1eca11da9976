"""Handles errors on threads: the first is kept in a file and shown in a line."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from pathlib import Path

import platformdirs

from echornn.runs import own_files
from tui import printed
from tui.exit_code import ExitCode


def traceback_file() -> Path:
    """Where the newest traceback of a thread is kept."""
    return platformdirs.user_state_path("echornn-tui") / "traceback.txt"


class ThreadErrors:
    """What went wrong on the threads of this process, from the moment at which it is made.

    Attributes:
        tell: called with the `words`, on the thread that failed.
        words: what the first error says, and where its traceback is; empty where there was none. Later errors mostly
            follow from the first.
    """

    def __init__(self) -> None:
        self.words = ""
        self.tell: Callable[[str], None] = lambda words: None
        self._traceback = ""
        threading.excepthook = self._of_thread

    def _of_thread(self, error: threading.ExceptHookArgs) -> None:
        if error.exc_value is not None and not isinstance(error.exc_value, SystemExit):
            self.keep(error.exc_value)

    def keep(self, error: BaseException) -> None:
        """Keep an error, also one that a thread has caught itself."""
        if self.words:
            return
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

    def conclude(self, code: int) -> int:
        """Say at the end, on the normal screen, what went wrong. Returns the exit code: failed, in place of done.

        A traceback that no file took is printed.
        """
        if not self.words:
            return code
        printed.complain(*self._traceback.splitlines(), f"echornn-tui: {self.words}")
        return code or ExitCode.FAILED
