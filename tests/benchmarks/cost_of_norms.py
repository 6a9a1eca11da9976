"""Measures a window with clipping and with penalties relative to one without.

`python -m tests.benchmarks.cost_of_norms`; with PYTHONPATH=CHECKOUT and `off`, a version from
before there were norms.
"""

from __future__ import annotations

import sys
import time

from echornn import EchoConfig, Population

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
    for shape, sizes in SHAPES.items():
        counts, populations, least = {}, {}, dict.fromkeys(sys.argv[1:] or SETTINGS, 1e9)
        for name in least:
            config = EchoConfig(num_epochs=10**9, learning_rate=1e-3).with_fields(
                {**sizes, **SETTINGS[name]}
            )
            population = populations[name] = Population(config, at_once=1)
            population.advance(20)
            begun = time.perf_counter()
            population.advance(20)
            counts[name] = max(20, int(8 / (time.perf_counter() - begun)))
        for name in [*populations] * 5:
            begun = time.process_time()
            populations[name].advance(counts[name])
            least[name] = min(least[name], 1e6 * (time.process_time() - begun) / counts[name])
        for name, each in least.items():
            print(f"{shape}: {name} {each:.2f} us a window ({each / least['off']:.3f})", flush=True)


if __name__ == "__main__":
    main()
