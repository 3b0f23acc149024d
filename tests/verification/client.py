"""A thin client of the tests' own, so that the product's is judged by something else."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.verification.credentials import Credentials

Object = dict[str, Any]

GROUPS = {
    "tfjobs": "/apis/kubeflow.org/v1",
    "pytorchjobs": "/apis/kubeflow.org/v1",
    "mxjobs": "/apis/kubeflow.org/v1",
    "mpijobs": "/apis/kubeflow.org/v1",
    "roles": "/apis/rbac.authorization.k8s.io/v1",
    "rolebindings": "/apis/rbac.authorization.k8s.io/v1",
    "deployments": "/apis/apps/v1",
    "replicasets": "/apis/apps/v1",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Status code and decoded body; `message` is a refusal's."""

    status: int
    body: Object

    @property
    def message(self) -> str:
        return str(self.body.get("message", ""))


class Cluster:
    """The verbs of one API server. Every call is made as the credentials' user."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """To be called on the loop that will use it."""
        self._session = aiohttp.ClientSession(
            base_url=self._credentials.server,
            headers=self._credentials.headers,
            connector=aiohttp.TCPConnector(ssl=self._credentials.tls, limit=0),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            # aiohttp: the TLS transports close one turn of the loop later.
            await asyncio.sleep(0.1)

    async def create(self, resource: str, namespace: str, body: Object, **params: str) -> Answer:
        return await self._send("POST", path(resource, namespace), params, body)

    async def get(self, resource: str, namespace: str, name: str) -> Answer:
        return await self._send("GET", path(resource, namespace, name), {})

    async def list(self, resource: str, namespace: str = "", **params: str) -> Answer:
        return await self._send("GET", path(resource, namespace), params)

    async def patch(self, resource: str, namespace: str, name: str, patch: Object) -> Answer:
        """A JSON merge patch."""
        return await self._send("PATCH", path(resource, namespace, name), {}, patch, "application/merge-patch+json")

    async def delete(self, resource: str, namespace: str, name: str, **params: str) -> Answer:
        return await self._send("DELETE", path(resource, namespace, name), params)

    async def watch(self, resource: str, resource_version: str) -> AsyncIterator[tuple[str, Object]]:
        """(type, object) of all namespaces after this version, until the server ends the stream."""
        assert self._session is not None
        params = {"watch": "1", "resourceVersion": resource_version, "allowWatchBookmarks": "true"}
        async with self._session.get(path(resource, ""), params=params) as response:
            response.raise_for_status()
            rest = b""
            async for chunk in response.content.iter_any():
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    event = json.loads(line)
                    yield event["type"], event["object"]

    async def make_namespace(self, name: str) -> None:
        """A new namespace, ready for pods: they are refused until its default service account exists."""
        made = await self.create("namespaces", "", {"metadata": {"name": name}})
        assert made.status == 201, made
        await self.until_answer(200, "serviceaccounts", name, "default")

    async def until_answer(self, status: int, resource: str, namespace: str, name: str) -> None:
        """Ask for an object that no watch tells of until the answer has this status."""
        async with asyncio.timeout(30):
            while (await self.get(resource, namespace, name)).status != status:  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def _send(
        self,
        method: str,
        url: str,
        params: dict[str, str],
        body: Object | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        assert self._session is not None
        headers = {"Content-Type": content_type} if body is not None else {}
        data = None if body is None else json.dumps(body).encode()
        async with self._session.request(method, url, params=params, data=data, headers=headers) as response:
            raw = await response.read()
            return Answer(response.status, json.loads(raw) if raw else {})


def path(resource: str, namespace: str, name: str = "") -> str:
    """`/apis/kubeflow.org/v1/namespaces/n/tfjobs/x`, and so on; "pods/status"-like suffixes go into `name`."""
    inside = f"/namespaces/{namespace}" if namespace else ""
    return f"{GROUPS.get(resource, '/api/v1')}{inside}/{resource}" + (f"/{name}" if name else "")
