import re
from typing import Any

from console.index.models import Task
from tasks.models import KeptManifest, Operation
from tasks.queries.operations import OPEN
from tasks.queries.tasks import manifest_of, task_in
from tasks.specification.names import NAME_MAX

# Of a task that is being deleted; whoever clones it wants none of that.
_OF_THE_END = ("deletionTimestamp", "deletionGracePeriodSeconds", "finalizers")
_NUMBERED = re.compile(r"(.*?)-([0-9]{1,6})", re.DOTALL)


def kept_manifest(namespace: str, uid: str) -> KeptManifest | None:
    """What is left of a task that is gone."""
    return KeptManifest.objects.filter(namespace=namespace, uid=uid).first()


def manifest_to_clone(namespace: str, uid: str) -> dict[str, Any]:
    """The task's object, whether it is there or gone; {} when nothing is known of it, or its key is gone."""
    if task_in(namespace, uid) is not None:
        manifest = manifest_of(uid)
    else:
        kept = kept_manifest(namespace, uid)
        manifest = dict(kept.manifest) if kept else {}
    if not manifest:
        return {}
    metadata = {name: value for name, value in manifest["metadata"].items() if name not in _OF_THE_END}
    return {**manifest, "metadata": metadata}


def free_name(namespace: str, like: str) -> str:
    """A name that no task of the namespace has and none is about to get: "mnist-2" after "mnist", then "mnist-3"."""
    numbered = _NUMBERED.fullmatch(like)
    base, number = (numbered[1], int(numbered[2]) + 1) if numbered else (like, 2)
    base = re.sub("[^a-z0-9-]", "-", base.lower())
    base = base if re.match("[a-z]", base) else f"t{base}"
    stem = base[: NAME_MAX - 7]
    taken = set(Task.objects.filter(namespace=namespace, name__startswith=stem).values_list("name", flat=True))
    promised = Operation.objects.filter(namespace=namespace, verb=Operation.Verb.SUBMIT, state__in=OPEN)
    taken |= set(promised.values_list("name", flat=True))
    while True:
        suffix = f"-{number}"
        name = base[: NAME_MAX - len(suffix)].rstrip("-") + suffix
        if name not in taken:
            return name
        number += 1
