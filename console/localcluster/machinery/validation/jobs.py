"""The training operator's validating webhooks (v1.8.1: for TFJob and PyTorchJob only; MXJob and MPIJob have none)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from console.localcluster.machinery.errors import ApiError, Finding, denied_by_webhook, failure
from console.localcluster.machinery.kinds import PYTORCHJOB, TFJOB, Kind
from console.localcluster.machinery.validation.names import invalid_value, label_1035_problem
from console.localcluster.machinery.validation.pods import LARGEST_INT32, required, unsupported
from console.localcluster.store import Object


@dataclass(frozen=True, slots=True)
class _Rules:
    roles_field: str
    container: str


_RULES = {TFJOB.key: _Rules("tfReplicaSpecs", "tensorflow"), PYTORCHJOB.key: _Rules("pytorchReplicaSpecs", "pytorch")}
_PYTORCH_ROLES = ("Master", "Worker")


def check_job(kind: Kind, job: Object) -> None:
    """Raises what the webhook of the kind answers."""
    rules = _RULES.get(kind.key)
    if rules is None:
        return
    webhook = f"validator.{kind.singular}.training-operator.kubeflow.org"
    overflow = _overflow(job.get("spec") or {}, rules.roles_field)
    if overflow:
        raise _cannot_unmarshal(webhook, overflow)
    found = list(_findings(kind, job, rules))
    if found:
        text = str(found[0]) if len(found) == 1 else "[" + ", ".join(map(str, found)) + "]"
        raise denied_by_webhook(webhook, text)


def _findings(kind: Kind, job: Object, rules: _Rules) -> Iterator[Finding]:
    name = job["metadata"]["name"]
    if problem := label_1035_problem(name):
        yield invalid_value("metadata.name", name, f"should match: {problem}")
    path = f"spec.{rules.roles_field}"
    roles = (job.get("spec") or {}).get(rules.roles_field)
    if roles is None:
        yield required(path, "must be required")
        return
    if kind is TFJOB:
        leaders = [role for role in ("Chief", "Master") if role in roles]
        if len(leaders) > 1:
            yield Finding(path, "FieldValueForbidden", "Forbidden: must not have more than 1 Chief or Master role")
    for role, spec in sorted(roles.items()):
        yield from _role_findings(kind, role, spec or {}, f"{path}[{role}]", rules)


def _role_findings(kind: Kind, role: str, spec: Object, path: str, rules: _Rules) -> Iterator[Finding]:
    if kind is PYTORCHJOB:
        if role not in _PYTORCH_ROLES:
            yield unsupported(path, role, _PYTORCH_ROLES)
        if role == "Master" and spec.get("replicas") != 1:
            yield Finding(f"{path}.replicas", "FieldValueForbidden", "Forbidden: must be 1")
    containers = (((spec.get("template") or {}).get("spec")) or {}).get("containers") or []
    where = f"{path}.template.spec.containers"
    if not containers:
        yield required(where, "must be specified")
    named = False
    for index, container in enumerate(containers):
        if not container.get("image"):
            yield required(f"{where}[{index}].image", "must be required")
        named = named or container.get("name") == rules.container
    if not named:
        yield required(where, f"must have at least one container with name {rules.container}")


def _overflow(spec: Object, roles_field: str) -> tuple[int, str] | None:
    """The first int32 field whose number does not fit, and how Go's decoder names it."""
    run_policy = spec.get("runPolicy") or {}
    for field in ("backoffLimit", "ttlSecondsAfterFinished"):
        if _too_large(run_policy.get(field)):
            return run_policy[field], f"RunPolicy.spec.runPolicy.{field}"
    for role in (spec.get(roles_field) or {}).values():
        if _too_large((role or {}).get("replicas")):
            return role["replicas"], f"ReplicaSpec.spec.{roles_field}.replicas"
    return None


def _too_large(value: Any) -> bool:
    return isinstance(value, int) and not -LARGEST_INT32 - 1 <= value <= LARGEST_INT32


def _cannot_unmarshal(webhook: str, overflow: tuple[int, str]) -> ApiError:
    number, field = overflow
    why = f"json: cannot unmarshal number {number} into Go struct field {field} of type int32"
    return failure(400, "", f'admission webhook "{webhook}" denied the request: {why}')
