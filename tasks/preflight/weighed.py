"""What the rules made of what the watcher saw: the namespace's quotas, and its claims."""

from django.utils.translation import gettext as _

from tasks.preflight.asking import NotAsked
from tasks.preflight.subject import Subject
from tasks.specification import Code, Finding, check

_QUOTAS = frozenset({Code.QUOTA_EXCEEDED})
_CLAIMS = frozenset({Code.CLAIM_UNBOUND, Code.CLAIM_ONE_NODE, Code.CLAIM_READ_ONLY})
# These stand beside their check, and not among what else is worth knowing.
WEIGHED = _QUOTAS | _CLAIMS


def weigh_quotas(subject: Subject) -> list[Finding]:
    if subject.facts.quotas is None:
        raise NotAsked(_("The quotas have not been read yet."))
    return [finding for finding in check(subject.spec, subject.facts) if finding.code in _QUOTAS]


def weigh_claims(subject: Subject) -> list[Finding]:
    if subject.facts.claims is None:
        raise NotAsked(_("The claims have not been read yet."))
    return [finding for finding in check(subject.spec, subject.facts) if finding.code in _CLAIMS]
