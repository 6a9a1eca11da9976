"""What is measured: rows (a network, or an event to wait for), and the programs that are compared
in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.benchmarks.speed.problem import Network


@dataclass(frozen=True)
class Program:
    """A column of a table: its heading, the function in `programs` that prepares the program, with
    options, the environment variables to set, and whether it runs in the interpreter with the other
    libraries.
    """

    title: str
    prepare: str
    options: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    is_peer: bool = False


@dataclass(frozen=True)
class Row:
    """A row of a table: what is trained or waited for, and the programs with a cell in it; other
    times are divided by that of the first. One that takes long is measured only on request.
    """

    title: str
    programs: tuple[str, ...]
    network: Network | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    is_long: bool = False


@dataclass(frozen=True)
class Sheet:
    """A table: the heading of its first column, the unit of the cells in seconds, and the rows by
    the words that choose them. Rows that two tables share are measured once.
    """

    first: str
    unit: float
    rows: Mapping[str, Row]


APP = "app"
TUTORIAL, NUMPY, C = "tutorial", "numpy", "c"
TORCH, COMPILED = "torch", "torch compiled"
JAX, FUSED = "jax", "jax fused"
START, IMPORTS = "start", "imports"
BEFORE = " before"
"""The end of the names of programs of the previous version."""

ONE_NUMPY_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
"""The command line's own setting: NumPy's threads would wait for each other by spinning."""

SLEEPING_THREADS = {"OMP_WAIT_POLICY": "PASSIVE"}
"""Stops PyTorch's threads from spinning: with spinning, a window took 60 ms instead of 1.3 ms on a
busy machine."""

PROGRAMS: dict[str, Program] = {
    APP: Program("echornn", "ours:prepare", environment=ONE_NUMPY_THREAD),
    TUTORIAL: Program("the tutorial's session loop", "references:tutorial"),
    NUMPY: Program(
        "plain NumPy, one thread", "references:plain_numpy", environment=ONE_NUMPY_THREAD
    ),
    JAX: Program("JAX `lax.scan`", "in_jax:prepare", {"fused": False}, is_peer=True),
    FUSED: Program("JAX, multiply and sum", "in_jax:prepare", {"fused": True}, is_peer=True),
    TORCH: Program("PyTorch eager", "in_torch:prepare", environment=SLEEPING_THREADS, is_peer=True),
    COMPILED: Program("`torch.compile`", "in_torch_compiled:prepare", is_peer=True),
    C: Program("C", "in_c:prepare"),
    START: Program("echornn", "start:prepare"),
    IMPORTS: Program("the imports alone", "start:imports"),
}


def before(programs: Mapping[str, Program], checkout: str) -> dict[str, Program]:
    """The programs of this project again, for the version in this folder."""
    others = {}
    for name in (APP, START):
        options = {**programs[name].options, "checkout": checkout}
        others[name + BEFORE] = replace(programs[name], options=options)
    return others


# Without `torch.compile`, which takes minutes for 100 steps
LONG = (APP, TUTORIAL, NUMPY, JAX, TORCH, C)
ALL = (*LONG, COMPILED)
CELLS = (APP, JAX, FUSED, TORCH, COMPILED)
ALONE = (APP, FUSED, C)
SIDE_BY_SIDE = (APP, JAX, FUSED)

SHEETS: dict[str, Sheet] = {
    "one": Sheet(
        "one network: S, B, T",
        1e-6,
        {
            "4,5,15": Row("4, 5, 15 (the tutorial)", (*ALL, FUSED), Network()),
            "16,50,15": Row("16, 50, 15", ALL, Network(16, 50, windows=400)),
            "64,50,15": Row("64, 50, 15", ALL, Network(64, 50, windows=150, learning_rate=0.03)),
            "256,50,15": Row("256, 50, 15", ALL, Network(256, 50, windows=30, learning_rate=0.01)),
            "256,256,100": Row(
                "256, 256, 100", LONG, Network(256, 256, 100, windows=5, learning_rate=0.01)
            ),
            "gru": Row("4, 5, 15, GRU", CELLS, Network(cell="gru")),
            "lstm": Row("4, 5, 15, LSTM", CELLS, Network(cell="lstm")),
            "3rnn": Row("4, 5, 15, 3 layers", CELLS, Network(layers=3)),
        },
    ),
    "many": Sheet(
        "networks",
        1e-6,
        {
            "4,5,15": Row("1", ALONE),
            "x16": Row("16", SIDE_BY_SIDE, Network(replicas=16)),
            "x64": Row("64", (*SIDE_BY_SIDE, C, COMPILED), Network(replicas=64)),
            "x256": Row("256", SIDE_BY_SIDE, Network(replicas=256, windows=400)),
            "x1024": Row("1,024", SIDE_BY_SIDE, Network(replicas=1024, windows=100)),
            "gru-x64": Row("64, GRU", (APP,), Network(cell="gru", replicas=64)),
            "lstm-x64": Row("64, LSTM", (APP,), Network(cell="lstm", replicas=64)),
            "16,50,15-x64": Row(
                "64 of 16, 50, 15", SIDE_BY_SIDE, Network(16, 50, windows=60, replicas=64)
            ),
            "64,50,15-x64": Row(
                "64 of 64, 50, 15", (APP, JAX), Network(64, 50, windows=30, replicas=64)
            ),
        },
    ),
    "start": Sheet(
        "from the start",
        1.0,
        {
            "picture": Row(
                "to the first picture; NumPy and Textual",
                (IMPORTS, START),
                options={"until": "picture"},
            ),
            "window": Row(
                "to the first window; TensorFlow too", (IMPORTS, START), options={"until": "window"}
            ),
            "window-again": Row(
                "to the first window, if its program is on disk",
                (IMPORTS, START),
                options={"until": "window", "keeps_programs": True},
            ),
            "map": Row(
                "to the end of a sweep of 960 networks",
                (START,),
                options={"until": "map"},
                is_long=True,
            ),
        },
    ),
    "summary": Sheet(
        "trained at once",
        1e-6,
        {
            "4,5,15": Row("one network", (APP, TUTORIAL, FUSED, TORCH, C)),
            "x64": Row("64 networks, each of them", ALONE),
        },
    ),
}


def measured_rows() -> dict[str, Row]:
    """All rows by name; rows that two tables share are those of the first table."""
    rows: dict[str, Row] = {}
    for sheet in SHEETS.values():
        for name, row in sheet.rows.items():
            rows.setdefault(name, row)
    return rows


QUICK = ("4,5,15", "x64", "picture")
"""Rows that take about a minute to measure."""
