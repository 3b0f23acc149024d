"""Why a task waits, fails or failed, in words: what happened, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks.states import CauseCode, Rule


@dataclass(frozen=True, slots=True)
class CauseWords:
    what: str  # one sentence that names the pod where it is about one
    remedy: str  # one or two sentences
    pod: str = ""
    role: str = ""
    message: str = ""  # the cluster's own words, in its own language


# %(pod)s and the like are parameters of the cause (tasks.states.causes); each may be missing in an old row.
_WORDS: dict[CauseCode, tuple[str | Promise, str | Promise]] = {
    CauseCode.OUT_OF_MEMORY: (
        gettext_lazy("Container %(container)s of pod %(pod)s used more memory than its flavor has and was killed."),
        gettext_lazy("Choose a flavor with more memory for role %(role)s, or make the program use less."),
    ),
    CauseCode.START_FAILED: (
        gettext_lazy("Container %(container)s of pod %(pod)s could not be started."),
        gettext_lazy("Check the start command of role %(role)s: the program must exist in the image."),
    ),
    CauseCode.EXIT_CODE: (
        gettext_lazy("Container %(container)s of pod %(pod)s ended with exit code %(exit_code)s."),
        gettext_lazy("Its log says why."),
    ),
    CauseCode.CRASH_LOOP: (
        gettext_lazy("Container %(container)s of pod %(pod)s keeps ending, last with exit code %(exit_code)s."),
        gettext_lazy("Its log says why. Between the attempts Kubernetes waits longer and longer, up to 5 minutes."),
    ),
    CauseCode.EVICTED: (
        gettext_lazy("The node ran short of resources and evicted pod %(pod)s."),
        gettext_lazy("Create the task again; a flavor that asks for what the program really uses is evicted last."),
    ),
    CauseCode.NODE_LOST: (
        gettext_lazy("The node of pod %(pod)s was lost or shut down."),
        gettext_lazy("Create the task again. If it happens often, tell the administrators of the cluster."),
    ),
    CauseCode.POD_DELETED: (
        gettext_lazy("Pod %(pod)s was deleted while it was needed."),
        gettext_lazy("Deleting a running pod, also by draining its node, fails most tasks. Create the task again."),
    ),
    CauseCode.POD_FAILED: (
        gettext_lazy("A pod failed."),
        gettext_lazy("Look at the events and at the logs of the pods."),
    ),
    CauseCode.IMAGE_PULL: (
        gettext_lazy("The image %(image)s of pod %(pod)s cannot be pulled."),
        gettext_lazy("Check the name and the tag, and whether the namespace has a pull secret for the registry."),
    ),
    CauseCode.IMAGE_NAME: (
        gettext_lazy("%(image)s is not the name of an image."),
        gettext_lazy("Create the task again with a valid reference, such as registry/team/train:1."),
    ),
    CauseCode.CONFIGURATION: (
        gettext_lazy("Pod %(pod)s refers to a ConfigMap, a Secret or a key that does not exist."),
        gettext_lazy("Create what is missing: the pod starts by itself then."),
    ),
    CauseCode.CONTAINER_REFUSED: (
        gettext_lazy("The node cannot create container %(container)s of pod %(pod)s."),
        gettext_lazy("Check the command, the mounts and the lifecycle hooks of role %(role)s."),
    ),
    CauseCode.MOUNT: (
        gettext_lazy("A volume of pod %(object)s cannot be mounted."),
        gettext_lazy("Check that the claim, ConfigMap or Secret exists and that its storage answers."),
    ),
    CauseCode.UNSCHEDULABLE: (
        gettext_lazy("No node can take pod %(pod)s now."),
        gettext_lazy(
            "It starts by itself when resources become free. If no node is ever large enough, choose a smaller flavor."
        ),
    ),
    CauseCode.CLAIM_WITHOUT_VOLUME: (
        gettext_lazy("Pod %(pod)s waits for its storage: a claim has no volume, or is not there."),
        gettext_lazy(
            "It starts by itself once the claim is bound. If it never is, create the task with another claim."
        ),
    ),
    CauseCode.DEADLINE: (
        gettext_lazy("The task ran longer than its maximum lifetime of %(seconds)s s and was ended."),
        gettext_lazy("Create it again with a longer lifetime, or none."),
    ),
    CauseCode.DEADLINE_OVERDUE: (
        gettext_lazy("The maximum lifetime of %(seconds)s s has passed; the operator has not noticed yet."),
        gettext_lazy("It looks when something about the task changes. Suspend or delete the task to end it now."),
    ),
    CauseCode.BACKOFF_LIMIT: (
        gettext_lazy("A pod failed more often than the retry limit allows."),
        gettext_lazy("All pods were deleted with their logs. Raise the retry limit to keep them after a failure."),
    ),
    CauseCode.QUOTA: (
        gettext_lazy("The quota of the namespace refuses a pod of this task."),
        gettext_lazy("Delete or suspend other tasks, ask for fewer or smaller pods, or have the quota raised."),
    ),
    CauseCode.NAME_TAKEN: (
        gettext_lazy("A pod of this task cannot be created: its name is taken."),
        gettext_lazy(
            "Another task of this name is still being cleaned up, or has pods of the same names. Delete that one."
        ),
    ),
    CauseCode.POD_REFUSED: (
        gettext_lazy("The cluster refuses a pod of this task."),
        gettext_lazy("Correct what it says below and create the task again."),
    ),
    CauseCode.SERVICE_REFUSED: (
        gettext_lazy("The cluster refuses a service of this task, so that its state is never written."),
        gettext_lazy("Usually the name is too long. Create the task again with a shorter one."),
    ),
    CauseCode.GANG: (
        gettext_lazy("The task waits until all of its pods can start together."),
        gettext_lazy("It starts by itself when there is room for all of them."),
    ),
    CauseCode.OPERATOR_SILENT: (
        gettext_lazy("The training operator does not answer: nobody has looked at this task."),
        gettext_lazy("It starts by itself when the operator is back. Tell the administrators of the cluster."),
    ),
    CauseCode.OPERATOR_STALLED: (
        gettext_lazy("All pods have ended, but the training operator has not said so."),
        gettext_lazy("The result is written when the operator is back. Tell the administrators of the cluster."),
    ),
    CauseCode.NOT_VALID: (
        gettext_lazy("The training operator will never start this task: its definition is not valid."),
        gettext_lazy("Delete it, and create it again with this console."),
    ),
}
# Clean-up deletes all pods once one is gone: which was the first is not always seen.
_SOME_POD_OF_ROLE_DELETED = gettext_lazy("A pod of role %(role)s was deleted while it was needed.")
_SOME_POD_DELETED = gettext_lazy("A pod was deleted while it was needed.")
_RULES: dict[str, str | Promise] = {
    Rule.NO_ROLES: gettext_lazy("it has no roles"),
    Rule.UNKNOWN_ROLE: gettext_lazy("it has a role that its type does not know"),
    Rule.NEGATIVE_REPLICAS: gettext_lazy("a role has fewer than 0 pods"),
    Rule.NO_CONTAINERS: gettext_lazy("a role has no container"),
    Rule.NO_IMAGE: gettext_lazy("a container has no image"),
    Rule.CONTAINER_NAME: gettext_lazy("no container has the name that the operator looks for"),
    Rule.NO_LAUNCHER: gettext_lazy("it has no Launcher"),
    Rule.MANY_LAUNCHERS: gettext_lazy("it has more than one Launcher"),
}
_EXIT_CODES: dict[int, str | Promise] = {
    126: gettext_lazy("126 means that the command was found but may not be executed."),
    127: gettext_lazy("127 means that a command was not found."),
    134: gettext_lazy("134 means that the program aborted itself (SIGABRT)."),
    137: gettext_lazy("137 means that it was killed from outside (SIGKILL)."),
    139: gettext_lazy("139 means that the program touched memory that is not its own (SIGSEGV)."),
    143: gettext_lazy("143 means that it was asked to end (SIGTERM)."),
}


def words_of(cause: Mapping[str, Any]) -> CauseWords | None:
    """None when all is well. A code that this version does not know is told in the cluster's words alone."""
    if not cause:
        return None
    try:
        what, remedy = _WORDS[CauseCode(cause.get("code", ""))]
    except ValueError:
        what, remedy = gettext_lazy("Something is wrong with this task."), ""
    if cause["code"] == CauseCode.POD_DELETED and not cause.get("pod"):
        what = _SOME_POD_OF_ROLE_DELETED if cause.get("role") else _SOME_POD_DELETED
    known = _Parameters(cause)
    rule = _RULES.get(cause.get("rule", ""))
    hint = _EXIT_CODES.get(cause.get("exit_code", 0)) if cause.get("code") != CauseCode.OUT_OF_MEMORY else None
    sentences = [str(hint) if hint else "", str(remedy) % known]
    return CauseWords(
        what=_("%(sentence)s Reason: %(rule)s.") % {"sentence": str(what), "rule": rule} if rule else str(what) % known,
        remedy=_join(sentences),
        pod=cause.get("pod", ""),
        role=cause.get("role", ""),
        message=cause.get("message", ""),
    )


def sentence_of(cause: Mapping[str, Any]) -> str:
    """Cause and remedy in one line; "" when all is well."""
    words = words_of(cause)
    return "" if words is None else _join([words.what, words.remedy])


def _join(sentences: list[str]) -> str:
    """Chinese sentences stand without blanks between."""
    present = [sentence for sentence in sentences if sentence]
    return "".join(
        sentence if sentence[-1] in "。！？" or sentence is present[-1] else f"{sentence} " for sentence in present
    )


class _Parameters(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "?"
