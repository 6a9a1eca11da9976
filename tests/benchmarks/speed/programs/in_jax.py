"""The same training in JAX: a jitted `lax.scan` over the windows of an epoch, with `vmap` for several networks."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.benchmarks.speed.problem import Problem
from tests.benchmarks.speed.programs.jax_window import window_of
from tests.benchmarks.speed.programs.prepared import CannotError, Losses, Trains, with_numpy


def prepare(problem: Problem, fused: bool) -> Trains:
    """A program that is ready to train.

    Args:
        fused: whether to write products as multiply and sum, as this project does for small matrices.
    """
    try:
        import jax
        from jax import lax
        from jax import numpy as jnp
    except ImportError:
        raise CannotError("JAX is not installed") from None

    network = problem.network
    window = window_of(network, fused)
    carried = network.layers * (2 if network.cell == "lstm" else 1) * network.state
    xs = jnp.asarray(problem.in_windows(problem.x), jnp.float32)[..., None]
    ys = jnp.asarray(problem.in_windows(problem.y), jnp.int32)
    weights = {name: jnp.asarray(value) for name, value in problem.weights.items()}
    sums = {name: jnp.full_like(value, 0.1) for name, value in weights.items()}
    start = (weights, sums, jnp.zeros((network.replicas, network.batch, carried)))

    def epoch(carry: Any, x: Any, y: Any) -> Any:
        return lax.scan(window, carry, (x, y))

    if network.replicas == 1:
        run = jax.jit(epoch)
        start, xs, ys = jax.tree.map(lambda leaf: leaf[0], (start, xs, ys))
    else:
        run = jax.jit(jax.vmap(epoch, out_axes=(0, 1)))

    def train(n: int) -> Losses:
        losses, errors = run(start, *((xs[:n], ys[:n]) if network.replicas == 1 else (xs[:, :n], ys[:, :n])))[1]
        np.asarray(errors)
        return np.asarray(losses)

    return Trains(train, network.windows, network.replicas, with_numpy(JAX=jax.__version__))
