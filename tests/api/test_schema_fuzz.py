"""Requests made up from the OpenAPI document, by schemathesis: none ends in a 500 or in an answer of another shape."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
import yaml
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.caller import TASKS, Caller, specification
from tests.api.test_document import COMMITTED
from tests.api.test_templates import TEMPLATES
from tests.tasks import rows

pytestmark = [pytest.mark.django_db(databases=["default", "index"]), pytest.mark.slow]
DOCUMENT = schemathesis.openapi.from_dict(yaml.safe_load(COMMITTED.read_text()))
OPERATIONS = {operation.ok().label: operation.ok() for operation in DOCUMENT.get_all_operations()}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# The same examples at each run, and so few that the whole is cheap: 11 s of one processor for 30 operations.
CPU_SECONDS_MAX = 40.0
BUDGET = settings(
    max_examples=8,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module", autouse=True)
def _bounded() -> Iterator[None]:
    """An operation more, or a slower generator, must not make this the longest of all tests unseen."""
    before = time.process_time()
    yield
    spent = time.process_time() - before
    assert spent <= CPU_SECONDS_MAX, f"the requests made up took {spent:.0f} s of processor time"


@pytest.fixture
def places(alice: Caller) -> dict[str, str]:
    """What stands in addresses, so that requests come further than to a 404."""
    task = rows.task("mnist")
    asked = alice.post(TASKS, {"specification": specification(name="asked")})
    rows.manifest(task, {"kind": "PyTorchJob", "metadata": {"name": "mnist", "namespace": "vision"}})
    begun = alice.post("/api/v1/drafts", {"specification": specification()})
    kept = alice.post(TEMPLATES, {"title": "Nightly", "specification": specification()})
    keys = {"operations": asked, "drafts": begun, "templates": kept}
    return {"namespace": "vision", "uid": task.uid} | {name: made.json()["key"] for name, made in keys.items()}


@pytest.fixture
def application(places: dict[str, str]) -> Iterator[Any]:
    """The pages' own application in this process; its requests are inside the test's transaction, which stays open.

    After `places`: Django's own test client connects the signals again."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    DOCUMENT.app = get_wsgi_application()
    yield DOCUMENT.app
    for signal in signals:
        signal.connect(close_old_connections)


def _parameters(label: str, places: dict[str, str]) -> dict[str, str]:
    found = {name: places[name] for name in ("namespace", "uid") if f"{{{name}}}" in label}
    for collection in ("operations", "drafts", "templates"):
        if f"/{collection}/{{key}}" in label:
            found["key"] = places[collection]
    return found


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", OPERATIONS)
def test_no_request_breaks_the_api(
    label: str,
    mode: GenerationMode,
    application: Any,
    alice: Caller,
    places: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tasks.api.throttle.PerToken.rate", "100000/min")
    parameters = _parameters(label, places) if mode is GenerationMode.POSITIVE else None
    sent = {"Authorization": f"Bearer {alice.secret}"}

    @BUDGET
    @given(case=OPERATIONS[label].as_strategy(mode, path_parameters=parameters))
    def holds(case: Any) -> None:
        response = case.call(headers=sent, base_url="http://127.0.0.1", app=application)
        case.validate_response(response, checks=CHECKS)

    holds()
