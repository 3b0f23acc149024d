"""What `POST …/tasks/validate` asks the cluster."""

import pytest

from tasks.models import Operation
from tests.api.caller import TASKS, Caller, said, specification
from tests.api.conftest import caller_of
from tests.cluster.api_server import Answer, ApiServer, status
from tests.tasks import rows
from tests.tasks.preflight_subject import JOBS, PODS, reviewer

__all__ = ["reviewer"]
pytestmark = pytest.mark.django_db(databases=["default", "index"])


@pytest.fixture
def alice(reviewer: ApiServer) -> Caller:
    rows.namespace("vision")
    return caller_of("alice", "team-vision")


def test_validating_runs_the_preflight(alice: Caller, reviewer: ApiServer) -> None:
    reviewer.on("POST", JOBS, Answer(201, {"kind": "PyTorchJob", "metadata": {"name": "mnist"}}))
    refusal = 'pods "x" is forbidden: no PriorityClass with name urgent was found'
    reviewer.on("POST", PODS, Answer(403, status(403, "Forbidden", refusal)))

    refused = alice.post(f"{TASKS}/validate", {"specification": specification(priority_class="urgent")})

    assert refused.status_code == 422
    assert said(refused) == [("priority_class", "priority-class-unknown")]
    assert not Operation.objects.exists()


def test_what_nobody_could_tell_is_a_warning(alice: Caller, reviewer: ApiServer) -> None:
    reviewer.on("POST", JOBS, Answer(503, status(503, "ServiceUnavailable", "etcd is away")))
    reviewer.on("POST", PODS, Answer(201, {"kind": "Pod", "metadata": {"name": "x"}}))

    answer = alice.post(f"{TASKS}/validate", {"specification": specification()}).json()

    warnings = [problem["message"] for problem in answer["warnings"] if problem["code"] == "not-tried"]
    assert "The cluster accepts the task: The cluster does not answer." in warnings
    assert answer["errors"] == []
