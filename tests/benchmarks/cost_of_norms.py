"""Measures a window with clipping and with penalties relative to one without.

`python -m tests.benchmarks.cost_of_norms`.
"""

from __future__ import annotations

from echornn import EchoConfig, Population
from tests.benchmarks.in_turn import least_times

SHAPES: dict[str, dict[str, object]] = {
    "(4, 5, 15)": {},
    "64 seeds": {"replicas": 64},
    "(256, 50, 15)": {
        "state_size": 256,
        "batch_size": 50,
        "total_series_length": 500_000,
        "init": "glorot",
    },
}
SETTINGS = {
    "off": {},
    "clip_norm": {"clip_norm": 1.0},
    "weight_decay": {"weight_decay": 1e-4},
    "rate_penalty": {"rate_penalty": 1e-3},
}


def main() -> None:
    base = EchoConfig(num_epochs=10**9, learning_rate=1e-3)
    for shape, sizes in SHAPES.items():
        programs = {}
        for name, setting in SETTINGS.items():
            config = base.with_fields({**sizes, **setting})
            programs[name] = Population(config, at_once=1).advance
        times = least_times(programs)
        for name, time in times.items():
            ratio = time / times["off"]
            print(f"{shape}: {name} {time:.2f} us a window ({ratio:.3f})", flush=True)


if __name__ == "__main__":
    main()
