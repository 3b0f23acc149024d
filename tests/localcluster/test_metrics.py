"""metrics.k8s.io, from a pod that really runs."""

import time

import httpx
import pytest

from tests.localcluster.conftest import made


@pytest.mark.slow
def test_a_running_pod_is_measured(admin: httpx.Client, namespace: str) -> None:
    container = {"name": "main", "image": "busybox:1.36", "command": ["sleep", "300"]}
    body = {"metadata": {"name": "p", "labels": {"a": "b"}}, "spec": {"containers": [container]}}
    made(admin.post(f"/api/v1/namespaces/{namespace}/pods", json=body))
    path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods"

    end = time.monotonic() + 60
    while not (items := made(admin.get(path, params={"labelSelector": "a=b"}))["items"]):
        assert time.monotonic() < end
        time.sleep(0.5)

    assert items[0]["kind"] == "PodMetrics"
    assert items[0]["containers"][0]["name"] == "main"
    assert items[0]["containers"][0]["usage"]["memory"].endswith("Ki")
    assert made(admin.get(f"{path}/p"))["timestamp"].endswith("Z")
    assert admin.get(path, params={"labelSelector": "a=c"}).json()["items"] == []
    admin.request("DELETE", f"/api/v1/namespaces/{namespace}/pods/p", json={"gracePeriodSeconds": 1})
