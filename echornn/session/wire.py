"""Encodes pictures, queries and commands as bytes, for a viewer in another process, and decodes them.

The bytes are a JSON text and the numbers of the arrays to which it refers. Decoding makes only dataclasses, named
tuples and enums, and only those that the fields of the expected class can hold. No code in them is executed, except the
text of a user's own task, if a configuration has such a task.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar, cast, get_args, get_type_hints

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.files.recorded_values import NO_RECORD, arrays_from, config_from, record_of

T = TypeVar("T")

Array = npt.NDArray[Any]

LENGTH_BYTES = 8
"""The bytes of the number at the beginning, which is the length of the JSON text."""


class WireError(ValueError):
    """The bytes are not a value of the expected class."""


def encode(value: object) -> bytes:
    """Encode a value as bytes.

    Raises:
        TypeError: the value contains something other than numbers, texts, arrays, dataclasses, enums and collections.
    """
    arrays: list[Array] = []
    plain = _plain(value, arrays)
    described = [[array.dtype.newbyteorder("<").str, array.shape] for array in arrays]
    text = json.dumps([described, plain], separators=(",", ":")).encode()
    numbers = [array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes() for array in arrays]
    return b"".join((len(text).to_bytes(LENGTH_BYTES, "big"), text, *numbers))


def decode(data: bytes, kind: type[T]) -> T:
    """Decode the bytes of a value of class ``kind``.

    Raises:
        WireError: the bytes are not such a value.
    """
    wanted = cast(type, kind)
    try:
        end = LENGTH_BYTES + int.from_bytes(data[:LENGTH_BYTES], "big")
        described, plain = json.loads(data[LENGTH_BYTES:end])
        value = _value(plain, arrays_from(described, data[end:]), classes_in(wanted))
    except NO_RECORD as error:
        raise WireError(f"not a {kind.__name__}: {error}") from error
    if not isinstance(value, kind):
        raise WireError(f"a {type(value).__name__} where a {kind.__name__} is expected")
    return value


@lru_cache
def classes_in(kind: type) -> Mapping[str, type]:
    """This class and the classes of all values that its fields can hold, by name.

    Configurations are encoded in a separate way.

    Raises:
        TypeError: two of them have the same name.
    """
    found: dict[str, type] = {}
    waiting: list[Any] = [kind]
    while waiting:
        hint = waiting.pop()
        waiting += get_args(hint)
        if not (isinstance(hint, type) and _is_named(hint)) or hint is EchoConfig:
            continue
        if hint.__name__ not in found:
            found[hint.__name__] = hint
            waiting += [] if issubclass(hint, Enum) else get_type_hints(hint).values()
        elif found[hint.__name__] is not hint:
            raise TypeError(f"two classes in {kind.__name__} have the name {hint.__name__}")
    return found


def schema(*kinds: type) -> str:
    """A short text that changes whenever the encoding of a value of these classes changes: both ends must agree."""
    fields = {
        name: list(kind.__members__) if issubclass(kind, Enum) else list(get_type_hints(kind))
        for one in kinds
        for name, kind in classes_in(one).items()
    }
    names = [*EchoConfig.names()]
    return hashlib.sha256(json.dumps([fields, names], sort_keys=True).encode()).hexdigest()[:16]


def _is_named(kind: type) -> bool:
    """Whether values of this class are encoded with the name of their class."""
    return dataclasses.is_dataclass(kind) or issubclass(kind, Enum) or _is_named_tuple(kind)


def _is_named_tuple(kind: type) -> bool:
    return issubclass(kind, tuple) and hasattr(kind, "_fields")


def _plain(value: Any, arrays: list[Array]) -> Any:
    """The value as JSON values; its arrays are appended to ``arrays``, and replaced by their index."""
    match value:
        case Enum():
            return {"is": type(value).__name__, "name": value.name}
        case None | bool() | int() | str():
            return value
        case np.ndarray() | np.generic():
            if value.dtype.hasobject:
                raise TypeError("an array of objects cannot be encoded as bytes")
            arrays.append(np.asarray(value))
            return {"array" if isinstance(value, np.ndarray) else "number": len(arrays) - 1}
        case float():
            return value
        case tuple() if _is_named_tuple(type(value)):
            return {"is": type(value).__name__, "of": [_plain(one, arrays) for one in value]}
        case tuple():
            return [_plain(one, arrays) for one in value]
        case frozenset():
            return {"set": [_plain(one, arrays) for one in value]}
        case Mapping():
            return {"map": [[_plain(one, arrays) for one in pair] for pair in value.items()]}
        case EchoConfig():
            return {"config": record_of(value)}
        case _ if dataclasses.is_dataclass(value):
            names = [field.name for field in dataclasses.fields(value)]
            return {"is": type(value).__name__, "of": {name: _plain(getattr(value, name), arrays) for name in names}}
        case _:
            raise TypeError(f"{value!r} cannot be encoded as bytes")


def _value(encoded: Any, arrays: list[Array], classes: Mapping[str, type]) -> Any:
    """The value that `_plain` has encoded."""

    def values(several: list[Any]) -> list[Any]:
        return [_value(one, arrays, classes) for one in several]

    match encoded:
        case {"is": str(name), "name": str(member)}:
            return classes[name][member]  # type: ignore[index]
        case {"is": str(name), "of": list(several)}:
            return classes[name](*values(several))
        case {"is": str(name), "of": dict(fields)}:
            return classes[name](**dict(zip(fields, values(list(fields.values())), strict=True)))
        case {"array": int(index)}:
            return arrays[index]
        case {"number": int(index)}:
            return arrays[index][()]
        case {"config": dict(record)}:
            return config_from(record)
        case {"set": list(several)}:
            return frozenset(values(several))
        case {"map": list(pairs)}:
            return dict(map(values, pairs))
        case list():
            return tuple(values(encoded))
        case None | bool() | int() | float() | str():
            return encoded
        case _:
            raise WireError(f"{encoded!r} is not the encoding of a value")
