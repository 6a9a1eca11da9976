"""Values as records (JSON) hold them; what is read is checked, and an error names the wrong
value."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from echornn.cells.own_cell import OwnCell, facts_of
from echornn.config import CELL, ECHO, LATER_FIELDS, TASK, EchoConfig
from echornn.errors import NO_RECORD as NO_RECORD
from echornn.own.own_file import OwnFile
from echornn.tasks.own_task import OwnTask, Shape, record_of_facts

MOST = 2**63 - 1  # the largest count (windows, epochs, bytes, ...) that a record may have

# In records, since version 0.1.0
RECORDED_NAMES = {"data_version": "generation", "init_index": "draw"}

# Types of arrays: numbers and booleans, little-endian
NUMBERS = re.compile(r"[<|][biufc?][0-9]{1,2}")


def as_recorded(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {RECORDED_NAMES.get(name, name): value for name, value in fields.items()}


def from_recorded(fields: Mapping[str, Any]) -> dict[str, Any]:
    names = {recorded: name for name, recorded in RECORDED_NAMES.items()}
    return {names.get(recorded, recorded): value for recorded, value in fields.items()}


def shortened(what: object) -> str:
    text = str(what)
    if len(text) <= 200:
        return text
    return f"{text[:200]}..."


def whole(value: object, name: str, most: int = MOST, least: int = 0) -> int:
    """The value; a ValueError if it is not a whole number from ``least`` to ``most``."""
    if type(value) is not int or not least <= value <= most:
        refuse(name, value, f"a whole number, {least} to {most}")
    return value


def refuse(name: str, value: object, allowed: str) -> NoReturn:
    raise ValueError(f"{name} = {shortened(repr(value))} cannot be used: {allowed}")


# ---- configurations

LEFT_OUT = {TASK: ECHO, **{name: getattr(EchoConfig, name) for name in LATER_FIELDS}}
"""Values that records leave out."""

LEFT_OUT_OF_TABLE = {"length_from": 0, "scoring": "all"}
"""Settings of tasks of the table that records leave out, since they came later."""

Uses = Iterable[tuple[Mapping[str, Any], Shape | None]]
"""The configurations in which a value is used: the values of each, and the shape of its data. A
user's own task has other facts in each; see `record_of_facts`."""


def config_record(config: EchoConfig, with_facts: bool = True) -> dict[str, Any]:
    """All values of a configuration as JSON values; perhaps with the facts of `value_record`."""
    fields = config.fields()
    left_out = LEFT_OUT
    if not isinstance(fields[TASK], OwnFile):
        left_out = LEFT_OUT | LEFT_OUT_OF_TABLE
    record = {}
    for name, value in fields.items():
        if name in left_out and value == left_out[name]:
            continue
        if with_facts:
            value = value_record(value, [(fields, config.data_shape)])
        elif isinstance(value, OwnFile):
            value = value.as_record()
        record[name] = value
    return record


def changes_record(config: EchoConfig) -> dict[str, Any]:
    """The values of a configuration that differ from the defaults, as JSON values."""
    uses = [(config.fields(), config.data_shape)]
    changes = EchoConfig().changes_to(config)
    return {name: value_record(value, uses) for name, value in changes.items()}


def value_record(value: Any, uses: Uses) -> Any:
    """A value of some configurations as a JSON value, with the facts about a user's own task or
    cell, so that its text need not be run to read them."""
    if not isinstance(value, OwnFile):
        return value
    value.require_text()
    facts = None
    if isinstance(value, OwnTask):
        facts = record_of_facts(value, uses)
    elif isinstance(value, OwnCell) and not value.lacks_facts:
        facts = facts_of(value.cell)
    return value.as_record(facts)


def config_from(fields: object) -> EchoConfig:
    """The configuration from its record; missing values have their defaults.

    A ValueError if one is unknown.
    """
    if not isinstance(fields, Mapping):
        raise ValueError("the configuration is not a table of fields")
    values = values_from(fields)
    task = values.get(TASK, ECHO)
    settings = values.keys() - {*EchoConfig.names(), TASK}
    if task == ECHO and settings:
        raise ValueError(
            f"the configuration's field {shortened(min(settings))} is not known to this version"
        )
    if isinstance(task, OwnTask):
        given = {name: [value] for name, value in values.items() if name in settings}
        values[TASK] = task.with_settings(given)
    return EchoConfig.from_fields(values)


def values_from(record: Mapping[str, Any]) -> dict[str, Any]:
    """A ValueError if the task or the cell is invalid. No file is read."""
    values = {}
    for name, value in record.items():
        values[name] = own_from(name, value) if name in OWN else value
    return values


OWN: Mapping[str, type[OwnFile]] = {TASK: OwnTask, CELL: OwnCell}


def own_from(field: str, recorded: object) -> str | OwnFile:
    """The task or the cell of a record: a name of the table, or a file of the user's own."""
    if recorded is None and field == TASK:
        return ECHO
    if not isinstance(recorded, str):
        return OWN[field].from_record(recorded)
    if ":" in recorded:
        raise ValueError(f"the {field} {shortened(recorded)} is not known to this version")
    return recorded


# ---- arrays


def packed(arrays: Iterable[npt.NDArray[Any]]) -> tuple[list[Any], bytes]:
    """What `arrays_from` reads: the types and shapes of arrays, and their numbers,
    little-endian."""
    described: list[Any] = []
    payload = []
    for array in arrays:
        stored = array.astype(array.dtype.newbyteorder("<"), copy=False)
        described.append([stored.dtype.str, list(stored.shape)])
        payload.append(stored.tobytes())
    return described, b"".join(payload)


def _described_arrays(described: object) -> list[tuple[np.dtype[Any], tuple[int, ...]]]:
    """The type and the shape of each array that follows."""
    if not isinstance(described, list):
        refuse("arrays", described, "a list")
    arrays = []
    for name, shape in described:
        if not isinstance(name, str) or not NUMBERS.fullmatch(name):
            refuse("an array's type", name, "that of numbers")
        sides = tuple(whole(side, "an array's side") for side in shape)
        arrays.append((np.dtype(name), sides))
    return arrays


def bytes_of(described: object) -> int:
    """The length of a payload with arrays of the ``described`` types and shapes."""
    arrays = _described_arrays(described)
    return sum(dtype.itemsize * math.prod(shape) for dtype, shape in arrays)


def arrays_from(described: object, payload: bytes) -> list[npt.NDArray[Any]]:
    """The arrays of the ``described`` types and shapes, which ``payload`` has one after the other,
    and no more."""
    arrays = []
    at = 0
    for dtype, shape in _described_arrays(described):
        stored = np.frombuffer(payload, dtype, math.prod(shape), at).reshape(shape)
        arrays.append(stored.astype(dtype.newbyteorder("=")))
        at += stored.nbytes
    if at != len(payload):
        raise ValueError("the arrays have more numbers than their description says")
    return arrays
