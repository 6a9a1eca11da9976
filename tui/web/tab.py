"""A viewer process on a pseudo-terminal of its own, for one tab of a browser."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import struct
import subprocess
import termios
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

MOST_COLUMNS, MOST_LINES = 1000, 300

READ_BYTES = 1 << 16

SECONDS_TO_END = 5.0
"""How long a process may take to end after its terminal is gone; usually a tenth of this."""


@dataclass(frozen=True)
class Size:
    """The size of a terminal in cells."""

    columns: int = 80
    lines: int = 24

    @classmethod
    def of(cls, columns: object, lines: object) -> Size:
        """The size that a browser has sent, within what can be drawn; 80x24 if it makes no sense."""
        try:
            wide, high = int(str(columns)), int(str(lines))
        except ValueError:
            return cls()
        return cls(min(max(wide, 1), MOST_COLUMNS), min(max(high, 1), MOST_LINES))


class Tab:
    """A process on a pseudo-terminal. It ends with its terminal, also when this process is killed.

    Args:
        command: the program and its arguments; it has to make standard input its controlling terminal.
        environment: the variables of its environment.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], size: Size) -> None:
        self._terminal, far_end = os.openpty()
        try:
            os.set_blocking(self._terminal, False)
            self.resize(size)
            self.process = subprocess.Popen(
                command, stdin=far_end, stdout=far_end, stderr=far_end, start_new_session=True, env=dict(environment)
            )
        except OSError:
            os.close(self._terminal)
            raise
        finally:
            os.close(far_end)

    def resize(self, size: Size) -> None:
        """Give the terminal another size; the process is told."""
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", size.lines, size.columns, 0, 0))

    async def read(self) -> bytes:
        """What the process has drawn since; empty if it has ended."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                return os.read(self._terminal, READ_BYTES)
            except BlockingIOError:
                await self._ready(loop.add_reader, loop.remove_reader)
            except OSError:
                return b""

    async def write(self, data: bytes) -> None:
        """Send the process keys, as fast as it reads them."""
        loop = asyncio.get_running_loop()
        while data:
            try:
                data = data[os.write(self._terminal, data) :]
            except BlockingIOError:
                await self._ready(loop.add_writer, loop.remove_writer)
            except OSError:
                return

    async def _ready(self, add: Callable[..., object], remove: Callable[[int], object]) -> None:
        ready = asyncio.Event()
        add(self._terminal, ready.set)
        try:
            await ready.wait()
        finally:
            remove(self._terminal)

    async def end(self) -> None:
        """Hang up, and wait until the process has ended. Nothing may read or write any more."""
        os.close(self._terminal)
        try:
            await asyncio.to_thread(self.process.wait, SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            await asyncio.to_thread(self.process.wait)
