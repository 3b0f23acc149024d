"""What the two credentials can do, judged: `manage.py check_cluster` prints it and fails when one can do too much.

Asked of the cluster itself, with each credential's own rights: SelfSubjectRulesReview for the namespaces that matter,
SelfSubjectAccessReview for what would be the worst.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from console.cluster.client import Cluster
from console.cluster.errors import ClusterError
from console.cluster.identity import Identity
from console.cluster.resources import CONFIG_MAP, JOB_KINDS, POD, SECRET, Manifest, Resource

_USERS = Resource("", "v1", "users", "User", namespaced=False)
_GROUPS = Resource("", "v1", "groups", "Group", namespaced=False)
# Anybody the cluster knows may do these (system:basic-user and its like); they tell and change nothing.
_REVIEWS = frozenset(
    {"selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews", "selfsubjectattributes"}
)
_IMPERSONATED = frozenset({"users", "groups", "serviceaccounts", "uids"})
_READING = frozenset({"get", "list", "watch"})
_WORST = ((_GROUPS, "system:masters"), (_USERS, "system:kube-controller-manager"), (_USERS, "system:admin"))


@dataclass(slots=True)
class Findings:
    """Of one credential: what it is, what it may do (one line a rule), and what is wrong with that."""

    credential: str
    identity: Identity = Identity("")
    rights: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def audit_proxy(cluster: Cluster, namespaces: Iterable[str], people: Iterable[Identity]) -> Findings:
    """console-proxy may act as named people, ask the reviews that everybody may, and nothing else."""
    found = Findings("console-proxy", cluster.whoami())
    for rule in _rules(cluster, namespaces):
        found.rights.append(_in_words(rule))
        if not (_acts_as_named_people(rule) or _only_reviews(rule)):
            found.wrong.append(f"It may do more than act as people: {_in_words(rule)}")
    for resource in (POD, SECRET, *JOB_KINDS):
        if cluster.may("list", resource, "").allowed:
            found.wrong.append(
                f"It may itself list {resource.plural} everywhere: a forgotten header would be a breach."
            )
    found.wrong += _worst(cluster)
    for person in people:
        if reason := _cannot_act_as(cluster, person):
            found.wrong.append(reason)
    return found


def audit_watch(cluster: Cluster, namespaces: Iterable[str]) -> Findings:
    """console-watch reads what the index holds: no Secrets, no ConfigMaps, no writes, nobody else's name."""
    found = Findings("console-watch", cluster.whoami())
    for rule in _rules(cluster, namespaces):
        found.rights.append(_in_words(rule))
        if not (_only_reviews(rule) or set(rule.get("verbs") or ()) <= _READING):
            found.wrong.append(f"It may do more than read: {_in_words(rule)}")
    for resource in (SECRET, CONFIG_MAP):
        if cluster.may("list", resource, "").allowed:
            found.wrong.append(f"It may read {resource.plural} everywhere.")
    for resource in (POD, *JOB_KINDS):
        if not cluster.may("watch", resource, "").allowed:
            found.wrong.append(f"It may not watch {resource.plural} everywhere: the task list would stay empty.")
    found.wrong += _worst(cluster)
    return found


def _rules(cluster: Cluster, namespaces: Iterable[str]) -> list[Manifest]:
    """The rules of all the namespaces, each once."""
    by_words = {_in_words(rule): rule for namespace in namespaces for rule in cluster.rules(namespace)}
    return list(by_words.values())


def _worst(cluster: Cluster) -> list[str]:
    return [
        f"It may act as {name}, which may do everything: name the people with `manage.py render_rbac`."
        for resource, name in _WORST
        if cluster.may("impersonate", resource, "", name=name).allowed
    ]


def _cannot_act_as(cluster: Cluster, person: Identity) -> str:
    for resource, names in ((_USERS, [person.user]), (_GROUPS, person.groups)):
        for name in names:
            try:
                if not cluster.may("impersonate", resource, "", name=name).allowed:
                    what = f"{name} ({resource.kind.lower()} of {person.user})"
                    return f"It may not act as {what}: this person gets a 403 everywhere."
            except ClusterError as exc:
                return f"Whether it may act as {name} cannot be asked: {exc}"
    return ""


def _acts_as_named_people(rule: Manifest) -> bool:
    return (
        set(rule.get("verbs") or ()) == {"impersonate"}
        and set(rule.get("resources") or ()) <= _IMPERSONATED
        and bool(rule.get("resourceNames"))
        and not any(name.startswith("system:") for name in rule["resourceNames"])
    )


def _only_reviews(rule: Manifest) -> bool:
    return set(rule.get("verbs") or ()) == {"create"} and set(rule.get("resources") or ()) <= _REVIEWS


def _in_words(rule: Manifest) -> str:
    groups = [group for group in rule.get("apiGroups") or () if group]
    names = rule.get("resourceNames") or ()
    words = f"{', '.join(rule.get('verbs') or ())}: {', '.join(rule.get('resources') or ())}"
    words += f" ({', '.join(groups)})" if groups else ""
    return words + (f", only {', '.join(names)}" if names else "")
