"""What kubectl asks for beside plain JSON: tables, metadata only, discovery, protobuf."""

import httpx

from console.localcluster.machinery.protobuf import decode
from tests.localcluster.conftest import made

TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}


def test_a_table_has_the_columns_of_kubectl_get(admin: httpx.Client) -> None:
    table = admin.get("/api/v1/namespaces", headers=TABLE).json()

    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Status", "Age"]
    assert ["vision", "Active"] in [row["cells"][:2] for row in table["rows"]]


def test_metadata_can_be_asked_for_alone(admin: httpx.Client) -> None:
    accept = {"Accept": "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"}

    shown = admin.get("/api/v1/namespaces", headers=accept).json()

    assert shown["kind"] == "PartialObjectMetadataList"
    assert all(set(item) == {"kind", "apiVersion", "metadata"} for item in shown["items"])


def test_aggregated_discovery_names_every_kind_with_its_subresources(admin: httpx.Client) -> None:
    accept = {"Accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"}

    groups = {group["metadata"]["name"]: group for group in admin.get("/apis", headers=accept).json()["items"]}

    resources = {one["resource"]: one for one in groups["kubeflow.org"]["versions"][0]["resources"]}
    assert set(resources) == {"tfjobs", "pytorchjobs", "mxjobs", "mpijobs"}
    assert [one["subresource"] for one in resources["pytorchjobs"]["subresources"]] == ["scale", "status"]


def test_a_protobuf_body_is_read() -> None:
    def field(number: int, data: bytes) -> bytes:
        return bytes([number << 3 | 2, len(data)]) + data

    type_meta = field(1, b"v1") + field(2, b"ConfigMap")
    metadata = field(1, b"c") + field(2, b"") + field(3, b"n")
    data = field(1, b"key") + field(2, b"value")
    body = b"k8s\x00" + field(1, type_meta) + field(2, field(1, metadata) + field(2, data))

    decoded = decode(body)

    assert decoded == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "namespace": "n"},
        "data": {"key": "value"},
    }


def test_every_served_kind_has_a_schema_for_kubectl(admin: httpx.Client) -> None:
    paths = admin.get("/openapi/v3").json()["paths"]

    kubeflow = made(admin.get(paths["apis/kubeflow.org/v1"]["serverRelativeURL"]))

    assert "runPolicy" in kubeflow["components"]["schemas"]["TFJobSpec"]["properties"]
    names = [
        one["name"]
        for one in kubeflow["paths"]["/apis/kubeflow.org/v1/namespaces/{namespace}/tfjobs"]["post"]["parameters"]
    ]
    assert "fieldValidation" in names
