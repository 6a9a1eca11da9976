"""Values as bytes, for two processes of the same version: a JSON text, and the arrays to which it
refers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar, cast, get_args, get_type_hints

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.files.recorded_values import (
    NO_RECORD,
    arrays_from,
    config_from,
    config_record,
    own_from,
    packed,
)
from echornn.own.own_file import OwnFile

T = TypeVar("T")

END_OF_TEXT = b"\n"  # JSON escapes the line ends in its texts

PLAIN = (type(None), bool, int, float, str)  # values that JSON has too


class WireError(ValueError):
    """The bytes are not a value of the expected class."""


def encode(value: object, kept: Sequence[object] = ()) -> bytes:
    """A value as bytes; a TypeError if no message can hold it.

    Parts of it that are among ``kept``, the same objects, are not sent: the receiver has them.
    """
    encoder = _Encoder(kept)
    tree = encoder.encoded(value)
    described, payload = packed(encoder.arrays)
    text = json.dumps([described, tree], separators=(",", ":"))
    return text.encode() + END_OF_TEXT + payload


def decode(data: bytes, kind: type[T], kept: Sequence[object] = ()) -> T:
    """The value of class ``kind`` from its bytes; a WireError if they are something else.

    ``kept`` has the parts that were not sent, in the order in which the sender has them.
    """
    try:
        text, _, payload = data.partition(END_OF_TEXT)
        described, tree = json.loads(text)
        arrays = arrays_from(described, payload)
        decoder = _Decoder(classes_in(cast(type, kind)), arrays, kept)
        value = decoder.decoded(tree)
    except NO_RECORD as error:
        raise WireError(f"not a {kind.__name__}: {error}") from error
    if not isinstance(value, kind):
        raise WireError(f"a {type(value).__name__} where a {kind.__name__} is expected")
    return value


class _Encoder:
    """Encodes a tuple as a list, and what JSON lacks as an object of one entry: what it is (names
    of classes are capitalized, others are not), and its content."""

    def __init__(self, kept: Sequence[object]) -> None:
        self.arrays: list[npt.NDArray[Any]] = []
        self._places = {id(part): place for place, part in enumerate(kept)}

    def encoded(self, value: Any) -> Any:
        kind: type = type(value)
        if kind in PLAIN:
            return value
        match value:
            case np.ndarray():
                return {"array": self._place(value)}
            case np.generic():
                return {"number": self._place(np.asarray(value))}
            case Enum():
                return {kind.__name__: [value.value]}
            case tuple() if hasattr(kind, "_fields"):
                return {kind.__name__: self._all(value)}
            case tuple():
                return self._all(value)
            case frozenset():
                return {"set": self._all(value)}
            case Mapping():
                return {"map": self._all(value.items())}
            case _ if id(value) in self._places:
                return {"kept": self._places[id(value)]}
            case EchoConfig():
                return {"config": config_record(value)}
            case OwnFile():
                return {"own": [value.noun, value.as_record()]}
            case _ if is_dataclass(value):
                return {kind.__name__: self._all(getattr(value, name) for name in names_in(kind))}
        raise TypeError(f"{value!r} cannot be encoded as bytes")

    def _all(self, values: Iterable[Any]) -> list[Any]:
        return [self.encoded(value) for value in values]

    def _place(self, array: npt.NDArray[Any]) -> int:
        self.arrays.append(array)
        return len(self.arrays) - 1


@dataclass(frozen=True)
class _Decoder:
    """Decodes what `_Encoder` encodes: no classes but those that such a message can hold."""

    classes: Mapping[str, type]
    arrays: Sequence[npt.NDArray[Any]]
    kept: Sequence[object]

    def decoded(self, tree: Any) -> Any:
        """One of `NO_RECORD` is raised if it is not the encoding of a value."""
        if isinstance(tree, list):
            return tuple(map(self.decoded, tree))
        if not isinstance(tree, dict):
            return tree
        ((what, content),) = tree.items()
        match what:
            case "array":
                return self.arrays[content]
            case "number":
                return self.arrays[content][()]
            case "kept":
                return self.kept[content]
            case "config":
                return config_from(content)
            case "own":
                return own_from(*content)
        values = map(self.decoded, content)
        match what:
            case "set":
                return frozenset(values)
            case "map":
                return dict(values)
        kind = self.classes[what]
        if is_dataclass(kind):
            return kind(**dict(zip(names_in(kind), values, strict=True)))
        return kind(*values)


@lru_cache
def names_in(kind: type) -> tuple[str, ...]:
    """The names of a dataclass's fields, in the order in which they are sent."""
    return tuple(field.name for field in fields(kind))


@lru_cache
def classes_in(kind: Any) -> Mapping[str, type]:
    """This class and the classes of all values that its fields can hold, by name, but for
    configurations."""
    found: dict[str, type] = {}
    waiting: list[Any] = [kind]
    while waiting:
        hint = waiting.pop()
        waiting += get_args(hint)
        if not isinstance(hint, type) or hint is EchoConfig or hint.__name__ in found:
            continue
        if issubclass(hint, Enum):
            found[hint.__name__] = hint
        elif is_dataclass(hint) or hasattr(hint, "_fields"):
            found[hint.__name__] = hint
            waiting += get_type_hints(hint).values()
    return found
