"""Failures as the real server words them: each is a Status object."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from console.localcluster.machinery.kinds import Kind


class ApiError(Exception):
    """Carries the Status that the client gets; `code` is the HTTP status."""

    def __init__(self, status: dict[str, Any]) -> None:
        super().__init__(status["message"])
        self.status = status
        self.warnings: list[str] = []  # about the request, whatever else became of it

    @property
    def code(self) -> int:
        return int(self.status["code"])

    @property
    def reason(self) -> str:
        return str(self.status.get("reason", ""))


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of a manifest. `reason` is a CauseType such as FieldValueInvalid."""

    field: str
    reason: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


def failure(code: int, reason: str, message: str, details: dict[str, Any] | None = None) -> ApiError:
    status: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    status["message"] = message
    if reason:
        status["reason"] = reason
    if details:
        status["details"] = details
    status["code"] = code
    return ApiError(status)


def named(kind: Kind, name: str) -> dict[str, Any]:
    """`details` of a Status about one object; its `kind` is the plural, as the real server has it."""
    details = {"name": name, "group": kind.group, "kind": kind.plural}
    return {key: value for key, value in details.items() if value}


def not_found(kind: Kind, name: str) -> ApiError:
    return failure(404, "NotFound", f'{kind.key} "{name}" not found', named(kind, name))


def already_exists(kind: Kind, name: str, *, leaving: bool = False) -> ApiError:
    """`leaving`: the other one is on its way out."""
    message = f'{kind.key} "{name}" already exists'
    return failure(
        409, "AlreadyExists", f"object is being deleted: {message}" if leaving else message, named(kind, name)
    )


def conflict(kind: Kind, name: str, why: str = "") -> ApiError:
    why = why or "the object has been modified; please apply your changes to the latest version and try again"
    message = f'Operation cannot be fulfilled on {kind.key} "{name}": {why}'
    return failure(409, "Conflict", message, named(kind, name))


def bad_request(message: str) -> ApiError:
    return failure(400, "BadRequest", message)


def forbidden(kind: Kind, name: str, why: str) -> ApiError:
    about = f'{kind.key} "{name}"' if name else kind.key
    return failure(403, "Forbidden", f"{about} is forbidden: {why}", named(kind, name))


def namespace_terminating(kind: Kind, name: str, namespace: str) -> ApiError:
    error = forbidden(
        kind, name, f"unable to create new content in namespace {namespace} because it is being terminated"
    )
    cause = {
        "reason": "NamespaceTerminating",
        "message": f"namespace {namespace} is being terminated",
        "field": "metadata.namespace",
    }
    error.status["details"]["causes"] = [cause]
    return error


def invalid(kind: Kind, name: str, findings: Iterable[Finding]) -> ApiError:
    found = list(findings)
    about = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
    text = str(found[0]) if len(found) == 1 else "[" + ", ".join(map(str, found)) + "]"
    causes = [{"reason": one.reason, "message": one.message, "field": one.field} for one in found]
    details = {"name": name, "group": kind.group, "kind": kind.kind, "causes": causes}
    details = {key: value for key, value in details.items() if value}
    return failure(422, "Invalid", f'{about} "{name}" is invalid: {text}', details)


def denied_by_webhook(webhook: str, why: str) -> ApiError:
    return failure(403, "Forbidden", f'admission webhook "{webhook}" denied the request: {why}')


def expired(message: str) -> ApiError:
    return failure(410, "Expired", message)


def method_not_allowed(message: str = "the server does not allow this method on the requested resource") -> ApiError:
    return failure(405, "MethodNotAllowed", message)
