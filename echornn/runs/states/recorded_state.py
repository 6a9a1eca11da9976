"""Converts a trainer's state to and from plain values and arrays, for records.

The record of a single network has no axis of replicas. It lacks the window at which the task was solved, because the
losses show it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.data.solved import SolvedAt
from echornn.files.recorded_values import as_recorded, from_recorded, shortened
from echornn.population_state import PopulationState
from echornn.trainer_state import TrainerState

Arrays = list[npt.NDArray[Any]]

OF_THE_CONFIGURATION = ("config", "configs")
"""The fields of a state that are recorded separately."""


def fields_of(state: PopulationState, arrays: Arrays) -> dict[str, Any]:
    """All fields except the configuration as JSON values; arrays are appended to ``arrays``, and replaced by their
    index. The influence is missing if there is none, as in records from before there were learning rules.
    """
    recorded = state.of(0) if state.config.replicas == 1 else state
    names = [name for name in _names(type(recorded)) if name != "influence" or recorded.influence]
    return as_recorded({name: _plain(getattr(recorded, name), arrays) for name in names})


def state_of(fields: Mapping[str, Any], config: EchoConfig, arrays: Arrays) -> PopulationState:
    """The state with these fields, of all replicas of the configuration.

    Raises:
        ValueError: a field has an invalid value. Other errors in `recorded_values.NO_RECORD`: it is no record of a
            state.
    """
    alone = config.replicas == 1
    fields = from_recorded(fields)
    for name in sorted(set(fields) - set(_names(TrainerState if alone else PopulationState))):
        raise ValueError(f"the state's field {shortened(name)} is not known to this version")
    values = {name: _restored(value, arrays) for name, value in fields.items()}
    if alone:
        return PopulationState.of_one(TrainerState(config=config, **values))
    solved = values.pop("solved")
    lost_at = solved.get("lost_at", np.zeros_like(solved["at"]))  # early versions lack this field
    values["solved"] = SolvedAt(solved["at"], solved["windows"], solved["recent"], lost_at)
    return PopulationState(tuple(map(config.of, range(config.replicas))), **values)


def _names(kind: type[TrainerState | PopulationState]) -> list[str]:
    return [field.name for field in dataclasses.fields(kind) if field.name not in OF_THE_CONFIGURATION]


def _plain(value: Any, arrays: Arrays) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        arrays.append(np.asarray(value))
        return {"array": len(arrays) - 1}
    if isinstance(value, SolvedAt):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {"dict": {name: _plain(one, arrays) for name, one in value.items()}}
    if isinstance(value, (tuple, list)):
        return {"tuple": [_plain(one, arrays) for one in value]}
    return value


def _restored(value: Any, arrays: Arrays) -> Any:
    match value:
        case {"array": int(number)}:
            return arrays[number]
        case {"dict": dict(members)}:
            return {name: _restored(one, arrays) for name, one in members.items()}
        case {"tuple": list(members)}:
            return tuple(_restored(one, arrays) for one in members)
        case _:
            return value
