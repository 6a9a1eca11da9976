"""The same training in PyTorch, compiled: forward pass, loss, gradient and update of a window are
one function of `torch.func`, which `torch.compile` makes one call; a Python loop over windows."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.benchmarks.speed.problem import Problem
from tests.benchmarks.speed.program import CannotError, Losses, Trains, with_numpy


def prepare(problem: Problem) -> Trains:
    """A program that is ready to train, on one thread, which is quicker at most sizes; several
    networks by `vmap`."""
    try:
        import torch
        from torch.func import grad_and_value, vmap
    except ImportError:
        raise CannotError("PyTorch is not installed") from None

    network = problem.network
    torch.set_num_threads(1)

    def cell(x: Any, state: Any, weights: Any, end: str) -> Any:
        """One time step; the formulas are those of `echornn.cells`."""
        w, b = weights["W" + end], weights["b" + end]
        if network.cell == "rnn":
            return torch.tanh(torch.cat([x, state], -1) @ w + b)
        if network.cell == "gru":
            gates = torch.sigmoid(torch.cat([x, state], -1) @ w + b)
            update, reset = gates.chunk(2, -1)
            kept = torch.cat([x, reset * state], -1)
            candidate = torch.tanh(kept @ weights["Wc" + end] + weights["bc" + end])
            return update * state + (1 - update) * candidate
        hidden, memory = state.chunk(2, -1)
        enter, forget, value, leave = (torch.cat([x, hidden], -1) @ w + b).chunk(4, -1)
        memory = torch.sigmoid(forget) * memory + torch.sigmoid(enter) * torch.tanh(value)
        return torch.cat([torch.sigmoid(leave) * torch.tanh(memory), memory], -1)

    def loss_of(weights: Any, x: Any, y: Any, states: Any) -> Any:
        tops = []
        for below in x.unbind():
            after = []
            for layer, before in enumerate(states.chunk(network.layers, -1)):
                after.append(cell(below, before, weights, f"_layer{layer + 1}" if layer else ""))
                below = after[-1][..., : network.state]
            states = torch.cat(after, -1)
            tops.append(below)
        logits = torch.stack(tops) @ weights["W2"] + weights["b2"]
        right = torch.log_softmax(logits, -1).gather(-1, y[..., None])
        return -right.mean(), states

    def window(weights: Any, sums: Any, states: Any, x: Any, y: Any) -> Any:
        gradient, (loss, states) = grad_and_value(loss_of, has_aux=True)(weights, x, y, states)
        new_weights, new_sums = {}, {}
        for name, value in weights.items():
            new_sums[name] = sums[name] + gradient[name] ** 2
            step = network.learning_rate * gradient[name] / new_sums[name].sqrt()
            new_weights[name] = value - step
        return new_weights, new_sums, states, loss

    compiled = torch.compile(window if network.replicas == 1 else vmap(window))
    carried = network.layers * (2 if network.cell == "lstm" else 1) * network.state
    # [windows, replicas, T, batch], without the axis of replicas if there is one network
    inputs, targets = problem.in_windows(problem.x), problem.in_windows(problem.y)
    xs = torch.from_numpy(inputs.astype(np.float32))[..., None].transpose(0, 1)
    ys = torch.from_numpy(targets.astype(np.int64)).transpose(0, 1)
    start = {name: torch.from_numpy(value) for name, value in problem.weights.items()}
    zeros = torch.zeros(network.replicas, network.batch, carried)
    if network.replicas == 1:
        xs, ys, zeros = xs[:, 0], ys[:, 0], zeros[0]
        start = {name: value[0] for name, value in start.items()}

    def train(n: int) -> Losses:
        weights, states = start, zeros
        sums = {name: torch.full_like(value, 0.1) for name, value in start.items()}
        losses = []
        with torch.no_grad():
            for x, y in zip(xs[:n], ys[:n], strict=True):
                weights, sums, states, loss = compiled(weights, sums, states, x, y)
                losses.append(loss.numpy())
        return np.array(losses, np.float32)

    return Trains(train, network.windows, network.replicas, with_numpy(PyTorch=torch.__version__))
