"""Records networks of PyTorch, with what they do: `python -m tests.record_torch`, where torch is
installed (2.13.0 was), writes tests/data/torch.npz."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FILE = Path(__file__).parent / "data" / "torch.npz"

INPUTS, UNITS = 3, 5
LAYERS = {"rnn": 1, "lstm": 2, "gru_after": 2}

Arrays = dict[str, npt.NDArray[Any]]


def torch_network(cell: str, state: Mapping[str, npt.NDArray[Any]] | None = None) -> Arrays:
    """A network's state_dict, perhaps a given one; symbols [trials, steps], one-hot for it; the
    states and the softmax of its outputs."""
    import torch

    torch.manual_seed(len(cell))
    kind = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru_after": torch.nn.GRU}[cell]
    network = torch.nn.ModuleDict(
        {
            "rnn": kind(INPUTS, UNITS, LAYERS[cell], batch_first=True),
            "output": torch.nn.Linear(UNITS, INPUTS),
        }
    )
    if state is not None:
        network.load_state_dict({name: torch.tensor(array) for name, array in state.items()})
    symbols = torch.randint(INPUTS, (4, 9), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        states, _ = network["rnn"](torch.eye(INPUTS)[symbols])
        outputs = torch.softmax(network["output"](states), -1)
    arrays = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    return {**arrays, "x": symbols.numpy(), "states": states.numpy(), "outputs": outputs.numpy()}


def recorded(cell: str) -> Arrays:
    with np.load(FILE) as file:
        prefix = f"{cell}/"
        return {name.removeprefix(prefix): file[name] for name in file if name.startswith(prefix)}


def main() -> None:
    arrays = {}
    for cell in LAYERS:
        for name, array in torch_network(cell).items():
            arrays[f"{cell}/{name}"] = array
    np.savez_compressed(FILE, allow_pickle=False, **arrays)


if __name__ == "__main__":
    main()
