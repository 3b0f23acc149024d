"""1,000 pods that no node fits, created through the API with 50 watches open: ours and a real API server's."""

import asyncio
import ssl
import time
import uuid
from base64 import b64decode
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import aiohttp
import yaml

PODS, WATCHES, WRITERS = 1000, 50, 8


class ApiServer:
    """A bare client with the administrator's credential of a kubeconfig."""

    def __init__(self, kubeconfig: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.url = cluster["server"]
        self.headers = {"Authorization": f"Bearer {user['token']}"} if "token" in user else {}
        self.tls = ssl.create_default_context(cadata=b64decode(cluster["certificate-authority-data"]).decode())
        if "client-certificate-data" in user:
            with NamedTemporaryFile() as file:
                file.write(b64decode(user["client-certificate-data"]) + b64decode(user["client-key-data"]))
                file.flush()
                self.tls.load_cert_chain(file.name)

    def session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            self.url, headers=self.headers, connector=aiohttp.TCPConnector(ssl=self.tls, limit=0)
        )


def _pod(name: str) -> dict[str, Any]:
    container = {"name": "main", "image": "busybox:1.36", "resources": {"limits": {"nvidia.com/gpu": "64"}}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [container]}}


async def storm(kubeconfig: Path) -> float:
    """Seconds from the first create until every watch has seen every pod."""
    namespace = f"storm-{uuid.uuid4().hex[:8]}"
    async with ApiServer(kubeconfig).session() as http:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        await _post(http, "/api/v1/namespaces", body)
        pods = f"/api/v1/namespaces/{namespace}/pods"
        await _await_service_account(http, namespace)
        opened = [asyncio.Event() for _ in range(WATCHES)]
        watches = [asyncio.create_task(_watch(http, pods, event)) for event in opened]
        await asyncio.gather(*(event.wait() for event in opened))
        names = iter([f"pod-{number}" for number in range(PODS)])
        started = time.perf_counter()
        await asyncio.gather(*(_write(http, pods, names) for _ in range(WRITERS)))
        await asyncio.gather(*watches)
        seconds = time.perf_counter() - started
        async with http.delete(f"/api/v1/namespaces/{namespace}"):
            pass
    return seconds


async def _post(http: aiohttp.ClientSession, path: str, body: dict[str, Any]) -> None:
    async with http.post(path, json=body) as response:
        if response.status >= 300:
            raise RuntimeError(f"POST {path}: {response.status} {await response.text()}")


async def _await_service_account(http: aiohttp.ClientSession, namespace: str) -> None:
    """A real API server refuses pods of a namespace that is so new that its service account is not there yet."""
    for _ in range(100):
        async with http.get(f"/api/v1/namespaces/{namespace}/serviceaccounts/default") as response:
            if response.status == 200:
                return
        await asyncio.sleep(0.1)


async def _write(http: aiohttp.ClientSession, path: str, names: Any) -> None:
    for name in names:
        await _post(http, path, _pod(name))


async def _watch(http: aiohttp.ClientSession, path: str, opened: asyncio.Event) -> None:
    missing = PODS
    async with http.get(path, params={"watch": "1"}, timeout=aiohttp.ClientTimeout(total=600)) as response:
        opened.set()
        async for line in response.content:
            missing -= line.startswith(b'{"type":"ADDED"')
            if not missing:
                return
