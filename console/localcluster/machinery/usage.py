"""What objects count for in a ResourceQuota."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from console.localcluster.machinery.errors import forbidden
from console.localcluster.machinery.kinds import CLAIM, KINDS, POD, QUOTA, Kind
from console.localcluster.machinery.objects import at_path, clone
from console.localcluster.machinery.quantities import is_binary, parse_quantity, written
from console.localcluster.store import Object, Store

Amounts = dict[str, Fraction]
_COMPUTE = ("cpu", "memory", "ephemeral-storage")
# Kinds that a quota may count by their plain plural.
_PLAIN = frozenset(("pods", "services", "configmaps", "secrets", "persistentvolumeclaims", "resourcequotas"))
_NAMES = {kind.key: kind for kind in KINDS if kind.namespaced}


@dataclass(frozen=True, slots=True)
class QuotaLedger:
    store: Store

    def check(self, kind: Kind, obj: Object) -> list[Object]:
        """The quotas as they are once `obj` exists, to be stored by charge(); raises 403 when one would be exceeded."""
        namespace = obj["metadata"].get("namespace", "")
        quotas = self.store.stored(QUOTA.key, namespace) if namespace and self.is_counted(kind) else []
        charged = []
        for held in quotas:
            quota: Object = clone(held.object)
            hard = at_path(quota, "spec.hard") or {}
            asked = {name: amount for name, amount in usage(kind, obj).items() if name in hard}
            if kind is POD:
                _demand_figures(quota, obj, hard)
            if not asked:
                continue
            used = self._used(namespace, hard)
            _demand_room(kind, obj, quota, asked, used, hard)
            for name, amount in asked.items():
                used[name] += amount
            quota["status"] = {"hard": hard, "used": _written(used, hard)}
            charged.append(quota)
        return charged

    def recount(self, namespace: str) -> None:
        for held in self.store.stored(QUOTA.key, namespace):
            hard = at_path(held.object, "spec.hard") or {}
            status = {"hard": hard, "used": _written(self._used(namespace, hard), hard)}
            if held.object.get("status") != status:
                self.store.put(QUOTA.key, {**clone(held.object), "status": status})

    def is_counted(self, kind: Kind) -> bool:
        return kind.key in _NAMES and kind.plural != "events"

    def _used(self, namespace: str, hard: Mapping[str, str]) -> Amounts:
        used = {name: Fraction(0) for name in hard}
        for kind in _kinds_behind(hard):
            for held in self.store.stored(kind.key, namespace):
                for name, amount in usage(kind, held.object).items():
                    if name in used:
                        used[name] += amount
        return used


def usage(kind: Kind, obj: Object) -> Amounts:
    """By quota name; a pod that has ended counts for count/pods alone."""
    amounts = {f"count/{kind.key}": Fraction(1)}
    if kind is not POD:
        if kind.key in _PLAIN:
            amounts[kind.plural] = Fraction(1)
        if kind is CLAIM:
            amounts["requests.storage"] = parse_quantity(at_path(obj, "spec.resources.requests.storage") or 0)
        return amounts
    if at_path(obj, "status.phase") in ("Succeeded", "Failed"):
        return amounts
    amounts["pods"] = Fraction(1)
    for name, amount in _pod_amounts(obj, "requests").items():
        amounts[f"requests.{name}"] = amount
        if name in _COMPUTE:
            amounts[name] = amount
    for name, amount in _pod_amounts(obj, "limits").items():
        amounts[f"limits.{name}"] = amount
    return amounts


def _pod_amounts(pod: Object, which: str) -> Amounts:
    """`which`: requests or limits. The sum of the containers, or the largest init container where that is more."""
    spec = pod["spec"]
    total = _sum(_resources(one, which) for one in spec.get("containers") or [])
    for one in spec.get("initContainers") or []:
        for name, amount in _resources(one, which).items():
            total[name] = max(total.get(name, Fraction(0)), amount)
    return total


def _resources(container: Object, which: str) -> Amounts:
    given = at_path(container, f"resources.{which}") or {}
    return {name: parse_quantity(amount) for name, amount in given.items()}


def _sum(parts: Iterable[Amounts]) -> Amounts:
    total: Amounts = {}
    for part in parts:
        for name, amount in part.items():
            total[name] = total.get(name, Fraction(0)) + amount
    return total


def _kinds_behind(hard: Mapping[str, str]) -> list[Kind]:
    """The kinds whose objects count for one of these names."""
    keys = set()
    for name in hard:
        if name.startswith("count/"):
            keys.add(name.removeprefix("count/"))
        elif name in _PLAIN:
            keys.add(name)
        else:
            keys.add(CLAIM.key if name == "requests.storage" else POD.key)
    return [_NAMES[key] for key in sorted(keys) if key in _NAMES]


def _demand_figures(quota: Object, pod: Object, hard: Mapping[str, str]) -> None:
    """A quota on requests or limits wants every container to name its own."""
    missing: dict[str, list[str]] = {}
    for name in sorted(hard):
        which, _, resource = name.rpartition(".") if name not in _COMPUTE else ("requests", ".", name)
        if which not in ("requests", "limits") or resource not in _COMPUTE:
            continue
        for container in [*(pod["spec"].get("initContainers") or []), *pod["spec"]["containers"]]:
            if resource not in (at_path(container, f"resources.{which}") or {}):
                missing.setdefault(name, []).append(container["name"])
    if missing:
        what = "; ".join(f"{name} for: {','.join(sorted(containers))}" for name, containers in missing.items())
        raise forbidden(POD, pod["metadata"]["name"], f"failed quota: {quota['metadata']['name']}: must specify {what}")


def _demand_room(
    kind: Kind, obj: Object, quota: Object, asked: Amounts, used: Amounts, hard: Mapping[str, str]
) -> None:
    over = sorted(name for name, amount in asked.items() if amount and used[name] + amount > parse_quantity(hard[name]))
    if not over:
        return
    shown = [
        ",".join(f"{name}={written(amounts[name], binary=is_binary(hard[name]))}" for name in over)
        for amounts in (asked, used, {name: parse_quantity(hard[name]) for name in over})
    ]
    why = f"exceeded quota: {quota['metadata']['name']}, requested: {shown[0]}, used: {shown[1]}, limited: {shown[2]}"
    raise forbidden(kind, obj["metadata"]["name"], why)


def _written(used: Amounts, hard: Mapping[str, str]) -> dict[str, str]:
    return {name: written(amount, binary=is_binary(hard[name])) for name, amount in used.items()}
