"""How often typical losses are said to fall, or to rise, of series that do neither: `python -m
tests.benchmarks.false_falls [SERIES]`.
"""

from __future__ import annotations

import sys

import numpy as np

from echornn.diagnosis.typical_fall import typical_fall
from echornn.history.block_means import BlockMeans
from tests.stationary_losses import STATIONARY, correlated

WINDOWS = 40_000


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    kinds = STATIONARY | {f"correlated over {over:,} windows": correlated(over) for over in (100, 1000)}
    for name, make in kinds.items():
        looks = falls = rises = ever_falls = ever_rises = 0
        for seed in range(count):
            losses = make(np.random.default_rng(seed), WINDOWS).astype(np.float32)
            blocks = BlockMeans().after(losses, np.zeros(WINDOWS, np.float32))
            said = np.array([typical_fall(blocks.logs[:n], blocks.ends[:n], 0, 0.0) for n in range(1, len(blocks) + 1)])
            looks, falls, rises = looks + len(said), falls + int((said > 0).sum()), rises + int((said < 0).sum())
            ever_falls, ever_rises = ever_falls + bool((said > 0).any()), ever_rises + bool((said < 0).any())
        print(
            f"{name}: of {count} series, {ever_falls} ever said to fall, {ever_rises} to rise;"
            f" of {looks:,} looks, {falls} and {rises}",
            flush=True,
        )


if __name__ == "__main__":
    main()
