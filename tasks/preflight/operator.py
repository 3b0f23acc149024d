from collections.abc import Iterator

from django.utils.translation import gettext as _

from tasks.phases import Phase
from tasks.preflight.asking import NotAsked
from tasks.preflight.subject import Subject
from tasks.specification import Code, Finding, warning

_UNANSWERED = (Phase.SILENT, Phase.STALLED)
_ANSWERED = (Phase.RUNNING, Phase.CREATING, Phase.RESTARTING, Phase.SUCCEEDED, Phase.FAILED, Phase.SUSPENDED)


def listen(subject: Subject) -> Iterator[Finding]:
    """Whether it answers other tasks of this type, anywhere in the cluster: it is one program for all of them."""
    phases = subject.phases
    if phases & set(_UNANSWERED):
        yield warning(Code.OPERATOR_SILENT, "framework", kind=subject.framework.resource.kind)
    elif not phases & set(_ANSWERED):
        raise NotAsked(_("There is no task of this type yet that would tell."))
