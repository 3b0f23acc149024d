"""services/proxy: HTTP to a pod's port, with links that lead back to the proxy."""

import time

import httpx
import pytest

from console.localcluster.http.request_info import request_info
from tests.localcluster.conftest import Program, made

SERVER = """
import http.server
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/moved":
            self.send_response(302); self.send_header("Location", "/there"); self.end_headers(); return
        lines = [f"{k}: {v}" for k, v in self.headers.items()]
        body = "\\n".join(['<a href="/x">', self.path, *lines]).encode()
        self.send_response(200); self.send_header("Content-Type", "text/html"); self.end_headers()
        self.wfile.write(body)
http.server.HTTPServer(("", 8080), Page).serve_forever()
"""


@pytest.mark.slow
def test_a_service_is_reached_through_the_api(admin: httpx.Client, program: Program, namespace: str) -> None:
    base = f"/api/v1/namespaces/{namespace}"
    ports = [{"name": "http", "containerPort": 8080}]
    probe = {"tcpSocket": {"port": 8080}, "periodSeconds": 1}
    container = {"name": "main", "image": "python:3.11-slim", "command": ["python", "-c", SERVER], "ports": ports}
    pod = {
        "metadata": {"name": "p", "labels": {"a": "b"}},
        "spec": {"containers": [container | {"readinessProbe": probe}]},
    }
    made(admin.post(f"{base}/pods", json=pod))
    spec = {"selector": {"a": "b"}, "ports": [{"name": "web", "port": 80, "targetPort": "http"}]}
    made(admin.post(f"{base}/services", json={"metadata": {"name": "s"}, "spec": spec}))
    prefix = f"{base}/services/s:web/proxy"

    end = time.monotonic() + 30
    while (page := admin.get(f"{prefix}/a/b?c=d", headers={"X-CSRFToken": "t"})).status_code == 503:
        assert time.monotonic() < end, page.text
        time.sleep(0.1)

    assert page.status_code == 200, page.text
    assert f'<a href="{prefix}/x">' in page.text
    assert "/a/b?c=d" in page.text
    assert "X-CSRFToken: t" in page.text
    odd = "/%E4%B8%AD%0D%0AX-Evil:%201?run=%E6%96%87%26c"
    assert odd in admin.get(f"{prefix}{odd}").text
    assert "Authorization" not in page.text
    assert admin.get(f"{prefix}/moved").headers["Location"] == f"{prefix}/there"
    assert admin.get(prefix).status_code == 301
    assert admin.get(f"{base}/services/s/proxy/").status_code == 503
    with program.client("mallory") as mallory:
        refused = mallory.get(f"{prefix}/")
    assert 'cannot get resource "services/proxy"' in refused.json()["message"]
    admin.request("DELETE", f"{base}/pods/p", json={"gracePeriodSeconds": 0})


def test_what_stands_behind_proxy_is_found_by_its_place() -> None:
    found = request_info("GET", "/api/v1/namespaces/proxy-team/services/proxy:web/proxy/a/proxy/b", {})

    assert (found.namespace, found.name, found.subresource) == ("proxy-team", "proxy:web", "proxy")
    assert found.rest == "/a/proxy/b"
    assert request_info("GET", "/api/v1/namespaces/v/pods/p/proxy", {}).rest == ""
    assert request_info("GET", "/api/v1/namespaces/v/pods/p/proxy/", {}).rest == "/"
