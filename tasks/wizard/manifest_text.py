"""A manifest as people read it."""

from typing import Any

import yaml

from console.cluster.resources import OPERATION_LABEL
from tasks.frameworks.building import build
from tasks.preflight import NO_OPERATION
from tasks.specification import Framework, TaskSpec


def yaml_of(spec: TaskSpec, framework: Framework, *, owner: str) -> str:
    """The manifest of a task with nothing blocking. Without the operation's key: a new one comes with the submit."""
    manifest = build(spec, operation=NO_OPERATION, owner=owner)
    del manifest["metadata"]["labels"][OPERATION_LABEL]
    for role in manifest["spec"][framework.roles_field].values():
        del role["template"]["metadata"]["labels"][OPERATION_LABEL]
    text: str = yaml.dump(manifest, Dumper=_PlainDumper, sort_keys=False, allow_unicode=True, width=120)
    return text


class _PlainDumper(yaml.SafeDumper):
    """Without anchors: our importer, like others, refuses them."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
