"""The same training in PyTorch, eager: `nn.RNN` or `nn.LSTM`, autograd and `optim.Adagrad`, with a
Python loop over windows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tests.benchmarks.speed.problem import Problem
from tests.benchmarks.speed.program import FEW, CannotError, Losses, Trains, with_numpy


def prepare(problem: Problem) -> Trains:
    """A program that is ready to train. PyTorch's second bias, which our cells lack, stays zero."""
    try:
        import torch
        from torch import nn
    except ImportError:
        raise CannotError("PyTorch is not installed") from None

    network = problem.network
    weights = problem.one
    if network.cell == "gru":
        raise CannotError("PyTorch's GRU has another formula")
    cell = nn.RNN if network.cell == "rnn" else nn.LSTM
    layer = cell(1, network.state, network.layers, batch_first=True)
    output = nn.Linear(network.state, weights["W2"].shape[1])

    def take(parameter: Any, value: npt.NDArray[Any]) -> None:
        parameter.data = torch.from_numpy(np.ascontiguousarray(value))

    for number in range(network.layers):
        end = f"_layer{number + 1}" if number else ""
        weight, bias = weights["W" + end], weights["b" + end]
        inputs = len(weight) - network.state
        take(getattr(layer, f"weight_ih_l{number}"), weight[:inputs].T)
        take(getattr(layer, f"weight_hh_l{number}"), weight[inputs:].T)
        take(getattr(layer, f"bias_ih_l{number}"), bias[0])
        second = getattr(layer, f"bias_hh_l{number}")
        take(second, np.zeros_like(bias[0]))
        second.requires_grad = False
    take(output.weight, weights["W2"].T)
    take(output.bias, weights["b2"][0])
    parameters = (*layer.parameters(), *output.parameters())
    trained = [parameter for parameter in parameters if parameter.requires_grad]
    optimizer = torch.optim.Adagrad(
        trained, lr=network.learning_rate, initial_accumulator_value=0.1, eps=0.0
    )
    cross_entropy = nn.CrossEntropyLoss()
    xs = torch.from_numpy(problem.x[0].astype(np.float32))
    ys = torch.from_numpy(problem.y[0].astype(np.int64))

    def train(n: int) -> Losses:
        zero = torch.zeros(network.layers, network.batch, network.state)
        state = zero if network.cell == "rnn" else (zero, zero)
        losses = []
        for window in range(n):
            steps = slice(window * network.steps, (window + 1) * network.steps)
            optimizer.zero_grad()
            states, state = layer(xs[:, steps, None], state)
            if network.cell == "rnn":
                state = state.detach()
            else:
                state = tuple(part.detach() for part in state)
            loss = cross_entropy(output(states).flatten(0, 1), ys[:, steps].flatten())
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return np.array(losses, np.float32)

    return Trains(train, min(FEW, network.windows), 1, with_numpy(PyTorch=torch.__version__))
