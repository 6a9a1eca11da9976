"""Published cells, written as files of a user's own."""

from __future__ import annotations

HEAD = """\
import numpy as np
from echornn import LINEAR, RELU, SIGMOID, TANH, Cell, Product
"""

PUBLISHED = {
    "antisymmetric": """
EPSILON, GAMMA = 0.1, 0.01
def step(x, state, network):
    (h,) = state
    (drive,) = network.affine([x], "V", "b", LINEAR)
    (turn,) = network.affine([h], "A", "a", LINEAR)
    return [h + EPSILON * network.tanh(turn - GAMMA * h + drive)]
def used(weights, functions, steps):
    return {**weights, "A": weights["A"] - functions.transposed(weights["A"])}
C = Cell(step, ("h",),
    (Product("V", "b", ("drive",), reads=("x",)),
    Product("A", "a", ("turn",), reads=("h",))), used=used)
""",
    "brc": """
def step(x, state, network):
    (h,) = state
    u, a, c = network.affine([x], "W", "b", LINEAR, LINEAR, LINEAR)
    a = 1 + network.tanh(a + network.scale(h, "wa"))
    c = network.sigmoid(c + network.scale(h, "wc"))
    return [c * h + (1 - c) * network.tanh(u + a * h)]
def first_units(rng, units, steps):
    return {name: np.ones(units, np.float32) for name in ("wa", "wc")}
C = Cell(step, ("h",),
    (Product("W", "b", ("u", "a", "c"), reads=("x",)),),
    unit_weights=("wa", "wc"), first_units=first_units)
""",
    "ctrnn": """
DT = 0.2
def step(x, state, network):
    (h,) = state
    (drive,) = network.affine([x, h], "W", "b", TANH)
    return [h + DT * (drive - h)]
C = Cell(step, ("h",), (Product("W", "b", ("drive",)),))
""",
    "leaky_relu": """
def step(x, state, network):
    (h,) = state
    (drive,) = network.affine([x, h], "W", "b", RELU)
    return [0.9 * h + 0.1 * drive]
C = Cell(step, ("h",), (Product("W", "b", ("drive",), from_identity=True),))
""",
    "fastgrnn": """
def step(x, state, network):
    (h,) = state
    (z,) = network.affine([x, h], "W", "b", LINEAR)
    one = 1 + 0 * h
    gate, candidate = network.sigmoid(z), network.tanh(z + network.scale(one, "bh"))
    return [(network.scale(1 - gate, "zeta") + network.scale(one, "nu")) * candidate + gate * h]
def used(weights, functions, steps):
    return {**weights, "zeta": functions.sigmoid(weights["zeta"]), "nu": functions.sigmoid(weights["nu"])}
def first_units(rng, units, steps):
    return {"bh": np.zeros(units, np.float32), "zeta": np.ones(units, np.float32), "nu": np.full(units, -4, np.float32)}
C = Cell(step, ("h",),
    (Product("W", "b", ("z",)),),
    unit_weights=("bh", "zeta", "nu"), first_units=first_units, used=used)
""",
    "highway": """
def step(x, state, network):
    (h,) = state
    t, c = network.affine([x, h], "W", "b", SIGMOID, TANH)
    h = t * c + (1 - t) * h
    t, c = network.affine([h], "W3", "b3", SIGMOID, TANH)
    return [t * c + (1 - t) * h]
C = Cell(step, ("h",),
    (Product("W", "b", ("t", "c")),
    Product("W3", "b3", ("t3", "c3"), reads=("h",))), first_biases={"b": (-2, 0), "b3": (-2, 0)})
""",
    "janet": """
BETA = 1.0
def step(x, state, network):
    (h,) = state
    s, candidate = network.affine([x, h], "W", "b", LINEAR, TANH)
    return [network.sigmoid(s) * h + (1 - network.sigmoid(s - BETA)) * candidate]
C = Cell(step, ("h",), (Product("W", "b", ("s", "candidate")),), first_biases={"b": (1, 0)})
""",
    "leaky_learned": """
def step(x, state, network):
    (h,) = state
    (drive,) = network.affine([x, h], "W", "b", TANH)
    return [h + network.scale(drive - h, "rate")]
def used(weights, functions, steps):
    return {**weights, "rate": functions.sigmoid(weights["rate"])}
def first_units(rng, units, steps):
    return {"rate": np.linspace(-3, 1, units, dtype=np.float32)}
C = Cell(step, ("h",), (Product("W", "b", ("drive",)),), unit_weights=("rate",), first_units=first_units, used=used)
""",
    "lipschitz": """
BETA, GAMMA = 0.75, 0.001
def step(x, state, network):
    (h,) = state
    (drive,) = network.affine([x], "U", "b", LINEAR)
    (a,) = network.affine([h], "A", "ba", LINEAR)
    (w,) = network.affine([h], "W", "bw", LINEAR)
    return [h + 0.1 * (a - GAMMA * h + network.tanh(w - GAMMA * h + drive))]
def both(m, functions):
    t = functions.transposed(m)
    return (1 - BETA) * (m + t) + BETA * (m - t)
def used(weights, functions, steps):
    return {**weights, "A": both(weights["A"], functions), "W": both(weights["W"], functions)}
C = Cell(step, ("h",),
    (Product("U", "b", ("drive",), reads=("x",)),
    Product("A", "ba", ("a",), reads=("h",)),
    Product("W", "bw", ("w",), reads=("h",))), used=used)
""",
    "mgu": """
def step(x, state, network):
    (h,) = state
    (forget,) = network.affine([x, h], "W", "b", SIGMOID)
    (candidate,) = network.affine([x, forget * h], "Wc", "bc", TANH)
    return [(1 - forget) * h + forget * candidate]
C = Cell(step, ("h",), (Product("W", "b", ("forget",)), Product("Wc", "bc", ("candidate",))), gates=("forget",))
""",
    "multiplicative_integration": """
def step(x, state, network):
    (h,) = state
    (a,) = network.affine([x], "W", "b", LINEAR)
    (k,) = network.affine([h], "U", "c", LINEAR)
    return [network.tanh(network.scale(a * k, "alpha") + network.scale(a, "beta1") + network.scale(k, "beta2"))]
def first_units(rng, units, steps):
    return {name: np.ones(units, np.float32) for name in ("alpha", "beta1", "beta2")}
C = Cell(step, ("h",),
    (Product("W", "b", ("a",), reads=("x",)),
    Product("U", "c", ("k",), reads=("h",))),
    unit_weights=("alpha", "beta1", "beta2"), first_units=first_units)
""",
    "minlstm": """
def step(x, state, network):
    (h,) = state
    f, i, value = network.affine([x], "W", "b", SIGMOID, SIGMOID, LINEAR)
    return [f / (f + i) * h + i / (f + i) * value]
C = Cell(step, ("h",), (Product("W", "b", ("f", "i", "value"), reads=("x",)),), gates=("f", "i"))
""",
    "multiplicative_lstm": """
def step(x, state, network):
    h, c = state
    (a,) = network.affine([x], "Wx", "bx", LINEAR)
    (k,) = network.affine([h], "Wm", "bm", LINEAR)
    i, f, g, o = network.affine([x, a * k], "W", "b", SIGMOID, SIGMOID, TANH, SIGMOID)
    c = f * c + i * g
    return [o * network.tanh(c), c]
C = Cell(step, ("h", "c"),
    (Product("Wx", "bx", ("a",), reads=("x",)),
    Product("Wm", "bm", ("k",), reads=("h",)),
    Product("W", "b", ("i", "f", "g", "o"), reads=("x", "mixed"))), gates=("i", "f", "o"))
""",
    "peephole": """
def step(x, state, network):
    h, c = state
    i, f, g, o = network.affine([x, h], "W", "b", LINEAR, LINEAR, TANH, LINEAR)
    enter = network.sigmoid(i + network.scale(c, "pi"))
    forget = network.sigmoid(f + network.scale(c, "pf"))
    c = forget * c + enter * g
    return [network.sigmoid(o + network.scale(c, "po")) * network.tanh(c), c]
def first_units(rng, units, steps):
    return {name: np.zeros(units, np.float32) for name in ("pi", "pf", "po")}
C = Cell(step, ("h", "c"),
    (Product("W", "b", ("i", "f", "g", "o")),),
    unit_weights=("pi", "pf", "po"), first_units=first_units, first_biases={"b": (0, 1, 0, 0)})
""",
    "residual": """
def step(x, state, network):
    (h,) = state
    (change,) = network.affine([x, h], "W", "b", TANH)
    return [h + 0.1 * change]
C = Cell(step, ("h",), (Product("W", "b", ("change",)),))
""",
    "slstm": """
def step(x, state, network):
    h, c, n, m = state
    z, i, f, o = network.affine([x, h], "W", "b", TANH, LINEAR, LINEAR, SIGMOID)
    larger = i + network.relu(f + m - i)
    enter, forget = network.exp(i - larger), network.exp(f + m - larger)
    c, n = forget * c + enter * z, forget * n + enter
    return [o * c / n, c, n, larger]
C = Cell(step, ("h", "c", "n", "m"), (Product("W", "b", ("z", "i", "f", "o")),), gates=("o",))
""",
    "sru": """
def step(x, state, network):
    h, c = state
    f, r, value, skip = network.affine([x], "W", "b", LINEAR, LINEAR, LINEAR, LINEAR)
    forget = network.sigmoid(f + network.scale(c, "vf"))
    reset = network.sigmoid(r + network.scale(c, "vr"))
    c = forget * c + (1 - forget) * value
    return [reset * c + (1 - reset) * skip, c]
def first_units(rng, units, steps):
    return {name: rng.uniform(-1, 1, units).astype(np.float32) for name in ("vf", "vr")}
C = Cell(step, ("h", "c"),
    (Product("W", "b", ("f", "r", "value", "skip"), reads=("x",)),),
    unit_weights=("vf", "vr"), first_units=first_units, unread=("h",))
""",
    "ugrnn": """
def step(x, state, network):
    (h,) = state
    gate, candidate = network.affine([x, h], "W", "b", SIGMOID, TANH)
    return [gate * h + (1 - gate) * candidate]
C = Cell(step, ("h",), (Product("W", "b", ("gate", "candidate")),), gates=("gate",))
""",
    "unicornn": """
DT, ALPHA = 0.3, 0.9
def step(x, state, network):
    h, v = state
    (drive,) = network.affine([x], "V", "b", LINEAR)
    force = network.tanh(network.scale(h, "w") + drive) + ALPHA * h
    v = v - network.scale(force, "rate")
    return [h + network.scale(v, "rate"), v]
def used(weights, functions, steps):
    return {**weights, "rate": DT * functions.sigmoid(weights["rate"])}
def first_units(rng, units, steps):
    return {"w": rng.uniform(0, 1, units).astype(np.float32), "rate": rng.uniform(-0.1, 0.1, units).astype(np.float32)}
C = Cell(step, ("h", "v"),
    (Product("V", "b", ("drive",), reads=("x",)),),
    unit_weights=("w", "rate"), first_units=first_units, used=used)
""",
}
"""The text of each after `HEAD`; the cell is C."""
