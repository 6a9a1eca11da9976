"""The same training written for other libraries, as their users would: baselines, not oracles.

Each function returns a callable that trains n windows from the start of an epoch, states carried, losses read back.
A library that is not installed raises ImportError.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from echornn import EchoConfig, EchoSeries
from echornn.network.model import initial_weights

Train = Callable[[int], object]


def jax_data(config: EchoConfig) -> tuple[Any, Any, Any]:
    """An epoch's windows, float32 [windows, T, batch, 1] and int32 [windows, T, batch], and what training starts with:
    weights, Adagrad's accumulators, state."""
    from jax import numpy as jnp

    length, batch = config.truncated_backprop_length, config.batch_size
    series = EchoSeries.generate(config)
    windows = config.windows_per_epoch

    def in_windows(rows: np.ndarray) -> Any:
        return jnp.asarray(rows[:, : windows * length].reshape(batch, windows, length).transpose(1, 2, 0))

    start = {name: jnp.asarray(value) for name, value in initial_weights(config).items()}
    slots = {name: jnp.full_like(value, 0.1) for name, value in start.items()}
    zero = jnp.zeros((batch, config.state_size))
    xs, ys = in_windows(series.x).astype(jnp.float32)[..., None], in_windows(series.y).astype(jnp.int32)
    return xs, ys, (start, slots, zero)


def jax_window(config: EchoConfig, fused: bool) -> Callable[[Any, Any], Any]:
    """One window of JAX, as `lax.scan` takes it: unrolled (over 32 steps, scanned) in time.

    Args:
        config: the tutorial's cell.
        fused: write products as multiply and sum, as the engine does where it is small.
    """
    import jax
    from jax import lax
    from jax import numpy as jnp

    length = config.truncated_backprop_length

    def product(a: jax.Array, w: jax.Array) -> jax.Array:
        return (a[..., :, None] * w).sum(-2) if fused else a @ w

    def loss_of(weights: dict[str, jax.Array], x: jax.Array, y: jax.Array, state: jax.Array):  # type: ignore[no-untyped-def]
        def step(h: jax.Array, x_t: jax.Array) -> tuple[jax.Array, jax.Array]:
            h = jnp.tanh(product(jnp.concatenate([x_t, h], -1), weights["W"]) + weights["b"])
            return h, h

        last, states = lax.scan(step, state, x, unroll=length if length <= 32 else 1)
        logits = product(states, weights["W2"]) + weights["b2"]
        log_p = jax.nn.log_softmax(logits)
        loss = -jnp.take_along_axis(log_p, y[..., None], -1).mean()
        return loss, (last, (logits.argmax(-1) != y).sum())

    def window(carry, data):  # type: ignore[no-untyped-def]
        weights, slots, state = carry
        (loss, (state, errors)), gradient = jax.value_and_grad(loss_of, has_aux=True)(weights, *data, state)
        slots = {name: slots[name] + gradient[name] ** 2 for name in weights}
        weights = {
            name: value - config.learning_rate * gradient[name] / jnp.sqrt(slots[name])
            for name, value in weights.items()
        }
        return (weights, slots, state), (loss, errors)

    return window


def in_jax(config: EchoConfig, fused: bool) -> Train:
    """JAX: one jitted `lax.scan` over windows; see `jax_window`."""
    import jax
    from jax import lax

    window = jax_window(config, fused)
    xs, ys, start = jax_data(config)
    run = jax.jit(lambda carry, x, y: lax.scan(window, carry, (x, y)))

    def train(n: int) -> object:
        losses = run(start, xs[:n], ys[:n])[1]
        return [np.asarray(one) for one in losses]

    return train


def in_torch(config: EchoConfig) -> Train:
    """PyTorch: `nn.RNN` over a window, autograd, `optim.Adagrad`, one Python step for each window."""
    import torch
    from torch import nn

    length = config.truncated_backprop_length
    series = EchoSeries.generate(config)
    xs = torch.from_numpy(series.x.astype(np.float32))
    ys = torch.from_numpy(series.y.astype(np.int64))
    rnn = nn.RNN(1, config.state_size, batch_first=True)
    output = nn.Linear(config.state_size, config.num_classes)
    optimizer = torch.optim.Adagrad(
        [*rnn.parameters(), *output.parameters()], lr=config.learning_rate, initial_accumulator_value=0.1, eps=0.0
    )
    cross_entropy = nn.CrossEntropyLoss()

    def train(n: int) -> object:
        state = torch.zeros(1, config.batch_size, config.state_size)
        losses = []
        for window in range(n):
            steps = slice(window * length, (window + 1) * length)
            optimizer.zero_grad()
            states, state = rnn(xs[:, steps, None], state.detach())
            loss = cross_entropy(output(states).flatten(0, 1), ys[:, steps].flatten())
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    return train
