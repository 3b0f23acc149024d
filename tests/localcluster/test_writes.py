"""create, update, patch and delete over HTTP."""

import httpx
import pytest

from tests.localcluster.conftest import Object, gone, made


def config_map(name: str, **fields: object) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **fields}, "data": {"a": "1", "b": "2"}}


@pytest.fixture
def maps(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps"


def test_a_json_patch_changes_what_it_names(admin: httpx.Client, maps: str) -> None:
    made(admin.post(maps, json=config_map("c")))
    patch = [{"op": "test", "path": "/data/a", "value": "1"}, {"op": "replace", "path": "/data/a", "value": "9"}]

    patched = admin.patch(f"{maps}/c", json=patch, headers={"Content-Type": "application/json-patch+json"})

    assert patched.json()["data"] == {"a": "9", "b": "2"}


def test_a_json_patch_whose_test_fails_changes_nothing(admin: httpx.Client, maps: str) -> None:
    before = made(admin.post(maps, json=config_map("c")))
    patch = [{"op": "replace", "path": "/data/a", "value": "9"}, {"op": "test", "path": "/data/b", "value": "no"}]

    patched = admin.patch(f"{maps}/c", json=patch, headers={"Content-Type": "application/json-patch+json"})

    assert patched.status_code == 422
    assert admin.get(f"{maps}/c").json() == before


def test_a_strategic_patch_merges_lists_by_their_keys(admin: httpx.Client, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    labels = {"app": "x"}
    containers = [{"name": "one", "image": "i:1"}, {"name": "two", "image": "i:1"}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    made(admin.post(path, json={"metadata": {"name": "d"}, "spec": spec}))
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "two", "image": "i:2"}]}}}}

    patched = admin.patch(
        f"{path}/d", json=patch, headers={"Content-Type": "application/strategic-merge-patch+json"}
    ).json()

    held = patched["spec"]["template"]["spec"]["containers"]
    assert [(one["name"], one["image"]) for one in held] == [("one", "i:1"), ("two", "i:2")]


def test_apply_owns_conflicts_and_takes_away(admin: httpx.Client, maps: str) -> None:
    def apply(manager: str, data: dict[str, str], **params: str) -> httpx.Response:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data}
        headers = {"Content-Type": "application/apply-patch+yaml"}
        return admin.patch(f"{maps}/c", json=body, headers=headers, params={"fieldManager": manager, **params})

    assert apply("one", {"a": "1", "b": "2"}).status_code == 201
    refused = apply("two", {"a": "9"})
    assert refused.status_code == 409
    assert refused.json()["details"]["causes"] == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "one"', "field": ".data.a"}
    ]
    assert apply("two", {"a": "9"}, force="true").json()["data"] == {"a": "9", "b": "2"}

    last = apply("one", {})

    assert last.json()["data"] == {"a": "9"}


def test_a_delete_with_another_uid_is_a_conflict(admin: httpx.Client, maps: str) -> None:
    made(admin.post(maps, json=config_map("c")))

    refused = admin.request("DELETE", f"{maps}/c", json={"preconditions": {"uid": "another"}})

    assert refused.status_code == 409
    assert "Precondition failed: UID in precondition: another" in refused.json()["message"]


def test_a_finalizer_holds_an_object_until_it_is_taken_off(admin: httpx.Client, maps: str) -> None:
    made(admin.post(maps, json=config_map("c", finalizers=["example.com/wait"])))

    held = admin.delete(f"{maps}/c")
    assert held.json()["metadata"]["deletionTimestamp"]
    merge = {"Content-Type": "application/merge-patch+json"}
    admin.patch(f"{maps}/c", json={"metadata": {"finalizers": None}}, headers=merge)

    assert admin.get(f"{maps}/c").status_code == 404


def owned(name: str, owner: Object) -> Object:
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": owner["metadata"]["name"]}
    reference |= {"uid": owner["metadata"]["uid"], "blockOwnerDeletion": True}
    return config_map(name, ownerReferences=[reference])


def test_dependents_go_with_their_owner(admin: httpx.Client, maps: str) -> None:
    owner = made(admin.post(maps, json=config_map("owner")))
    made(admin.post(maps, json=owned("dependent", owner)))

    admin.delete(f"{maps}/owner")

    assert gone(admin, f"{maps}/dependent")


def test_in_the_foreground_the_owner_goes_last(admin: httpx.Client, maps: str) -> None:
    owner = made(admin.post(maps, json=config_map("owner")))
    dependent = owned("dependent", owner)
    dependent["metadata"]["finalizers"] = ["example.com/wait"]
    made(admin.post(maps, json=dependent))

    marked = admin.request("DELETE", f"{maps}/owner", json={"propagationPolicy": "Foreground"}).json()
    assert marked["metadata"]["finalizers"] == ["foregroundDeletion"]
    assert not gone(admin, f"{maps}/owner", within=0.2)
    merge = {"Content-Type": "application/merge-patch+json"}
    admin.patch(f"{maps}/dependent", json={"metadata": {"finalizers": None}}, headers=merge)

    assert gone(admin, f"{maps}/owner")


def test_orphans_stay_without_their_reference(admin: httpx.Client, maps: str) -> None:
    owner = made(admin.post(maps, json=config_map("owner")))
    made(admin.post(maps, json=owned("dependent", owner)))

    admin.request("DELETE", f"{maps}/owner", json={"propagationPolicy": "Orphan"})

    assert gone(admin, f"{maps}/owner")
    assert "ownerReferences" not in admin.get(f"{maps}/dependent").json()["metadata"]


def test_a_namespace_takes_everything_in_it_along(admin: httpx.Client, namespace: str, maps: str) -> None:
    made(admin.post(maps, json=config_map("c", finalizers=["example.com/wait"])))

    admin.delete(f"/api/v1/namespaces/{namespace}")
    refused = admin.post(maps, json=config_map("late"))
    merge = {"Content-Type": "application/merge-patch+json"}
    admin.patch(f"{maps}/c", json={"metadata": {"finalizers": None}}, headers=merge)

    assert refused.json()["details"]["causes"][0]["reason"] == "NamespaceTerminating"
    assert gone(admin, f"/api/v1/namespaces/{namespace}")


def test_a_scale_subresource_sets_the_workers(admin: httpx.Client, namespace: str) -> None:
    path = f"/apis/kubeflow.org/v1/namespaces/{namespace}/pytorchjobs"
    role = {"replicas": 1, "template": {"spec": {"containers": [{"name": "pytorch", "image": "busybox:1.36"}]}}}
    spec = {"runPolicy": {"suspend": True}, "pytorchReplicaSpecs": {"Master": role, "Worker": role}}
    made(
        admin.post(
            path, json={"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "metadata": {"name": "j"}, "spec": spec}
        )
    )

    merge = {"Content-Type": "application/merge-patch+json"}
    scaled = admin.patch(f"{path}/j/scale", json={"spec": {"replicas": 3}}, headers=merge)

    assert scaled.json()["spec"] == {"replicas": 3}
    assert admin.get(f"{path}/j").json()["spec"]["pytorchReplicaSpecs"]["Worker"]["replicas"] == 3


@pytest.mark.parametrize("key", ["../up", "..", "..up", "a/b"])
def test_a_key_is_the_name_of_a_file(admin: httpx.Client, maps: str, key: str) -> None:
    answer = admin.post(maps, json={"metadata": {"name": "c"}, "data": {key: "x"}})

    assert answer.status_code == 422
    assert answer.json()["details"]["causes"][0]["field"] == f"data[{key}]"


@pytest.mark.parametrize(
    ("volume", "mount", "field"),
    [
        (
            {"configMap": {"name": "c", "items": [{"key": "k", "path": "../up"}]}},
            {},
            "volumes[0].configMap.items[0].path",
        ),
        (
            {"secret": {"secretName": "s", "items": [{"key": "k", "path": "/up"}]}},
            {},
            "volumes[0].secret.items[0].path",
        ),
        (
            {"projected": {"sources": [{"configMap": {"name": "c", "items": [{"key": "k", "path": "a/../../up"}]}}]}},
            {},
            "volumes[0].projected.sources[0].configMap.items[0].path",
        ),
        ({"emptyDir": {}}, {"subPath": "../up"}, "containers[0].volumeMounts[0].subPath"),
    ],
)
def test_a_volume_holds_its_files(
    admin: httpx.Client, namespace: str, volume: Object, mount: Object, field: str
) -> None:
    container = {"name": "c", "image": "busybox:1.36", "volumeMounts": [{"name": "v", "mountPath": "/v", **mount}]}
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [container], "volumes": [{"name": "v", **volume}]}}

    answer = admin.post(f"/api/v1/namespaces/{namespace}/pods", json=pod)

    assert answer.status_code == 422
    assert [cause["field"] for cause in answer.json()["details"]["causes"]] == [f"spec.{field}"]
