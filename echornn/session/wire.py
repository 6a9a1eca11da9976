"""Encodes pictures, queries and commands as bytes, for a viewer in another process, and decodes them.

The bytes are a JSON text and the numbers of the arrays to which it refers. Decoding makes only dataclasses, named
tuples and enums, and only those that the fields of the expected class can hold. No code in them is executed, except the
text of a user's own task, if a configuration has such a task.

Parts of a value that the receiver has already can be left out: both sides then name them in the same order.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar, cast, get_args, get_type_hints

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.files.recorded_values import NO_RECORD, VALUE_FROM, arrays_from, config_from, record_of
from echornn.own import OwnFile

T = TypeVar("T")

Array = npt.NDArray[Any]

LENGTH_BYTES = 8
"""The bytes of the number at the beginning, which is the length of the JSON text."""


class WireError(ValueError):
    """The bytes are not a value of the expected class."""


def encode(value: object, known: Sequence[object] = ()) -> bytes:
    """Encode a value as bytes.

    Args:
        known: dataclasses, which are left out wherever the value contains these very objects.

    Raises:
        TypeError: the value contains something other than numbers, texts, arrays, dataclasses, enums and collections.
    """
    encoder = _Encoder(known)
    plain = encoder.plain(value)
    described = [[_stored(array.dtype).str, array.shape] for array in encoder.arrays]
    text = json.dumps([described, plain], separators=(",", ":")).encode()
    numbers = [array.astype(_stored(array.dtype), copy=False).tobytes() for array in encoder.arrays]
    return b"".join((len(text).to_bytes(LENGTH_BYTES, "big"), text, *numbers))


def decode(data: bytes, kind: type[T], known: Sequence[object] = ()) -> T:
    """Decode the bytes of a value of class ``kind``.

    Args:
        known: the values that were left out, in the order in which `encode` was given them.

    Raises:
        WireError: the bytes are not such a value.
    """
    wanted = cast(type, kind)
    try:
        end = LENGTH_BYTES + int.from_bytes(data[:LENGTH_BYTES], "big")
        described, plain = json.loads(data[LENGTH_BYTES:end])
        value = _value(plain, arrays_from(described, data[end:]), classes_in(wanted), known)
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


@lru_cache
def _stored(kind: np.dtype[Any]) -> np.dtype[Any]:
    """The type with which numbers of this type are encoded."""
    return kind.newbyteorder("<")


@lru_cache
def _fields(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def _is_named(kind: type) -> bool:
    """Whether values of this class are encoded with the name of their class."""
    return dataclasses.is_dataclass(kind) or issubclass(kind, Enum) or _is_named_tuple(kind)


def _is_named_tuple(kind: type) -> bool:
    return issubclass(kind, tuple) and hasattr(kind, "_fields")


class _Encoder:
    """Encodes a value and the values in it as JSON values.

    Attributes:
        arrays: the arrays found, each replaced by its index.

    Args:
        known: dataclasses that are replaced by their index.
    """

    def __init__(self, known: Sequence[object]) -> None:
        self.arrays: list[Array] = []
        self._known = {id(one): index for index, one in enumerate(known)}

    def plain(self, value: Any) -> Any:
        """The value as JSON values."""
        match value:
            case Enum():
                return {"is": type(value).__name__, "name": value.name}
            case None | bool() | int() | str():
                return value
            case np.ndarray() | np.generic():
                if value.dtype.hasobject:
                    raise TypeError("an array of objects cannot be encoded as bytes")
                self.arrays.append(np.asarray(value))
                return {"array" if isinstance(value, np.ndarray) else "number": len(self.arrays) - 1}
            case float():
                return value
            case tuple() if _is_named_tuple(type(value)):
                return {"is": type(value).__name__, "of": [*map(self.plain, value)]}
            case tuple():
                return [*map(self.plain, value)]
            case frozenset():
                return {"set": [*map(self.plain, value)]}
            case Mapping():
                return {"map": [[*map(self.plain, pair)] for pair in value.items()]}
            case _ if id(value) in self._known:
                return {"known": self._known[id(value)]}
            case EchoConfig():
                return {"config": record_of(value)}
            case OwnFile():
                return {"own": value.noun, "record": value.as_record()}
            case _ if dataclasses.is_dataclass(value):
                kind: type = type(value)
                return {"is": kind.__name__, "of": {name: self.plain(getattr(value, name)) for name in _fields(kind)}}
            case _:
                raise TypeError(f"{value!r} cannot be encoded as bytes")


def _value(encoded: Any, arrays: list[Array], classes: Mapping[str, type], known: Sequence[object]) -> Any:
    """The value that `_plain` has encoded."""

    def values(several: list[Any]) -> list[Any]:
        return [_value(one, arrays, classes, known) for one in several]

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
        case {"known": int(index)}:
            return known[index]
        case {"config": dict(record)}:
            return config_from(record)
        case {"own": str(noun), "record": dict(record)}:
            return VALUE_FROM[noun](record)
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
