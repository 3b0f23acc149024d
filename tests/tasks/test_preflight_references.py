"""Whether what a task refers to is there, asked as the person and no longer than anybody waits."""

from dataclasses import replace
from time import monotonic

import pytest

from tasks.frameworks import FRAMEWORKS
from tasks.preflight import Subject, references
from tasks.preflight.asking import GivenUp
from tasks.specification import Code, ConfigMapKey, EnvEntry, FileMount, FileSource, SecretKey
from tests.cluster.api_server import Answer, ApiServer, status
from tests.tasks.preflight_subject import alice, codes, outcome, reviewer, subject, with_worker
from tests.tasks.specifications import spec

__all__ = ["alice", "reviewer", "subject"]
pytestmark = pytest.mark.django_db(databases=["default", "index"])


def test_what_is_referred_to_is_looked_up_once_with_its_keys(subject: Subject, reviewer: ApiServer) -> None:
    space = "/api/v1/namespaces/vision"
    reviewer.on("GET", f"{space}/configmaps/settings", Answer(200, {"data": {"rate": "1"}}))
    reviewer.on("GET", f"{space}/secrets/gone", Answer(404, status(404, "NotFound", "no")))
    reviewer.on("GET", f"{space}/secrets/hidden", Answer(403, status(403, "Forbidden", "no")))
    asked = with_worker(
        subject,
        env=(
            EnvEntry("RATE", ConfigMapKey("settings", "rate")),
            EnvEntry("EPOCHS", ConfigMapKey("settings", "epochs")),
            EnvEntry("TOKEN", SecretKey("gone", "token")),
        ),
        mounts=(FileMount(source=FileSource.SECRET, name="hidden", mount_path="/etc/hidden"),),
        kept={"template.spec.containers[0].envFrom": [{"configMapRef": {"name": "lost"}}]},
    )
    asked = replace(asked, spec=replace(asked.spec, pull_secrets=("unknown",), priority_class="urgent"))

    found = outcome("references", asked)

    assert codes(found) == [
        (Code.PULL_SECRET_UNKNOWN, "pull_secrets.0"),
        (Code.PRIORITY_CLASS_UNKNOWN, "priority_class"),
        (Code.KEY_UNKNOWN, "roles.Worker.env.1.key"),
        (Code.SECRET_UNKNOWN, "roles.Worker.env.2.reference"),
        (Code.REFERENCE_UNSEEN, "roles.Worker.mounts.0.name"),
        (Code.CONFIG_MAP_UNKNOWN, "roles.Worker.kept.template.spec.containers[0].envFrom[0].configMapRef"),
    ]
    assert [finding.blocking for finding in found.findings] == [True, True, True, True, False, True]
    asked = [call.path.rpartition("/")[2] for call in reviewer.recorded if call.method == "GET"]
    assert sorted(asked) == ["gone", "hidden", "lost", "settings", "unknown", "urgent"]


def test_a_check_whose_time_is_up_asks_no_more(subject: Subject, reviewer: ApiServer) -> None:
    late = replace(with_worker(subject, env=(EnvEntry("A", ConfigMapKey("a", "b")),)), until=monotonic() - 1)

    with pytest.raises(GivenUp):
        references.look_up(late)

    assert not [call for call in reviewer.recorded if "configmaps" in call.path]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(200, {"data": {}}), [(Code.CONFIG_MAP_TAKEN, "name")]),
        (Answer(404, status(404, "NotFound", "no")), []),
        (Answer(403, status(403, "Forbidden", "no")), []),
    ],
)
def test_a_config_map_that_the_operator_would_make_must_not_be_there(
    subject: Subject, reviewer: ApiServer, answer: Answer, expected: list[tuple[Code, str]]
) -> None:
    """It never touches one that is not the task's, and the task hangs without a status."""
    reviewer.on("GET", "/api/v1/namespaces/vision/configmaps/mnist-config", answer)
    mpi = replace(subject, spec=spec("mpi", "allreduce"), framework=FRAMEWORKS["mpi"])

    found = outcome("references", mpi)

    assert codes(found) == expected
