"""Where a rule's finding stands in the API's JSON.

The rules speak of a task's parts as the forms lay them out: a probe's "port", a reference's "name". The JSON says with
the field's own name what a probe or a reference is, so the path does, too: it leads to a field of what was sent.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from tasks.specification import ConfigMapKey, Finding, TaskSpec
from tasks.specification.task import SecretKey

_PROBE = re.compile(r"(roles\.[^.]+\.(?:liveness|readiness))\.(path|port|scheme)")
_REFERENCE = re.compile(r"roles\.([^.]+)\.(?:env\.([0-9]{1,4})\.reference|mounts\.([0-9]{1,4})\.name)")


def in_body(findings: Iterable[Finding], spec: TaskSpec) -> list[Finding]:
    """The findings about this task, with paths of its JSON (tasks.api.written)."""
    return [replace(finding, path=_path(finding.path, spec)) for finding in findings]


def _path(path: str, spec: TaskSpec) -> str:
    if probe := _PROBE.fullmatch(path):
        return f"{probe[1]}.http.{probe[2]}"
    if reference := _REFERENCE.fullmatch(path):
        field = _source_field(spec, *reference.groups())
        return f"{path.rpartition('.')[0]}.{field}" if field else path
    return path


def _source_field(spec: TaskSpec, name: str, variable: str | None, mount: str | None) -> str:
    """The field that names the ConfigMap or Secret; "" where the task has no such entry."""
    roles = [role for role in spec.roles if role.name == name]
    mounts = [entry for role in roles for entry in role.mounts]
    variables = [entry for role in roles for entry in role.env]
    if mount is not None:
        return mounts[int(mount)].source.value if int(mount) < len(mounts) else ""
    source = variables[int(variable)].source if variable and int(variable) < len(variables) else None
    match source:
        case ConfigMapKey():
            return "config_map"
        case SecretKey():
            return "secret"
    return ""
