"""What tests of the wizard share: alice, her browser, and what a browser posts from each step."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tasks.models import Draft
from tests.cluster.api_server import ApiServer
from tests.tasks import rows
from tests.tasks.drafts import ADVANCED, BASICS
from tests.tasks.people import person

VOLUMES = {
    "data_claim": "datasets",
    "data_sub_path": "mnist",
    "data_mount_path": "/data",
    "output_claim": "outputs",
    "output_mount_path": "/output",
    "log_claim": "outputs",
    "log_sub_path": "logs",
    "log_mount_path": "/logs",
    "pull_secrets": "registry-one\nregistry-two",
}


@pytest.fixture
def alice(reviewer: ApiServer, db: None) -> User:
    rows.namespace("vision")
    rows.namespace("nlp")
    return person("alice", "team-vision")


@pytest.fixture
def as_alice(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def step(of: Draft, name: str) -> str:
    return reverse("wizard-step", args=[of.key, name])


def basics(of: Draft, **changes: str) -> dict[str, str]:
    return {**BASICS, "version": str(of.version), "go": "next", **changes}


def roles(of: Draft, *names: str, **changes: str) -> dict[str, str]:
    data = {"version": str(of.version), "go": "next"}
    for name in names or ("Master", "Worker"):
        data |= {
            f"{name}-replicas": "1",
            f"{name}-flavor": "cpu-100m-128Mi",
            f"{name}-command": "",
            f"{name}-args": "",
            f"{name}-restart_policy": "Never",
        }
    return data | changes


def advanced(of: Draft, **changes: str) -> dict[str, str]:
    return {**ADVANCED, "version": str(of.version), "go": "next", **changes}
