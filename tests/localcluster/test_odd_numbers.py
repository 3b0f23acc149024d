"""Numbers in a query that are none: an answer of 400, as the real server's parsers give, never a failure of ours."""

import httpx
import pytest

from tests.localcluster.conftest import made


@pytest.mark.parametrize("number", ["--5", "²", "٣", "5-", "1e3", "9" * 30])
def test_an_odd_number_is_refused(admin: httpx.Client, namespace: str, number: str) -> None:
    base = f"/api/v1/namespaces/{namespace}/pods"
    made(admin.post(base, json={"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "none"}]}}))
    asked = ((base, "limit"), (f"{base}/p/log", "tailLines"), (f"{base}/p/log", "limitBytes"))

    answers = {(path, name): admin.get(path, params={name: number}).status_code for path, name in asked}

    assert answers == dict.fromkeys(asked, 400)


@pytest.mark.parametrize("number", ["--5", "²", "-1"])
def test_an_odd_version_is_refused(admin: httpx.Client, namespace: str, number: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/pods"

    assert admin.get(path, params={"resourceVersion": number}).status_code == 400
