"""How the pages word and colour a task's states, types and roles. A status has an icon and a word beside its colour."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy, pgettext_lazy

from tasks.causes import sentence_of
from tasks.models import Operation
from tasks.phases import Phase, PodPhase
from tasks.specification import text as text_rules

register = template.Library()


@dataclass(frozen=True, slots=True)
class Badge:
    tone: str  # green, yellow, red, azure, purple, secondary
    icon: str
    label: str | Promise
    turning: bool = False


PHASES = {
    Phase.GONE: Badge("secondary", "circle-x", pgettext_lazy("task", "gone")),
    Phase.DELETING: Badge("secondary", "trash", pgettext_lazy("task", "deleting")),
    Phase.FAILED: Badge("red", "circle-x", pgettext_lazy("task", "failed")),
    Phase.SUCCEEDED: Badge("azure", "circle-check", pgettext_lazy("task", "succeeded")),
    Phase.SUSPENDED: Badge("purple", "player-pause", pgettext_lazy("task", "suspended")),
    Phase.RESTARTING: Badge("yellow", "rotate", pgettext_lazy("task", "restarting")),
    Phase.RUNNING: Badge("green", "player-play", pgettext_lazy("task", "running")),
    Phase.STALLED: Badge("yellow", "plug-connected-x", pgettext_lazy("task", "operator silent")),
    Phase.WAITING: Badge("yellow", "hourglass", pgettext_lazy("task", "waiting for resources")),
    Phase.CREATING: Badge("azure", "loader", pgettext_lazy("task", "creating")),
    Phase.QUEUED: Badge("yellow", "clock", pgettext_lazy("task", "queued")),
    Phase.SUBMITTED: Badge("secondary", "send", pgettext_lazy("task", "submitted")),
    Phase.SILENT: Badge("yellow", "plug-connected-x", pgettext_lazy("task", "operator silent")),
    Phase.INVALID: Badge("red", "ban", pgettext_lazy("task", "invalid")),
}
# A role whose task has failed, and whose pods the clean-up policy has deleted since: neither failed nor there.
CLEANED_UP = Badge("secondary", "trash", pgettext_lazy("role", "cleaned up"))
POD_PHASES = {
    PodPhase.PENDING: Badge("yellow", "hourglass", pgettext_lazy("pod", "not scheduled")),
    PodPhase.STARTING: Badge("azure", "loader", pgettext_lazy("pod", "starting")),
    PodPhase.RUNNING: Badge("green", "player-play", pgettext_lazy("pod", "running")),
    PodPhase.NOT_READY: Badge("yellow", "alert-triangle", pgettext_lazy("pod", "not ready")),
    PodPhase.SUCCEEDED: Badge("azure", "circle-check", pgettext_lazy("pod", "succeeded")),
    PodPhase.FAILED: Badge("red", "circle-x", pgettext_lazy("pod", "failed")),
    PodPhase.TERMINATING: Badge("secondary", "trash", pgettext_lazy("pod", "being deleted")),
    PodPhase.UNKNOWN: Badge("secondary", "help-circle", pgettext_lazy("pod", "unknown")),
}
CONTAINER_STATES = {
    "running": Badge("green", "player-play", pgettext_lazy("container", "running")),
    "waiting": Badge("yellow", "clock", pgettext_lazy("container", "waiting")),
    "terminated": Badge("secondary", "player-stop", pgettext_lazy("container", "ended")),
}
EVENT_TYPES = {
    "Normal": Badge("green", "info-circle", pgettext_lazy("event", "normal")),
    "Warning": Badge("yellow", "alert-triangle", pgettext_lazy("event", "warning")),
}
FRAMEWORKS = {"tensorflow": "TensorFlow", "mxnet": "MXNet", "pytorch": "PyTorch", "mpi": "MPI"}
CLEAN_POD_POLICIES = {
    "Running": gettext_lazy("delete running pods"),
    "All": gettext_lazy("delete all pods"),
    "None": gettext_lazy("keep all pods"),
}


def _badge(badges: dict[Any, Badge], word: str) -> Badge:
    """A word that is none of ours is shown as it is."""
    return badges.get(word) or Badge("secondary", "help-circle", word)


@register.filter
def visible(text: str) -> str:
    """The text with characters written out that are invisible or change how it reads."""
    return text_rules.visible(text)


@register.filter
def phase_badge(phase: str) -> Badge:
    return _badge(PHASES, phase)


@register.filter
def role_badge(phase: str) -> Badge:
    return CLEANED_UP if phase == Phase.GONE else _badge(PHASES, phase)


@register.filter
def pod_badge(phase: str) -> Badge:
    return _badge(POD_PHASES, phase)


@register.filter
def container_badge(state: str) -> Badge:
    return _badge(CONTAINER_STATES, state)


@register.filter
def event_badge(event_type: str) -> Badge:
    return _badge(EVENT_TYPES, event_type)


@register.filter
def framework_words(framework: str) -> str:
    """Names of products: the same in every language."""
    return FRAMEWORKS.get(framework, framework)


@register.filter
def clean_pod_policy_words(policy: str) -> str:
    return str(CLEAN_POD_POLICIES.get(policy, policy))


@register.filter
def owner_words(owner: str) -> str:
    return owner or _("not known")


@register.filter
def object_words(name: str, task_name: str) -> str:
    """An object's name in a table of one task: without the task's own in front ("worker-0")."""
    return name.removeprefix(f"{task_name}-")


@register.filter
def letter(role: str) -> str:
    return role[:1].upper()


@dataclass(frozen=True, slots=True)
class VerbWords:
    """The words of one thing to do with tasks: the button, the question, what it means."""

    label: str | Promise
    icon: str
    question: Any  # lazy, of a number of tasks
    meaning: str | Promise
    dangerous: bool = False


VERBS = {
    "suspend": VerbWords(
        gettext_lazy("Suspend"),
        "player-pause",
        ngettext_lazy("Suspend this task?", "Suspend these tasks?"),
        gettext_lazy("The pods are deleted and the resources are free. Resumed, a task starts from its beginning."),
    ),
    "resume": VerbWords(
        gettext_lazy("Resume"),
        "player-play",
        ngettext_lazy("Resume this task?", "Resume these tasks?"),
        gettext_lazy("The pods are created anew, as soon as there is room for them."),
    ),
    "delete": VerbWords(
        gettext_lazy("Delete"),
        "trash",
        ngettext_lazy("Delete this task?", "Delete these tasks?"),
        gettext_lazy("The pods are deleted too. This cannot be undone."),
        dangerous=True,
    ),
}
OPERATION_LOOKS = {
    "accepted": ("secondary", "clock"),
    "applying": ("azure", "loader"),
    "succeeded": ("green", "circle-check"),
    "failed": ("red", "circle-x"),
    "needs-confirmation": ("yellow", "help-circle"),
}


@register.filter
def verb_words(verb: str) -> VerbWords:
    return VERBS[verb]


@register.filter
def operation_badge(operation: Operation) -> Badge:
    return Badge(*OPERATION_LOOKS[operation.state], operation.get_state_display())


@register.filter
def verb_question(verb: str, tasks: Collection[object]) -> str:
    return str(VERBS[verb].question % len(tasks))


@register.filter
def row_verbs(verbs: Collection[str] | None) -> list[str]:
    """The verbs that may be offered, in the order of the buttons; none in a row that the live stream draws."""
    return [verb for verb in VERBS if verb in (verbs or ())]


@register.filter
def staleness_words(problem: str) -> str:
    """Why the pages lag behind (tasks.queries.Staleness.problem): one of our codes, or the cluster's own words."""
    codes = {
        "watcher-away": _("The watcher is not running."),
        "first-list": _("The first reading is under way."),
        "silence": _("The cluster has said nothing for a while."),
    }
    return codes.get(problem, problem)


@register.filter
def may_be_answered(operation: Operation) -> bool:
    return operation.state in (Operation.State.ACCEPTED, Operation.State.NEEDS_CONFIRMATION)


@register.filter
def any_open(operations: Collection[Operation]) -> bool:
    return any(operation.is_open for operation in operations)


@register.filter
def cause_sentence(cause: dict[str, Any]) -> str:
    return sentence_of(cause)
