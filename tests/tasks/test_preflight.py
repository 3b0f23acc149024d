"""What is said before the submit: by the cluster itself, by the nodes, and about what nobody could be asked."""

from collections.abc import Iterator
from dataclasses import replace
from time import monotonic

import pytest

from console.registries.lookup import ImageFacts, Verdict
from console.registries.manifests import ImageDetails
from tasks.frameworks import FRAMEWORKS
from tasks.models import Operation
from tasks.preflight import CHECKS, Check, Outcome, State, Subject, image, run_all, run_check, subject_for
from tasks.preflight.capacity import pods_that_fit
from tasks.queries.checked import checked_draft
from tasks.specification import (
    ClaimFact,
    Code,
    DataVolume,
    Finding,
    Flavor,
    NodeFact,
    QuotaFact,
    RoleSpec,
    VolumePurpose,
    error,
)
from tasks.specification.cuda_rules import Driver
from tests.cluster.api_server import Answer, ApiServer, status
from tests.tasks import rows
from tests.tasks.drafts import draft
from tests.tasks.people import person
from tests.tasks.preflight_subject import AWAY, JOBS, PODS, alice, codes, outcome, reviewer, subject, with_worker
from tests.tasks.reviews import says

__all__ = ["alice", "reviewer", "subject"]
pytestmark = pytest.mark.django_db(databases=["default", "index"])
SMALL = Flavor(key="small", cpu_millicores=1000, memory_mib=1024)
LARGE = Flavor(key="large", cpu_millicores=3000, memory_mib=1024)


# --- the cluster's own word


def test_what_the_cluster_accepts_has_nothing_to_say(subject: Subject, reviewer: ApiServer) -> None:
    reviewer.on("POST", JOBS, Answer(201, {"kind": "PyTorchJob", "metadata": {"name": "mnist"}}))

    found = outcome("task", subject)

    trial = reviewer.recorded[-1]
    assert found == Outcome("task", State.PASSED)
    assert (trial.query["dryRun"], trial.header("Impersonate-User")) == ("All", ["alice"])
    assert not Operation.objects.exists()


def test_a_refusal_stands_at_the_role_that_its_path_names(subject: Subject, reviewer: ApiServer) -> None:
    refusal = status(422, "Invalid", "PyTorchJob is invalid")
    field = "spec.pytorchReplicaSpecs.Worker.replicas"
    refusal["details"] = {"causes": [{"field": field, "message": "must be less than 10"}]}
    reviewer.on("POST", JOBS, Answer(422, refusal))

    found = outcome("task", subject)

    assert codes(found) == [(Code.REFUSED, "roles.Worker")]
    assert found.findings[0].parameters["message"] == f"{field}: must be less than 10"
    assert found.blocks


def test_a_name_that_somebody_took_meanwhile_is_said_beside_the_name(subject: Subject, reviewer: ApiServer) -> None:
    reviewer.on("POST", JOBS, Answer(409, status(409, "AlreadyExists", 'pytorchjobs "mnist" already exists')))

    assert codes(outcome("task", subject)) == [(Code.NAME_TAKEN, "name")]


def test_a_cluster_that_is_away_is_not_known_and_blocks_nothing(subject: Subject, reviewer: ApiServer) -> None:
    reviewer.on("POST", JOBS, AWAY)

    found = outcome("task", subject)

    assert (found.state, found.findings, found.message) == (State.UNKNOWN, (), "The cluster does not answer.")


def test_an_operator_that_is_away_is_told_from_a_cluster_that_is(subject: Subject, reviewer: ApiServer) -> None:
    words = 'Internal error occurred: failed calling webhook "validator.pytorchjob.training-operator.kubeflow.org"'
    reviewer.on("POST", JOBS, Answer(500, status(500, "InternalError", words)))

    found = outcome("operator", subject)

    assert codes(found) == [(Code.OPERATOR_AWAY, "framework")]
    assert not found.blocks
    assert "training operator does not answer" in outcome("task", subject).message


def test_a_pod_of_each_role_is_tried_out(subject: Subject, reviewer: ApiServer) -> None:
    reviewer.on("POST", PODS, Answer(201, {"kind": "Pod", "metadata": {"name": "mnist-worker-x"}}))

    found = outcome("pods", subject)

    tried = [call.body for call in reviewer.recorded if call.path == PODS]
    assert found.state == State.PASSED
    assert [pod["metadata"]["generateName"] for pod in tried] == ["mnist-master-", "mnist-worker-"]
    assert {pod["spec"]["restartPolicy"] for pod in tried} == {"Never"}


def test_a_pod_is_tried_with_the_policy_of_its_role(subject: Subject, reviewer: ApiServer) -> None:
    reviewer.on("POST", PODS, Answer(201, {"kind": "Pod", "metadata": {"name": "mnist-worker-x"}}))

    outcome("pods", with_worker(subject, kept={"template.spec.restartPolicy": "Always"}))

    assert {call.body["spec"]["restartPolicy"] for call in reviewer.recorded if call.path == PODS} == {"Never"}


def test_a_full_quota_warns_and_anything_else_blocks(subject: Subject, reviewer: ApiServer) -> None:
    full = 'pods "x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=4, limited: pods=4'
    refused = 'pods "x" is forbidden: violates PodSecurity "restricted:latest"'
    answers = [Answer(403, status(403, "Forbidden", message)) for message in (full, refused)]
    reviewer.on("POST", PODS, *answers)

    found = outcome("pods", subject)

    assert codes(found) == [(Code.POD_OVER_QUOTA, "roles.Master.flavor"), (Code.POD_REFUSED, "roles.Worker")]
    assert [finding.blocking for finding in found.findings] == [False, True]
    assert found.findings[1].parameters["message"] == 'violates PodSecurity "restricted:latest"'


def test_a_priority_class_that_is_not_there_is_said_once_beside_its_field(
    subject: Subject, reviewer: ApiServer
) -> None:
    refused = 'pods "x" is forbidden: no PriorityClass with name urgent was found'
    reviewer.on("POST", PODS, Answer(403, status(403, "Forbidden", refused)))

    found = outcome("pods", subject)

    assert found.findings == (error(Code.PRIORITY_CLASS_UNKNOWN, "priority_class", name="urgent"),)


# --- what the watcher saw


def test_what_the_quota_leaves_and_what_the_claims_are_has_its_own_line(subject: Subject) -> None:
    output = DataVolume(purpose=VolumePurpose.OUTPUT, claim="old", mount_path="/output")
    claims = {"old": ClaimFact(name="old", phase="Pending", access_modes=("ReadOnlyMany",))}
    weighed = replace(
        subject,
        spec=replace(subject.spec, volumes=(output,)),
        facts=replace(subject.facts, quotas=(QuotaFact(left={"pods": 1}),), claims=claims),
    )

    assert codes(outcome("quotas", weighed)) == [(Code.QUOTA_EXCEEDED, "roles")]
    assert codes(outcome("claims", weighed)) == [
        (Code.CLAIM_UNBOUND, "volumes.output.claim"),
        (Code.CLAIM_READ_ONLY, "volumes.output.claim"),
    ]


@pytest.mark.parametrize("check", ["quotas", "claims"])
def test_what_has_not_been_listed_yet_is_not_known(subject: Subject, check: str) -> None:
    unread = replace(subject, facts=replace(subject.facts, quotas=None, claims=None))

    assert outcome(check, unread).state == State.UNKNOWN


def test_who_may_not_create_pods_is_told_that_none_was_tried(subject: Subject, reviewer: ApiServer) -> None:
    says(reviewer, allowed=False)

    found = outcome("pods", subject)

    assert found.state == State.UNKNOWN
    assert "may create pods themselves" in found.message
    assert not [call for call in reviewer.recorded if call.path == PODS]


# --- room on the nodes


def node(name: str, cores: int) -> NodeFact:
    return NodeFact(name=name, cpu_millicores=cores * 1000, memory_mib=64 * 1024, gpus=0)


@pytest.mark.parametrize(
    ("cores", "expected"),
    [([8], (4, 4)), ([4, 4], (4, 4)), ([4], (2, 4)), ([2], (2, 4)), ([], (0, 4))],
)
def test_pods_share_the_room_that_nodes_have(cores: list[int], expected: tuple[int, int]) -> None:
    roles = (
        RoleSpec(name="Worker", replicas=2, flavor=SMALL),
        RoleSpec(name="PS", replicas=2, flavor=LARGE),
    )

    assert pods_that_fit(roles, [node(f"n{index}", size) for index, size in enumerate(cores)]) == expected


@pytest.mark.parametrize(
    ("nodes", "code"),
    [((), Code.NODES_NONE), ((replace(node("small", 1), memory_mib=200),), Code.NODES_TOO_FEW)],
)
def test_too_little_room_is_a_warning_about_the_roles(
    subject: Subject, nodes: tuple[NodeFact, ...], code: Code
) -> None:
    found = outcome("room", replace(subject, facts=replace(subject.facts, nodes=nodes)))

    assert codes(found) == [(code, "roles")]
    assert not found.blocks


def test_a_label_that_an_import_asks_for_counts_beside_the_flavor() -> None:
    wanted = RoleSpec(name="Worker", replicas=1, flavor=SMALL, kept={"template.spec.nodeSelector": {"disk": "ssd"}})

    assert pods_that_fit([wanted], [node("a", 8)]) == (0, 1)
    assert pods_that_fit([wanted], [replace(node("a", 8), labels={"disk": "ssd", "zone": "b"})]) == (1, 1)


def test_nodes_that_nobody_has_seen_are_not_known(subject: Subject) -> None:
    assert outcome("room", replace(subject, facts=replace(subject.facts, nodes=None))).state == State.UNKNOWN


# --- the operator


@pytest.mark.parametrize(("phases", "state"), [(set(), State.PASSED), ({"running", "silent"}, State.FOUND)])
def test_an_operator_that_answers_the_cluster_may_still_leave_tasks_alone(
    subject: Subject, reviewer: ApiServer, phases: set[str], state: State
) -> None:
    reviewer.on("POST", JOBS, Answer(201, {"kind": "PyTorchJob", "metadata": {"name": "mnist"}}))

    assert outcome("operator", replace(subject, phases=frozenset(phases))).state == state


def test_what_it_refuses_is_an_answer_of_the_operator(subject: Subject, reviewer: ApiServer) -> None:
    reviewer.on("POST", JOBS, Answer(422, status(422, "Invalid", "PyTorchJob is invalid")))

    assert outcome("operator", subject).state == State.PASSED


@pytest.mark.parametrize(
    ("phases", "state"),
    [(set(), State.UNKNOWN), ({"succeeded"}, State.UNKNOWN), ({"running"}, State.PASSED), ({"silent"}, State.FOUND)],
)
def test_of_mpi_the_operator_is_not_asked_and_other_tasks_tell(
    subject: Subject, reviewer: ApiServer, phases: set[str], state: State
) -> None:
    mpi = replace(subject, framework=FRAMEWORKS["mpi"], phases=frozenset(phases))

    assert outcome("operator", mpi).state == state
    assert not [call for call in reviewer.recorded if call.method == "POST" and "kubeflow" in call.path]


def test_nobody_knows_of_the_operator_while_the_cluster_is_away(subject: Subject, reviewer: ApiServer) -> None:
    reviewer.on("POST", JOBS, AWAY)

    assert outcome("operator", subject).state == State.UNKNOWN


# --- the image


def answer(verdict: Verdict, **details: object) -> ImageFacts:
    found = {"digest": "sha256:0", "platforms": ("linux/amd64",), "size_bytes": 1, "created": "", "cuda_version": ""}
    return ImageFacts(verdict=verdict, details=ImageDetails(**found | details) if details else None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (answer(Verdict.NOT_FOUND), [(Code.IMAGE_NOT_FOUND, "image")]),
        (answer(Verdict.DENIED), [(Code.IMAGE_DENIED, "image")]),
        (answer(Verdict.UNKNOWN), []),
        (answer(Verdict.FOUND, platforms=("linux/amd64", "linux/arm64/v8")), []),
        (answer(Verdict.FOUND, platforms=("linux/s390x",)), [(Code.IMAGE_PLATFORM, "image")]),
        (answer(Verdict.FOUND, cuda_version="99.0"), []),  # no GPU, no CUDA
    ],
)
def test_a_registrys_answer_warns_and_never_blocks(
    subject: Subject, facts: ImageFacts, expected: list[tuple[Code, str]]
) -> None:
    arm = replace(node("arm", 8), labels={"kubernetes.io/arch": "arm64"})
    asked = replace(subject, facts=replace(subject.facts, nodes=(arm,)))
    if facts.platforms == ("linux/amd64",):
        asked = subject

    found = list(image.findings_of(facts, "python:3.11-slim", list(asked.spec.roles), asked))

    assert [(finding.code, finding.path) for finding in found] == expected
    assert not any(finding.blocking for finding in found)


def test_cuda_that_no_driver_takes_is_said_at_the_flavor(subject: Subject) -> None:
    gpu = Flavor(key="gpu", cpu_millicores=1000, memory_mib=1024, gpus=1, driver="410.104")
    asked = replace(with_worker(subject, flavor=gpu), drivers=(Driver("410.104", "10.0"),))

    found = list(image.findings_of(answer(Verdict.FOUND, cuda_version="11.2"), "x", list(asked.spec.roles), asked))

    assert [(finding.code, finding.path) for finding in found] == [(Code.CUDA_TOO_NEW, "roles.Worker.flavor")]


@pytest.mark.django_db(databases=["default", "index"], transaction=True)
def test_a_registry_that_nobody_configured_is_not_asked(reviewer: ApiServer) -> None:
    rows.namespace("vision")
    alice = person("alice", "team-vision")
    checked = checked_draft(draft(alice, image="registry.example/a:1"))
    asked = subject_for(checked.spec, checked.facts, checked.framework, by=alice)

    found = outcome("image", asked)

    assert found.state == State.UNKNOWN
    assert "registry.example" in found.message


def test_a_check_that_breaks_is_not_known(subject: Subject) -> None:
    def broken(_: Subject) -> Iterator[Finding]:
        raise RuntimeError("of ours")

    found = run_check(Check(key="broken", title=CHECKS[0].title, find=broken), subject)

    assert (found.state, "itself failed" in found.message) == (State.UNKNOWN, True)


# --- time


@pytest.mark.django_db(databases=["default", "index"], transaction=True)
def test_a_slow_check_holds_up_no_other(subject: Subject, reviewer: ApiServer) -> None:
    def for_ever(_: Subject) -> Iterator[Finding]:
        reviewer.over.wait(20)
        return iter(())

    slow = Check(key="slow", title=CHECKS[0].title, find=for_ever, seconds_max=0.2)
    started = monotonic()

    found = run_check(slow, subject)
    others = run_all(subject)

    reviewer.over.set()
    assert (found.state, found.message) == (State.UNKNOWN, "No answer within 0 s.")
    assert [entry.check for entry in others] == [check.key for check in CHECKS]
    assert monotonic() - started < 10
