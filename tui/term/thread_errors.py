"""Errors on the program's threads, of which no one else would tell."""

from __future__ import annotations

import errno
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from echornn.config import ConfigError
from echornn.files import safe_files
from tui.term import printed
from tui.term.exit_code import ExitCode


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
        from echornn.runtime.user_folders import state_folder

        self.words = f"{type(error).__name__}: {error}".splitlines()[0]
        file = state_folder() / "traceback.txt"
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            safe_files.write_whole(
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
