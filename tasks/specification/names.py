import re

from tasks.specification.findings import Code, Finding, error

NAME_MAX = 24  # the seed's rule; leaves room for what the operator appends
DERIVED_MAX = 63  # pods' host names, services (DNS-1035) and label values
_NAME = re.compile(r"[a-z](?:[a-z0-9-]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_name(name: str, path: str = "name") -> list[Finding]:
    """What is wrong with a task's name by itself; one finding at most."""
    if not name:
        return [error(Code.REQUIRED, path)]
    if _NAME.fullmatch(name):
        return [error(Code.TOO_LONG, path, maximum=NAME_MAX, length=len(name))] if len(name) > NAME_MAX else []
    if not re.match("[a-z]", name):
        return [error(Code.NAME_START, path)]
    if re.search("[^a-z0-9-]", name):
        return [error(Code.NAME_CHARACTERS, path)]
    return [error(Code.NAME_END, path)]


def longest_derived(name: str, roles: dict[str, int]) -> str:
    """The longest name that the operator makes of a task: pods and services are `<task>-<role>-<index>`."""
    names = [f"{name}-{role.lower()}-{max(replicas - 1, 0)}" for role, replicas in roles.items()]
    return max(names, key=len, default=name)


def is_object_name(text: str) -> bool:
    """Whether a ConfigMap, Secret or claim may be called so (DNS-1123 subdomain)."""
    return bool(_SUBDOMAIN.fullmatch(text)) and ".." not in text and ".-" not in text and "-." not in text


def is_data_key(text: str) -> bool:
    """Whether a ConfigMap or Secret may have such a key."""
    return bool(_KEY.fullmatch(text)) and text != "." and not text.startswith("..")


def is_env_name(text: str) -> bool:
    return bool(_ENV_NAME.fullmatch(text))
