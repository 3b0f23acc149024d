"""Do the ConfigMaps and Secrets exist, with the keys that are asked for? Pods wait for those that do not."""

from collections.abc import Iterator, Mapping
from typing import Any

from console.cluster import connect
from console.cluster.errors import Forbidden, NotFound
from console.cluster.resources import CONFIG_MAP, SECRET, Resource
from tasks.preflight.subject import Subject
from tasks.specification import Code, ConfigMapKey, FileSource, Finding, SecretKey, TaskSpec, warning

_RESOURCES = {FileSource.CONFIG_MAP: CONFIG_MAP, FileSource.SECRET: SECRET}
# (kind, name) -> {key: path of the field that asks for it}; the key "" asks for the object alone.
Wanted = dict[tuple[Resource, str], dict[str, str]]


def look_up(subject: Subject) -> Iterator[Finding]:
    cluster = connect(acting_as=subject.identity)
    for (resource, name), keys in wanted_by(subject.spec).items():
        path = next(iter(keys.values()))
        try:
            found = cluster.get(resource, subject.spec.namespace, name)
        except NotFound:
            yield _missing(resource, name, path, subject.spec.namespace)
        except Forbidden:
            yield warning(Code.REFERENCE_UNSEEN, path, kind=resource.kind, name=name)
        else:
            there = _keys_of(found)
            for key, key_path in keys.items():
                if key and key not in there:
                    yield warning(Code.KEY_UNKNOWN, key_path, name=name, key=key)


def _missing(resource: Resource, name: str, path: str, namespace: str) -> Finding:
    code = Code.CONFIG_MAP_UNKNOWN if resource == CONFIG_MAP else Code.SECRET_UNKNOWN
    if path.startswith("pull_secrets."):
        code = Code.PULL_SECRET_UNKNOWN
    return warning(code, path, name=name, namespace=namespace)


def _keys_of(found: Mapping[str, Any]) -> set[str]:
    """The names alone: a Secret's values are not looked at."""
    return {*(found.get("data") or {}), *(found.get("binaryData") or {})}


def wanted_by(spec: TaskSpec) -> Wanted:
    """Everything that the task refers to, each with the first field that does."""
    wanted: Wanted = {}

    def want(resource: Resource, name: str, key: str, path: str) -> None:
        wanted.setdefault((resource, name), {}).setdefault(key, path)

    for index, name in enumerate(spec.pull_secrets):
        want(SECRET, name, "", f"pull_secrets.{index}")
    for role in spec.roles:
        for index, entry in enumerate(role.env):
            if isinstance(entry.source, ConfigMapKey | SecretKey):
                resource = CONFIG_MAP if isinstance(entry.source, ConfigMapKey) else SECRET
                want(resource, entry.source.name, entry.source.key, f"roles.{role.name}.env.{index}.reference")
        for index, mount in enumerate(role.mounts):
            for key in mount.keys or ("",):
                want(_RESOURCES[mount.source], mount.name, key, f"roles.{role.name}.mounts.{index}.name")
    return wanted
