"""From a specification to a manifest, or to what was typed, and back: nothing is lost."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from console.cluster.resources import Manifest
from tasks.frameworks import FRAMEWORKS, framework_of_kind
from tasks.frameworks.building import build
from tasks.frameworks.reading import read
from tasks.specification import (
    CleanPodPolicy,
    Code,
    CommandCheck,
    ConfigMapKey,
    DataVolume,
    EnvEntry,
    FileMount,
    FileSource,
    HttpCheck,
    PodField,
    Probe,
    RoleSpec,
    RunPolicy,
    Scheme,
    SecretKey,
    TaskSpec,
    VolumePurpose,
    check,
)
from tasks.specification.default_flavors import DEFAULT_FLAVORS
from tasks.specification.entries import entries_of, spec_of
from tasks.specification.kept import CONTAINER
from tasks.specification.names import longest_derived
from tests.tasks.specifications import MODES, RDMA, SMALL, V100, facts, spec, with_role


def built(task: TaskSpec) -> Manifest:
    return build(task, operation="op-1", owner="alice")


def role_of(manifest: Manifest, name: str) -> Manifest:
    framework = framework_of_kind(manifest["kind"])
    assert framework is not None
    found: Manifest = manifest["spec"][framework.roles_field][name]
    return found


@pytest.mark.parametrize(("framework", "mode"), MODES)
def test_what_was_built_reads_as_the_same_task(framework: str, mode: str) -> None:
    task = spec(framework, mode, description="x")
    reading = read(built(task))
    assert (reading.spec, reading.kept, reading.refused) == (task, {}, ())


_text = some.text(some.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=20)
_names = some.from_regex(r"[A-Z][A-Z0-9_]{0,8}", fullmatch=True)
_sources = some.one_of(
    _text,
    some.sampled_from(PodField),
    some.builds(ConfigMapKey, some.just("settings"), some.just("key")),
    some.builds(SecretKey, some.just("token"), some.just("key")),
)


_words = some.text(some.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=9)
_probes = some.none() | some.builds(
    Probe,
    check=some.builds(
        HttpCheck, path=some.just("/healthz"), port=some.integers(1, 65535), scheme=some.sampled_from(Scheme)
    )
    | some.builds(CommandCheck, command=some.lists(_words, min_size=1, max_size=2).map(tuple)),
    initial_delay_seconds=some.integers(0, 99),
    timeout_seconds=some.integers(1, 99),
    period_seconds=some.integers(1, 99),
    failure_threshold=some.integers(1, 9),
)
_files = some.builds(
    FileMount,
    source=some.sampled_from(FileSource),
    name=some.sampled_from(["settings", "token.v1"]),
    mount_path=_words.map(lambda word: f"/files/{word}/x"),
    keys=some.lists(some.sampled_from(["a", "b.txt"]), max_size=2, unique=True).map(tuple),
)
_volume = {"template.spec.volumes[0]": {"name": "files-0", "emptyDir": {}}}
_mount = {f"{CONTAINER}.volumeMounts[0]": {"name": "files-0", "mountPath": "/scratch"}}
_kept_of_role: some.SearchStrategy[dict[str, Any]] = some.fixed_dictionaries(
    {},
    optional={
        "template.spec.hostname": some.just("a"),
        "template.metadata.labels": some.just({"team": "a"}),
        "template.spec.nodeSelector": some.just({"disk": "ssd"}),
        f"{CONTAINER}.env[0]": some.just({"name": "lower", "valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}}),
    },
).flatmap(lambda kept: some.sampled_from([kept, kept | _volume, kept | _volume | _mount]))


@some.composite
def tasks(draw: some.DrawFn) -> TaskSpec:
    """Any task that the rules let pass, whatever its words."""
    framework, mode_key = draw(some.sampled_from(MODES))
    mode = FRAMEWORKS[framework].mode(mode_key)
    assert mode is not None
    roles = tuple(
        RoleSpec(
            name=shape.name,
            replicas=shape.exactly or draw(some.integers(1, 64)),
            flavor=draw(some.sampled_from([SMALL, V100, *([RDMA] if shape.rdma else [])])),
            command=tuple(draw(some.lists(_text, max_size=3))),
            args=tuple(draw(some.lists(_text, max_size=3))),
            env=tuple(draw(some.lists(some.builds(EnvEntry, _names, _sources), max_size=3))),
            restart_policy=draw(some.sampled_from(FRAMEWORKS[framework].restart_policies)),
            shared_memory=draw(some.booleans()),
            image=draw(some.sampled_from(["", "busybox:1.36"])),
            liveness=draw(_probes),
            readiness=draw(_probes),
            post_start=tuple(draw(some.lists(_words, max_size=2))),
            pre_stop=tuple(draw(some.lists(_words, max_size=2))),
            mounts=tuple(draw(some.lists(_files, max_size=3))),
            kept=draw(_kept_of_role),
        )
        for shape in mode.roles
        if not shape.optional or draw(some.booleans())
    )
    volumes = tuple(
        DataVolume(purpose=purpose, claim="datasets", sub_path=draw(some.sampled_from(["", "a/b"])), mount_path=path)
        for purpose, path in zip(VolumePurpose, ["/data", "/out", "/log"], strict=True)
        if draw(some.booleans())
    )
    policy = RunPolicy(
        backoff_limit=draw(some.integers(0, 1000)),
        active_deadline_seconds=draw(some.none() | some.integers(1, 1000)),
        ttl_seconds_after_finished=draw(some.none() | some.integers(0, 1000)),
        clean_pod_policy=draw(some.sampled_from(CleanPodPolicy)),
        suspend=draw(some.booleans()),
    )
    name = draw(some.from_regex(r"[a-z]([a-z0-9-]{0,22}[a-z0-9])?", fullmatch=True))
    return TaskSpec(
        framework=framework,
        mode=mode_key,
        name=name,
        namespace="vision",
        image="python:3.11-slim",
        description=draw(_text),
        volumes=volumes,
        roles=roles,
        run_policy=policy,
        pull_secrets=draw(some.sampled_from([(), ("registry",), ("a", "b")])),
        priority_class=draw(some.sampled_from(["", "high"])),
        tensorboard=draw(some.booleans()),
        kept=draw(some.sampled_from([{}, {"metadata.annotations": {"example.com/a": "b"}}])),
    )


@pytest.mark.slow
@settings(deadline=None, max_examples=80)
@given(tasks())
def test_nothing_is_lost_on_the_way_to_a_manifest_and_back(task: TaskSpec) -> None:
    reading = read(built(task), flavors=DEFAULT_FLAVORS)
    assert (reading.spec, reading.refused) == (task, ())


@pytest.mark.slow
@settings(deadline=None, max_examples=80)
@given(tasks())
def test_nothing_is_lost_on_the_way_to_entries_and_back(task: TaskSpec) -> None:
    framework = FRAMEWORKS[task.framework]
    mode = framework.mode(task.mode)
    assert mode is not None
    entries = json.loads(json.dumps(entries_of(task)))  # drafts keep them so

    typed = spec_of(entries, framework=framework, mode=mode, flavors=DEFAULT_FLAVORS)

    assert (typed.spec, typed.findings) == (replace(task, description=typed.spec.description), [])


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(tasks())
def test_whatever_the_rules_let_pass_is_built_with_short_names_and_no_empty_role(task: TaskSpec) -> None:
    if any(finding.blocking for finding in check(task, facts())):
        return
    manifest = built(task)
    for name in [role.name for role in task.roles]:
        assert role_of(manifest, name)["replicas"] >= 1
        assert role_of(manifest, name)["template"]["spec"]["containers"]
    assert len(longest_derived(task.name, {role.name: role.replicas for role in task.roles})) <= 63


def test_what_has_no_place_in_a_specification_is_named_by_its_path() -> None:
    manifest = built(spec("tensorflow", "single"))
    pod = role_of(manifest, "Worker")["template"]["spec"]
    pod["hostNetwork"] = True
    pod["containers"][0]["securityContext"] = {"privileged": True}
    pod["containers"].append({"name": "sidecar", "image": "x"})
    pod["volumes"] = [{"name": "host", "hostPath": {"path": "/"}}]
    prefix = "spec.tfReplicaSpecs.Worker.template.spec"
    assert {finding.path: finding.code for finding in read(manifest).refused} == {
        f"{prefix}.hostNetwork": Code.FIELD_NODE,
        f"{prefix}.containers[0].securityContext.privileged": Code.FIELD_RIGHTS,
        f"{prefix}.containers[1]": Code.FIELD_CONTAINER,
        f"{prefix}.volumes[0].hostPath": Code.FIELD_NODE,
    }


@pytest.mark.parametrize(
    "manifest",
    [{}, {"kind": "Pod"}, {"kind": "TFJob", "apiVersion": "v1"}, {"kind": "List", "items": []}],
)
def test_a_foreign_kind_is_no_task(manifest: Manifest) -> None:
    assert read(manifest).spec is None


_json = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=5),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(some.data())
def test_a_manifest_of_any_shape_is_read_without_an_error(data: some.DataObject) -> None:
    """Replace one field somewhere in a good manifest by any JSON."""
    volume = DataVolume(purpose=VolumePurpose.DATA, claim="datasets", mount_path="/data")
    task = spec("tensorflow", "single", volumes=(volume,))
    manifest = built(with_role(task, "Worker", env=(EnvEntry("A", PodField.POD_IP),)))
    place: Any = manifest
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(some.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(some.booleans()):
            break
        place = place[key]
    place[key] = data.draw(_json)
    read(manifest)
