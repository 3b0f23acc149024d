"""ResourceQuota: refused with the real server's words, counted down again."""

import time

import httpx

from tests.localcluster.conftest import Object, made


def pod(name: str, **requests: str) -> Object:
    # Nothing has that many CPUs, so the pod stays where it is.
    resources = {"requests": {"cpu": "1000", **requests}}
    container = {"name": "main", "image": "busybox:1.36", "resources": resources}
    return {"metadata": {"name": name}, "spec": {"containers": [container]}}


def used(admin: httpx.Client, namespace: str) -> dict[str, str]:
    answer: dict[str, str] = admin.get(f"/api/v1/namespaces/{namespace}/resourcequotas/q").json()["status"]["used"]
    return answer


def test_a_pod_beyond_the_quota_is_refused(admin: httpx.Client, namespace: str) -> None:
    hard = {"pods": "2", "requests.cpu": "1500"}
    made(
        admin.post(
            f"/api/v1/namespaces/{namespace}/resourcequotas", json={"metadata": {"name": "q"}, "spec": {"hard": hard}}
        )
    )
    pods = f"/api/v1/namespaces/{namespace}/pods"
    made(admin.post(pods, json=pod("a")))

    refused = admin.post(pods, json=pod("b"))

    assert refused.status_code == 403
    assert refused.json()["message"] == (
        'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=1k, used: requests.cpu=1k, '
        "limited: requests.cpu=1500"
    )
    assert used(admin, namespace) == {"pods": "1", "requests.cpu": "1k"}


def test_what_goes_is_counted_down(admin: httpx.Client, namespace: str) -> None:
    made(
        admin.post(
            f"/api/v1/namespaces/{namespace}/resourcequotas",
            json={"metadata": {"name": "q"}, "spec": {"hard": {"count/configmaps": "5"}}},
        )
    )
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    made(admin.post(maps, json={"metadata": {"name": "c"}}))
    assert used(admin, namespace) == {"count/configmaps": "2"}

    admin.delete(f"{maps}/c")

    end = time.monotonic() + 5
    while used(admin, namespace) != {"count/configmaps": "1"}:
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_pod_without_figures_is_refused_where_a_quota_counts_them(admin: httpx.Client, namespace: str) -> None:
    made(
        admin.post(
            f"/api/v1/namespaces/{namespace}/resourcequotas",
            json={"metadata": {"name": "q"}, "spec": {"hard": {"requests.memory": "1Gi"}}},
        )
    )

    refused = admin.post(f"/api/v1/namespaces/{namespace}/pods", json=pod("a"))

    assert refused.json()["message"] == 'pods "a" is forbidden: failed quota: q: must specify requests.memory for: main'
