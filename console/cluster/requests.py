"""Building calls: paths, queries, headers, bodies. No I/O; the sync verbs and the async streams share it.

A name that is not a name (`..`, `a/b`, `%2f`, nothing at all) never becomes a part of a path: HTTP libraries fold such
paths together on our side, and the call would be another one. Nothing of that name can exist, so NotFound is raised.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from console.cluster.errors import NotFound, Rejected
from console.cluster.identity import Headers
from console.cluster.resources import POD, Manifest, Resource

_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9._:]{0,251}[A-Za-z0-9])?")
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_FIELD_MANAGER = "trainyard"  # shown in managedFields
# A review takes the API server 1 to 3 ms, and every page waits for some: a few threads draw them all.
_REVIEW_SECONDS = 3
PAGE_SIZE = 500  # objects a page of a list: the API server's own clients use it
Query = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, but for who makes it."""

    method: str
    path: str  # validated and quoted
    query: Query = ()
    body: bytes = b""
    content_type: str = "application/json"
    again_is_harmless: bool = False  # it changes nothing, so a lost answer may be asked for again
    answer_seconds: float = field(default=10, compare=False)  # of silence; no verb of ours takes longer
    words: str = field(default="", compare=False)  # for messages: "get tfjobs vision/mnist"

    @property
    def target(self) -> str:
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    def headers(self, *, token: str, identity: Headers) -> Headers:
        """All headers, from an empty list: nothing that came from a browser is ever among them."""
        found: Headers = [("Accept", "application/json"), ("Accept-Encoding", "gzip"), ("User-Agent", "trainyard")]
        if token:
            found.append(("Authorization", f"Bearer {token}"))
        if self.body:
            found.append(("Content-Type", self.content_type))
        return [*found, *identity]


def get(resource: Resource, namespace: str, name: str) -> Call:
    path = path_of(resource, namespace, name)
    return Call(method="GET", path=path, again_is_harmless=True, words=f"get {resource.plural} {namespace}/{name}")


def list_page(
    resource: Resource, namespace: str, *, label_selector: str = "", field_selector: str = "", token: str = ""
) -> Call:
    """One page; `token` is the `continue` of the page before. An empty namespace means all: watches only."""
    query = [("limit", str(PAGE_SIZE)), *_selectors(label_selector, field_selector)]
    if token:
        query.append(("continue", token))
    path = path_of(resource, namespace) if namespace else _everywhere(resource)
    return Call(method="GET", path=path, query=query, again_is_harmless=True, words=f"list {resource.key}")


def watch(
    resource: Resource,
    *,
    resource_version: str,
    timeout_seconds: int,
    label_selector: str = "",
    field_selector: str = "",
) -> Call:
    """All namespaces. Without a version the server first sends what there is, and marks its end (WatchList)."""
    query = [("watch", "1"), ("allowWatchBookmarks", "true"), ("timeoutSeconds", str(timeout_seconds))]
    if resource_version:
        query.append(("resourceVersion", resource_version))
    else:
        query += [("sendInitialEvents", "true"), ("resourceVersionMatch", "NotOlderThan")]
    query += _selectors(label_selector, field_selector)
    return Call(method="GET", path=_everywhere(resource), query=query, words=f"watch {resource.key}")


def create(resource: Resource, manifest: Manifest, *, dry_run: bool) -> Call:
    """Strict: an unknown or doubled field is refused instead of dropped."""
    namespace = manifest["metadata"].get("namespace", "")
    return Call(
        method="POST",
        path=path_of(resource, namespace),
        query=_writing(dry_run),
        body=_json(manifest),
        words=f"create {resource.plural} {namespace}/{manifest['metadata'].get('name', '')}",
    )


def patch(resource: Resource, namespace: str, name: str, changes: Mapping[str, Any], *, dry_run: bool) -> Call:
    return Call(
        method="PATCH",
        path=path_of(resource, namespace, name),
        query=_writing(dry_run),
        body=_json(changes),
        content_type="application/merge-patch+json",
        words=f"patch {resource.plural} {namespace}/{name}",
    )


def delete(resource: Resource, namespace: str, name: str, *, uid: str, propagation: str) -> Call:
    options: Manifest = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
    if uid:
        options["preconditions"] = {"uid": uid}
    path = path_of(resource, namespace, name)
    words = f"delete {resource.plural} {namespace}/{name}"
    return Call(method="DELETE", path=path, body=msgspec.json.encode(options), words=words)


def log(
    namespace: str,
    pod: str,
    *,
    container: str,
    follow: bool = False,
    tail_lines: int | None = None,
    previous: bool = False,
    timestamps: bool = False,
    since_time: str = "",
    limit_bytes: int = 0,
) -> Call:
    """`since_time` is a time stamp as the log bears them (its fraction is ignored); `tail_lines` None means all."""
    switches = {"follow": follow, "previous": previous, "timestamps": timestamps}
    query = [("container", container), *((name, "true") for name, on in switches.items() if on)]
    if tail_lines is not None:
        query.append(("tailLines", str(tail_lines)))
    if since_time:
        query.append(("sinceTime", since_time))
    if limit_bytes:
        query.append(("limitBytes", str(limit_bytes)))
    path = f"{path_of(POD, namespace, pod)}/log"
    return Call(method="GET", path=path, query=query, again_is_harmless=True, words=f"log of pod {namespace}/{pod}")


def exec_(namespace: str, pod: str, *, container: str, command: Sequence[str], tty: bool, stdin: bool) -> Call:
    query = [("container", container), *(("command", part) for part in command), ("stdout", "1")]
    # On a terminal everything comes as stdout; asking for stderr as well is ignored at best.
    query += [("stdin", str(int(stdin))), ("tty", str(int(tty))), ("stderr", str(int(not tty)))]
    path = f"{path_of(POD, namespace, pod)}/exec"
    return Call(method="GET", path=path, query=query, words=f"exec in pod {namespace}/{pod}")


def access_review(verb: str, resource: Resource, namespace: str, *, name: str, subresource: str) -> Call:
    attributes = {"verb": verb, "group": resource.group, "resource": resource.plural}
    attributes |= {"namespace": namespace, "name": name, "subresource": subresource}
    attributes = {key: value for key, value in attributes.items() if value or key == "group"}
    return _review("authorization.k8s.io", "SelfSubjectAccessReview", {"spec": {"resourceAttributes": attributes}})


def rules_review(namespace: str) -> Call:
    return _review("authorization.k8s.io", "SelfSubjectRulesReview", {"spec": {"namespace": namespace}})


def who_am_i() -> Call:
    return _review("authentication.k8s.io", "SelfSubjectReview", {})


def discovery(group: str, version: str) -> Call:
    path = f"/apis/{_segment(group)}/{_segment(version)}"
    return Call(method="GET", path=path, again_is_harmless=True, words=f"discovery of {group}/{version}")


def version() -> Call:
    """What anybody who is known may read, and what costs the server nothing."""
    return Call(method="GET", path="/version", again_is_harmless=True, words="version of the API server")


def path_of(resource: Resource, namespace: str, name: str | None = None) -> str:
    """The collection's path, or with a name the object's. A namespaced kind needs a namespace: never "all"."""
    if resource.namespaced:
        if not _NAMESPACE.fullmatch(namespace):
            raise NotFound(f"{namespace!r} is no name of a namespace.", reason="InvalidName", status=404)
        path = f"{_base(resource)}/namespaces/{namespace}/{resource.plural}"
    else:
        path = _everywhere(resource)
    return path if name is None else f"{path}/{_segment(name)}"


def _everywhere(resource: Resource) -> str:
    return f"{_base(resource)}/{resource.plural}"


def _base(resource: Resource) -> str:
    return f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"


def _segment(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise NotFound(f"{name!r} is no name that the cluster could hold.", reason="InvalidName", status=404)
    return quote(name, safe=":")


def _json(manifest: Mapping[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(manifest)
    except UnicodeEncodeError as exc:  # half of a surrogate pair, which JSON and YAML can spell
        raise Rejected("The manifest holds characters that cannot be sent.", reason="BadRequest", status=400) from exc


def _selectors(labels: str, fields: str) -> list[tuple[str, str]]:
    return [(key, value) for key, value in (("labelSelector", labels), ("fieldSelector", fields)) if value]


def _writing(dry_run: bool) -> Query:
    query = [("fieldManager", _FIELD_MANAGER), ("fieldValidation", "Strict")]
    return [*query, ("dryRun", "All")] if dry_run else query


def _review(group: str, kind: str, content: Manifest) -> Call:
    """A question that is spelt as a creation; the server stores nothing."""
    body = msgspec.json.encode({"apiVersion": f"{group}/v1", "kind": kind, **content})
    path = f"/apis/{group}/v1/{kind.lower()}s"
    return Call(method="POST", path=path, body=body, again_is_harmless=True, answer_seconds=_REVIEW_SECONDS, words=kind)
