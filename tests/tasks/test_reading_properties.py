"""Whatever a manifest says is in the specification, or refused: for all four kinds, and for any manifest."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from console.cluster.resources import Manifest
from tasks.frameworks import FRAMEWORKS
from tasks.frameworks.building import build
from tasks.frameworks.reading import read
from tasks.specification import Code, check
from tasks.specification.default_flavors import DEFAULT_FLAVORS
from tasks.specification.entries import entries_of, spec_of
from tasks.specification.kept import ROLE_KEPT, TASK_KEPT
from tests.tasks.manifests import ROLE_EXAMPLES, TASK_EXAMPLES, comparable, manifests
from tests.tasks.specifications import facts, spec

_SETTINGS = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


def test_every_field_that_may_be_kept_has_an_example_here() -> None:
    assert set(ROLE_EXAMPLES) == set(ROLE_KEPT)
    assert set(TASK_EXAMPLES) == set(TASK_KEPT)


@pytest.mark.slow
@_SETTINGS
@given(manifests())
def test_a_manifest_is_built_again_as_it_was(manifest: Manifest) -> None:
    before = repr(manifest)
    reading = read(manifest, flavors=DEFAULT_FLAVORS)

    assert reading.refused == ()
    assert reading.spec is not None
    assert comparable(build(reading.spec, operation="op", owner="alice")) == comparable(manifest)
    assert repr(manifest) == before


@pytest.mark.slow
@_SETTINGS
@given(manifests())
def test_what_was_read_is_typed_again_as_the_same_task(manifest: Manifest) -> None:
    task = read(manifest, flavors=DEFAULT_FLAVORS).spec
    assert task is not None
    framework = FRAMEWORKS[task.framework]
    mode = framework.mode(task.mode)
    assert mode is not None

    typed = spec_of(entries_of(task), framework=framework, mode=mode, flavors=DEFAULT_FLAVORS)

    assert (typed.spec, typed.findings) == (task, [])


@pytest.mark.slow
@_SETTINGS
@given(manifests())
def test_what_was_read_may_be_carried_along(manifest: Manifest) -> None:
    """The rules agree with the reader on what the list has: they may object to values, never to fields."""
    task = read(manifest, flavors=DEFAULT_FLAVORS).spec
    assert task is not None

    found = {finding.code for finding in check(task, facts())}

    assert not found & {code for code in Code if code.startswith("field-") and code != Code.FIELD_VALUE}


_json: Any = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=5),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.slow
@_SETTINGS
@given(manifests(), some.data())
def test_anything_in_the_place_of_a_field_is_read_checked_and_never_raises(manifest: Manifest, data: Any) -> None:
    for _ in range(data.draw(some.integers(1, 3))):
        place: Any = manifest
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = data.draw(some.sampled_from(keys))
            if not isinstance(place[key], dict | list) or not place[key] or data.draw(some.booleans()):
                break
            place = place[key]
        place[key] = data.draw(_json)

    reading = read(manifest, flavors=DEFAULT_FLAVORS)

    if reading.spec is not None:
        check(reading.spec, facts())
        entries_of(reading.spec)


@given(_json)
def test_any_json_is_read_as_no_task(value: Any) -> None:
    assert read(value).spec is None


def test_a_manifest_of_any_depth_is_read() -> None:
    deep: Any = "x"
    for _ in range(5000):
        deep = {"a": [deep]}
    manifest = build(spec(), operation="op", owner="alice")
    manifest["spec"]["pytorchReplicaSpecs"]["Worker"]["template"]["spec"]["affinity"] = deep

    refused = read(manifest).refused

    assert [finding.code for finding in refused] == [Code.FIELD_TOO_LARGE]
