"""Do the ConfigMaps, Secrets, keys and the priority class exist? Pods do not start without them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from console.cluster import Cluster, connect
from console.cluster.errors import Forbidden, NotFound
from console.cluster.resources import CONFIG_MAP, PRIORITY_CLASS, SECRET, Resource
from tasks.preflight.subject import Subject
from tasks.specification import Code, Finding, check
from tasks.specification.reference_rules import CODES

_CODES = CODES | {Code.CONFIG_MAP_TAKEN}


class Looked(Mapping[str, frozenset[str] | None]):
    """The objects of a kind by name, each read when it is first asked for: the rules say which.

    The value has the names of the keys alone, a Secret's values are not looked at; None for what may not be read.
    """

    def __init__(self, subject: Subject, cluster: Cluster, resource: Resource, namespace: str = "") -> None:
        self._subject, self._cluster, self._resource, self._namespace = subject, cluster, resource, namespace
        self._found: dict[str, frozenset[str] | None] = {}
        self._missing: set[str] = set()

    def __getitem__(self, name: str) -> frozenset[str] | None:
        if name not in self._found and name not in self._missing:
            self._read(name)
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def _read(self, name: str) -> None:
        self._subject.go_on()
        try:
            found = self._cluster.get(self._resource, self._namespace, name)
        except NotFound:
            self._missing.add(name)
        except Forbidden:
            self._found[name] = None
        else:
            self._found[name] = frozenset({*(found.get("data") or {}), *(found.get("binaryData") or {})})


def look_up(subject: Subject) -> list[Finding]:
    """The rules again, with what they could not know before."""
    cluster, namespace = connect(acting_as=subject.identity), subject.spec.namespace
    secrets = Looked(subject, cluster, SECRET, namespace)
    facts = replace(
        subject.facts,
        config_maps=Looked(subject, cluster, CONFIG_MAP, namespace),
        secrets=secrets,
        pull_secrets=secrets,
        priority_classes=Looked(subject, cluster, PRIORITY_CLASS),
    )
    return [finding for finding in check(subject.spec, facts) if finding.code in _CODES]
