"""Rights: Roles, ClusterRoles and their bindings, as RBAC has them. Rules only add; what no rule allows is denied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from console.localcluster.machinery.errors import ApiError, failure
from console.localcluster.machinery.kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING
from console.localcluster.machinery.users import MASTERS, User
from console.localcluster.store import Change, Object, Store

Rule = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """One thing somebody wants to do. `path` alone for what is no resource."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    @property
    def whole_resource(self) -> str:
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


@dataclass(frozen=True, slots=True)
class Grant:
    """The rules one binding gives; `namespace` "" for everywhere."""

    namespace: str
    rules: tuple[Rule, ...]
    reason: str


@dataclass(slots=True)
class Authorizer:
    """Keeps each user's grants until any RBAC object changes."""

    store: Store
    _grants: dict[tuple[str, tuple[str, ...]], tuple[Grant, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for kind in (ROLE, ROLE_BINDING, CLUSTER_ROLE, CLUSTER_ROLE_BINDING):
            self.store.listen(kind.key, self._forget)

    def reason_to_allow(self, user: User, wanted: Attributes) -> str | None:
        """Which binding allows it ("" for system:masters, who may do anything); None: denied."""
        if MASTERS in user.groups:
            return ""
        for grant in self.grants_of(user):
            if grant.namespace in ("", wanted.namespace) and any(_allows(rule, wanted) for rule in grant.rules):
                return grant.reason
        return None

    def demand(self, user: User, wanted: Attributes) -> None:
        if self.reason_to_allow(user, wanted) is None:
            raise denied(user, wanted)

    def grants_of(self, user: User) -> tuple[Grant, ...]:
        key = (user.name, user.groups)
        grants = self._grants.get(key)
        if grants is None:
            grants = self._grants[key] = tuple(self._find_grants(user))
        return grants

    def _find_grants(self, user: User) -> Iterator[Grant]:
        for kind in (CLUSTER_ROLE_BINDING, ROLE_BINDING):
            for held in self.store.stored(kind.key):
                binding = held.object
                subject = next((one for one in binding.get("subjects") or [] if _is(one, user, binding)), None)
                if subject is not None:
                    yield self._grant(binding, subject)

    def _grant(self, binding: Object, subject: Rule) -> Grant:
        namespace = binding["metadata"].get("namespace", "")
        role = binding["roleRef"]
        name = f"{binding['metadata']['name']}/{namespace}" if namespace else binding["metadata"]["name"]
        who = subject["name"]
        if subject["kind"] == "ServiceAccount":
            who = f"{who}/{subject.get('namespace') or namespace}"
        kind = "RoleBinding" if namespace else "ClusterRoleBinding"
        reason = f'RBAC: allowed by {kind} "{name}" of {role["kind"]} "{role["name"]}" to {subject["kind"]} "{who}"'
        held = self.role_of(binding, namespace) or {}
        return Grant(namespace, tuple(held.get("rules") or ()), reason)

    def role_of(self, binding: Object, namespace: str) -> Object | None:
        """The role that a binding in `namespace` names; None for one that is not there (yet)."""
        role = binding["roleRef"]
        if role["kind"] == "Role":
            return self.store.get(ROLE.key, namespace, role["name"])
        return self.store.get(CLUSTER_ROLE.key, "", role["name"])

    def _forget(self, change: Change, obj: Object, before: Object | None) -> None:
        self._grants.clear()


def denied(user: User, wanted: Attributes) -> ApiError:
    if wanted.path:
        return failure(403, "Forbidden", f'forbidden: User "{user.name}" cannot {wanted.verb} path "{wanted.path}"')
    where = f'in the namespace "{wanted.namespace}"' if wanted.namespace else "at the cluster scope"
    key = f"{wanted.resource}.{wanted.group}" if wanted.group else wanted.resource
    about = f'{key} "{wanted.name}"' if wanted.name else key
    message = (
        f'{about} is forbidden: User "{user.name}" cannot {wanted.verb} resource "{wanted.whole_resource}" '
        f'in API group "{wanted.group}" {where}'
    )
    details = {"name": wanted.name, "group": wanted.group, "kind": wanted.resource}
    return failure(403, "Forbidden", message, {key: value for key, value in details.items() if value})


def _is(subject: Rule, user: User, binding: Object) -> bool:
    match subject["kind"]:
        case "User":
            return bool(subject["name"] == user.name)
        case "Group":
            return subject["name"] in user.groups
        case "ServiceAccount":
            namespace = subject.get("namespace") or binding["metadata"].get("namespace", "")
            return user.name == f"system:serviceaccount:{namespace}:{subject['name']}"
    return False


def _allows(rule: Rule, wanted: Attributes) -> bool:
    verbs = rule.get("verbs") or ()
    if "*" not in verbs and wanted.verb not in verbs:
        return False
    if wanted.path:
        return any(_path_matches(pattern, wanted.path) for pattern in rule.get("nonResourceURLs") or ())
    groups = rule.get("apiGroups") or ()
    if "*" not in groups and wanted.group not in groups:
        return False
    resources = rule.get("resources") or ()
    whole = wanted.whole_resource
    any_of_it = f"*/{wanted.subresource}" if wanted.subresource else "*"
    if "*" not in resources and whole not in resources and any_of_it not in resources:
        return False
    names = rule.get("resourceNames") or ()
    return not names or wanted.name in names


def _path_matches(pattern: str, path: str) -> bool:
    return pattern in ("*", path) or (pattern.endswith("*") and path.startswith(pattern[:-1]))
