"""The same training in JAX: a jitted `lax.scan` over the windows of an epoch, with `vmap` for
several networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.benchmarks.speed.problem import Network, Problem
from tests.benchmarks.speed.program import CannotError, Losses, Trains, with_numpy

MOST_UNROLLED = 32
"""The longest window, in time steps, that is unrolled; a longer one is a loop."""


def window_of(network: Network, fused: bool) -> Callable[[Any, Any], Any]:
    """The function of a window for `lax.scan`: forward pass, loss, gradient and update, as JAX's
    users write them."""
    import jax
    from jax import lax
    from jax import numpy as jnp

    def product(a: Any, w: Any) -> Any:
        return (a[..., :, None] * w).sum(-2) if fused else a @ w

    def cell(x: Any, state: Any, at: Callable[[str], Any]) -> Any:
        """One time step; the formulas are those of `echornn.cells`."""
        if network.cell == "rnn":
            return jnp.tanh(product(jnp.concatenate([x, state], -1), at("W")) + at("b"))
        if network.cell == "gru":
            gates = jax.nn.sigmoid(product(jnp.concatenate([x, state], -1), at("W")) + at("b"))
            update, reset = jnp.split(gates, 2, -1)
            kept = jnp.concatenate([x, reset * state], -1)
            candidate = jnp.tanh(product(kept, at("Wc")) + at("bc"))
            return update * state + (1 - update) * candidate
        hidden, memory = jnp.split(state, 2, -1)
        sums = product(jnp.concatenate([x, hidden], -1), at("W")) + at("b")
        enter, forget, value, leave = jnp.split(sums, 4, -1)
        memory = jax.nn.sigmoid(forget) * memory + jax.nn.sigmoid(enter) * jnp.tanh(value)
        return jnp.concatenate([jax.nn.sigmoid(leave) * jnp.tanh(memory), memory], -1)

    def loss_of(weights: Any, x: Any, y: Any, state: Any) -> Any:
        def step(states: Any, below: Any) -> Any:
            after = []
            for layer, before in enumerate(jnp.split(states, network.layers, -1)):
                end = f"_layer{layer + 1}" if layer else ""
                after.append(cell(below, before, lambda name, end=end: weights[name + end]))  # type: ignore[misc]
                below = after[-1][..., : network.state]
            return jnp.concatenate(after, -1), below

        unroll = network.steps if network.steps <= MOST_UNROLLED else 1
        last, tops = lax.scan(step, state, x, unroll=unroll)
        logits = product(tops, weights["W2"]) + weights["b2"]
        right = jnp.take_along_axis(jax.nn.log_softmax(logits), y[..., None], -1)
        return -right.mean(), (last, (logits.argmax(-1) != y).sum())

    def window(carry: Any, data: Any) -> Any:
        weights, sums, state = carry
        train = jax.value_and_grad(loss_of, has_aux=True)
        (loss, (state, errors)), gradient = train(weights, *data, state)
        new_weights, new_sums = {}, {}
        for name, value in weights.items():
            new_sums[name] = sums[name] + gradient[name] ** 2
            step = network.learning_rate * gradient[name] / jnp.sqrt(new_sums[name])
            new_weights[name] = value - step
        return (new_weights, new_sums, state), (loss, errors)

    return window


def prepare(problem: Problem, fused: bool) -> Trains:
    """A program that is ready to train.

    Args:
        fused: whether to write products as multiply and sum, as this project does for small
            matrices.
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
        windows = np.s_[:n] if network.replicas == 1 else np.s_[:, :n]
        _, (losses, errors) = run(start, xs[windows], ys[windows])
        np.asarray(errors)
        return np.asarray(losses)

    return Trains(train, network.windows, network.replicas, with_numpy(JAX=jax.__version__))
