"""/version, /api, /apis: which kinds there are, in the old documents and in the aggregated ones kubectl prefers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web

from console.localcluster.http.answers import json_answer
from console.localcluster.machinery.kinds import Kind

VERSION = {
    "major": "1",
    "minor": "34",
    "gitVersion": "v1.34.4+trainyard",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "",
    "compiler": "cpython",
    "platform": "linux/amd64",
}
_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_CREATE = ("create",)
# Subresources and review kinds: resource -> (kind, its group/version if another, verbs, namespaced).
_Extra = tuple[str, str, tuple[str, ...], bool]
_STATUS_VERBS = ("get", "patch", "update")
EXTRAS: Mapping[tuple[str, str], Mapping[str, _Extra]] = {
    ("", "v1"): {
        "pods/log": ("Pod", "", ("get",), True),
        "pods/exec": ("PodExecOptions", "", ("create", "get"), True),
        "pods/eviction": ("Eviction", "policy/v1", _CREATE, True),
        "pods/proxy": ("PodProxyOptions", "", ("create", "delete", "get", "patch", "update"), True),
        "services/proxy": ("ServiceProxyOptions", "", ("create", "delete", "get", "patch", "update"), True),
        "namespaces/finalize": ("Namespace", "", ("update",), False),
    },
    ("authentication.k8s.io", "v1"): {"selfsubjectreviews": ("SelfSubjectReview", "", _CREATE, False)},
    ("authorization.k8s.io", "v1"): {
        "localsubjectaccessreviews": ("LocalSubjectAccessReview", "", _CREATE, True),
        "selfsubjectaccessreviews": ("SelfSubjectAccessReview", "", _CREATE, False),
        "selfsubjectrulesreviews": ("SelfSubjectRulesReview", "", _CREATE, False),
        "subjectaccessreviews": ("SubjectAccessReview", "", _CREATE, False),
    },
    ("metrics.k8s.io", "v1beta1"): {
        "nodes": ("NodeMetrics", "", ("get", "list"), False),
        "pods": ("PodMetrics", "", ("get", "list"), True),
    },
}


def discovery_answer(request: web.BaseRequest, parts: list[str], kinds: Iterable[Kind]) -> web.Response | None:
    """The answer to a discovery path; None for another path."""
    served = _groups(kinds)
    aggregated = "as=APIGroupDiscoveryList" in request.headers.get("Accept", "").replace(" ", "")
    match parts:
        case ["api"] if aggregated:
            return json_answer(request, _aggregated(served, core=True), content_type=_AGGREGATED)
        case ["apis"] if aggregated:
            return json_answer(request, _aggregated(served, core=False), content_type=_AGGREGATED)
        case ["api"]:
            return json_answer(request, {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
        case ["apis"]:
            groups = [_group(group, version) for group, version in served if group]
            return json_answer(request, {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
        case ["apis", group]:
            version = next((version for name, version in served if name == group), None)
            found = {"kind": "APIGroup", "apiVersion": "v1", **_group(group, version)} if version else None
            return json_answer(request, found) if found else None
        case ["api", "v1"]:
            return json_answer(request, _resource_list("", "v1", served["", "v1"]))
        case ["apis", group, version] if (group, version) in served:
            return json_answer(request, _resource_list(group, version, served[group, version]))
    return None


def _groups(kinds: Iterable[Kind]) -> dict[tuple[str, str], list[Kind]]:
    served: dict[tuple[str, str], list[Kind]] = {}
    for kind in kinds:
        served.setdefault((kind.group, kind.version), []).append(kind)
    for key in EXTRAS:
        served.setdefault(key, [])
    return dict(sorted(served.items()))


def _group(group: str, version: str) -> dict[str, Any]:
    named = {"groupVersion": f"{group}/{version}", "version": version}
    return {"name": group, "versions": [named], "preferredVersion": named}


def _resource_list(group: str, version: str, kinds: list[Kind]) -> dict[str, Any]:
    resources: list[dict[str, Any]] = []
    for kind in kinds:
        resource: dict[str, Any] = {
            "name": kind.plural,
            "singularName": kind.singular or kind.kind.lower(),
            "namespaced": kind.namespaced,
            "kind": kind.kind,
            "verbs": list(kind.verbs),
        }
        if kind.short_names:
            resource["shortNames"] = list(kind.short_names)
        if kind.all_category:
            resource["categories"] = ["all"]
        resources += [resource, *(_subresource(kind, *one) for one in _own_subresources(kind))]
    for name, (kind_name, other, verbs, namespaced) in EXTRAS.get((group, version), {}).items():
        resource = {
            "name": name,
            "singularName": "" if "/" in name else kind_name.lower(),
            "namespaced": namespaced,
            "kind": kind_name,
            "verbs": list(verbs),
        }
        if other:
            resource["group"], _, resource["version"] = other.rpartition("/")
        resources.append(resource)
    resources.sort(key=lambda one: str(one["name"]))
    group_version = f"{group}/{version}" if group else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": resources}


def _own_subresources(kind: Kind) -> list[tuple[str, str, str]]:
    found = [("status", kind.kind, "")] if kind.status_subresource else []
    return [*found, ("scale", "Scale", "autoscaling/v1")] if kind.scale_path else found


def _subresource(kind: Kind, name: str, shown: str, other: str) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "name": f"{kind.plural}/{name}",
        "singularName": "",
        "namespaced": kind.namespaced,
        "kind": shown,
        "verbs": list(_STATUS_VERBS),
    }
    if other:
        resource["group"], _, resource["version"] = other.rpartition("/")
    return resource


def _aggregated(served: dict[tuple[str, str], list[Kind]], *, core: bool) -> dict[str, Any]:
    items = []
    for (group, version), kinds in served.items():
        if (group == "") is not core:
            continue
        flat = _resource_list(group, version, kinds)["resources"]
        resources = [_aggregated_resource(one, flat, group, version) for one in flat if "/" not in one["name"]]
        metadata = {"name": group} if group else {"name": ""}
        versions = [{"version": version, "resources": resources, "freshness": "Current"}]
        items.append({"metadata": metadata, "versions": versions})
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def _aggregated_resource(one: dict[str, Any], flat: list[dict[str, Any]], group: str, version: str) -> dict[str, Any]:
    prefix = one["name"] + "/"
    subresources = [
        {
            "subresource": part["name"].removeprefix(prefix),
            "responseKind": _response_kind(part, group, version),
            "verbs": part["verbs"],
        }
        for part in flat
        if part["name"].startswith(prefix)
    ]
    shown = {
        "resource": one["name"],
        "responseKind": _response_kind(one, group, version),
        "scope": "Namespaced" if one["namespaced"] else "Cluster",
        "singularResource": one["singularName"],
        "verbs": one["verbs"],
    }
    for field in ("shortNames", "categories"):
        if field in one:
            shown[field] = one[field]
    return shown | {"subresources": subresources} if subresources else shown


def _response_kind(one: dict[str, Any], group: str, version: str) -> dict[str, str]:
    return {"group": one.get("group", group), "version": one.get("version", version), "kind": one["kind"]}
