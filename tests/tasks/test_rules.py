from dataclasses import replace

import pytest

from tasks.specification import (
    CleanPodPolicy,
    Code,
    ConfigMapKey,
    EnvEntry,
    NamespaceFact,
    NodeFact,
    QuotaFact,
    RestartPolicy,
    RoleSpec,
    RunPolicy,
    SecretKey,
    check,
)
from tests.tasks.specifications import MODES, RDMA, SMALL, V100, blocking, facts, found, spec, with_role


@pytest.mark.parametrize(("framework", "mode"), MODES)
def test_a_plain_task_of_each_mode_has_nothing_wrong(framework: str, mode: str) -> None:
    assert check(spec(framework, mode), facts()) == ()


@pytest.mark.parametrize("name", ["a", "abcdefghijklmnopqrstuvwx", "ru--n", "r2-d2"])
def test_good_names(name: str) -> None:
    assert check(spec(name=name), facts()) == ()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", Code.REQUIRED),
        ("abcdefghijklmnopqrstuvwxy", Code.TOO_LONG),
        ("Train", Code.NAME_START),
        ("1run", Code.NAME_START),
        ("-run", Code.NAME_START),
        ("run-", Code.NAME_END),
        ("run_1", Code.NAME_CHARACTERS),
        ("run.1", Code.NAME_CHARACTERS),
        ("run 1", Code.NAME_CHARACTERS),
        ("run\n", Code.NAME_CHARACTERS),
        ("run\x00", Code.NAME_CHARACTERS),
        ("na\u00efve", Code.NAME_CHARACTERS),
        ("\u0440un", Code.NAME_START),  # a Cyrillic letter
        ("run\uff11", Code.NAME_CHARACTERS),  # a full-width digit
        ("run\u0661", Code.NAME_CHARACTERS),  # an Arabic digit
        ("a/b", Code.NAME_CHARACTERS),
        ("..", Code.NAME_START),
    ],
)
def test_bad_names(name: str, code: Code) -> None:
    assert blocking(spec(name=name)) == {"name": code}


def test_a_name_is_taken_over_all_kinds() -> None:
    assert blocking(spec(), taken_names=frozenset({"mnist"})) == {"name": Code.NAME_TAKEN}


@pytest.mark.parametrize(
    ("namespaces", "code"),
    [
        ({}, Code.NAMESPACE_UNKNOWN),
        ({"vision": NamespaceFact("vision", may_create=False)}, Code.NAMESPACE_READ_ONLY),
        ({"vision": NamespaceFact("vision", may_create=True, active=False)}, Code.NAMESPACE_ENDING),
    ],
)
def test_namespaces_that_take_no_task(namespaces: dict[str, NamespaceFact], code: Code) -> None:
    assert blocking(spec(), namespaces=namespaces) == {"namespace": code}


def test_a_kind_that_the_cluster_does_not_serve() -> None:
    assert blocking(spec("mxnet"), served_kinds=frozenset({"TFJob"})) == {"framework": Code.FRAMEWORK_NOT_SERVED}


def test_a_description_counts_code_points() -> None:
    assert check(spec(description="\U0001f680" * 1000), facts()) == ()
    assert blocking(spec(description="a" * 1001)) == {"description": Code.TOO_LONG}


@pytest.mark.parametrize("char", ["\x00", "\x07", "\x1b[2J", "\ud800", "\u202e", "\u200b", "\ufeff"])
def test_text_that_misleads_or_breaks_is_refused_everywhere(char: str) -> None:
    assert blocking(spec(description=f"a{char}")) == {"description": Code.INVALID_CHARACTER}
    assert blocking(with_role(spec(), "Worker", args=(f"a{char}",))) == {"roles.Worker.args": Code.INVALID_CHARACTER}
    entry = EnvEntry("A", f"a{char}")
    assert blocking(with_role(spec(), "Worker", env=(entry,))) == {"roles.Worker.env.0.value": Code.INVALID_CHARACTER}


@pytest.mark.parametrize(
    "image",
    [
        "python:3.11-slim",
        "busybox",
        "team/model:v1",
        "registry.example.com:5000/team/model@sha256:" + "a" * 64,
        "localhost/x",
        "ghcr.io/a__b/c-d.e:1.0_x",
        "[2001:db8::1]:5000/x",
    ],
)
def test_good_images(image: str) -> None:
    assert check(spec(image=image), facts()) == ()


@pytest.mark.parametrize(
    ("image", "code"),
    [
        ("", Code.REQUIRED),
        ("UPPER/x", Code.IMAGE_INVALID),
        ("x:tag with space", Code.IMAGE_INVALID),
        ("x@sha256:zz", Code.IMAGE_INVALID),
        ("x@sha256:" + "a" * 63, Code.IMAGE_INVALID),
        ("-flag", Code.IMAGE_INVALID),
        ("http://r/x", Code.IMAGE_INVALID),
        ("a" * 256, Code.IMAGE_INVALID),
        ("x:", Code.IMAGE_INVALID),
        ("x\n", Code.IMAGE_INVALID),
        ("x:\uff11", Code.IMAGE_INVALID),
        ("169.254.169.254/x", Code.IMAGE_HOST),
        ("[fe80::1]/x", Code.IMAGE_HOST),
    ],
)
def test_bad_images(image: str, code: Code) -> None:
    assert blocking(spec(image=image)) == {"image": code}


@pytest.mark.parametrize(("replicas", "code"), [(0, Code.TOO_SMALL), (-1, Code.TOO_SMALL), (65, Code.TOO_LARGE)])
@pytest.mark.parametrize("framework", ["mxnet", "pytorch", "mpi"])
def test_replicas_that_hurt_the_operator_never_leave(framework: str, replicas: int, code: Code) -> None:
    mode = "allreduce" if framework == "mpi" else "distributed"
    assert blocking(with_role(spec(framework, mode), "Worker", replicas=replicas)) == {"roles.Worker.replicas": code}


@pytest.mark.parametrize(
    ("framework", "mode", "role"),
    [
        ("tensorflow", "single", "Worker"),
        ("tensorflow", "ps-chief-worker", "Chief"),
        ("tensorflow", "ps-worker", "Evaluator"),
        ("mxnet", "distributed", "Scheduler"),
        ("pytorch", "distributed", "Master"),
        ("mpi", "allreduce", "Launcher"),
    ],
)
@pytest.mark.parametrize("replicas", [-1, 0, 2])
def test_roles_that_exist_once(framework: str, mode: str, role: str, replicas: int) -> None:
    task = with_role(spec(framework, mode), role, replicas=replicas)
    assert blocking(task) == {f"roles.{role}.replicas": Code.REPLICAS_EXACTLY}


def test_the_roles_are_exactly_those_of_the_mode() -> None:
    worker, foreign = RoleSpec(name="Worker", flavor=SMALL), RoleSpec(name="PS", flavor=SMALL)
    lower = RoleSpec(name="worker", flavor=SMALL)
    assert blocking(spec(roles=(worker,))) == {"roles.Master": Code.ROLE_MISSING}
    assert blocking(spec(roles=())) == {"roles.Master": Code.ROLE_MISSING, "roles.Worker": Code.ROLE_MISSING}
    assert blocking(replace(spec(), roles=(*spec().roles, foreign))) == {"roles.PS": Code.ROLE_UNKNOWN}
    assert blocking(replace(spec(), roles=(*spec().roles, lower))) == {"roles.worker": Code.ROLE_UNKNOWN}
    assert blocking(replace(spec(), roles=(*spec().roles, worker))) == {"roles.Worker": Code.ROLE_TWICE}


def test_an_optional_role_may_be_absent() -> None:
    task = spec("tensorflow", "single", roles=(RoleSpec(name="Worker", flavor=SMALL),))
    assert check(task, facts()) == ()


def test_flavors() -> None:
    assert blocking(with_role(spec(), "Worker", flavor=None)) == {"roles.Worker.flavor": Code.NOT_CHOSEN}
    forged = replace(SMALL, gpus=8)
    assert blocking(with_role(spec(), "Worker", flavor=forged)) == {"roles.Worker.flavor": Code.FLAVOR_UNKNOWN}
    assert blocking(with_role(spec(), "Worker", flavor=RDMA)) == {"roles.Worker.flavor": Code.FLAVOR_CLASS}
    assert blocking(with_role(spec(), "Master", flavor=RDMA)) == {}


def node(**changes: object) -> NodeFact:
    return replace(NodeFact(name="n", cpu_millicores=8000, memory_mib=64 * 1024, gpus=4), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("nodes", "code"),
    [
        ((), Code.FLAVOR_NO_NODE_MODEL),
        ((node(),), Code.FLAVOR_NO_NODE_MODEL),
        ((node(labels={"trainyard.io/gpu-model": "v100-32g"}, gpus=0),), Code.FLAVOR_NO_NODE_GPUS),
        ((node(labels={"trainyard.io/gpu-model": "v100-32g"}, memory_mib=1024),), Code.FLAVOR_NO_NODE_SIZE),
        ((node(labels={"trainyard.io/gpu-model": "v100-32g"}, open=False),), Code.FLAVOR_NO_NODE_MODEL),
    ],
)
def test_a_flavor_that_no_node_has_is_a_warning_with_the_reason(nodes: tuple[NodeFact, ...], code: Code) -> None:
    task = with_role(spec(), "Worker", flavor=V100)
    assert found(task, nodes=nodes)["roles.Worker.flavor"] == code
    assert blocking(task, nodes=nodes) == {}


def test_a_flavor_that_some_node_has() -> None:
    fitting = node(labels={"trainyard.io/gpu-model": "v100-32g"})
    assert check(with_role(spec(), "Worker", flavor=V100), facts(nodes=(node(), fitting))) == ()


def test_a_quota_counts_all_pods() -> None:
    quota = QuotaFact(left={"pods": 1, "cpu_millicores": 199})
    codes = [finding.code for finding in check(spec(), facts(quotas=(quota,)))]
    assert codes == [Code.QUOTA_EXCEEDED, Code.QUOTA_EXCEEDED]
    assert blocking(spec(), quotas=(quota,)) == {}


@pytest.mark.parametrize(
    ("entry", "path", "code"),
    [
        (EnvEntry("", "x"), "name", Code.REQUIRED),
        (EnvEntry("1A", "x"), "name", Code.ENV_NAME),
        (EnvEntry("A-B", "x"), "name", Code.ENV_NAME),
        (EnvEntry("A=B", "x"), "name", Code.ENV_NAME),
        (EnvEntry("\u00e9", "x"), "name", Code.ENV_NAME),
        (EnvEntry("A" * 254, "x"), "name", Code.TOO_LONG),
        (EnvEntry("RANK", "x"), "name", Code.ENV_RESERVED),
        (EnvEntry("PET_NNODES", "x"), "name", Code.ENV_RESERVED),
        (EnvEntry("A", "x" * (128 * 1024 + 1)), "value", Code.ENV_TOO_LONG),
        (EnvEntry("A", ConfigMapKey("", "k")), "reference", Code.REQUIRED),
        (EnvEntry("A", ConfigMapKey("Bad_Name", "k")), "reference", Code.REFERENCE_NAME),
        (EnvEntry("A", SecretKey("token", "a/b")), "key", Code.REFERENCE_KEY),
        (EnvEntry("A", SecretKey("token", "..")), "key", Code.REFERENCE_KEY),
        (EnvEntry("A", SecretKey("token", "")), "key", Code.REQUIRED),
    ],
)
def test_bad_environment(entry: EnvEntry, path: str, code: Code) -> None:
    assert blocking(with_role(spec(), "Worker", env=(entry,))) == {f"roles.Worker.env.0.{path}": code}


def test_an_environment_name_is_used_once() -> None:
    task = with_role(spec(), "Worker", env=(EnvEntry("A", "1"), EnvEntry("A", "2")))
    assert blocking(task) == {"roles.Worker.env.1.name": Code.ENV_TWICE}


def test_a_risky_environment_name_is_a_warning() -> None:
    task = with_role(spec(), "Worker", env=(EnvEntry("LD_PRELOAD", "x.so"),))
    assert (found(task), blocking(task)) == ({"roles.Worker.env.0.name": Code.ENV_RISKY}, {})


def test_a_command_for_the_workers_of_mpi_is_a_warning() -> None:
    task = with_role(spec("mpi", "allreduce"), "Worker", command=("sh",))
    assert (found(task), blocking(task)) == ({"roles.Worker.command": Code.COMMAND_REPLACES_WAITING}, {})


def test_commands_have_a_size() -> None:
    assert blocking(with_role(spec(), "Worker", args=("",))) == {"roles.Worker.args": Code.COMMAND_BLANK}
    assert blocking(with_role(spec(), "Worker", args=("x",) * 257)) == {"roles.Worker.args": Code.TOO_MANY}
    assert blocking(with_role(spec(), "Worker", command=("x" * 131072,))) == {
        "roles.Worker.command": Code.COMMAND_TOO_LONG
    }


def test_exit_code_is_not_for_mpi() -> None:
    task = with_role(spec("mpi", "allreduce"), "Launcher", restart_policy=RestartPolicy.EXIT_CODE)
    assert blocking(task) == {"roles.Launcher.restart_policy": Code.INVALID_CHOICE}


@pytest.mark.parametrize(
    ("policy", "retries", "expected"),
    [
        (RestartPolicy.NEVER, 3, {"run_policy.backoff_limit": Code.RETRIES_WITHOUT_EFFECT}),
        (RestartPolicy.ON_FAILURE, 0, {"run_policy.backoff_limit": Code.ON_FAILURE_WITHOUT_RETRIES}),
        (RestartPolicy.ON_FAILURE, 3, {}),
        (RestartPolicy.EXIT_CODE, 0, {"run_policy.backoff_limit": Code.EXIT_CODE_WITHOUT_RETRIES}),
        (RestartPolicy.EXIT_CODE, 3, {"run_policy.backoff_limit": Code.EXIT_CODE_FOR_EVER}),
        (RestartPolicy.ALWAYS, 3, {"roles.Master.restart_policy": Code.ALWAYS_NEVER_SUCCEEDS}),
    ],
)
def test_what_retries_mean_for_a_restart_policy(policy: RestartPolicy, retries: int, expected: dict[str, Code]) -> None:
    task = with_role(spec(run_policy=RunPolicy(backoff_limit=retries)), "Master", restart_policy=policy)
    assert (found(task), blocking(task)) == (expected, {})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"backoff_limit": -1}, Code.TOO_SMALL),
        ({"backoff_limit": 2**31}, Code.TOO_LARGE),
        ({"active_deadline_seconds": 0}, Code.TOO_SMALL),
        ({"active_deadline_seconds": 30 * 24 * 3600 + 1}, Code.TOO_LARGE),
        ({"ttl_seconds_after_finished": -1}, Code.TOO_SMALL),
        ({"ttl_seconds_after_finished": 2**63}, Code.TOO_LARGE),
    ],
)
def test_numbers_of_the_run_policy(changes: dict[str, int], code: Code) -> None:
    assert blocking(spec(run_policy=RunPolicy(**changes))) == {f"run_policy.{next(iter(changes))}": code}  # type: ignore[arg-type]


def test_a_task_is_no_larger_than_the_cluster_keeps() -> None:
    value = "x" * (100 * 1024)
    large = with_role(spec(), "Worker", env=tuple(EnvEntry(f"A{number}", value) for number in range(10)))
    larger = with_role(large, "Master", env=(EnvEntry("A", value),))
    assert found(large) == {}
    assert blocking(larger) == {"roles": Code.TASK_TOO_LARGE}


def test_a_time_to_live_of_zero_is_taken_with_a_warning() -> None:
    task = spec(run_policy=RunPolicy(ttl_seconds_after_finished=0))
    assert (found(task), blocking(task)) == ({"run_policy.ttl_seconds_after_finished": Code.TTL_NOTHING}, {})


def test_pods_that_stay_are_a_warning() -> None:
    task = spec(run_policy=RunPolicy(clean_pod_policy=CleanPodPolicy.NONE))
    assert (found(task), blocking(task)) == ({"run_policy.clean_pod_policy": Code.PODS_STAY}, {})


def test_an_unknown_framework_or_mode_ends_the_check() -> None:
    assert blocking(replace(spec(), framework="jax")) == {"framework": Code.INVALID_CHOICE}
    assert blocking(replace(spec(), mode="ring")) == {"mode": Code.INVALID_CHOICE}


@pytest.mark.parametrize(("resolve", "found"), [(False, [Code.DNS_MISSING]), (True, []), (None, [])])
def test_pods_that_cannot_find_one_another_are_warned_of(resolve: bool | None, found: list[Code]) -> None:
    said = check(spec("pytorch", "distributed"), facts(names_resolve=resolve))

    assert [one.code for one in said if one.path == "namespace"] == found
