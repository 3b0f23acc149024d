"""Whether a pod fits on a node. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from console.localcluster.machinery.quantities import PODS, parse_quantity, pod_requests

Object = dict[str, Any]

BLOCKING = ("NoSchedule", "NoExecute")
# What the real scheduler adds about each node: no room at all, or only taken room (and nobody to drive out of it).
HOPELESS = "Preemption is not helpful for scheduling"
TAKEN = "No preemption victims found for incoming pod"


@dataclass(frozen=True, slots=True)
class Demand:
    """What decides where a pod may go. Two pods with equal demands fit on the same nodes."""

    requests: tuple[tuple[str, Fraction], ...]
    node_selector: tuple[tuple[str, str], ...]
    affinity: str
    tolerations: tuple[tuple[str, str, str, str], ...]
    claims: tuple[str, ...]
    namespace: str

    @classmethod
    def of(cls, pod: Object) -> Demand:
        spec = pod["spec"]
        tolerations = tuple(
            (entry.get("key", ""), entry.get("operator", "Equal"), entry.get("value", ""), entry.get("effect", ""))
            for entry in spec.get("tolerations") or []
        )
        claims = [
            volume["persistentVolumeClaim"]["claimName"]
            for volume in spec.get("volumes") or []
            if "persistentVolumeClaim" in volume
        ]
        required = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(
            "requiredDuringSchedulingIgnoredDuringExecution"
        )
        return cls(
            requests=tuple(sorted(pod_requests(spec).items())),
            node_selector=tuple(sorted((spec.get("nodeSelector") or {}).items())),
            affinity=repr(required) if required else "",
            tolerations=tolerations,
            claims=tuple(sorted(claims)),
            namespace=pod["metadata"]["namespace"] if claims else "",
        )


@dataclass(frozen=True, slots=True)
class Obstacles:
    """Why a node does not take a pod: nothing, when it does."""

    reasons: tuple[str, ...] = ()
    hopeless: bool = True  # not even an empty node of this kind would


@dataclass(slots=True)
class NodeRoom:
    """A node, and what its pods have taken of it."""

    node: Object
    taken: dict[str, Fraction] = field(default_factory=dict)

    def take(self, requests: dict[str, Fraction]) -> None:
        for name, amount in requests.items():
            self.taken[name] = self.taken.get(name, Fraction(0)) + amount

    def give_back(self, requests: dict[str, Fraction]) -> None:
        for name, amount in requests.items():
            self.taken[name] = self.taken.get(name, Fraction(0)) - amount

    def obstacles(self, demand: Demand, affinity: Object | None) -> Obstacles:
        """Why this pod does not fit here, in the real scheduler's words; the first filter that refuses ends it."""
        labels = self.node["metadata"].get("labels") or {}
        spec = self.node.get("spec") or {}
        if spec.get("unschedulable"):
            return Obstacles(("node(s) were unschedulable",))
        for taint in spec.get("taints") or []:
            if taint["effect"] in BLOCKING and not any(_tolerates(entry, taint) for entry in demand.tolerations):
                return Obstacles(("node(s) had untolerated taint(s)",))
        wanted = all(labels.get(key) == value for key, value in demand.node_selector)
        if not wanted or not _affine(affinity, labels):
            return Obstacles(("node(s) didn't match Pod's node affinity/selector",))
        return self._shortages(demand)

    def _shortages(self, demand: Demand) -> Obstacles:
        allocatable = (self.node.get("status") or {}).get("allocatable") or {}
        short, hopeless = [], False
        for name, amount in demand.requests:
            whole = parse_quantity(allocatable.get(name, 0))
            if amount and amount > whole - self.taken.get(name, Fraction(0)):
                short.append("Too many pods" if name == PODS else f"Insufficient {name}")
                hopeless = hopeless or amount > whole
        return Obstacles(tuple(short), hopeless)


def explanation(obstacles: list[Obstacles]) -> str:
    """The message of PodScheduled=False and of FailedScheduling; one entry per node."""
    nodes = len(obstacles)
    if not nodes:
        return "no nodes available to schedule pods"
    reasons = _counted(reason for found in obstacles for reason in found.reasons)
    verdicts = _counted(HOPELESS if found.hopeless else TAKEN for found in obstacles)
    none = f"0/{nodes} nodes are available"
    return f"{none}: {reasons}. no new claims to deallocate, preemption: {none}: {verdicts}."


def _counted(words: Iterable[str]) -> str:
    """ "2 Insufficient cpu, 1 node(s) had ...": each word with the number of its nodes."""
    return ", ".join(sorted(f"{count} {word}" for word, count in Counter(words).items()))


def missing_claim(nodes: int, claim: str) -> str:
    return f'0/{nodes} nodes are available: persistentvolumeclaim "{claim}" not found. not found'


def unbound_claim(nodes: int) -> str:
    return f"0/{nodes} nodes are available: pod has unbound immediate PersistentVolumeClaims. not found"


def required_affinity(pod: Object) -> Object | None:
    node = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    return node.get("requiredDuringSchedulingIgnoredDuringExecution")


def _tolerates(toleration: tuple[str, str, str, str], taint: Object) -> bool:
    key, operator, value, effect = toleration
    if effect and effect != taint["effect"]:
        return False
    if operator == "Exists":
        return key in ("", str(taint["key"]))
    return key == str(taint["key"]) and value == str(taint.get("value", ""))


def _affine(required: Object | None, labels: dict[str, str]) -> bool:
    """Any term may match, all expressions of a term must."""
    if not required:
        return True
    terms = required.get("nodeSelectorTerms") or []
    return any(all(_expression(entry, labels) for entry in term.get("matchExpressions") or []) for term in terms)


def _expression(entry: Object, labels: dict[str, str]) -> bool:
    value, values = labels.get(entry["key"]), entry.get("values") or []
    match entry["operator"]:
        case "In":
            return bool(value in values)
        case "NotIn":
            return bool(value not in values)
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt":
            return value is not None and value.lstrip("-").isdigit() and int(value) > int(values[0])
        case _:
            return value is not None and value.lstrip("-").isdigit() and int(value) < int(values[0])
