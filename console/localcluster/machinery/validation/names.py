"""Names, labels and annotations of every kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from console.localcluster.machinery.errors import Finding
from console.localcluster.machinery.kinds import Kind
from console.localcluster.store import Object

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE = f"({_QUALIFIED})?"
_KEY = "[-._a-zA-Z0-9]+"
ANNOTATIONS_LIMIT_BYTES = 256 * 1024
# Kinds whose names may hold what paths may hold (RBAC), or must be DNS labels.
_PATH_NAMES = ("roles", "clusterroles", "rolebindings", "clusterrolebindings")
_LABEL_NAMES = ("namespaces",)


def subdomain_problem(name: str) -> str:
    """ "" for a lowercase RFC 1123 subdomain of at most 253 characters."""
    if len(name) > 253:
        return "must be no more than 253 characters"
    if re.fullmatch(_SUBDOMAIN, name):
        return ""
    return (
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
        "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
        f"'{_SUBDOMAIN}')"
    )


def label_problem(name: str) -> str:
    if len(name) > 63:
        return "must be no more than 63 characters"
    if re.fullmatch(_LABEL, name):
        return ""
    return (
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
        f"with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL}')"
    )


def label_1035_problem(name: str) -> str:
    if len(name) > 63:
        return "must be no more than 63 characters"
    if re.fullmatch(_LABEL_1035, name):
        return ""
    return (
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
        "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation "
        f"is '{_LABEL_1035}')"
    )


def qualified_name_problem(name: str) -> str:
    prefix, slash, rest = name.rpartition("/")
    if slash and subdomain_problem(prefix):
        return f"prefix part {subdomain_problem(prefix)}" if prefix else "prefix part must be non-empty"
    if len(rest) > 63:
        return "name part must be no more than 63 characters"
    if re.fullmatch(_QUALIFIED, rest):
        return ""
    if not rest:
        return "name part must be non-empty"
    return (
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
        "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
        f"'{_QUALIFIED}')"
    )


def label_value_problem(value: str) -> str:
    if len(value) > 63:
        return "must be no more than 63 characters"
    if re.fullmatch(_VALUE, value):
        return ""
    return (
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
        "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
        f"validation is '{_VALUE}')"
    )


def invalid_value(field: str, value: Any, why: str) -> Finding:
    shown = f'"{value}"' if isinstance(value, str) else value
    return Finding(field, "FieldValueInvalid", f"Invalid value: {shown}: {why}")


def metadata_findings(kind: Kind, obj: Object) -> Iterator[Finding]:
    metadata = obj["metadata"]
    problem = _name_problem(kind, metadata["name"])
    if problem:
        yield invalid_value("metadata.name", metadata["name"], problem)
    yield from label_findings(metadata.get("labels") or {}, "metadata.labels")
    yield from annotation_findings(metadata.get("annotations") or {}, "metadata.annotations")
    for index, finalizer in enumerate(metadata.get("finalizers") or []):
        if qualified_name_problem(finalizer):
            yield invalid_value(f"metadata.finalizers[{index}]", finalizer, qualified_name_problem(finalizer))
    for index, owner in enumerate(metadata.get("ownerReferences") or []):
        for field in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(field):
                yield invalid_value(f"metadata.ownerReferences[{index}].{field}", "", "must not be empty")


def label_findings(labels: dict[str, str], field: str) -> Iterator[Finding]:
    for key, value in labels.items():
        if problem := qualified_name_problem(key):
            yield invalid_value(field, key, problem)
        if problem := label_value_problem(value):
            yield invalid_value(field, value, problem)


def annotation_findings(annotations: dict[str, str], field: str) -> Iterator[Finding]:
    for key in annotations:
        if problem := qualified_name_problem(key.lower()):
            yield invalid_value(field, key, problem)
    size = sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items())
    if size > ANNOTATIONS_LIMIT_BYTES:
        yield Finding(field, "FieldValueTooLong", f"Too long: may not be more than {ANNOTATIONS_LIMIT_BYTES} bytes")


def key_findings(obj: Object) -> Iterator[Finding]:
    """Of a ConfigMap or Secret: its keys become the names of files."""
    for group in ("data", "binaryData"):
        for key in obj.get(group) or {}:
            if problem := _key_problem(key):
                yield invalid_value(f"{group}[{key}]", key, problem)


def _key_problem(key: str) -> str:
    if len(key) > 253:
        return "must be no more than 253 characters"
    if not re.fullmatch(_KEY, key):
        return (
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
            f"'KEY_NAME',  or 'key-name', regex used for validation is '{_KEY}')"
        )
    if key in (".", ".."):
        return f"must not be '{key}'"
    return "must not start with '..'" if key.startswith("..") else ""


def _name_problem(kind: Kind, name: str) -> str:
    if kind.plural in _PATH_NAMES:
        return "may not contain '/' or '%'" if "/" in name or "%" in name or name in (".", "..") else ""
    if kind.plural == "services":
        return label_1035_problem(name)
    return label_problem(name) if kind.plural in _LABEL_NAMES else subdomain_problem(name)
