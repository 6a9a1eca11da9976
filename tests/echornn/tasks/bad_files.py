"""Files of tasks that cannot be used: each is a good file of which something is replaced, and says so in one line."""

from __future__ import annotations

from tests.bad_file import BadFile

GOOD = """\
from dataclasses import dataclass
import numpy as np
from echornn import Batch, Level, Numbers, Symbols, Task, setting

@dataclass(frozen=True)
class Mine(Task):
    lag: int = setting(2, "Steps back.", 1, 50)
    inputs, outputs = Symbols(3), Numbers(1)

    def draw(self, rng, rows, steps):
        x = rng.integers(0, 3, (rows, steps))
        y = np.roll(x, self.lag, axis=1)[..., None] / 2
        scored = np.ones(x.shape, bool)
        return Batch(x, y, scored)

    def levels(self, rows, steps):
        return [Level("chance", 1 / 6, "nothing")]
"""

FORMS = "inputs, outputs = Symbols(3), Numbers(1)"
INTEGERS = "rng.integers(0, 3, (rows, steps))"
RETURN = "return Batch(x, y, scored)"
LEVELS = '[Level("chance", 1 / 6, "nothing")]'


class Bad(BadFile):
    good = GOOD


SEEN_IN_ANY_PROCESS = [
    Bad(
        "wrong shape",
        RETURN,
        "return Batch(x.T, y, scored)",
        ":10: draw returns x as int64 [1000, 5], but Symbols(3) needs whole numbers [5, 1000]",
    ),
    Bad(
        "numbers without their axis",
        RETURN,
        "return Batch(x, y[..., 0], scored)",
        ":10: draw returns y as float64 [5, 1000], but Numbers(1) needs numbers [5, 1000, 1]",
    ),
    Bad(
        "floats as symbols",
        RETURN,
        "return Batch(x / 1, y, scored)",
        ":10: draw returns x as float64 [5, 1000], but Symbols(3) needs whole numbers [5, 1000]",
    ),
    Bad(
        "symbols out of range",
        RETURN,
        "return Batch(x + 1, y, scored)",
        ":10: draw returns x with symbols from 1 to 3, but Symbols(3) has 0 to 2",
    ),
    Bad(
        "not a number",
        RETURN,
        "return Batch(x, np.sqrt(y - 2), scored)",
        ":10: draw returns y with nan at [0, 0, 0], but all numbers must be finite",
    ),
    Bad(
        "too large for float32",
        RETURN,
        "return Batch(x, y + 1e39, scored)",
        ":10: draw returns y with inf at [0, 0, 0], but all numbers must be finite",
    ),
    Bad(
        "nothing is scored",
        RETURN,
        "return Batch(x, y, scored & False)",
        ":10: draw scores none of 1,000 steps: a row may be too short for the task's lags",
    ),
    Bad(
        "scored as numbers",
        RETURN,
        "return Batch(x, y, scored * 1)",
        ":10: draw returns scored as int64 [5, 1000], not bool [5, 1000]",
    ),
    Bad("no batch", RETURN, "return x, y", ":10: draw returns a tuple, not a Batch(x, y, scored)"),
    Bad("no return", RETURN, "pass", ":10: draw returns nothing, not a Batch(x, y, scored)"),
    Bad(
        "lists of unequal lengths",
        RETURN,
        "return Batch([[0], [0, 1]], y, scored)",
        ":10: ValueError: setting an array element with a sequence. The requested array has an inhomogeneous shape",
    ),
    Bad(
        "chance from elsewhere",
        INTEGERS,
        "np.random.default_rng().integers(0, 3, (rows, steps))",
        ":10: draw returns different data for the same rng: all random numbers must come from that rng",
    ),
    Bad(
        "a buffer that is used again",
        RETURN,
        "BUFFERS.setdefault(0, np.zeros((9, 2000), np.uint8))[:rows, :steps] = x\n"
        "        return Batch(BUFFERS[0][:rows, :steps], y, scored)\nBUFFERS = {}\nclass Rest:",
        ":10: draw changes the arrays that it returned before: make new ones each time",
    ),
    Bad(
        "an error inside", INTEGERS, "rng.integers(0, 3, (rows, stepz))", ":11: NameError: name 'stepz' is not defined"
    ),
    Bad(
        "an error without words",
        RETURN,
        "raise Wordless\n\nclass Wordless(Exception):\n    __str__ = None",
        ":14: Wordless",
    ),
    Bad("an error in a call", INTEGERS, "rng.integers(3, 0, (rows, steps))", ":11: ValueError: low >= high"),
    Bad("no end of a call", INTEGERS, "rng.integers(0, 3, (rows, steps)", ":11: SyntaxError: '(' was never closed"),
    Bad(
        "an import error",
        "import dataclass",
        "import dataklass",
        ":1: ImportError: cannot import name 'dataklass' from 'dataclasses'",
    ),
    Bad(
        "a module of its own folder",
        "import numpy as np",
        "import neighbour",
        ":2: ModuleNotFoundError: No module named 'neighbour'",
    ),
    Bad("another class", "class Mine(Task)", "class Yours(Task)", ": there is no class Mine, only Yours"),
    Bad("no task", "class Mine(Task)", "class Mine", ":6: Mine is not a task: write class Mine(Task)"),
    Bad(
        "not frozen",
        "dataclass(frozen=True)",
        "dataclass",
        ":5: TypeError: cannot inherit non-frozen dataclass from a frozen one",
    ),
    Bad("no dataclass", "@dataclass(frozen=True)\n", "", ":5: write @dataclass(frozen=True) above class Mine"),
    Bad("no outputs", FORMS, "inputs = Symbols(3)", ":6: class Mine lacks outputs"),
    Bad("one symbol", "Symbols(3)", "Symbols(1)", ":8: Symbols(1): there can be 2 to 256 symbols"),
    Bad(
        "a setting without default",
        "    lag: int",
        "    seconds: int\n    lag: int",
        ":6: seconds = 'nothing' cannot be used: a setting needs a default that is a number or a word",
    ),
    Bad(
        "inputs as a setting",
        FORMS,
        "inputs: object = Symbols(3)\n    outputs = Numbers(1)",
        ":6: inputs = Symbols(3) cannot be used: a setting needs a default that is a number or a word",
    ),
    Bad("a default out of range", "setting(2, ", "setting(0, ", ":6: lag = 0 cannot be used: 1 to 50"),
    Bad(
        "levels that rise",
        LEVELS,
        '[Level("a", 0.1, "all"), Level("b", 0.5, "nothing")]',
        ":16: levels returns losses [0.1, 0.5], which must decrease from knowing nothing to knowing everything",
    ),
    Bad("levels without names", LEVELS, "[0.5]", ":16: levels returns 0.5, not a Level with a loss from 0 to 512"),
    Bad(
        "a level of a huge loss",
        LEVELS,
        '[Level("a", 1e9, "b")]',
        ":16: levels returns Level(name='a', loss=1000000000.0, knows='b', lags=None, wrong=None), not a Level",
    ),
    Bad(
        "a level of two lines",
        LEVELS,
        '[Level("a", 0.5, "b\\nc")]',
        ":16: levels returns Level(name='a', loss=0.5, knows='b\\nc', lags=None, wrong=None), but name and knows must",
    ),
    Bad(
        "sources before the row",
        LEVELS,
        f"{LEVELS}\n\n    def sources(self, t):\n        return [2]",
        ":19: sources(0) returns (2,), not lags from 0 to 0",
    ),
    Bad(
        "a length that is no number",
        FORMS,
        f"{FORMS}; length = '50'",
        ":10: length = '50', but it must be the number of steps of a trial, or None for a stream",
    ),
    Bad(
        "solved without end",
        LEVELS,
        "[]\n\n    def solved(self, rows, steps):\n        return float('inf')",
        ":19: solved returns inf, but it must return a finite loss or None",
    ),
    Bad("an exit", INTEGERS, "exit(3)", ":11: the task ends the program, with exit status 3"),
]

SEEN_IN_THE_OTHER_PROCESS = [
    Bad("an endless loop", RETURN, "\n        while True: pass", ":15: the task was still busy after 0.2 s"),
    Bad(
        "a long sleep", "import numpy as np", "import time; time.sleep(1e6)", ":2: the task was still busy after 0.2 s"
    ),
    Bad(
        "a huge output",
        "np.ones(x.shape, bool)",
        "np.ones((rows, 10**12), bool)",
        ":13: MemoryError: Unable to allocate",
    ),
    Bad("a list without end", RETURN, "z = []\n        while True: z.append(bytes(10**6))", ":15: MemoryError"),
    Bad("os._exit", RETURN, "import os; os._exit(3)", ":14: the task ends the program, with exit status 3"),
    Bad(
        "an abort",
        RETURN,
        "import os; os.abort()",
        ":14: the task ended the process in which it was checked (signal SIGABRT)",
    ),
    Bad(
        "the network's file",
        RETURN,
        "np.load('weights.npz')",
        ":14: PermissionError: the task opens 'weights.npz', but data has to come from the rng alone",
    ),
    Bad(
        "another program",
        RETURN,
        "import os; os.system('true')",
        ":14: PermissionError: the task uses os.system, but data has to come from the rng alone",
    ),
    Bad(
        "the net",
        RETURN,
        "import socket; socket.create_connection(('localhost', 1))",
        ":14: PermissionError: the task uses socket.getaddrinfo, but data has to come from the rng alone",
    ),
    Bad(
        "the terminal",
        RETURN,
        "import sys; sys.stdout.write('hello')",
        ":14: PermissionError: the task writes to the terminal: use print, which writes to the log",
    ),
    Bad(
        "a thread",
        RETURN,
        f"import threading; threading.Thread(target=threading.Event().wait).start(); {RETURN}",
        ": the task starts a thread, which could keep the program from ending",
    ),
    Bad("a question", RETURN, "input()", ":14: EOFError"),
    Bad(
        "a hash",
        RETURN,
        "return Batch(x, y + hash('a') % 10**6, scored)",
        ":10: draw returns different data in another process: it may depend on the order of a set, or on a hash",
    ),
]
