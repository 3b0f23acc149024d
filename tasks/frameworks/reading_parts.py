"""Small parts of a manifest as the specification has them; None where it has no place for what they say."""

from typing import Any

from tasks.frameworks.containers import written_probe
from tasks.specification.task import (
    CommandCheck,
    ConfigMapKey,
    EnvEntry,
    HttpCheck,
    PodField,
    Probe,
    Scheme,
    SecretKey,
)

_PROBE_DEFAULTS = {
    "initialDelaySeconds": 0,
    "timeoutSeconds": 1,
    "periodSeconds": 10,
    "successThreshold": 1,
    "failureThreshold": 3,
}


def env_of(item: object) -> EnvEntry | None:
    """An entry as far as it can be told; the caller compares what it would be written as."""
    if not isinstance(item, dict) or not isinstance(item.get("name"), str):
        return None
    name: str = item["name"]
    if isinstance(item.get("value"), str):
        return EnvEntry(name, item["value"])
    source = item.get("valueFrom")
    match source:
        case {"fieldRef": {"fieldPath": PodField.POD_IP | PodField.POD_NAME as path}}:
            return EnvEntry(name, PodField(path))
        case {"configMapKeyRef": {"name": str(reference), "key": str(key)}}:
            return EnvEntry(name, ConfigMapKey(reference, key))
        case {"secretKeyRef": {"name": str(reference), "key": str(key)}}:
            return EnvEntry(name, SecretKey(reference, key))
    return None


def probe_of(value: object) -> Probe | None:
    if not isinstance(value, dict):
        return None
    whole: dict[str, Any] = {**_PROBE_DEFAULTS, **value}
    if any(type(whole[name]) is not int for name in _PROBE_DEFAULTS):
        return None
    check = _check_of(whole)
    if check is None:
        return None
    probe = Probe(
        check=check,
        initial_delay_seconds=whole["initialDelaySeconds"],
        timeout_seconds=whole["timeoutSeconds"],
        period_seconds=whole["periodSeconds"],
        success_threshold=whole["successThreshold"],
        failure_threshold=whole["failureThreshold"],
    )
    return probe if written_probe(probe) == whole else None


def _check_of(whole: dict[str, Any]) -> HttpCheck | CommandCheck | None:
    """The check; what Kubernetes would take for a path or scheme that is not there is written into `whole`."""
    http, command = whole.get("httpGet"), whole.get("exec")
    if isinstance(http, dict) and command is None:
        whole["httpGet"] = http = {"path": "/", "scheme": "HTTP", **http}
        if isinstance(http["path"], str) and type(http.get("port")) is int and http["scheme"] in ("HTTP", "HTTPS"):
            return HttpCheck(path=http["path"], port=http["port"], scheme=Scheme(http["scheme"]))
    if isinstance(command, dict) and http is None:
        items = command.get("command")
        if isinstance(items, list) and items and all(isinstance(item, str) for item in items):
            return CommandCheck(command=tuple(items))
    return None
