"""One validator: what is wrong with a task has one path and one code, be it sent whole, on trial or as a draft."""

from typing import Any

import pytest

from tasks.api.field_paths import in_body
from tasks.models import Draft
from tasks.queries.checked import checked_draft
from tests.api.caller import TASKS, Caller, role, said, specification

pytestmark = pytest.mark.django_db(databases=["default", "index"])
_PROBE = {"http": {"path": "no-slash", "port": 70000}, "period_seconds": 0, "failure_threshold": -1}
WRONG: dict[str, dict[str, Any]] = {
    "basics": {"name": "Bad_Name-", "image": "UPPER/case:!", "description": "x" * 1001, "pull_secrets": ["No_Secret"]},
    "volumes": {
        "volumes": {
            "data": {"claim": "Data!", "sub_path": "../x", "mount_path": "/etc"},
            "log": {"claim": "logs", "mount_path": "relative"},
        }
    },
    "numbers": {
        "run_policy": {"backoff_limit": -1, "active_deadline_seconds": 0, "ttl_seconds_after_finished": 10**17},
        "roles": {"Master": role(replicas=2), "Worker": role(replicas=0)},
    },
    "roles": {
        "priority_class": "Not A Name",
        "roles": {
            "Master": role(
                flavor="",
                image="UPPER",
                env=[
                    {"name": "1A", "value": "x"},
                    {"name": "B", "secret": "Up", "key": "a b"},
                    {"name": "", "value": "y"},
                ],
                liveness=_PROBE,
            ),
            "Worker": role(
                mounts=[
                    {"config_map": "", "mount_path": "/proc"},
                    {"secret": "s", "mount_path": "/a", "keys": ["../k"]},
                ],
                readiness={"command": []},
                restart_policy="ExitCode",
            ),
        },
    },
    "several things twice": {
        "roles": {
            "Master": role(env=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]),
            "Worker": role(mounts=[{"secret": "s", "mount_path": "/a"}, {"config_map": "c", "mount_path": "/a"}]),
        }
    },
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_mistake_has_one_path_and_code_at_every_way_in(alice: Caller, wrong: dict[str, Any]) -> None:
    sent = {"specification": specification(namespace="vision", **wrong)}

    created = alice.post(TASKS, sent)
    tried = alice.post(f"{TASKS}/validate", sent)
    drafted = alice.post("/api/v1/drafts", sent)
    submitted = alice.post(f"{drafted['Location']}/submit")

    checked = checked_draft(Draft.objects.get())
    of_wizard = [(one.path, one.code.value) for one in in_body(checked.blocking, checked.spec)]
    statuses = [answer.status_code for answer in (created, tried, drafted, submitted)]
    assert statuses == [422, 422, 201, 422]
    assert len(of_wizard) >= 2
    assert sorted(said(created)) == sorted(said(tried)) == sorted(said(submitted)) == sorted(of_wizard)
    assert sorted(said(drafted)) == sorted(of_wizard)
    assert created.json()["errors"] == tried.json()["errors"]


def _leads_somewhere(path: str, sent: Any) -> bool:
    for step in path.split("."):
        try:
            sent = sent[int(step) if isinstance(sent, list) else step]
        except (KeyError, IndexError, ValueError, TypeError):
            return False
    return True


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ({"liveness": {"http": {"path": "/", "port": 0}}}, "liveness.http.port"),
        ({"readiness": {"http": {"path": "x", "port": 80}}}, "readiness.http.path"),
        ({"env": [{"name": "A", "secret": "Up", "key": "k"}]}, "env.0.secret"),
        ({"env": [{"name": "A", "config_map": "Up", "key": "k"}]}, "env.0.config_map"),
        ({"env": [{"name": "A", "config_map": "c", "key": "a/b"}]}, "env.0.key"),
        ({"mounts": [{"secret": "Up", "mount_path": "/a"}]}, "mounts.0.secret"),
        ({"mounts": [{"config_map": "", "mount_path": "/a"}]}, "mounts.0.config_map"),
        ({"post_start": [""]}, "post_start"),
    ],
)
def test_a_path_leads_to_a_field_of_what_was_sent(alice: Caller, part: dict[str, Any], path: str) -> None:
    sent = specification(namespace="vision", roles={"Master": role(), "Worker": role(**part)})

    created = alice.post(TASKS, {"specification": sent})
    drafted = alice.post("/api/v1/drafts", {"specification": sent})
    submitted = alice.post(f"{drafted['Location']}/submit")

    for answer in (created, drafted, submitted):
        assert [where for where, _code in said(answer)] == [f"roles.Worker.{path}"]
        assert _leads_somewhere(said(answer)[0][0], sent)
