"""Files of cells that cannot be used: each is a good file of which something is replaced, and says so in one line."""

from __future__ import annotations

from tests.bad_file import BadFile

GOOD = """\
import numpy as np
from echornn import LINEAR, SIGMOID, TANH, Cell, Product

def step(x, state, network):
    h, c = state
    gate, value = network.affine([x, h], "W", "b", SIGMOID, TANH)
    c = gate * c + (1 - gate) * value
    return [network.tanh(network.scale(c, "u")), c]

def first_units(rng, units, steps):
    return {"u": np.ones(units, np.float32)}

Mine = Cell(
    step,
    state_parts=("h", "c"),
    products=(Product("W", "b", columns=("gate", "value")),),
    unit_weights=("u",),
    first_units=first_units,
    gates=("gate",),
    limited=("h",),
)
"""

KEEP = "    c = gate * c + (1 - gate) * value\n"
CALL = 'network.affine([x, h], "W", "b", SIGMOID, TANH)'
RETURN = 'return [network.tanh(network.scale(c, "u")), c]'
PRODUCT = 'Product("W", "b", columns=("gate", "value"))'
FIRST = '{"u": np.ones(units, np.float32)}'
ALLOWED = "a step may use + - * / and the functions of the network: affine, scale, tanh, sigmoid, exp, relu"
NUMBERS = "step asks for the numbers of a vector, but it is compiled before there are any: no if, no max"
A_NUMBER = (
    "step uses a vector as a plain number, as math.tanh and float do, but it is compiled before there are any: "
    f"{ALLOWED}"
)
IN_USED = "used may use + - * / and functions.exp, cos, sin, sigmoid, transposed, limited"
KEEP_NOTHING = "step returns different numbers for the same input and state: it may keep nothing, and use no random"
WHOLE = "step takes a vector apart, but it is one whole: the columns of a Product give several vectors"
EARLIER = "step uses a vector of an earlier call: all that a cell keeps has to be in the state that it returns"


class Bad(BadFile):
    good = GOOD


def _also(line: str) -> str:
    return f"{KEEP}    {line}\n"


SEEN_IN_ANY_PROCESS = [
    Bad("too few parts", RETURN, "return [c]", ":4: step returns a list of 1, not a list of 2: h, c"),
    Bad("one vector", RETURN, "return c", ":4: step returns one vector, not a list of 2: h, c"),
    Bad("no return", RETURN, "pass", ":4: step returns nothing, not a list of 2: h, c"),
    Bad("a number", RETURN, "return [c, 0.0]", ":4: step returns c as a float, not a vector"),
    Bad(
        "a vector of inputs",
        RETURN,
        "return [x, c]",
        ":4: step returns h with 3 numbers, not one for each of 4 units",
    ),
    Bad(
        "sizes that do not fit",
        KEEP,
        _also("c = c + x"),
        ":8: vectors of 4 and of 3 numbers cannot be combined: x has one for each input, all others one for each unit",
    ),
    Bad("if", KEEP, _also("c = c if gate > 0.5 else h"), f":8: {NUMBERS}"),
    Bad("max", KEEP, _also("c = max(c, 0)"), f":8: {NUMBERS}"),
    Bad("a function of math", KEEP, _also("import math; c = math.tanh(c)"), f":8: {A_NUMBER}"),
    Bad("a function of NumPy", KEEP, _also("c = np.tanh(c)"), f":8: np.tanh cannot be used: {ALLOWED}"),
    Bad("a mean over rows", KEEP, _also("c = c - np.mean(c, axis=0)"), f":8: np.mean cannot be used: {ALLOWED}"),
    Bad("a method", KEEP, _also("c = c - c.mean(0)"), f":8: a vector has no .mean: {ALLOWED}"),
    Bad("other rows", KEEP, _also("c = c + c[::-1]"), f":8: {WHOLE}"),
    Bad("a loop over units", KEEP, _also("c = sum(one for one in c)"), f":8: {WHOLE}"),
    Bad(
        "an array",
        KEEP,
        _also("c = c * np.ones(4)"),
        ":8: a vector cannot be combined with an array, only with vectors and numbers",
    ),
    Bad(
        "a list",
        KEEP,
        _also("c = c + [1, 2, 3, 4]"),
        ":8: a vector cannot be combined with a list, only with vectors and numbers; the state is a list of vectors",
    ),
    Bad(
        "a square",
        KEEP,
        _also("c = c ** 2"),
        ":8: @ and ** cannot be used: network.affine multiplies by a matrix, v * v is a square",
    ),
    Bad("another function", KEEP, _also("c = network.softmax(c)"), f":8: the network has no softmax: {ALLOWED}"),
    Bad(
        "no number at the zero state",
        KEEP,
        _also("c = c / state[0]"),
        ":4: step returns c with -inf from the zero state: all numbers have to be finite",
    ),
    Bad(
        "too large a number",
        KEEP,
        _also("c = network.exp(100 * (2 + gate))"),
        ":4: step returns c with inf from the zero state: all numbers have to be finite",
    ),
    Bad(
        "a state that grows",
        KEEP,
        _also("c = c + 3 * state[1] + 1"),
        ":4: step returns c with inf in step ",
    ),
    Bad(
        "a vector that is never read",
        CALL,
        CALL.replace("[x, h]", "[x, c + 1]"),
        ":4: step never reads h, so h holds nothing: read it, or say unread=('h',)",
    ),
    Bad("a vector that is read", 'gates=("gate",)', 'unread=("h",)', ":4: unread names h, but step reads it"),
    Bad(
        "an unused weight",
        RETURN,
        "return [network.tanh(c), c]",
        ":4: the gradient to the weight u is always 0: h does not depend on it",
    ),
    Bad(
        "a weight without effect",
        RETURN,
        'return [network.tanh(c) + 0 * network.scale(c, "u"), c]',
        ":4: the gradient to the weight u is always 0: h does not depend on it",
    ),
    Bad(
        "a random number",
        KEEP,
        _also("c = c + np.random.default_rng().random()"),
        f":4: {KEEP_NOTHING}",
    ),
    Bad(
        "a counter",
        KEEP,
        _also("step.calls = getattr(step, 'calls', 0) + 1; c = c * step.calls"),
        f":4: {KEEP_NOTHING}",
    ),
    Bad("a vector of an earlier call", KEEP, _also("c = c + step.__dict__.setdefault('old', c)"), f":8: {EARLIER}"),
    Bad(
        "an unknown weight",
        CALL,
        CALL.replace('"W"', '"V"'),
        ":6: affine gets the weight 'V', but the products have W",
    ),
    Bad(
        "an unknown weight of units",
        '(c, "u")',
        '(c, "v")',
        ":8: scale gets the weight 'v', but the weights of units are u",
    ),
    Bad("no bias", CALL, CALL.replace('"b", ', ""), ":6: affine gets no bias with W: write 'W', 'b', SIGMOID"),
    Bad(
        "another bias",
        CALL,
        CALL.replace('"b"', '"c"'),
        ":6: affine gets the bias 'c' with W, whose Product has 'b'",
    ),
    Bad(
        "an activation by name",
        CALL,
        CALL.replace("TANH", '"tanh"'),
        ":6: affine gets the activation 'tanh', not one of TANH, SIGMOID, RELU, LINEAR",
    ),
    Bad("an unknown activation", CALL, CALL.replace("TANH", "GELU"), ":6: NameError: name 'GELU' is not defined"),
    Bad(
        "too few activations",
        CALL,
        CALL.replace(", TANH", ""),
        ":6: affine gets 1 activation with W, whose Product has 2 columns: gate, value",
    ),
    Bad(
        "a gate that is none",
        CALL,
        CALL.replace("SIGMOID", "LINEAR"),
        ":6: gate is listed in gates, but affine gets LINEAR for it, not SIGMOID",
    ),
    Bad(
        "too many vectors",
        CALL,
        CALL.replace("[x, h]", "[x, h, c]"),
        ":6: affine gets vectors of 3, 4, 4 numbers with W, but its Product reads x, h, of 3, 4 numbers",
    ),
    Bad(
        "another order",
        CALL,
        CALL.replace("[x, h]", "[h, x]"),
        ":6: affine gets vectors of 4, 3 numbers with W, but its Product reads x, h, of 3, 4 numbers, in this order",
    ),
    Bad("another vector", CALL, CALL.replace("x, h", "x, c"), ":6: affine gets c with W, where its Product reads h"),
    Bad(
        "too few names for the state",
        "    h, c = state",
        "    (h,) = state; c = h",
        ":5: too many values to unpack: state has 2 vectors, and affine returns one for each activ",
    ),
    Bad("no list", CALL, CALL.replace("[x, h]", "h"), ":6: affine gets a vector, not a list of vectors"),
    Bad("too few arguments", "def step(x, state, network)", "def step(x, state)", ":4: TypeError: step() takes 2"),
    Bad("a name twice", PRODUCT, f'{PRODUCT}, Product("W", "c", columns=("d",))', ":13: weights has 'W' twice"),
    Bad(
        "a name of the output layer",
        PRODUCT,
        PRODUCT.replace('"b"', '"b2"'),
        ":13: the weight 'b2' needs another name: W2 and b2 are the output layer's weights",
    ),
    Bad(
        "a name of a further layer",
        PRODUCT,
        PRODUCT.replace('"W"', '"W_layer2"'),
        ":13: the weight 'W_layer2' needs another name: _layer is for the weights of further layers",
    ),
    Bad(
        "a name without a comma",
        '("u",)',
        '("u")',
        ":13: unit_weights is 'u', not names in parentheses, such as ('h',)",
    ),
    Bad(
        "a product without a comma",
        f"({PRODUCT},)",
        PRODUCT,
        ":13: products is a Product, not one Product or more in parentheses: write (Product(...),)",
    ),
    Bad("no columns", PRODUCT, 'Product("W", "b")', ":16: TypeError: Product.__init__() missing 1 required"),
    Bad("an unknown gate", 'gates=("gate",)', 'gates=("c",)', ":13: gates names 'c', not one of gate, value"),
    Bad(
        "an unknown vector",
        'gates=("gate",)',
        'unread=("k",)',
        ":13: unread names 'k', not one of h, c",
    ),
    Bad(
        "a limit that does not hold",
        RETURN,
        'return [2 + network.tanh(network.scale(c, "u")), c]',
        ":4: h is listed in limited, but step returns 2.42 for it",
    ),
    Bad(
        "another output",
        'state_parts=("h", "c")',
        'state_parts=("c", "h")',
        ":13: state_parts is ('c', 'h'), but its first name has to be h, the cell's output",
    ),
    Bad(
        "biases that do not fit",
        'gates=("gate",)',
        'first_biases={"b": (1,)}',
        ":13: first_biases has (1,) for b, not a number for gate, value each",
    ),
    Bad(
        "no start of the units",
        "    first_units=first_units,\n",
        "",
        ":13: first_units returns nothing, but unit_weights has u",
    ),
    Bad(
        "units without a name",
        '    unit_weights=("u",),\n',
        "",
        ":10: first_units returns u, but unit_weights is empty: write unit_weights=('u',)",
    ),
    Bad(
        "formulas in one text",
        'gates=("gate",)',
        'formulas="h = c"',
        ":13: formulas is 'h = c', not texts in parentheses, such as ('h_t = ...',)",
    ),
    Bad(
        "a start of another shape",
        FIRST,
        '{"u": np.ones((1, units))}',
        ":10: first_units returns u as float64 [1, 4], not finite float32 [4], a number for each unit",
    ),
    Bad(
        "weights that are not returned",
        'gates=("gate",)',
        'used=lambda weights, functions, steps: {"W": weights["W"]}',
        ":19: used has to return b in its shape, [1, 8]",
    ),
    Bad(
        "a function of NumPy for weights",
        'gates=("gate",)',
        'used=lambda weights, functions, steps: {**weights, "u": np.exp(weights["u"])}',
        f":19: np.exp cannot be used: {IN_USED}",
    ),
    Bad(
        "a method of weights",
        'gates=("gate",)',
        'used=lambda weights, functions, steps: {**weights, "W": weights["W"].T}',
        f":19: a weight has no .T: {IN_USED}",
    ),
    Bad(
        "a part of weights",
        'gates=("gate",)',
        'used=lambda weights, functions, steps: {**weights, "W": weights["W"][:4]}',
        ":19: used takes a weight apart, but it is one whole",
    ),
    Bad("a syntax error", KEEP, "    c = gate * c + (1 - gate * value\n", ":7: SyntaxError: '(' was never closed"),
    Bad("an error", KEEP, _also("c = c / 0 if 1 / 0 else c"), ":8: ZeroDivisionError: division by zero"),
    Bad(
        "a module of its own folder",
        "import numpy as np",
        "import numpy as np; import neighbour",
        ":1: ModuleNotFoundError: No module named 'neighbour'",
    ),
    Bad("another name", "Mine = Cell(", "Yours = Cell(", ": there is no cell Mine, only Yours"),
    Bad("no cell", "Mine = Cell(", "Mine = dict(state=Cell, step=", ":13: "),
    Bad(
        "a class",
        "Mine = Cell(",
        "class Mine: pass\nother = Cell(",
        ": Mine is not a cell: write Mine = Cell(step, ...)",
    ),
    Bad("an exit", KEEP, _also("raise SystemExit(3)"), ":8: the cell ends the program, with exit status 3"),
]

SEEN_IN_THE_OTHER_PROCESS = [
    Bad("an endless loop", KEEP, _also("while True: pass"), ":8: the cell was still busy after 0.2 s"),
    Bad("endless memory", KEEP, _also("k = [bytes(1 << 20) for _ in range(1 << 20)]"), ":8: MemoryError"),
    Bad(
        "a file",
        KEEP,
        _also("open('weights.npz')"),
        ":8: PermissionError: the cell opens 'weights.npz', but a step may use only what it is given",
    ),
    Bad(
        "an exit without words",
        KEEP,
        _also("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
        ":8: PermissionError: the cell uses os.kill, but a step may use only what it is given",
    ),
    Bad(
        "a random number at the top",
        "def step(x, state, network):\n",
        "NOISE = np.random.randn()\n\ndef step(x, state, network):\n    x = x + NOISE\n",
        ":6: step returns different numbers in another process: it may use no random numbers, and not the order of a",
    ),
    Bad(
        "TensorFlow",
        "import numpy as np",
        "import numpy as np; import tensorflow as tf",
        f":1: PermissionError: the cell imports tensorflow, but {ALLOWED}",
    ),
    Bad(
        "PyTorch in a step",
        KEEP,
        _also("import torch.nn"),
        f":8: PermissionError: the cell imports torch, but {ALLOWED}",
    ),
    Bad(
        "the order of a set",
        KEEP,
        _also(
            "c = c + 0.001 * float(next(iter({str(one) for one in range(999)})))"
        ),  # of three, the first is often the same
        ":4: step returns different numbers in another process: it may use no random numbers, and not the order of a",
    ),
]
