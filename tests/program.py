"""Runs the real program on a pseudo-terminal, which a terminal emulator reads."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.patience import PATIENCE, wait_for
from tests.terminal_screen import ALTERNATE_SCREEN_OFF, TerminalScreen
from tui.term.output import ASK

CURSOR_ON = b"\x1b[?25h"

UNDER_A_SHELL = '"$@"; echo "code $?"; read -r _'
"""A shell script that starts a program, prints its exit code, and stays until a line is typed."""


class Program:
    """`echornn-tui` on a pseudo-terminal; ``pid`` is the started process, which is the guardian of
    the app."""

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
        self.is_slow = False
        """Whether the terminal leaves queries unanswered, until `answer`."""
        self.withheld: list[str] = []
        self.output = b""
        self._unseen = b""
        self._is_over = False
        self.exit_code: int | None = None
        command = [sys.executable, "-m", module, *arguments]
        self._command = b"".join(os.fsencode(word) + b"\0" for word in command)
        self.terminal, inside = os.openpty()
        self.settings_before = self.settings
        self.screen = TerminalScreen(width, height, self._answer)
        self.resize(width, height)
        self.pid = os.fork()
        if self.pid == 0:
            os.login_tty(inside)
            if ignore_hangup:
                signal.signal(signal.SIGHUP, signal.SIG_IGN)
            for name in ("NO_COLOR", "COLORTERM"):
                os.environ.pop(name, None)
            os.environ.update({"TERM": "xterm-256color", **environment})
            if in_a_shell:
                command = ["bash", "-c", in_a_shell, "bash", *command]
            os.execvp(command[0], command)
        os.close(inside)
        OPEN.append(self)

    def resize(self, width: int, height: int) -> None:
        self.screen.resize(height, width)
        self.say_size(width, height)

    def say_size(self, width: int, height: int) -> None:
        """Make the system report this terminal size, which need not be true."""
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def press(self, keys: str) -> None:
        self.send(keys.encode())

    def send(self, data: bytes) -> None:
        """Send bytes from the terminal, all of them, however slowly they are read."""
        while data:
            data = data[os.write(self.terminal, data) :]

    def _answer(self, text: str) -> None:
        if self.is_slow:
            self.withheld.append(text)
        else:
            self.press(text)

    def answer(self) -> None:
        """Send the answers that were held back, and answer from now on."""
        self.is_slow = False
        while self.withheld:
            self.press(self.withheld.pop(0))

    @property
    def text(self) -> str:
        return self.screen.text

    @property
    def app(self) -> int:
        """The id of the app's process: the youngest descendant with the same command. The processes
        that the app starts have other commands.
        """
        pid = self.pid
        while True:
            same = [child for child in children_of(pid) if command_of(child) == self._command]
            if not same:
                return pid
            pid = same[0]

    @property
    def guardian(self) -> int:
        """The id of the app's parent process."""
        status = Path(f"/proc/{self.app}/status").read_text()
        return int(re.findall(r"^PPid:\s*(\d+)", status, re.MULTILINE)[0])

    @property
    def settings(self) -> list[object]:
        """The current settings of the terminal: echo, line mode, ..."""
        return termios.tcgetattr(self.terminal)

    def until(self, condition: Callable[[str], object]) -> str:
        """Read what the program draws until the text of the screen meets the condition.

        The rest of a frame can arrive later: the condition has to name all that the test then
        relies on. No frame is passed over, but a loaded program leaves out frames: it need not draw
        what is true only for a moment.
        """
        deadline = time.monotonic() + PATIENCE
        while not condition(self.text):
            assert time.monotonic() < deadline, f"never came on the screen:\n{self.text}"
            assert self._read(), self._early_end()
        return self.text

    def shows(self, *texts: str) -> str:
        """Read what the program draws until all these texts are on the screen."""
        return self.until(lambda screen: all(text in screen for text in texts))

    def hides(self, *texts: str) -> str:
        """Read what the program draws until none of these texts is on the screen."""
        return self.until(lambda screen: not any(text in screen for text in texts))

    def shows_on_line(self, line: int, text: str) -> str:
        """Read what the program draws until this text is on a line, from 0."""
        return self.until(lambda screen: text in screen.splitlines()[line])

    def matches(self, pattern: str) -> str:
        """Read what the program draws until the screen has a match of this pattern."""
        return self.until(lambda screen: re.search(pattern, screen))

    def reaches(self, number: int) -> str:
        """Read what the program draws until it trains this epoch, or a later one."""
        return self.until(lambda screen: "running" in screen and epoch(screen) >= number)

    def process_in_background(self) -> int:
        """The id of the process that the program says has taken over."""
        return int(re.findall(r"process (\d+)", self.matches(r"process \d+"))[0])

    def quiet_for(self, seconds: float) -> None:
        """Read until the program has drawn nothing for ``seconds``."""
        deadline = time.monotonic() + PATIENCE
        while self._comes(seconds):
            assert time.monotonic() < deadline, f"it goes on drawing:\n{self.text}"
            assert self._read(), self._early_end()

    def read_for(self, seconds: float) -> bool:
        """Read what the program draws for ``seconds``; False if it has ended.

        A stopped program is continued.
        """
        deadline = time.monotonic() + seconds
        self._go_on_if_stopped()
        while self._comes(max(0.0, deadline - time.monotonic())):
            if not self._read():
                return False
            if time.monotonic() > deadline:
                break
        return True

    def stops(self) -> None:
        """Read what the program draws until it is stopped, as after Ctrl+Z: it stops only when
        everything was read."""
        deadline = time.monotonic() + PATIENCE
        while not stopped(self.pid):
            assert time.monotonic() < deadline, f"it never stopped:\n{self.text}"
            if self._comes(0.01):
                assert self._read(), self._early_end()

    def _go_on_if_stopped(self) -> None:
        """Do what a shell does whose user types ``fg``."""
        if self.exit_code is None and stopped(self.pid):
            os.killpg(self.pid, signal.SIGCONT)

    def scribble(self, x: int, y: int, text: str) -> None:
        """Write on the screen without the program's knowledge, as ``wall`` or the kernel does."""
        self.screen.scribble(x, y, text)

    def close_terminal(self) -> None:
        """Close the terminal, as a dropped connection does."""
        os.close(self.terminal)
        self.terminal = os.open(os.devnull, os.O_RDONLY)
        self._unseen = b""

    def ended(self) -> int:
        """Read until the program ends; returns its exit code.

        It is continued if a key that it heard late stops it.
        """
        deadline = time.monotonic() + PATIENCE
        while self._read():
            assert time.monotonic() < deadline, f"it did not end:\n{self.text}"
            self._go_on_if_stopped()
        if self.exit_code is None:
            wait_for(lambda: gone(self.pid))
            self.exit_code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            while self._read():  # output that was on its way
                pass
        return self.exit_code

    def quit(self) -> int:
        """Press q, and read until the program ends; returns its exit code."""
        self.press("q")
        return self.ended()

    def end(self) -> None:
        """End the program if it still runs, and close the terminal."""
        OPEN.remove(self)
        if self.exit_code is None:
            os.killpg(self.pid, signal.SIGKILL)  # the app too, which may be stopped
            self.ended()
        os.close(self.terminal)

    def _early_end(self) -> str:
        """A report on a program whose terminal was closed before the test expected it."""
        if not gone(self.pid):
            with open(os.pidfd_open(self.pid), "rb", buffering=0) as ends:
                select.select([ends], [], [], PATIENCE)
        fate = f"with exit code {self.ended()}" if gone(self.pid) else "though the program goes on"
        return (
            f"the terminal was closed early, {fate}:\n{self.text}\nlast bytes: "
            f"{self.output[-1000:]!r}"
        )

    def _comes(self, seconds: float) -> bool:
        """Whether there is something to read within so many seconds, if only that there is no more.
        A terminal always takes what a program writes, which would have to wait otherwise: that of
        other programs is taken meanwhile.
        """
        deadline = time.monotonic() + seconds
        while not self._unseen:
            others = {
                other.terminal: other for other in OPEN if other is not self and not other._is_over
            }
            ready, _, _ = select.select(
                [self.terminal, *others], [], [], max(0.0, deadline - time.monotonic())
            )
            for terminal in ready:
                others.get(terminal, self)._take()
            if self.terminal in ready:
                return True
            if not ready:
                return False
        return True

    def _take(self) -> None:
        """Read some bytes, which are drawn later."""
        try:
            data = os.read(self.terminal, 1 << 16)
        except OSError:  # Linux reports this when the other side is closed
            data = b""
        self._unseen += data
        self._is_over = not data

    def _read(self) -> bool:
        """Read on, at most to the end of a frame; returns whether more can come."""
        if not self._comes(0.5):
            return True
        if not self._unseen:
            return False
        frame, ask, self._unseen = self._unseen.partition(ASK.encode())
        self.output += frame + ask
        self.screen.feed(frame + ask)
        return True

    @property
    def mended(self) -> bool:
        """Whether the terminal is restored: its settings, the normal screen, the cursor, no reports
        of the mouse."""
        pairs = [(ALTERNATE_SCREEN_OFF, b"\x1b[?1049h"), (CURSOR_ON, b"\x1b[?25l")]
        for mode in (1000, 1003, 1015, 1006):
            pairs.append((b"\x1b[?%dl" % mode, b"\x1b[?%dh" % mode))
        for restored, changed in pairs:
            if self.output.rfind(restored) < self.output.rfind(changed):
                return False
        return self.settings == self.settings_before


OPEN: list[Program] = []
"""The programs whose terminals are open."""


def children_of(pid: int) -> list[int]:
    """The ids of the processes that a process has started."""
    return [*map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def command_of(pid: int) -> bytes:
    """The command of a process, each word with a zero byte after it; empty if it has just ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def gone(pid: int) -> bool:
    """Whether a process has ended, even if it is a zombie."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True


def signals_of(pid: int, kind: str) -> set[int]:
    """The signals that a process has caught or ignores: ``SigCgt`` or ``SigIgn``."""
    status = Path(f"/proc/{pid}/status").read_text()
    (mask,) = re.findall(rf"^{kind}:\s*(\w+)", status, re.MULTILINE)
    return {number for number in range(1, signal.NSIG) if int(mask, 16) >> number - 1 & 1}


def stopped(pid: int) -> bool:
    """Whether a process is stopped, as after SIGSTOP."""
    return ") T " in Path(f"/proc/{pid}/stat").read_text()


def epoch(text: str) -> int:
    """The newest epoch on the screen, 0 if there is none; a test may miss single epochs."""
    return max(map(int, re.findall(r"epoch (\d+)/", text)), default=0)


@contextmanager
def running(
    *arguments: object,
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
    """Run the program with these arguments; in a shell's script, it is ``"$@"``.

    If `scripted`, nothing is trained and TensorFlow, which takes seconds, is not imported: see
    `tests.scripted_program`, also for `trainers` and `failing`, a function that fails.
    """
    script = UNDER_A_SHELL if under_a_shell else in_a_shell
    module = "tests.scripted_program" if scripted or failing else "tui"
    environment = {**(environment or {}), "FAILING": failing, "TRAINERS": trainers}
    program = Program(
        list(map(str, arguments)), width, height, environment, ignore_hangup, script, module
    )
    try:
        yield program
    finally:
        program.end()


@contextmanager
def detached(folder: Path, speed: float = 20, *arguments: object) -> Iterator[Path]:
    """Train a run in this folder in the background, at so many windows a second, until the end of
    the block."""
    command = ("--detach", "--run", folder, "--speed", f"{speed:g}", *arguments)
    with running(*command, width=200, scripted=True) as program:
        program.shows("end it with")
        process = program.process_in_background()
        assert program.ended() == 0
    try:
        yield folder
    finally:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        wait_for(lambda: gone(process))
