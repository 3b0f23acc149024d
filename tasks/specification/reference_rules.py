"""What a task refers to in its namespace, and in the cluster. Without facts only the names are judged."""

from collections.abc import Iterable, Mapping

from tasks.specification.facts import Facts
from tasks.specification.findings import Code, Finding, error, warning
from tasks.specification.names import is_data_key, is_object_name
from tasks.specification.task import ConfigMapKey, FileSource, SecretKey, TaskSpec

PULL_SECRETS_MAX = 20
_KINDS = {FileSource.CONFIG_MAP: "ConfigMap", FileSource.SECRET: "Secret"}
# What these rules say of the world, beside what they say of names.
CODES = frozenset(
    {
        Code.CONFIG_MAP_UNKNOWN,
        Code.SECRET_UNKNOWN,
        Code.KEY_UNKNOWN,
        Code.PULL_SECRET_UNKNOWN,
        Code.PRIORITY_CLASS_UNKNOWN,
        Code.REFERENCE_UNSEEN,
    }
)


def check_source(source: ConfigMapKey | SecretKey, facts: Facts, namespace: str, path: str) -> list[Finding]:
    """A key of a ConfigMap or Secret in an environment entry at `path`."""
    kind = FileSource.CONFIG_MAP if isinstance(source, ConfigMapKey) else FileSource.SECRET
    found = check_object(kind, source.name, facts, namespace, f"{path}.reference")
    return found + check_keys(kind, source.name, (source.key,), facts, f"{path}.key")


def check_object(kind: FileSource, name: str, facts: Facts, namespace: str, path: str) -> list[Finding]:
    if not name:
        return [error(Code.REQUIRED, path)]
    if not is_object_name(name):
        return [error(Code.REFERENCE_NAME, path, name=name)]
    known = _known(kind, facts)
    if known is None:
        return []
    if name not in known:
        code = Code.CONFIG_MAP_UNKNOWN if kind == FileSource.CONFIG_MAP else Code.SECRET_UNKNOWN
        return [error(code, path, name=name, namespace=namespace)]
    if known[name] is None:
        return [warning(Code.REFERENCE_UNSEEN, path, kind=_KINDS[kind], name=name)]
    return []


def check_keys(kind: FileSource, name: str, keys: Iterable[str], facts: Facts, path: str) -> list[Finding]:
    """One finding at most; of an object that is not there, `check_object` speaks."""
    objects = _known(kind, facts)
    known = objects.get(name) if objects is not None else None
    for key in keys:
        if not key:
            return [error(Code.REQUIRED, path)]
        if not is_data_key(key):
            return [error(Code.REFERENCE_KEY, path)]
        if known is not None and key not in known:
            return [error(Code.KEY_UNKNOWN, path, name=name, key=key)]
    return []


def _known(kind: FileSource, facts: Facts) -> Mapping[str, frozenset[str] | None] | None:
    return facts.config_maps if kind == FileSource.CONFIG_MAP else facts.secrets


def check_pull_secrets(names: tuple[str, ...], facts: Facts, namespace: str, path: str) -> list[Finding]:
    if len(names) > PULL_SECRETS_MAX:
        return [error(Code.TOO_MANY, path, maximum=PULL_SECRETS_MAX)]
    found = []
    for index, name in enumerate(names):
        here = f"{path}.{index}"
        if not is_object_name(name):
            found.append(error(Code.REFERENCE_NAME, here, name=name))
        elif name in names[:index]:
            found.append(error(Code.TWICE, here, name=name))
        elif facts.pull_secrets is not None and name not in facts.pull_secrets:
            found.append(error(Code.PULL_SECRET_UNKNOWN, here, name=name, namespace=namespace))
    return found


def check_priority_class(name: str, facts: Facts, path: str = "priority_class") -> list[Finding]:
    """The API server takes any; the pods are then refused, and the task gets no status (kubeflow.md 2.1)."""
    if not name:
        return []
    if not is_object_name(name):
        return [error(Code.PRIORITY_CLASS_NAME, path)]
    if facts.priority_classes is not None and name not in facts.priority_classes:
        return [error(Code.PRIORITY_CLASS_UNKNOWN, path, name=name)]
    return []


def check_references(spec: TaskSpec, facts: Facts) -> list[Finding]:
    """Those of the task as a whole."""
    found = check_pull_secrets(spec.pull_secrets, facts, spec.namespace, "pull_secrets")
    return found + check_priority_class(spec.priority_class, facts)
