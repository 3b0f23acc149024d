"""A program that calls the API with a person's token."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

TASKS = "/api/v1/namespaces/vision/tasks"


@dataclass(frozen=True)
class Caller:
    client: Client
    user: User
    secret: str

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        sent = {"Authorization": f"Bearer {self.secret}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        extra = {} if body is None else {"data": body, "content_type": "application/json"}
        response: HttpResponse = getattr(self.client, method)(path, headers=sent, **extra)
        return response

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.call("get", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.call("post", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> HttpResponse:
        return self.call("put", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> HttpResponse:
        return self.call("patch", path, body, **headers)

    def delete(self, path: str, **headers: str) -> HttpResponse:
        return self.call("delete", path, **headers)


def specification(**changes: Any) -> dict[str, Any]:
    """A PyTorch task with nothing wrong about it."""
    return {
        "framework": "pytorch",
        "mode": "distributed",
        "name": "mnist",
        "image": "python:3.11-slim",
        "roles": {"Master": role(), "Worker": role(replicas=2)},
    } | changes


def role(**changes: Any) -> dict[str, Any]:
    return {"flavor": "cpu-100m-128Mi"} | changes


def said(response: HttpResponse) -> list[tuple[str, str]]:
    """(path, code) of each error."""
    return [(problem["path"], problem["code"]) for problem in response.json()["errors"]]
