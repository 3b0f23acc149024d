"""A NUL in an address: PostgreSQL refuses to look for it, SQLite finds nothing; neither is a fault of the console."""

import pytest
from django.test import Client

from tests.cluster.api_server import ApiServer
from tests.index.engines import index, postgres_index
from tests.tasks import rows
from tests.tasks.people import person
from tests.tasks.reviews import reviewer

__all__ = ["index", "postgres_index", "reviewer"]
pytestmark = [
    pytest.mark.django_db(databases=["default", "index"], transaction=True),
    pytest.mark.slow,
]


@pytest.mark.parametrize(
    "address",
    [
        "/n/%00/tasks/",
        "/n/vision/tasks/%00/",
        "/n/vision/tasks/change/?verb=delete&uid=%00",
        "/images/tab/?tab=mine&namespace=%00",
    ],
)
def test_a_nul_in_an_address_is_no_fault_of_the_console(index: str, reviewer: ApiServer, address: str) -> None:
    rows.namespace("vision")
    client = Client(raise_request_exception=False)
    client.force_login(person("alice", "team-vision"))

    answer = client.get(address)

    assert client.get("/n/vision/tasks/").status_code == 200  # the same way, without the NUL
    assert answer.status_code in ({400} if index == "postgresql" else {200, 202, 400, 404})
