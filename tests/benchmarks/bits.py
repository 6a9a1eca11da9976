"""Trains ten structures and prints a hash of the losses of each, to compare two versions on one
machine.

`python -m tests.benchmarks.bits`. It uses public names only, so that any version can run it. Bits
belong to a machine and its versions: no test compares them.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

from echornn import EchoConfig, Population

OWN_CELL = """
from echornn import LINEAR, TANH, Cell, Product

def step(x, state, network):
    (h,) = state
    s, candidate = network.affine([x, h], "W", "b", LINEAR, TANH)
    keep = network.sigmoid(s)
    return [keep * h + (1 - keep) * candidate]

PRODUCT = Product("W", "b", columns=("s", "candidate"), reads=("x", "h"))
KEEPER = Cell(step, state_parts=("h",), products=(PRODUCT,))
"""

STRUCTURES: dict[str, dict[str, object]] = {
    "rnn": {},
    "gru": {"cell": "gru", "init": "glorot"},
    "lstm": {"cell": "lstm", "init": "glorot"},
    "three layers": {"num_layers": 3, "init": "glorot"},
    "64 seeds": {"replicas": 64},
    "rtrl": {"rule": "rtrl"},
    "two coins": {"task": "two_coins", "state_size": 8, "batch_size": 50},
    "adding": {"task": "adding", "optimizer": "adam", "learning_rate": 0.01},
    "own cell": {"init": "glorot"},
    "dropout": {"num_layers": 2, "dropout": 0.5, "init": "glorot"},
}

WINDOWS = 300


def main() -> None:
    """Print the hash, the name, and the last loss of each structure."""
    with TemporaryDirectory() as folder:
        keeper = Path(folder, "keeper.py")
        keeper.write_text(OWN_CELL, encoding="utf-8")
        for name, fields in STRUCTURES.items():
            config = EchoConfig().with_fields(fields)
            if name == "own cell":
                config = config.with_fields({"cell": f"{keeper}:KEEPER"})
            losses = Population(config).advance(WINDOWS).losses
            digest = hashlib.sha256(losses.tobytes()).hexdigest()[:16]
            print(f"{digest}  {name:13} {losses[-1].mean():.7f}", flush=True)


if __name__ == "__main__":
    main()
