"""Another namespace for a draft: what belongs to the old one is listed first, and then cleared, and nothing else."""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from console.registries.queries import is_private_to
from tasks.models import Draft
from tasks.specification.kept_references import references_of
from tasks.wizard.explanations import VOLUMES

_SOURCES: Mapping[str, Promise] = {"config_map": _("A ConfigMap"), "secret": _("A Secret")}
Entries = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that exists in the old namespace only."""

    where: str | Promise  # the field, in words
    value: str
    clear: Callable[[], None]  # empties it, in the entries that were given


def is_held_back(draft: Draft, basics: Entries) -> bool:
    """Whether these answers name another namespace while something depends on the draft's own."""
    if not draft.namespace or basics.get("namespace") == draft.namespace:
        return False
    return any(True for _loss in losses({**draft.entries, "basics": dict(basics)}, draft.namespace))


def losses(entries: dict[str, Any], namespace: str) -> Iterator[Loss]:
    """What only `namespace` has, in the order of the wizard: also of roles that are not in the mode just now."""
    basics = entries.get("basics", {})
    for purpose, title in VOLUMES.items():
        names = [f"{purpose}_claim", f"{purpose}_sub_path"]
        if basics.get(names[0]):
            yield Loss(title, "/".join(filter(None, (basics.get(name) for name in names))), _emptier(basics, *names))
    if is_private_to(namespace, basics.get("image", "")):
        yield Loss(_("Image"), basics["image"], _emptier(basics, "image"))
    if basics.get("pull_secrets"):
        yield Loss(_("Pull secrets"), ", ".join(basics["pull_secrets"]), _emptier(basics, "pull_secrets"))
    for name, role in entries.get("roles", {}).items():
        yield from _role_losses(name, role, namespace)


def question(draft: Draft, namespace: str) -> dict[str, Any]:
    """What the page asks before the draft moves: `wanted`, and what that would clear."""
    return {"wanted": namespace, "losses": list(losses(dict(draft.entries), draft.namespace))}


def moved(entries: Entries, namespace: str, *, away_from: str) -> dict[str, Any]:
    """The entries for another namespace: what `losses` lists is empty, all else is as it was."""
    changed = deepcopy(dict(entries))
    for loss in list(losses(changed, away_from)):
        loss.clear()
    changed["basics"] = {**changed.get("basics", {}), "namespace": namespace}
    return changed


def _role_losses(name: str, role: dict[str, Any], namespace: str) -> Iterator[Loss]:
    if is_private_to(namespace, role.get("image", "")):
        yield Loss(format_lazy("{} · {}", name, _("Image")), role["image"], _emptier(role, "image"))
    for row in role.get("env") or []:
        if row.get("source") in _SOURCES and (row.get("reference") or row.get("key")):
            value = "/".join(filter(None, (row.get("reference"), row.get("key"))))
            where = format_lazy("{} · {} · {}", name, row.get("name") or "–", _SOURCES[row["source"]])
            yield Loss(where, value, _emptier(row, "reference", "key"))
    for row in role.get("mounts") or []:
        if row.get("name") or row.get("keys"):
            source = _SOURCES.get(row.get("source", ""), _SOURCES["config_map"])
            where = format_lazy("{} · {} · {}", name, row.get("mount_path") or "–", source)
            yield Loss(where, row.get("name", ""), _emptier(row, "name", "keys"))
    kept = role.get("kept") or {}
    for names, paths in references_of(kept):
        where = format_lazy("{} · {} · {}", name, _("Kept as it is"), paths[0].rpartition("spec.")[2])
        yield Loss(where, ", ".join(names), partial(_drop, kept, paths))


def _drop(kept: dict[str, Any], paths: tuple[str, ...]) -> None:
    for path in paths:
        kept.pop(path, None)


def _emptier(entries: dict[str, Any], *names: str) -> Callable[[], None]:
    def empty() -> None:
        for name in names:
            entries[name] = type(entries.get(name, ""))()

    return empty
