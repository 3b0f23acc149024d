from collections.abc import Iterator

from console.cluster import ClusterError, ClusterUnavailable
from tasks.phases import Phase
from tasks.preflight.dry_run import send_task
from tasks.preflight.subject import Subject
from tasks.specification import Code, Finding, warning

_UNANSWERED = (Phase.SILENT, Phase.STALLED)


def listen(subject: Subject) -> Iterator[Finding]:
    """Whether it is there: the API server asks it about each new task (kubeflow.md 0), and other tasks wait for it.

    Raises ClusterUnavailable when nobody answers at all.
    """
    kind = subject.framework.resource.kind
    try:
        send_task(subject)
    except ClusterUnavailable as exc:
        if not exc.is_of_webhook:
            raise
        yield warning(Code.OPERATOR_AWAY, "framework", kind=kind)
        return
    except ClusterError:
        pass  # an answer; what it says is the first check's
    if subject.phases & set(_UNANSWERED):
        yield warning(Code.OPERATOR_SILENT, "framework", kind=kind)
