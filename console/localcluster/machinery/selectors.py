"""Label and field selectors, with the fields that the real server allows for each kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from console.localcluster.machinery.errors import bad_request
from console.localcluster.machinery.kinds import Kind
from console.localcluster.machinery.objects import at_path, labels_of
from console.localcluster.store import Object

_EVENT_FIELDS = {
    f"involvedObject.{field}": f"involvedObject.{field}"
    for field in (
        "kind",
        "namespace",
        "name",
        "uid",
        "apiVersion",
        "resourceVersion",
        "fieldPath",
    )
} | {"reason": "reason", "type": "type", "source": "source.component", "reportingComponent": "reportingComponent"}
_FIELDS: Mapping[str, Mapping[str, str]] = {
    "pods": {
        path: path
        for path in (
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        )
    },
    "events": _EVENT_FIELDS,
    "events.events.k8s.io": {
        "reason": "reason",
        "type": "type",
        "reportingController": "reportingComponent",
        "source": "source.component",
        **{path.replace("involvedObject", "regarding"): path for path in _EVENT_FIELDS if "." in path},
    },
    "namespaces": {"status.phase": "status.phase"},
    "nodes": {"spec.unschedulable": "spec.unschedulable"},
    "secrets": {"type": "type"},
    "services": {"spec.clusterIP": "spec.clusterIP", "spec.type": "spec.type"},
    "replicasets.apps": {"status.replicas": "status.replicas"},
}
_TERM = re.compile(
    r"\s*(?:(?P<not>!)\s*(?P<absent>[^\s=!,()<>]+)"
    r"|(?P<key>[^\s=!,()<>]+)\s*(?:(?P<op>==|=|!=|>|<)\s*(?P<value>[^\s,()=!<>]*)"
    r"|\s(?P<set>in|notin)\s*\((?P<values>[^()]*)\))?)\s*(?:,|$)"
)  # fmt: skip
_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")

Predicate = Callable[[Object], bool]


@dataclass(frozen=True, slots=True)
class Term:
    key: str
    operator: str  # in, notin, exists, absent, gt, lt
    values: frozenset[str] = frozenset()

    def holds(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.key)
        match self.operator:
            case "exists":
                return value is not None
            case "absent":
                return value is None
            case "in":
                return value in self.values
            case "notin":
                return value not in self.values
        bound = next(iter(self.values))
        if value is None or not value.lstrip("-").isdigit():
            return False
        return int(value) > int(bound) if self.operator == "gt" else int(value) < int(bound)


def parse_labels(text: str) -> tuple[Term, ...]:
    """Raises a 400 ApiError on what the real server cannot parse."""
    terms, position = [], 0
    while position < len(text):
        match = _TERM.match(text, position)
        if not match or match.end() == position:
            raise bad_request(f"unable to parse requirement: found '{text[position:].strip()}', expected: identifier")
        terms.append(_term(match))
        position = match.end()
    return tuple(terms)


def _term(match: re.Match[str]) -> Term:
    if match["not"]:
        return Term(match["absent"], "absent")
    if match["set"]:
        values = frozenset(value.strip() for value in match["values"].split(","))
        return Term(match["key"], match["set"], values)
    if match["op"] is None:
        return Term(match["key"], "exists")
    value = match["value"]
    if not _LABEL_VALUE.fullmatch(value) or len(value) > 63:
        raise bad_request(f'unable to parse requirement: values[0][{match["key"]}]: Invalid value: "{value}"')
    operator = {"=": "in", "==": "in", "!=": "notin", ">": "gt", "<": "lt"}[match["op"]]
    return Term(match["key"], operator, frozenset((value,)))


def parse_fields(kind: Kind, text: str) -> tuple[tuple[str, str, bool], ...]:
    """(path, value, must be equal) of each term; raises a 400 ApiError on a field that the kind has no selector for."""
    found = []
    for term in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(r"([^=!]+)(==|=|!=)(.*)", term)
        if not match:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{term}'")
        field, operator, value = match.groups()
        found.append((_field_path(kind, field), value, operator != "!="))
    return tuple(found)


def _field_path(kind: Kind, field: str) -> str:
    if field == "metadata.name" or (field == "metadata.namespace" and kind.namespaced):
        return field
    path = _FIELDS.get(kind.key, {}).get(field)
    if path is None:
        raise bad_request(f"field label not supported: {field}")
    return path


def predicate(kind: Kind, labels: str = "", fields: str = "") -> Predicate | None:
    """One function for both selectors; None where everything matches."""
    terms, wanted = parse_labels(labels), parse_fields(kind, fields)
    if not terms and not wanted:
        return None

    def matches(obj: Object) -> bool:
        held = labels_of(obj)
        return all(term.holds(held) for term in terms) and all(
            (_text(at_path(obj, path)) == value) is equal for path, value, equal in wanted
        )

    return matches


def _text(value: object) -> str:
    if value is None or value is False:
        return "" if value is None else "false"
    return "true" if value is True else str(value)


def selects(selector: Mapping[str, object] | None, labels: Mapping[str, str]) -> bool:
    """A metav1.LabelSelector (matchLabels, matchExpressions); nothing matches None, everything an empty one."""
    if selector is None:
        return False
    match_labels = selector.get("matchLabels") or {}
    assert isinstance(match_labels, Mapping)
    if any(labels.get(key) != value for key, value in match_labels.items()):
        return False
    expressions = selector.get("matchExpressions") or []
    assert isinstance(expressions, list)
    names = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "absent"}
    return all(
        Term(one["key"], names[one["operator"]], frozenset(one.get("values") or ())).holds(labels)
        for one in expressions
    )
