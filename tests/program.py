"""The real program on a terminal of its own: a pty, read by a terminal emulator."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyte

from tests.patience import PATIENCE

SECONDS_TO_END = 5.0
"""Within so many seconds of being told it ends, on a machine under load; it needs a tenth of that."""

ALTERNATE_SCREEN_ON = b"\x1b[?1049h"
ALTERNATE_SCREEN_OFF = b"\x1b[?1049l"
CURSOR_ON = b"\x1b[?25h"


UNDER_A_SHELL = '"$@"; echo "code $?"; read -r _'
"""Starts a program as a shell does, says its exit code, and stays on the terminal until a line is typed."""


class Screen(pyte.Screen):
    """What a terminal shows; what the program asks of the terminal is answered through ``answer``."""

    def __init__(self, width: int, height: int, answer: Callable[[str], None]) -> None:
        super().__init__(width, height)
        self._answer = answer

    def write_process_input(self, data: str) -> None:
        self._answer(data)


SECONDS_TO_END = 10.0
"""How long a program whose terminal was closed may take to end, before a test says that it goes on."""


class Program:
    """`echornn-tui` on a pty; ``pid`` is the process that was started, which guards the app."""

    def __init__(
        self,
        arguments: list[str],
        width: int,
        height: int,
        environment: dict[str, str],
        ignore_hangup: bool,
        in_a_shell: str,
        module: str,
    ) -> None:
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            if ignore_hangup:
                signal.signal(signal.SIGHUP, signal.SIG_IGN)
            for name in ("NO_COLOR", "COLORTERM"):
                os.environ.pop(name, None)
            os.environ.update({"TERM": "xterm-256color", **environment})
            command = [sys.executable, "-m", module, *arguments]
            if in_a_shell:
                command = ["bash", "-c", in_a_shell, "bash", *command]
            os.execvp(command[0], command)
        self.settings_before = self.settings
        self.screen = Screen(width, height, self._answer)
        self.resize(width, height)
        self.is_slow = False
        """Whether it does not answer what the program asks the terminal, until `answer`."""
        self.withheld: list[str] = []
        self._stream = pyte.ByteStream(self.screen)
        self.output = b""
        self.exit_code: int | None = None

    def resize(self, width: int, height: int) -> None:
        self.screen.resize(height, width)
        self.say_size(width, height)

    def say_size(self, width: int, height: int) -> None:
        """Have the system say that the terminal is so large, which may not be true."""
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def press(self, keys: str) -> None:
        self.send(keys.encode())

    def send(self, data: bytes) -> None:
        """Have these bytes come from the terminal, all of them, however slowly they are read."""
        while data:
            data = data[os.write(self.terminal, data) :]

    def _answer(self, text: str) -> None:
        if self.is_slow:
            self.withheld.append(text)
        else:
            self.press(text)

    def answer(self) -> None:
        """Give the answers that were withheld, and those to come."""
        self.is_slow = False
        while self.withheld:
            self.press(self.withheld.pop(0))

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    @property
    def app(self) -> int:
        """The process that is the app: the youngest descendant of the one that was started."""
        pid = self.pid
        while children := Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            pid = int(children[0])
        return pid

    @property
    def guardian(self) -> int:
        """The parent of the app."""
        status = Path(f"/proc/{self.app}/status").read_text()
        return int(re.findall(r"^PPid:\s*(\d+)", status, re.MULTILINE)[0])

    @property
    def settings(self) -> list[object]:
        """How the terminal is set now: echo, lines, ..."""
        return termios.tcgetattr(self.terminal)

    def until(self, condition: Callable[[str], object]) -> str:
        """Read what the program draws until the screen's text meets the condition."""
        deadline = time.monotonic() + PATIENCE
        while not condition(self.text):
            assert time.monotonic() < deadline, f"never came on the screen:\n{self.text}"
            assert self._read(), self._early_end()
        return self.text

    def quiet_for(self, seconds: float) -> None:
        """Read until the program has drawn nothing for so long."""
        deadline = time.monotonic() + PATIENCE
        while select.select([self.terminal], [], [], seconds)[0]:
            assert time.monotonic() < deadline, f"it goes on drawing:\n{self.text}"
            assert self._read(), self._early_end()

    def read_for(self, seconds: float) -> bool:
        """Read what it draws for so long; False where it has ended. One that stops is let go on, as by a shell."""
        deadline = time.monotonic() + seconds
        if stopped(self.pid):
            os.killpg(self.pid, signal.SIGCONT)
        while select.select([self.terminal], [], [], max(0.0, deadline - time.monotonic()))[0]:
            if not self._read():
                return False
            if time.monotonic() > deadline:
                break
        return True

    def stops(self) -> None:
        """Read what it draws until it stands still, as after Ctrl+Z: it stops only once all of that is read."""
        deadline = time.monotonic() + PATIENCE
        while not stopped(self.pid):
            assert time.monotonic() < deadline, f"it never stopped:\n{self.text}"
            if select.select([self.terminal], [], [], 0.01)[0]:
                assert self._read(), self._early_end()

    def scribble(self, x: int, y: int, text: str) -> None:
        """Write on the screen behind the program's back, as ``wall`` or a message of the kernel does."""
        self._stream.feed(f"\x1b7\x1b[{y + 1};{x + 1}H{text}\x1b8".encode())

    def close_terminal(self) -> None:
        """Take the terminal away, as a line that drops does."""
        os.close(self.terminal)
        self.terminal = os.open(os.devnull, os.O_RDONLY)

    def ended(self) -> int:
        """Read until the program ends; its exit code."""
        deadline = time.monotonic() + PATIENCE
        while self._read():
            assert time.monotonic() < deadline, f"it did not end:\n{self.text}"
        if self.exit_code is None:
            self.exit_code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            while self._read():  # what was on the way while it ended
                pass
        return self.exit_code

    def _early_end(self) -> str:
        """What is known about a program whose terminal was closed before the test expected it."""
        if not gone(self.pid):
            with open(os.pidfd_open(self.pid), "rb", buffering=0) as ends:
                select.select([ends], [], [], SECONDS_TO_END)
        fate = f"with exit code {self.ended()}" if gone(self.pid) else "though the program goes on"
        return f"the terminal was closed early, {fate}:\n{self.text}\nlast bytes: {self.output[-1000:]!r}"

    def _read(self) -> bool:
        if not select.select([self.terminal], [], [], 0.5)[0]:
            return True
        try:
            data = os.read(self.terminal, 1 << 16)
        except OSError:  # Linux says so when the other side has closed
            data = b""
        self.output += data
        # pyte does not know the kitty keyboard protocol's private sequences, and would print their last letter.
        data = re.sub(rb"\x1b\[[<>][0-9;]*u|\x1b\[\?[0-9;]*\$p", b"", data)
        # Nor the other screen, which is empty whenever it is taken.
        self._stream.feed(data.replace(ALTERNATE_SCREEN_ON, ALTERNATE_SCREEN_ON + b"\x1b[2J"))
        return bool(data)

    @property
    def mended(self) -> bool:
        """Whether the terminal is as it was: its settings, the normal screen, the cursor."""
        pairs = (ALTERNATE_SCREEN_OFF, b"\x1b[?1049h"), (CURSOR_ON, b"\x1b[?25l")
        return self.settings == self.settings_before and all(
            self.output.rfind(last) >= self.output.rfind(first) for last, first in pairs
        )


def gone(pid: int) -> bool:
    """Whether the process has ended, waited for or not."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True


def stopped(pid: int) -> bool:
    """Whether the process stands still, as after SIGSTOP."""
    return ") T " in Path(f"/proc/{pid}/stat").read_text()


def epoch(text: str) -> int:
    """The newest epoch that the screen names, 0 where it names none: any single one may have passed unseen."""
    return max((int(number) for number in re.findall(r"epoch (\d+)/", text)), default=0)


@contextmanager
def running(
    *arguments: str,
    width: int = 80,
    height: int = 24,
    environment: dict[str, str] | None = None,
    ignore_hangup: bool = False,
    under_a_shell: bool = False,
    in_a_shell: str = "",
    scripted: bool = False,
    trainers: str = "",
    failing: str = "",
) -> Iterator[Program]:
    """The program with these arguments; it is ``"$@"`` in a shell's script.

    Where it is `scripted`, nothing is trained, and TensorFlow, which takes seconds, is not there: see
    `tests.scripted_program`, which says what `trainers` there are. A `failing` function is named as
    `tests.failing_program` says.
    """
    script = UNDER_A_SHELL if under_a_shell else in_a_shell
    module = "tests.scripted_program" if scripted else "tests.failing_program" if failing else "tui"
    environment = {**(environment or {}), "FAILING": failing, "TRAINERS": trainers}
    program = Program(list(arguments), width, height, environment, ignore_hangup, script, module)
    try:
        yield program
    finally:
        if program.exit_code is None:
            os.killpg(program.pid, signal.SIGKILL)  # the app too, which may be stopped
            program.ended()
        os.close(program.terminal)
