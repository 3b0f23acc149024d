"""JSON read by the declarations of its shape (serializers), strictly; what does not fit becomes a finding at its path.

DRF would turn 1 into "1", "yes" into true and 1.0 into 1, and drop what it does not know. The API reads what is there.
"""

import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from rest_framework import serializers as declared

from tasks.specification.findings import Code, Finding, error
from tasks.specification.refusals import refusal

UNREAD: Final = object()
ITEMS_MAX = 1000


def read(shape: declared.Field[Any, Any, Any, Any], value: Any, path: str, findings: list[Finding]) -> Any:
    """The value, with the defaults of what is absent; UNREAD (and a finding) when it is not of the shape."""
    if value is None and shape.allow_null:
        return None
    match shape:
        case declared.Serializer():
            return _fields(shape, value, path, findings)
        case declared.ListSerializer() | declared.ListField():
            return _items(shape.child, value, path, findings)
        case declared.DictField():
            return _names(shape.child, value, path, findings)
        case declared.ChoiceField():
            return _word(shape, value, path, findings)
        case declared.CharField():
            return _text(value, path, findings)
        case declared.BooleanField():
            return value if isinstance(value, bool) else _mistyped("flag", path, findings)
        case declared.IntegerField():
            return value if type(value) is int else _mistyped("whole", path, findings)
        case declared.JSONField():
            return value
    raise TypeError(shape)


def join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _fields(shape: declared.Serializer[Any], value: Any, path: str, findings: list[Finding]) -> Any:
    if not isinstance(value, Mapping):
        return _mistyped("object", path, findings)
    known = shape.fields
    findings += [refusal(join(path, name), name, known) for name in value if name not in known]
    found = {}
    for name, field in known.items():
        if name in value:
            part = read(field, value[name], join(path, name), findings)
            if part is not UNREAD:
                found[name] = part
        elif field.required:
            findings.append(error(Code.REQUIRED, join(path, name)))
        elif field.default is not declared.empty:
            default = field.default() if callable(field.default) else field.default
            found[name] = read(field, default, join(path, name), findings)
    return found


def _items(child: Any, value: Any, path: str, findings: list[Finding]) -> Any:
    if not isinstance(value, list):
        return _mistyped("list", path, findings)
    if len(value) > ITEMS_MAX:
        findings.append(error(Code.TOO_MANY, path, maximum=ITEMS_MAX))
        return UNREAD
    return [
        part
        for index, item in enumerate(value)
        if (part := read(child, item, join(path, str(index)), findings)) is not UNREAD
    ]


def _names(child: Any, value: Any, path: str, findings: list[Finding]) -> Any:
    if not isinstance(value, Mapping):
        return _mistyped("object", path, findings)
    if len(value) > ITEMS_MAX:
        findings.append(error(Code.TOO_MANY, path, maximum=ITEMS_MAX))
        return UNREAD
    found = {}
    for name, item in value.items():
        if _text(name, join(path, name), findings) is not UNREAD:
            part = read(child, item, join(path, name), findings)
            if part is not UNREAD:
                found[name] = part
    return found


def _word(shape: declared.ChoiceField, value: Any, path: str, findings: list[Finding]) -> Any:
    if not isinstance(value, str):
        return _mistyped("text", path, findings)
    if value not in shape.choices:
        findings.append(error(Code.INVALID_CHOICE, path, value=value[:80]))
        return UNREAD
    return value


def _text(value: Any, path: str, findings: list[Finding]) -> Any:
    if not isinstance(value, str):
        return _mistyped("text", path, findings)
    # No database stores these, and no rule could speak of them; everything else is for the rules.
    bad = next((char for char in value if char == "\0" or unicodedata.category(char) == "Cs"), "")
    if bad:
        findings.append(error(Code.INVALID_CHARACTER, path, character=f"U+{ord(bad):04X}"))
        return UNREAD
    return value


def _mistyped(wanted: str, path: str, findings: list[Finding]) -> Any:
    findings.append(error(Code.FIELD_TYPE, path, wanted=wanted))
    return UNREAD
