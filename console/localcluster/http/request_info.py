"""What a request's method, path and query ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from console.localcluster.machinery.rbac import Attributes

_VERBS = {"GET": "get", "HEAD": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
# Subresources of a namespace, not resources inside it.
_OF_NAMESPACE = ("status", "finalize")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInfo:
    """`resource` is "" for what is no resource (/version, discovery). `rest`: the path behind .../proxy."""

    verb: str
    path: str
    group: str = ""
    version: str = ""
    namespace: str = ""
    resource: str = ""
    name: str = ""
    subresource: str = ""
    rest: str = ""

    @property
    def attributes(self) -> Attributes:
        if not self.resource:
            return Attributes(verb=self.verb, path=self.path)
        return Attributes(
            verb=self.verb,
            group=self.group,
            resource=self.resource,
            subresource=self.subresource,
            namespace=self.namespace,
            name=self.name,
        )


def request_info(method: str, path: str, query: Mapping[str, str]) -> RequestInfo:
    parts = [part for part in path.split("/") if part]
    if len(parts) >= 3 and parts[0] == "api":
        group, version, tail = "", parts[1], parts[2:]
    elif len(parts) >= 4 and parts[0] == "apis":
        group, version, tail = parts[1], parts[2], parts[3:]
    else:
        return RequestInfo(verb=method.lower(), path=path)
    verb = _VERBS.get(method, "")
    if tail[0] == "watch" and len(tail) > 1:
        verb, tail = "watch", tail[1:]
    namespace = ""
    if tail[0] == "namespaces" and len(tail) > 1:
        namespace = tail[1]
        if len(tail) > 2 and tail[2] not in _OF_NAMESPACE:
            tail = tail[2:]
    resource, name, subresource = (*tail[:3], "", "")[:3]
    rest = "/".join(tail[3:])
    if subresource == "proxy":
        rest = behind(path, segments=len(parts) - len(tail) + 3)
    if not name:
        verb = _collection_verb(verb, query)
    return RequestInfo(
        verb=verb,
        path=path,
        group=group,
        version=version,
        namespace=namespace,
        resource=resource,
        name=name,
        subresource=subresource,
        rest=rest,
    )


def _collection_verb(verb: str, query: Mapping[str, str]) -> str:
    if verb == "get":
        return "watch" if is_true(query.get("watch", "")) else "list"
    return "deletecollection" if verb == "delete" else verb


def behind(path: str, *, segments: int) -> str:
    """What follows so many segments of a path, from its slash on; "" where nothing does."""
    pieces = path.split("/", segments + 1)
    return "/" + pieces[-1] if len(pieces) == segments + 2 else ""


def is_true(text: str) -> bool:
    return text in ("1", "t", "T", "true", "True", "TRUE")
