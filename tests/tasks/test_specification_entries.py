from typing import Any

import pytest

from tasks.frameworks import FRAMEWORKS
from tasks.specification import (
    Code,
    ConfigMapKey,
    DataVolume,
    EnvEntry,
    PodField,
    RestartPolicy,
    RunPolicy,
    SecretKey,
    VolumePurpose,
    check,
)
from tasks.specification.default_flavors import DEFAULT_FLAVORS
from tasks.specification.entries import Typed, lines, spec_of
from tasks.specification.numbers import parse_whole
from tasks.specification.text import without_surrogates
from tests.tasks.specifications import SMALL, facts


def typed(framework: str = "tensorflow", mode: str = "single", **entries: Any) -> Typed:
    shape = FRAMEWORKS[framework].mode(mode)
    assert shape is not None
    return spec_of(entries, framework=FRAMEWORKS[framework], mode=shape, flavors=DEFAULT_FLAVORS)


def unread(found: Typed) -> dict[str, Code]:
    return {finding.path: finding.code for finding in found.findings}


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("10", 10), (" 7 ", 7), ("-3", -3), ("9" * 5000, 10**18), ("2147483648", 2147483648)]
)
def test_whole_numbers(text: str, number: int) -> None:
    assert parse_whole(text) == number


@pytest.mark.parametrize(
    "text",
    ["", "1.5", "1_0", "1e3", "+1", "007", "\uff11", "\u0661", "0x10", "1,000", "10 m", "PT5M", "-0", "∞", "1\n"],
)
def test_what_is_no_whole_number(text: str) -> None:
    assert parse_whole(text) is None


def test_nothing_typed_is_an_empty_task() -> None:
    found = typed()
    assert (found.spec.name, found.spec.image, found.spec.volumes) == ("", "", ())
    assert [role.name for role in found.spec.roles] == ["Worker"]  # the Evaluator was not enabled
    assert found.spec.run_policy == RunPolicy()


def test_everything_typed_is_in_the_task() -> None:
    found = typed(
        basics={
            "name": " mnist ",
            "namespace": "vision",
            "description": "e\u0301\r\nb",
            "image": " python:3.11-slim ",
            "data_claim": "datasets",
            "data_sub_path": "mnist",
            "data_mount_path": "/data",
        },
        roles={
            "Worker": {
                "replicas": "1",
                "flavor": "cpu-100m-128Mi",
                "command": "sh\r\n-c\r\n",
                "args": "\n  two words \n\n",
                "restart_policy": "OnFailure",
                "env": [
                    {"name": "A", "source": "value", "value": " kept "},
                    {"name": "B", "source": "field", "field": "metadata.name"},
                    {"name": "C", "source": "config_map", "reference": "settings", "key": "lr"},
                    {"name": "D", "source": "secret", "reference": "token", "key": "value"},
                ],
            },
            "Evaluator": {"enabled": "on", "replicas": "1", "flavor": "cpu-100m-128Mi"},
        },
        advanced={
            "backoff_limit": "3",
            "active_deadline_seconds": "60",
            "ttl_seconds_after_finished": "0",
            "clean_pod_policy": "All",
            "suspend": "on",
        },
    )
    worker, evaluator = found.spec.roles

    assert found.findings == []
    assert [finding.code for finding in check(found.spec, facts())] == [Code.TTL_NOTHING]
    assert (found.spec.name, found.spec.description, found.spec.image) == ("mnist", "\u00e9\nb", "python:3.11-slim")
    assert found.spec.volumes == (
        DataVolume(purpose=VolumePurpose.DATA, claim="datasets", sub_path="mnist", mount_path="/data"),
    )
    assert (worker.command, worker.args) == (("sh", "-c"), ("  two words ",))
    assert worker.env == (
        EnvEntry("A", " kept "),
        EnvEntry("B", PodField.POD_NAME),
        EnvEntry("C", ConfigMapKey("settings", "lr")),
        EnvEntry("D", SecretKey("token", "value")),
    )
    assert (worker.flavor, worker.restart_policy) == (SMALL, RestartPolicy.ON_FAILURE)
    assert evaluator.name == "Evaluator"
    policy = found.spec.run_policy
    assert (policy.backoff_limit, policy.active_deadline_seconds, policy.ttl_seconds_after_finished) == (3, 60, 0)
    assert (policy.clean_pod_policy, policy.suspend) == ("All", True)


def test_what_cannot_be_read_is_said_once_beside_its_field() -> None:
    found = typed(
        roles={
            "Worker": {
                "replicas": "1.5",
                "flavor": "huge",
                "restart_policy": "always",
                "env": [
                    {"name": "A", "source": "field", "field": "spec.nodeName"},
                    {"name": "B", "source": "elsewhere"},
                ],
            }
        },
        advanced={"backoff_limit": "many", "active_deadline_seconds": "1h", "clean_pod_policy": "Sometimes"},
    )

    assert unread(found) == {
        "roles.Worker.flavor": Code.FLAVOR_UNKNOWN,
        "roles.Worker.replicas": Code.NOT_A_WHOLE_NUMBER,
        "roles.Worker.restart_policy": Code.INVALID_CHOICE,
        "roles.Worker.env.0.field": Code.INVALID_CHOICE,
        "roles.Worker.env.1.source": Code.INVALID_CHOICE,
        "run_policy.backoff_limit": Code.NOT_A_WHOLE_NUMBER,
        "run_policy.active_deadline_seconds": Code.NOT_A_WHOLE_NUMBER,
        "run_policy.clean_pod_policy": Code.INVALID_CHOICE,
    }
    paths = [finding.path for finding in found.with_rules(check(found.spec, facts()))]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize(
    "entries",
    [
        {"basics": None, "roles": [], "advanced": "x"},
        {"basics": {"name": 7, "image": ["x"]}, "roles": {"Worker": "x"}},
        {"roles": {"Worker": {"env": {"0": {}}, "replicas": None}}},
        {"roles": {"Worker": {"env": ["x", None, 3]}}},
    ],
)
def test_entries_of_a_wrong_shape_read_as_empty(entries: dict[str, Any]) -> None:
    assert typed(**entries).spec.name == ""


def test_lines_are_kept_as_typed() -> None:
    assert lines("a\r\n\r\n  b c  \rd\n") == ("a", "  b c  ", "d")


def test_what_no_database_can_store_is_replaced_and_still_a_fault() -> None:
    kept = without_surrogates({"basics": {"name": "a\0", "list": ["\ud800", 1, None]}})
    assert kept == {"basics": {"name": "a\ufffd", "list": ["\ufffd", 1, None]}}
