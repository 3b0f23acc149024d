"""From what a client sent to a typed object: unknown fields, duplicate keys, wrong types."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Any

from console.localcluster.machinery.errors import ApiError, Finding, bad_request, invalid
from console.localcluster.machinery.kinds import Kind, kind_of
from console.localcluster.machinery.schemas import Type, type_of_kind
from console.localcluster.machinery.schemas.walk import faults, go_fault, prune
from console.localcluster.store import Object

UNCHECKED = Finding(
    "<nil>",
    "FieldValueInvalid",
    "Invalid value: null: some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation",
)


class FieldValidation(StrEnum):
    STRICT = "Strict"
    WARN = "Warn"
    IGNORE = "Ignore"


class Decoding:
    """One request's decoding. Called with an object that is about to be written, completes it in place or raises."""

    def __init__(self, kind: Kind, validation: FieldValidation, *, manager: str = "") -> None:
        self.kind = kind
        self.validation = validation
        self.manager = manager
        self.warnings: list[str] = []
        self._duplicates: list[str] = []

    def check_sent(self, obj: Object, data: bytes) -> None:
        """apiVersion, kind and duplicate keys of a whole object as it was sent."""
        kind = self.kind
        sent_version, sent_kind = obj.get("apiVersion"), obj.get("kind")
        if not sent_kind and kind.custom:
            raise bad_request(f"Object 'Kind' is missing in '{data[:200].decode(errors='replace')}'")
        if sent_version not in (None, "", kind.api_version):
            raise bad_request(
                f"the API version in the data ({sent_version}) does not match the expected API version "
                f"({kind.api_version})"
            )
        if sent_kind not in (None, "", kind.kind):
            if kind.custom:
                finding = Finding("kind", "FieldValueInvalid", f'Invalid value: "{sent_kind}": must be {kind.kind}')
                raise invalid(_named_as(kind, str(sent_kind)), _name(obj), [finding])
            raise bad_request(_not_this(kind, str(sent_kind)))
        if self.validation is not FieldValidation.IGNORE:
            self._duplicates = duplicate_keys(data)

    def __call__(self, obj: Object) -> None:
        kind = self.kind
        type_ = type_of_kind(kind.kind)
        self._check_go(obj, type_)
        strict = [f'duplicate field "{path}"' for path in self._duplicates]
        strict += [f'unknown field "{path}"' for path in sorted(prune(obj, type_))]
        if strict and self.validation is FieldValidation.STRICT:
            raise bad_request(f"{_cannot(kind)} strict decoding error: {', '.join(strict)}")
        if self.validation is FieldValidation.WARN and kind.key != "mxjobs.kubeflow.org":
            self.warnings += strict
        if kind.custom:
            found = list(faults({key: obj[key] for key in obj if key != "metadata"}, type_))
            if found:
                # Only patterns leave the rest of the object checkable.
                shape = any("should match" not in str(finding) for finding in found)
                raise invalid(kind, _name(obj), [*found, UNCHECKED] if shape else found)
            run_policy = (obj.get("spec") or {}).get("runPolicy")
            if isinstance(run_policy, dict):
                run_policy.setdefault("suspend", False)

    @contextlib.contextmanager
    def warnings_of_failure(self) -> Iterator[None]:
        """A failure inside carries the warnings there were before it."""
        try:
            yield
        except ApiError as error:
            error.warnings = self.warnings
            raise

    def _check_go(self, obj: Object, type_: Type) -> None:
        if type_.form != "struct":
            return
        if self.kind.custom:
            fault = go_fault(obj.get("metadata"), Type("struct", "ObjectMeta"))
        else:
            fault = go_fault(obj, type_)
        if fault:
            raise bad_request(f"{_cannot(self.kind)} {fault}")


def _cannot(kind: Kind) -> str:
    return f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}:'


def _not_this(kind: Kind, sent: str) -> str:
    known = kind_of(kind.api_version, sent)
    if known:
        return f"the object provided is unrecognized (must be of type {kind.kind}): it is a {sent}"
    return f'no kind "{sent}" is registered for version "{kind.api_version}" in scheme'


def _named_as(kind: Kind, name: str) -> Kind:
    return replace(kind, kind=name)


def _name(obj: Object) -> str:
    metadata = obj.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""


def duplicate_keys(data: bytes) -> list[str]:
    """Paths of the keys an object of `data` holds twice; [] for what is no JSON (YAML says so itself)."""
    found: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: dict[str, Any] = {}
        for key, value in items:
            if key in seen:
                found.append(key)
            seen[key] = value
        return seen

    if data.lstrip()[:1] != b"{":
        return []
    decoded = json.loads(data, object_pairs_hook=pairs)
    return [_path_to(decoded, key) for key in dict.fromkeys(found)]


def _path_to(value: Any, key: str, path: str = "") -> str:
    """Where a key stands in `value`, as the real server says it (the first place found)."""
    if isinstance(value, dict):
        if key in value:
            return f"{path}.{key}" if path else key
        inner = ((name, item, f"{path}.{name}" if path else name) for name, item in value.items())
    elif isinstance(value, list):
        inner = ((str(index), item, f"{path}[{index}]") for index, item in enumerate(value))
    else:
        return ""
    return next(filter(None, (_path_to(item, key, where) for _, item, where in inner)), "")
