"""Access reviews: what may this user do?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from console.localcluster.http.answers import json_answer
from console.localcluster.http.bodies import decode_object, media_type, read_body
from console.localcluster.http.request_info import RequestInfo
from console.localcluster.machinery.errors import bad_request
from console.localcluster.machinery.rbac import Attributes, Authorizer
from console.localcluster.machinery.users import MASTERS, User

KINDS = {
    ("authentication.k8s.io", "selfsubjectreviews"): "SelfSubjectReview",
    ("authorization.k8s.io", "selfsubjectaccessreviews"): "SelfSubjectAccessReview",
    ("authorization.k8s.io", "subjectaccessreviews"): "SubjectAccessReview",
    ("authorization.k8s.io", "localsubjectaccessreviews"): "LocalSubjectAccessReview",
    ("authorization.k8s.io", "selfsubjectrulesreviews"): "SelfSubjectRulesReview",
}


@dataclass(frozen=True, slots=True)
class Reviews:
    authorizer: Authorizer

    async def answer(self, request: web.BaseRequest, info: RequestInfo, user: User) -> web.Response:
        kind = KINDS[info.group, info.resource]
        data = await read_body(request)
        review = decode_object(data, media_type(request), kind)
        spec = review.get("spec") or {}
        metadata = {"creationTimestamp": None}
        head = {"kind": kind, "apiVersion": f"{info.group}/v1", "metadata": metadata}
        if kind == "SelfSubjectReview":
            if user.name == "system:anonymous":
                # The real server has no such user either: it authenticates before it reviews.
                raise bad_request("SelfSubjectReview of an anonymous user")
            return json_answer(request, head | {"status": {"userInfo": _user_info(user)}}, status=201)
        if kind == "SelfSubjectRulesReview":
            status = self._rules(user, spec.get("namespace") or "")
            return json_answer(request, head | {"spec": {}, "status": status}, status=201)
        asked = user if kind == "SelfSubjectAccessReview" else _asked_user(spec)
        reason = self.authorizer.reason_to_allow(asked, _attributes(spec))
        status = {"allowed": reason is not None}
        if reason:
            status["reason"] = reason
        return json_answer(request, head | {"spec": spec, "status": status}, status=201)

    def _rules(self, user: User, namespace: str) -> dict[str, Any]:
        if not namespace:
            raise bad_request("no namespace on request")
        rules = [
            rule
            for grant in self.authorizer.grants_of(user)
            if grant.namespace in ("", namespace)
            for rule in grant.rules
        ]
        if MASTERS in user.groups:
            everything = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
            rules = [everything, {"verbs": ["*"], "nonResourceURLs": ["*"]}, *rules]
        return {
            "resourceRules": _distinct(_only(rule, "resources") for rule in rules if rule.get("resources")),
            "nonResourceRules": _distinct(
                _only(rule, "nonResourceURLs") for rule in rules if rule.get("nonResourceURLs")
            ),
            "incomplete": False,
        }


def _only(rule: dict[str, Any], what: str) -> dict[str, Any]:
    fields = (
        ("verbs", "nonResourceURLs")
        if what == "nonResourceURLs"
        else ("verbs", "apiGroups", "resources", "resourceNames")
    )
    return {field: rule[field] for field in fields if rule.get(field)}


def _distinct(rules: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for rule in rules:
        if rule not in found:
            found.append(rule)
    return found


def _asked_user(spec: dict[str, Any]) -> User:
    if not spec.get("user") and not spec.get("groups"):
        raise bad_request("at least one of user or group must be specified")
    return User(name=spec.get("user") or "", groups=tuple(spec.get("groups") or ()))


def _attributes(spec: dict[str, Any]) -> Attributes:
    other = spec.get("nonResourceAttributes")
    if other:
        return Attributes(verb=other.get("verb", ""), path=other.get("path", ""))
    asked = spec.get("resourceAttributes")
    if not asked:
        raise bad_request("exactly one of nonResourceAttributes or resourceAttributes must be specified")
    fields = ("verb", "group", "resource", "subresource", "namespace", "name")
    return Attributes(**{field: asked.get(field) or "" for field in fields})


def _user_info(user: User) -> dict[str, Any]:
    info: dict[str, Any] = {"username": user.name, "groups": list(user.groups)}
    if user.uid:
        info["uid"] = user.uid
    if user.extra:
        info["extra"] = user.extra
    return info
