"""Nobody gives away rights that they do not have: what the API asks of whoever writes a role or a binding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from console.localcluster.http.context import Context
from console.localcluster.machinery.api import Check
from console.localcluster.machinery.errors import ApiError, forbidden, not_found
from console.localcluster.machinery.kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING, Kind
from console.localcluster.machinery.rbac import Attributes, Authorizer, Rule
from console.localcluster.store import Object


@dataclass(frozen=True, slots=True)
class Guarded:
    """The check of a write, and then this one. Passes everything but roles and bindings on."""

    check: Check
    authorizer: Authorizer
    context: Context

    @property
    def manager(self) -> str:
        return self.check.manager

    def __call__(self, obj: Object) -> None:
        self.check(obj)
        kind = self.context.kind
        if kind in (ROLE, CLUSTER_ROLE) and not self._may("escalate", kind, obj["metadata"].get("name", "")):
            self._demand(obj.get("rules") or [])
        elif kind in (ROLE_BINDING, CLUSTER_ROLE_BINDING):
            self._demand_of_role({**self._held(), **obj})

    def _demand_of_role(self, binding: Object) -> None:
        """`binding`: what was applied may leave out the role that it has already."""
        named = binding.get("roleRef") or {}
        kind = ROLE if named.get("kind") == "Role" else CLUSTER_ROLE
        if not named.get("name") or self._may("bind", kind, named["name"]):
            return
        role = self.authorizer.role_of(binding, self.context.info.namespace)
        if role is None:
            raise not_found(kind, named["name"])
        self._demand(role.get("rules") or [])

    def _held(self) -> Object:
        info = self.context.info
        return self.authorizer.store.get(self.context.kind.key, info.namespace, info.name) or {}

    def _may(self, verb: str, kind: Kind, name: str) -> bool:
        namespace = self.context.info.namespace
        wanted = Attributes(verb=verb, group=kind.group, resource=kind.plural, namespace=namespace, name=name)
        return self.authorizer.reason_to_allow(self.context.user, wanted) is not None

    def _demand(self, rules: list[Rule]) -> None:
        namespace, user = self.context.info.namespace, self.context.user
        missing = [
            wanted
            for rule in rules
            for wanted in _parts(rule, namespace)
            if self.authorizer.reason_to_allow(user, wanted) is None
        ]
        if missing:
            raise self._refusal(missing)

    def _refusal(self, missing: list[Attributes]) -> ApiError:
        kind, info, user = self.context.kind, self.context.info, self.context.user
        groups = " ".join(f'"{group}"' for group in user.groups)
        why = f'user "{user.name}" (groups=[{groups}]) is attempting to grant RBAC permissions not currently held:\n'
        return forbidden(kind, info.name, why + "\n".join(dict.fromkeys(_in_words(one) for one in missing)))


def _parts(rule: Rule, namespace: str) -> Iterator[Attributes]:
    """Everything one rule allows, one by one; "*" stands for itself: only a rule with "*" covers it."""
    for verb, path in product(rule.get("verbs") or (), rule.get("nonResourceURLs") or ()):
        yield Attributes(verb=verb, path=path, namespace=namespace)
    names = rule.get("resourceNames") or ("",)
    places = product(rule.get("verbs") or (), rule.get("apiGroups") or (), rule.get("resources") or (), names)
    for verb, group, resource, name in places:
        plural, _, subresource = resource.partition("/")
        yield Attributes(
            verb=verb, group=group, resource=plural, subresource=subresource, namespace=namespace, name=name
        )


def _in_words(one: Attributes) -> str:
    if one.path:
        return f'{{NonResourceURLs:["{one.path}"], Verbs:["{one.verb}"]}}'
    names = f', ResourceNames:["{one.name}"]' if one.name else ""
    return f'{{APIGroups:["{one.group}"], Resources:["{one.whole_resource}"]{names}, Verbs:["{one.verb}"]}}'
