"""A task as the API writes it is read as the same task: for every manifest that the console takes."""

import json

import pytest
from hypothesis import HealthCheck, given, settings

from console.cluster.resources import Manifest
from tasks.api.parsing import parse_json
from tasks.api.specifications import specification_of
from tasks.api.written import written
from tasks.frameworks.reading import read
from tasks.specification.default_flavors import DEFAULT_FLAVORS
from tasks.specification.entries import Typed
from tests.tasks.manifests import manifests


@pytest.mark.slow
@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(manifests())
def test_what_is_written_is_read_as_the_same_task(manifest: Manifest) -> None:
    task = read(manifest, flavors=DEFAULT_FLAVORS).spec
    assert task is not None

    found = specification_of(parse_json(json.dumps(written(task))), flavors=DEFAULT_FLAVORS)

    assert isinstance(found, Typed)
    assert (found.spec, found.findings) == (task, [])
