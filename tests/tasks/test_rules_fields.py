"""Rules for probes, hooks, mounted files, own images, pull Secrets and priority classes."""

from dataclasses import replace
from typing import Any

import pytest

from tasks.specification import (
    Code,
    CommandCheck,
    ConfigMapKey,
    DataVolume,
    EnvEntry,
    FileMount,
    FileSource,
    HttpCheck,
    Probe,
    SecretKey,
    TaskSpec,
    VolumePurpose,
    check,
)
from tests.tasks.maximal import maximal
from tests.tasks.specifications import MODES, facts, spec, with_role

HTTP = HttpCheck(path="/healthz", port=8080)
SETTINGS = FileMount(source=FileSource.CONFIG_MAP, name="settings", mount_path="/conf")
DATA = DataVolume(purpose=VolumePurpose.DATA, claim="datasets", mount_path="/data")


def found(task: TaskSpec, **known: Any) -> dict[str, Code]:
    return {finding.path: finding.code for finding in check(task, facts(**known)) if finding.blocking}


def warned(task: TaskSpec) -> dict[str, Code]:
    return {finding.path: finding.code for finding in check(task, facts()) if not finding.blocking}


def worker(**changes: Any) -> TaskSpec:
    return with_role(spec(), "Worker", **changes)


@pytest.mark.parametrize(("framework", "mode"), MODES)
def test_a_maximal_task_may_be_created(framework: str, mode: str) -> None:
    assert found(maximal(framework, mode)) == {}


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"check": replace(HTTP, port=0)}, "port", Code.TOO_SMALL),
        ({"check": replace(HTTP, port=-1)}, "port", Code.TOO_SMALL),
        ({"check": replace(HTTP, port=65536)}, "port", Code.TOO_LARGE),
        ({"check": replace(HTTP, path="")}, "path", Code.REQUIRED),
        ({"check": replace(HTTP, path="health")}, "path", Code.PROBE_PATH),
        ({"check": replace(HTTP, path="//evil")}, "path", Code.PROBE_PATH),
        ({"check": replace(HTTP, path="/a b")}, "path", Code.PROBE_PATH),
        ({"check": replace(HTTP, path="/a\r\nb")}, "path", Code.INVALID_CHARACTER),
        ({"check": replace(HTTP, path="/" + "a" * 1024)}, "path", Code.TOO_LONG),
        ({"check": CommandCheck(command=())}, "command", Code.REQUIRED),
        ({"check": CommandCheck(command=(" ",))}, "command", Code.COMMAND_BLANK),
        ({"initial_delay_seconds": -1}, "initial_delay_seconds", Code.TOO_SMALL),
        ({"period_seconds": 0}, "period_seconds", Code.TOO_SMALL),
        ({"timeout_seconds": 0}, "timeout_seconds", Code.TOO_SMALL),
        ({"failure_threshold": 0}, "failure_threshold", Code.TOO_SMALL),
        ({"success_threshold": 0}, "success_threshold", Code.TOO_SMALL),
        ({"initial_delay_seconds": 10**18}, "initial_delay_seconds", Code.TOO_LARGE),
        ({"failure_threshold": 2**31}, "failure_threshold", Code.TOO_LARGE),
    ],
)
@pytest.mark.parametrize("kind", ["liveness", "readiness"])
def test_probes(kind: str, changes: dict[str, Any], field: str, code: Code) -> None:
    probe = replace(Probe(check=HTTP, initial_delay_seconds=600), **changes)
    assert found(worker(**{kind: probe})) == {f"roles.Worker.{kind}.{field}": code}


def test_two_successes_are_for_readiness_alone() -> None:
    probe = Probe(check=HTTP, initial_delay_seconds=600, success_threshold=2)
    assert found(worker(liveness=probe)) == {"roles.Worker.liveness.success_threshold": Code.PROBE_SUCCESSES}
    assert found(worker(readiness=probe)) == {}


@pytest.mark.parametrize(("delay", "warns"), [(0, True), (39, True), (40, False)])
def test_a_container_that_may_be_killed_before_its_first_step(delay: int, warns: bool) -> None:
    early = {"roles.Worker.liveness.initial_delay_seconds": Code.PROBE_EARLY} if warns else {}
    assert warned(worker(liveness=Probe(check=HTTP, initial_delay_seconds=delay))) == early
    assert warned(worker(readiness=Probe(check=HTTP, initial_delay_seconds=delay))) == {}


def test_a_timeout_beyond_the_period_is_worth_knowing() -> None:
    probe = Probe(check=HTTP, timeout_seconds=20)
    assert warned(worker(readiness=probe)) == {"roles.Worker.readiness.timeout_seconds": Code.PROBE_OVERLAP}


@pytest.mark.parametrize("hook", ["post_start", "pre_stop"])
def test_hooks_are_commands(hook: str) -> None:
    assert found(worker(**{hook: ("sh", "-c", "sync")})) == {}
    assert found(worker(**{hook: ("\0",)})) == {f"roles.Worker.{hook}": Code.INVALID_CHARACTER}


def test_a_roles_own_image() -> None:
    assert found(worker(image="busybox:1.36")) == {}
    assert found(worker(image="UPPER/x")) == {"roles.Worker.image": Code.IMAGE_INVALID}
    assert found(worker(image="169.254.169.254/x")) == {"roles.Worker.image": Code.IMAGE_HOST}


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"name": ""}, "name", Code.REQUIRED),
        ({"name": "Settings"}, "name", Code.REFERENCE_NAME),
        ({"keys": ("",)}, "keys", Code.REQUIRED),
        ({"keys": ("..",)}, "keys", Code.REFERENCE_KEY),
        ({"keys": ("a/b",)}, "keys", Code.REFERENCE_KEY),
        ({"keys": ("a", "a")}, "keys", Code.TWICE),
        ({"mount_path": ""}, "mount_path", Code.REQUIRED),
        ({"mount_path": "conf"}, "mount_path", Code.PATH_NOT_ABSOLUTE),
        ({"mount_path": "/"}, "mount_path", Code.PATH_ROOT),
        ({"mount_path": "/etc/conf"}, "mount_path", Code.PATH_RESERVED),
        ({"mount_path": "/dev/shm"}, "mount_path", Code.PATH_RESERVED),
        ({"mount_path": "/a/../b"}, "mount_path", Code.PATH_DOTS),
        ({"mount_path": "/data/"}, "mount_path", Code.PATH_TAKEN),
    ],
)
def test_mounted_files(changes: dict[str, Any], field: str, code: Code) -> None:
    task = replace(worker(mounts=(replace(SETTINGS, **changes),)), volumes=(DATA,))
    assert found(task) == {f"roles.Worker.mounts.0.{field}": code}


def test_files_are_mounted_once_a_place_and_beside_each_other() -> None:
    task = worker(mounts=(SETTINGS, replace(SETTINGS, mount_path="//conf"), replace(SETTINGS, mount_path="/conf/a")))
    assert found(task) == {"roles.Worker.mounts.1.mount_path": Code.PATH_TAKEN}
    assert warned(task) == {"roles.Worker.mounts.2.mount_path": Code.PATH_NESTED}


def test_what_a_task_refers_to_must_be_there_once_somebody_could_ask() -> None:
    env = (
        EnvEntry("A", ConfigMapKey("settings", "lr")),
        EnvEntry("B", ConfigMapKey("settings", "other")),
        EnvEntry("C", SecretKey("gone", "x")),
        EnvEntry("D", SecretKey("sealed", "any")),
    )
    mounts = (replace(SETTINGS, keys=("lr", "more")), FileMount(source=FileSource.SECRET, name="gone", mount_path="/s"))
    task = worker(env=env, mounts=mounts)

    known = {"config_maps": {"settings": frozenset({"lr"})}, "secrets": {"sealed": None}}

    assert found(task) == {}
    assert found(task, **known) == {
        "roles.Worker.env.1.key": Code.KEY_UNKNOWN,
        "roles.Worker.env.2.reference": Code.SECRET_UNKNOWN,
        "roles.Worker.mounts.0.keys": Code.KEY_UNKNOWN,
        "roles.Worker.mounts.1.name": Code.SECRET_UNKNOWN,
    }


def test_pull_secrets() -> None:
    task = spec(pull_secrets=("registry", "registry", "Upper", "gone"))
    names = {"pull_secrets.1": Code.TWICE, "pull_secrets.2": Code.REFERENCE_NAME}
    assert found(task) == names
    assert found(task, pull_secrets=frozenset({"registry"})) == names | {"pull_secrets.3": Code.PULL_SECRET_UNKNOWN}


def test_priority_classes() -> None:
    assert found(spec(priority_class="high")) == {}
    assert found(spec(priority_class="High")) == {"priority_class": Code.PRIORITY_CLASS_NAME}
    assert found(spec(priority_class="high"), priority_classes=frozenset()) == {
        "priority_class": Code.PRIORITY_CLASS_UNKNOWN
    }
