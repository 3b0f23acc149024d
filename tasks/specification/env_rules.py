from collections.abc import Sequence

from tasks.specification.facts import Facts
from tasks.specification.findings import Code, Finding, error, warning
from tasks.specification.names import is_env_name
from tasks.specification.reference_rules import check_source
from tasks.specification.shapes import Framework
from tasks.specification.task import ConfigMapKey, EnvEntry, SecretKey
from tasks.specification.text import bad_character

ENTRIES_MAX = 200
VALUE_BYTES_MAX = 128 * 1024  # Linux: MAX_ARG_STRLEN
_NAME_MAX = 253
# They change what is loaded into every program of the container.
_RISKY = frozenset({"LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "PYTHONHOME", "PATH"})


def check_env(env: Sequence[EnvEntry], framework: Framework, facts: Facts, namespace: str, path: str) -> list[Finding]:
    """`path` is that of the list; each finding's path goes on with the entry's index and field."""
    if len(env) > ENTRIES_MAX:
        return [error(Code.TOO_MANY, path, maximum=ENTRIES_MAX)]
    found: list[Finding] = []
    seen: set[str] = set()
    for index, entry in enumerate(env):
        here = f"{path}.{index}"
        found += _check_entry_name(entry.name, framework, seen, f"{here}.name")
        seen.add(entry.name)
        source = entry.source
        if isinstance(source, ConfigMapKey | SecretKey):
            found += check_source(source, facts, namespace, here)
        else:
            found += _check_value(source, here)
    return found


def _check_entry_name(name: str, framework: Framework, seen: set[str], path: str) -> list[Finding]:
    if not name:
        return [error(Code.REQUIRED, path)]
    if not is_env_name(name):
        return [error(Code.ENV_NAME, path)]
    if len(name) > _NAME_MAX:
        return [error(Code.TOO_LONG, path, maximum=_NAME_MAX, length=len(name))]
    if name in seen:
        return [error(Code.ENV_TWICE, path, name=name)]
    if framework.reserves(name):
        return [error(Code.ENV_RESERVED, path, name=name)]
    return [warning(Code.ENV_RISKY, path, name=name)] if name in _RISKY else []


def _check_value(source: str, path: str) -> list[Finding]:
    if bad := bad_character(source):  # a NUL ends in StartError 128, on the node
        return [error(Code.INVALID_CHARACTER, f"{path}.value", character=bad)]
    if len(source.encode()) > VALUE_BYTES_MAX:
        return [error(Code.ENV_TOO_LONG, f"{path}.value", maximum=VALUE_BYTES_MAX)]
    return []
