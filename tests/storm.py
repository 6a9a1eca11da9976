"""Sends random keys, pastes, mouse reports, sizes and noise to the real program; checks that it
lives and replays.

`python -m tests.storm SEED ...` sends 5,000 of them for each seed, to a program that trains.
"""

from __future__ import annotations

import os
import random
import re
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from echornn.errors import RunError
from echornn.remote.address import AddressError
from echornn.remote.client import end_session
from echornn.run.run import Run
from tests.hashed import HashTrainer
from tests.patience import PATIENCE
from tests.program import Program, running
from tests.replay import difference

SEQUENCE = re.compile(rb"\x1b\[[0-9;?<>$]*[a-zA-Z]|\r")
LAST_BYTES = 4000
"""The last bytes of output that a report shows."""

KEYS = " p.e+-=mrRgGuUlzZs?[]{}nNbo1234567fvxXy<>\t\r\x7f"
CONTROL = "\x01\x02\x03\x05\x06\x0b\x0c\x0e\x10\x10\x15\x17\x1a\x1b\x1b\x1b"
LONG = [
    "\x1b[A",
    "\x1b[B",
    "\x1b[C",
    "\x1b[D",
    "\x1b[H",
    "\x1b[F",
    "\x1b[5~",
    "\x1b[6~",
    "\x1b[Z",
    "\x1bOP",
    "\x1b[3~",
]
REPORTS = [
    "\x1b[I",
    "\x1b[O",
    "\x1b[1;1R",
    "\x1b[?2048;1$y",
    "\x1b[?2026;1$y",
    "\x1b[48;99999;99999;1;1t",
    "\x1b[48;1;1;0;0t",
]


def _kitty(dice: random.Random) -> bytes:
    point = dice.choice([27, 13, 9, 57_358, dice.randrange(0, 1 << 21)])
    modifiers = dice.randrange(0, 300)
    more = dice.choice(["", ";97", f";{point}", ":3"])
    return f"\x1b[{point};{modifiers}{more}u".encode() * dice.choice([1, 2])


def _mouse(dice: random.Random) -> bytes:
    on_screen = dice.randrange(1, 90), dice.randrange(1, 30)
    anywhere = dice.randrange(1 << 30), dice.randrange(1 << 30)
    x, y = dice.choice([on_screen, anywhere])
    return f"\x1b[<{dice.randrange(128)};{x};{y}{dice.choice('Mm')}".encode()


def _paste(dice: random.Random) -> bytes:
    noise = dice.randbytes(dice.choice([3, 40, 4000]))
    text = dice.choice([noise, b"0.5", b"seed"])
    end = dice.choice([b"\x1b[201~", b"\x1b[201~", b""])
    return b"\x1b[200~" + text + end


Token = Callable[[random.Random], bytes]

TOKENS: list[tuple[int, Token]] = [
    (60, lambda dice: dice.choice(KEYS).encode()),
    (20, lambda dice: dice.choice(CONTROL).encode() * dice.choice([1, 1, 2])),
    (20, lambda dice: dice.choice(LONG).encode()),
    (8, _kitty),
    (8, _mouse),
    (4, _paste),
    (4, lambda dice: dice.choice(REPORTS).encode()),
    (3, lambda dice: dice.randbytes(dice.randrange(1, 12))),
    (3, lambda dice: b"\r\r"),
]
"""The kinds of input: relative frequency, and a function that makes one."""

POPULATIONS: list[tuple[int, Token]] = [(2, lambda _: b"L")]


class Storm:
    """A storm of input that a seed determines.

    If a key ends the program (the palette can quit), the run is resumed.

    Args:
        populations: whether to switch between one network and many, which takes seconds each time.
        hashed: whether to use hashes in place of training, so that every path is different and
            takes no time.
    """

    def __init__(
        self, seed: int, tokens: int, folder: Path, populations: bool = False, hashed: bool = False
    ) -> None:
        self._kinds = [*TOKENS, *(POPULATIONS if populations else [])]
        self._dice = random.Random(seed)
        self._left = self._tokens = tokens
        self._folder = folder
        self._hashed = hashed
        self.starts = 0

    def blow(self, *flags: str) -> str:
        """What went wrong; empty if the program survived, ended in order, and its run replays."""
        while self._left > 0:
            begin = "--resume" if self._folder.exists() else "--run"
            arguments = (begin, str(self._folder), *flags)
            self.starts += 1
            with running(*arguments, scripted=self._hashed, trainers="hashed") as program:
                program.until(lambda text: "s Set" in text)
                alive = self._send_all(program)
                if alive:
                    os.kill(program.pid, signal.SIGTERM)
                code = program.ended()
                # A click or the palette can leave it in the background
                with suppress(AddressError):
                    end_session(self._folder, PATIENCE)
                # a key or a click may have quit the program just before the signal, or before a
                # Ctrl+C
                if code not in (0, 42) and b"killed by SIGINT" not in program.output:
                    last = SEQUENCE.sub(b"", program.output[-LAST_BYTES:])
                    text = last.decode(errors="replace")
                    return f"exit code {code}, {self._left} keys before the end:\n{text}"
                if not program.mended:
                    return (
                        f"exit code {code}, the terminal is not as it was, {self._left} keys "
                        f"before the end: settings {program.settings}, before "
                        f"{program.settings_before}, last {program.output[-LAST_BYTES:]!r}"
                    )
        if not self._folder.exists():
            return ""
        return difference(self._folder, HashTrainer if self._hashed else None)

    def _send_all(self, program: Program) -> bool:
        """Send the remaining input; returns whether the program still runs."""
        weights, kinds = zip(*self._kinds, strict=True)
        while self._left > 0:
            count = min(self._left, self._dice.randrange(1, 9))
            for token in self._dice.choices(kinds, weights, k=count):
                self._left -= 1
                # after a key that quits, this byte would be SIGQUIT
                program.send(token(self._dice).replace(b"\x1c", b""))
            while self._left < 0.9 * self._tokens and not _has_trained(self._folder):
                if not program.read_for(0.1):  # a tenth of the input comes while the program loads
                    return False
            if self._dice.random() < 0.01:
                program.say_size(self._dice.randrange(0, 200), self._dice.randrange(0, 60))
            if not program.read_for(self._dice.choice([0.0, 0.01, 0.05])):
                return False
        program.say_size(80, 24)
        return program.read_for(1.0)


def _has_trained(folder: Path) -> bool:
    try:
        return bool(Run.read(folder).commands)
    except RunError:
        return False


if __name__ == "__main__":
    for seed in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as name:
            os.chdir(name)  # the command palette can save the screen to the current folder
            fault = Storm(int(seed), 5000, Path(name, "run"), populations=True).blow(
                "--num-epochs", "20"
            )
        sys.stdout.write(f"seed {seed}: {fault or 'alive, and replays'}\n")
