"""The rights that an installation needs, as manifests: `manage.py render_rbac` writes them, a person applies them.

Three files: what the people may do, whom `console-proxy` may act as, what `console-watch` may read. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from console.cluster.identity import Identity, checked
from console.cluster.resources import JOB_KINDS, Manifest

_RBAC = "rbac.authorization.k8s.io/v1"
_READ = ("get", "list", "watch")
_JOBS = tuple(kind.plural for kind in JOB_KINDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """Who there is, and which group may do what. All names as the cluster spells them (with the OIDC prefix)."""

    users: Sequence[str]
    groups: Sequence[str]
    editors: Mapping[str, Sequence[str]] = field(default_factory=dict)  # namespace -> groups
    viewers: Mapping[str, Sequence[str]] = field(default_factory=dict)  # namespace -> groups
    auditors: Sequence[str] = ()  # groups that view every namespace
    proxy: str = "console-proxy"  # a user name, or "NAMESPACE/NAME" of a service account
    watch: str = "console-watch"

    def __post_init__(self) -> None:
        # The files must never let anybody act as the cluster's own accounts.
        if not self.users:
            raise ValueError("Name at least one user: without names the right to act as others is unlimited.")
        for user in self.users:
            checked(Identity(user, tuple(self.groups)))


# The same world as on every demonstration cluster. `admin` administers the console (flavors, registries, settings),
# which takes no right in the cluster; it views all namespaces, since whoever changes a flavor must see what uses it.
DEMO = Grants(
    users=("alice", "bob", "carol", "mallory", "admin"),
    groups=("team-vision", "team-nlp", "auditors", "console-admins"),
    editors={"vision": ("team-vision",), "nlp": ("team-nlp",)},
    auditors=("auditors", "console-admins"),
)


def people(grants: Grants) -> list[Manifest]:
    """Roles for the training kinds beside the built-in `view` and `edit`, and who has them where.

    Bound by name, not aggregated: aggregation would widen `edit` and `view` for everybody in the cluster.
    """
    metrics = _rule("metrics.k8s.io", ("pods",), ("get", "list"))
    found: list[Manifest] = [
        _cluster_role("trainyard-training-view", [_rule("kubeflow.org", _JOBS, _READ), metrics]),
        _cluster_role(
            "trainyard-training-edit",
            [
                _rule("kubeflow.org", _JOBS, (*_READ, "create", "update", "patch", "delete")),
                # `edit` has these already; said here because terminals stand or fall with both verbs (from 1.35 on).
                _rule("", ("pods/exec",), ("get", "create")),
                metrics,
            ],
        ),
    ]
    for kind, by_namespace in (("edit", grants.editors), ("view", grants.viewers)):
        for namespace, groups in by_namespace.items():
            found += (
                _binding(f"trainyard-{kind}", kind, groups, namespace=namespace),
                _binding(f"trainyard-training-{kind}", f"trainyard-training-{kind}", groups, namespace=namespace),
            )
    if grants.auditors:
        found += (
            _binding("trainyard-all-view", "view", grants.auditors),
            _binding("trainyard-all-training-view", "trainyard-training-view", grants.auditors),
        )
    return found


def proxy(grants: Grants) -> list[Manifest]:
    """console-proxy may act as these people, by name, and nothing else.

    Without resourceNames it would be a cluster administrator: it could act as group system:masters.
    """
    rules = [_rule("", ("users",), ("impersonate",), names=grants.users)]
    if grants.groups:
        rules.append(_rule("", ("groups",), ("impersonate",), names=grants.groups))
    return [
        _cluster_role("trainyard-console-proxy", rules),
        _binding("trainyard-console-proxy", "trainyard-console-proxy", (), subject=grants.proxy),
    ]


def watch(grants: Grants) -> list[Manifest]:
    """console-watch reads what the index holds: no Secrets, no ConfigMaps, no writes."""
    indexed = ("pods", "services", "events", "nodes", "namespaces", "resourcequotas", "persistentvolumeclaims")
    rules = [
        _rule("", indexed, _READ),
        _rule("kubeflow.org", _JOBS, _READ),
        _rule("apps", ("deployments",), _READ),
        _rule("metrics.k8s.io", ("pods", "nodes"), ("get", "list")),
        _rule("apiextensions.k8s.io", ("customresourcedefinitions",), _READ),
    ]
    return [
        _cluster_role("trainyard-console-watch", rules),
        _binding("trainyard-console-watch", "trainyard-console-watch", (), subject=grants.watch),
    ]


def _rule(group: str, resources: Iterable[str], verbs: Iterable[str], *, names: Iterable[str] = ()) -> Manifest:
    rule: Manifest = {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}
    if names := list(names):
        rule["resourceNames"] = names
    return rule


def _cluster_role(name: str, rules: list[Manifest]) -> Manifest:
    return {"apiVersion": _RBAC, "kind": "ClusterRole", "metadata": _metadata(name), "rules": rules}


def _binding(name: str, role: str, groups: Iterable[str], *, namespace: str = "", subject: str = "") -> Manifest:
    api_group = "rbac.authorization.k8s.io"
    subjects: list[Manifest] = [{"apiGroup": api_group, "kind": "Group", "name": group} for group in groups]
    account_namespace, slash, account = subject.partition("/")
    if slash:
        subjects.append({"kind": "ServiceAccount", "namespace": account_namespace, "name": account})
    elif subject:
        subjects.append({"apiGroup": api_group, "kind": "User", "name": subject})
    metadata = _metadata(name) | ({"namespace": namespace} if namespace else {})
    return {
        "apiVersion": _RBAC,
        "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": api_group, "kind": "ClusterRole", "name": role},
        "subjects": subjects,
    }


def _metadata(name: str) -> Manifest:
    return {"name": name, "labels": {"app.kubernetes.io/part-of": "trainyard"}}
