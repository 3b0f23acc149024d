"""How large a task may be in all: etcd refuses objects above 1.5 MiB, and its words would come after the submit."""

import json
from collections.abc import Iterator

from tasks.specification.findings import Code, Finding, error
from tasks.specification.task import CommandCheck, RoleSpec, TaskSpec

KIB_MAX = 1024  # of text; the rest is for structure and for what the API server notes about fields (managedFields)


def check_size(spec: TaskSpec) -> list[Finding]:
    """One finding, about the roles as a whole: their texts are what makes a task large."""
    kib = sum(len(text.encode(errors="replace")) for role in spec.roles for text in _texts(role)) // 1024
    return [error(Code.TASK_TOO_LARGE, "roles", size=kib, maximum=KIB_MAX)] if kib > KIB_MAX else []


def _texts(role: RoleSpec) -> Iterator[str]:
    yield from (*role.command, *role.args, *role.post_start, *role.pre_stop)
    for probe in (role.liveness, role.readiness):
        if probe is not None and isinstance(probe.check, CommandCheck):
            yield from probe.check.command
    for entry in role.env:
        yield entry.name
        if isinstance(entry.source, str):
            yield entry.source
    for mount in role.mounts:
        yield from (mount.name, mount.mount_path, *mount.keys)
    if role.kept:
        yield json.dumps(role.kept)
