from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import CommandError, call_command

from console.cluster import UnusableIdentity
from console.cluster.rights import DEMO, Grants, people, proxy, watch

FILES = ("people.yaml", "console-proxy.yaml", "console-watch.yaml")


def test_the_files_of_the_repository_are_those_the_command_writes(tmp_path: Path) -> None:
    call_command("render_rbac", directory=tmp_path, stdout=StringIO())

    for name in FILES:
        assert (tmp_path / name).read_text() == (settings.BASE_DIR / "deploy" / "rbac" / name).read_text()


def test_the_proxy_may_impersonate_by_name_and_nothing_else() -> None:
    role, binding = proxy(DEMO)

    for rule in role["rules"]:
        assert rule["verbs"] == ["impersonate"]
        assert rule["resourceNames"]
        assert rule["resources"] in (["users"], ["groups"])
    assert binding["subjects"] == [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "console-proxy"}]


def test_without_groups_there_is_no_rule_about_all_groups() -> None:
    [role, _] = proxy(Grants(users=["alice"], groups=[]))

    assert [rule["resources"] for rule in role["rules"]] == [["users"]]


def test_the_watch_reads_and_sees_no_secrets() -> None:
    [role, _] = watch(DEMO)

    named = {resource for rule in role["rules"] for resource in rule["resources"]}
    verbs = {verb for rule in role["rules"] for verb in rule["verbs"]}
    assert verbs == {"get", "list", "watch"}
    assert not named & {"secrets", "configmaps", "*", "pods/exec", "nodes/proxy"}


def test_people_get_the_built_in_role_and_ours_in_their_namespaces() -> None:
    bindings = [
        (found["kind"], found["metadata"].get("namespace", ""), found["roleRef"]["name"], found["subjects"][0]["name"])
        for found in people(DEMO)
        if "roleRef" in found
    ]

    assert set(bindings) == {
        ("RoleBinding", "vision", "edit", "team-vision"),
        ("RoleBinding", "vision", "trainyard-training-edit", "team-vision"),
        ("RoleBinding", "nlp", "edit", "team-nlp"),
        ("RoleBinding", "nlp", "trainyard-training-edit", "team-nlp"),
        ("ClusterRoleBinding", "", "view", "auditors"),
        ("ClusterRoleBinding", "", "trainyard-training-view", "auditors"),
    }


@pytest.mark.parametrize("name", ["system:masters", "", "system:kube-controller-manager"])
def test_the_clusters_own_accounts_are_never_named(name: str) -> None:
    with pytest.raises(UnusableIdentity):
        Grants(users=["alice", name], groups=[])
    with pytest.raises(UnusableIdentity):
        Grants(users=["alice"], groups=[name])


def test_nobody_named_is_nobody_allowed() -> None:
    with pytest.raises(ValueError, match="at least one user"):
        Grants(users=[], groups=["team"])


def test_an_installation_names_its_own(tmp_path: Path) -> None:
    call_command(
        "render_rbac",
        directory=tmp_path,
        user=["oidc:ann", "oidc:ben"],
        edit=["research=oidc:research"],
        view=["research=oidc:interns"],
        view_all=["oidc:audit"],
        proxy="trainyard/proxy",
        stdout=StringIO(),
    )
    role, binding = yaml.safe_load_all((tmp_path / "console-proxy.yaml").read_text())
    found = list(yaml.safe_load_all((tmp_path / "people.yaml").read_text()))

    assert role["rules"][0]["resourceNames"] == ["oidc:ann", "oidc:ben"]
    assert role["rules"][1]["resourceNames"] == ["oidc:audit", "oidc:interns", "oidc:research"]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "namespace": "trainyard", "name": "proxy"}]
    assert "view" in [entry["roleRef"]["name"] for entry in found if entry["kind"] == "RoleBinding"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"group": ["team"]}, "--user"),
        ({"user": ["ann"], "edit": ["research"]}, "NAMESPACE=GROUP"),
        ({"user": ["system:masters"]}, "belongs to the cluster"),
    ],
)
def test_a_wrong_argument_writes_nothing(tmp_path: Path, options: dict[str, list[str]], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("render_rbac", directory=tmp_path, stdout=StringIO(), **options)

    assert list(tmp_path.iterdir()) == []
