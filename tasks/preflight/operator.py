from collections.abc import Iterator

from django.utils.translation import gettext as _

from console.cluster import WEBHOOK_DOWN, ClusterError, ClusterUnavailable
from tasks.phases import Phase
from tasks.preflight.asking import NotAsked
from tasks.preflight.dry_run import send_task
from tasks.preflight.subject import Subject
from tasks.specification import Code, Finding, warning

_UNANSWERED = frozenset({Phase.SILENT, Phase.STALLED})
_ANSWERED = frozenset({Phase.RUNNING, Phase.CREATING, Phase.RESTARTING})


def listen(subject: Subject) -> Iterator[Finding]:
    """Whether it is there: the API server asks it about each new task (not of MPI), and other tasks wait for it.

    Raises ClusterUnavailable when nobody answers at all, NotAsked where nothing tells.
    """
    kind = subject.framework.resource.kind
    if subject.framework.asks_operator and not _answers(subject):
        yield warning(Code.OPERATOR_AWAY, "framework", kind=kind)
    elif subject.phases & _UNANSWERED:
        yield warning(Code.OPERATOR_SILENT, "framework", kind=kind)
    elif not subject.framework.asks_operator and not subject.phases & _ANSWERED:
        raise NotAsked(_("No task of this type is under way that would tell."))


def _answers(subject: Subject) -> bool:
    try:
        send_task(subject)
    except ClusterUnavailable as exc:
        if exc.reason == WEBHOOK_DOWN:
            return False
        raise
    except ClusterError:
        pass  # an answer; what it says is the first check's
    return True
