"""The shape of every kind: one text file says it, and pruning, strict checks, patches, apply and OpenAPI read it.

Of a field: `!` required, `~m:key` merged by strategic merge patch (by that key of the items), `~r` retainKeys,
`@a+b` a list that apply keeps as a map by these keys, `@set`, `@atomic`, `#n` its number in protobuf. A name with `^`
is a message that protobuf nests and JSON does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SCALARS = frozenset(
    ("str", "bytes", "bool", "int32", "int64", "num", "any", "Time", "MicroTime", "Quantity", "IntOrString")
)
_ALIASES = {
    "time": "Time",
    "quantity": "Quantity",
    "intstr": "IntOrString",
    "FieldsV1": "any",
    "RawExtension": "any",
    "JSON": "any",
}


@dataclass(frozen=True, slots=True)
class Type:
    """`form`: scalar (name says which), struct (name of it), list or map (inner)."""

    form: str
    name: str = ""
    inner: Type | None = None

    @property
    def item(self) -> Type:
        assert self.inner is not None
        return self.inner


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    type: Type
    required: bool = False
    merges: bool = False
    retains_keys: bool = False
    merge_key: str = ""
    map_keys: tuple[str, ...] = ()
    atomic: bool = False
    is_set: bool = False
    number: int = 0
    nested: bool = False


Struct = Mapping[str, Field]
ANY = Type("scalar", "any")


@cache
def _lines() -> tuple[str, ...]:
    text = (Path(__file__).parent / "types.txt").read_text()
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


@cache
def structs() -> Mapping[str, Struct]:
    found: dict[str, Struct] = {}
    for line in _lines():
        name, *fields = line.split(" ")
        found[name] = {field.name: field for field in map(_field, filter(None, fields)) if not field.nested}
    return found


@cache
def by_number(name: str) -> Mapping[int, Field]:
    """The fields of a struct as protobuf numbers them, nested messages included."""
    for line in _lines():
        struct_name, *fields = line.split(" ")
        if struct_name == name:
            return {field.number: field for field in map(_field, filter(None, fields)) if field.number}
    raise KeyError(name)


def struct(name: str) -> Struct:
    return structs()[name]


def type_of_kind(kind: str) -> Type:
    """The type of a whole object; of kinds without a schema here (CRDs, metrics) anything goes."""
    return Type("struct", kind) if kind in structs() else ANY


def _field(text: str) -> Field:
    text, _, number = text.partition("#")
    left, _, right = text.partition("=")
    right, _, keys = right.partition("@")
    right, _, strategy = right.partition("~")
    how, _, merge_key = strategy.partition(":")
    named = keys not in ("", "set", "atomic")
    return Field(
        name=left.rstrip("!^"),
        type=_type(right),
        required=left.endswith("!"),
        merges="m" in how,
        retains_keys="r" in how,
        merge_key=merge_key,
        map_keys=tuple(keys.split("+")) if named else (),
        atomic=keys == "atomic",
        is_set=keys == "set",
        number=int(number or 0),
        nested=left.endswith("^"),
    )


@cache
def _type(text: str) -> Type:
    if text.startswith("["):
        return Type("list", inner=_type(text[1:-1]))
    if text.startswith("{"):
        return Type("map", inner=_type(text[1:-1]))
    text = _ALIASES.get(text, text)
    return Type("scalar", text) if text in SCALARS else Type("struct", text)
