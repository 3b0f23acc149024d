import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass, replace
from time import monotonic

from django.db import connections
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _

from console.cluster import ClusterError, ClusterUnavailable
from tasks.preflight import capacity, dry_run, image, operator, references, weighed
from tasks.preflight.asking import GivenUp, NotAsked
from tasks.preflight.outcome import Outcome, State
from tasks.preflight.subject import Subject
from tasks.specification import Finding

_log = logging.getLogger(__name__)
# Threads that wait for somebody else's answer; a check that outlives its limit keeps one until that answer is there, or
# its own time-out, and then asks no more.
_THREADS = 16
_pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="preflight")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    key: str  # in the address
    title: Promise
    find: Callable[[Subject], Iterable[Finding]]
    seconds_max: float = 5.0


CHECKS: tuple[Check, ...] = (
    Check(key="task", title=gettext_lazy("The cluster accepts the task"), find=dry_run.try_task),
    Check(key="pods", title=gettext_lazy("The cluster accepts its pods"), find=dry_run.try_pods),
    Check(key="room", title=gettext_lazy("All pods find room at once"), find=capacity.find_room),
    Check(key="quotas", title=gettext_lazy("The quota has room for the task"), find=weighed.weigh_quotas),
    Check(key="claims", title=gettext_lazy("The claims are bound and can be mounted"), find=weighed.weigh_claims),
    Check(key="references", title=gettext_lazy("ConfigMaps, Secrets and keys exist"), find=references.look_up),
    Check(key="image", title=gettext_lazy("The image can be pulled"), find=image.look_up),
    Check(key="operator", title=gettext_lazy("The training operator is at work"), find=operator.listen),
)


def check_named(key: str) -> Check | None:
    return next((check for check in CHECKS if check.key == key), None)


def run_check(check: Check, subject: Subject) -> Outcome:
    """One check's outcome, after `seconds_max` at the latest."""
    until = monotonic() + check.seconds_max
    return _outcome(check, _begin(check, subject, until), until)


def run_all(subject: Subject) -> list[Outcome]:
    """All of them side by side, in the order of CHECKS; as long as the slowest may take."""
    started = monotonic()
    times = [(check, started + check.seconds_max) for check in CHECKS]
    begun = [(check, _begin(check, subject, until), until) for check, until in times]
    return [_outcome(check, future, until) for check, future, until in begun]


def _begin(check: Check, subject: Subject, until: float) -> "Future[tuple[Finding, ...]]":
    return _pool.submit(_find, check, replace(subject, until=until), get_language())


def _find(check: Check, subject: Subject, language: str | None) -> tuple[Finding, ...]:
    """In a thread of the pool, whose language and database connections are nobody's."""
    try:
        with override(language):
            return tuple(check.find(subject))
    finally:
        connections.close_all()


def _outcome(check: Check, future: "Future[tuple[Finding, ...]]", until: float) -> Outcome:
    try:
        findings = future.result(max(until - monotonic(), 0))
    except (TookTooLong, GivenUp):
        future.cancel()
        late = _("No answer within %(seconds)s s.") % {"seconds": round(check.seconds_max)}
        return Outcome(check.key, State.UNKNOWN, message=late)
    except ClusterUnavailable:
        return Outcome(check.key, State.UNKNOWN, message=_("The cluster does not answer."))
    except (ClusterError, NotAsked) as exc:
        return Outcome(check.key, State.UNKNOWN, message=str(exc))
    except Exception:
        _log.exception("the check %s of a pre-flight failed", check.key)
        return Outcome(check.key, State.UNKNOWN, message=_("The check itself failed; the log of the console says why."))
    return Outcome(check.key, State.FOUND if findings else State.PASSED, findings)
