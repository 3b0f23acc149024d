"""What a container's program is given: arguments, environment, limits, from the pod's spec and what it refers to."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from console.localcluster.images import Image

Object = dict[str, Any]
# Looks up a ConfigMap or Secret of the pod's namespace by (plural, name); None when there is none.
Lookup = Callable[[str, str], Object | None]

API_ADDRESS = "10.96.0.1"
_REFERENCE = re.compile(r"\$(\$|\(([^()]*)\))")
_SUFFIXES: dict[str, int | Decimal] = {"": 1, "m": Decimal("0.001"), "k": 10**3}
_SUFFIXES |= {letter: 1000 ** (power + 2) for power, letter in enumerate("MGTPE")}
_SUFFIXES |= {f"{letter}i": 1024 ** (power + 1) for power, letter in enumerate("KMGTPE")}
_QUANTITY = re.compile(r"([+-]?[0-9.]+)([eE][+-]?[0-9]+)?([a-zA-Z]*)")


class ConfigProblem(Exception):
    """Something the container refers to is missing: CreateContainerConfigError, in the kubelet's words."""


def amount(quantity: str | int | float) -> Decimal:
    """Return a Kubernetes quantity as a plain number. Raises ValueError."""
    match = _QUANTITY.fullmatch(str(quantity))
    if match is None or match[3] not in _SUFFIXES:
        raise ValueError(f"no quantity: {quantity!r}")
    return Decimal(match[1] + (match[2] or "")) * _SUFFIXES[match[3]]


def memory_limit_bytes(container: Object) -> int | None:
    """Return the container's memory limit, or None."""
    limit = container.get("resources", {}).get("limits", {}).get("memory")
    return None if limit is None or amount(limit) == 0 else int(amount(limit))


def cpu_limit_millicores(container: Object) -> int | None:
    """Return the container's CPU limit, or None."""
    limit = container.get("resources", {}).get("limits", {}).get("cpu")
    return None if limit is None or amount(limit) == 0 else int(amount(limit) * 1000)


def expand(text: str, known: Mapping[str, str]) -> str:
    """Replace `$(NAME)` by what is known; `$$` is a dollar sign, an unknown name stays as it is."""

    def replaced(match: re.Match[str]) -> str:
        if match[1] == "$":
            return "$"
        return known.get(match[2], match[0])

    return _REFERENCE.sub(replaced, text)


def arguments(container: Object, image: Image, environment: Mapping[str, str]) -> list[str]:
    """Return the argument list: command replaces the image's entrypoint, and then also its default arguments."""
    command, args = container.get("command") or [], container.get("args") or []
    words = [*command, *args] if command else [*image.entrypoint, *(args or image.command)]
    return [expand(word, environment) for word in words]


def field_value(pod: Object, path: str, status: Mapping[str, str]) -> str:
    """Return the value of a downward API `fieldRef`. Raises ConfigProblem."""
    metadata, spec = pod["metadata"], pod["spec"]
    plain = {
        "metadata.name": metadata["name"],
        "metadata.namespace": metadata["namespace"],
        "metadata.uid": metadata["uid"],
        "spec.nodeName": spec.get("nodeName", ""),
        "spec.serviceAccountName": spec.get("serviceAccountName", ""),
        **status,
    }
    if path in plain:
        return str(plain[path])
    match = re.fullmatch(r"metadata\.(labels|annotations)(?:\['([^']+)'\])?", path)
    if match is None:
        raise ConfigProblem(f'unsupported fieldPath: "{path}"')
    entries: dict[str, str] = metadata.get(match[1]) or {}
    if match[2]:
        return entries.get(match[2], "")
    return "\n".join(f'{key}="{_escaped(value)}"' for key, value in sorted(entries.items()))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def resource_value(container: Object, reference: Object, node: Mapping[str, Decimal]) -> str:
    """Return the value of a `resourceFieldRef`; a limit that is not set is what the node has."""
    kind, _, resource = reference["resource"].partition(".")
    found = container.get("resources", {}).get(kind, {}).get(resource)
    value = node.get(resource, Decimal(0)) if found is None and kind == "limits" else amount(found or 0)
    divisor = amount(reference.get("divisor") or 1) or Decimal(1)
    return str(int(-(-value // divisor)))


class Environment:
    """Builds one container's environment, in the kubelet's order: image, services, envFrom, env."""

    def __init__(self, pod: Object, image: Image, lookup: Lookup, node: Mapping[str, Decimal]) -> None:
        self._pod, self._image, self._lookup, self._node = pod, image, lookup, node

    def build(self, container: Object, status: Mapping[str, str], *, api_reachable: bool) -> dict[str, str]:
        """Raises ConfigProblem."""
        built = {"PATH": self._image.path, "HOSTNAME": status["hostname"], "HOME": "/root", **self._image.environment}
        if api_reachable and self._pod["spec"].get("enableServiceLinks", True) is not None:
            built.update(_service_variables())
        for source in container.get("envFrom") or []:
            built.update(self._all_of(source))
        for entry in container.get("env") or []:
            if "valueFrom" in entry:
                value = self._one(entry["valueFrom"], container, status)
                if value is None:
                    continue
            else:
                value = expand(entry.get("value", ""), built)
            if "\0" in value:
                raise ConfigProblem(f"environment variable {entry['name']} holds a NUL character")
            built[entry["name"]] = value
        return built

    def _data(self, plural: str, name: str) -> dict[str, str] | None:
        found = self._lookup(plural, name)
        if found is None:
            return None
        if plural == "configmaps":
            return dict(found.get("data") or {})
        return {key: base64.b64decode(text).decode(errors="replace") for key, text in (found.get("data") or {}).items()}

    def _all_of(self, source: Object) -> dict[str, str]:
        for field, plural, word in (("configMapRef", "configmaps", "configmap"), ("secretRef", "secrets", "secret")):
            if field in source:
                data = self._data(plural, source[field]["name"])
                if data is None and not source[field].get("optional"):
                    raise ConfigProblem(f'{word} "{source[field]["name"]}" not found')
                return {source.get("prefix", "") + key: value for key, value in (data or {}).items()}
        return {}

    def _one(self, source: Object, container: Object, status: Mapping[str, str]) -> str | None:
        if "fieldRef" in source:
            return field_value(self._pod, source["fieldRef"]["fieldPath"], status)
        if "resourceFieldRef" in source:
            return resource_value(container, source["resourceFieldRef"], self._node)
        namespace = self._pod["metadata"]["namespace"]
        for field, plural, word in (
            ("configMapKeyRef", "configmaps", "ConfigMap"),
            ("secretKeyRef", "secrets", "Secret"),
        ):
            if field in source:
                wanted = source[field]
                data = self._data(plural, wanted["name"])
                if data is None and not wanted.get("optional"):
                    raise ConfigProblem(f'{word.lower()} "{wanted["name"]}" not found')
                if data is not None and wanted["key"] not in data and not wanted.get("optional"):
                    raise ConfigProblem(f"couldn't find key {wanted['key']} in {word} {namespace}/{wanted['name']}")
                return (data or {}).get(wanted["key"])
        return ""


def _service_variables() -> dict[str, str]:
    """The variables of Service kubernetes; other services are found by name."""
    url = f"tcp://{API_ADDRESS}:443"
    return {
        "KUBERNETES_SERVICE_HOST": API_ADDRESS,
        "KUBERNETES_SERVICE_PORT": "443",
        "KUBERNETES_SERVICE_PORT_HTTPS": "443",
        "KUBERNETES_PORT": url,
        "KUBERNETES_PORT_443_TCP": url,
        "KUBERNETES_PORT_443_TCP_PROTO": "tcp",
        "KUBERNETES_PORT_443_TCP_PORT": "443",
        "KUBERNETES_PORT_443_TCP_ADDR": API_ADDRESS,
    }
