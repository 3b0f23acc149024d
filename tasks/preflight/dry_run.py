"""The cluster's own word: the objects are sent as the person, judged in full, and not kept."""

import re
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from console.cluster import WEBHOOK_DOWN, ClusterUnavailable, connect
from console.cluster.errors import AlreadyExists, ClusterError, Forbidden, Rejected
from console.cluster.resources import POD
from tasks.preflight.asking import NotAsked
from tasks.preflight.subject import Subject
from tasks.specification import Code, Finding, RestartPolicy, error, warning

_PRIORITY_CLASS = re.compile(r"no PriorityClass with name (\S+) was found")
_POD_NAME = re.compile(r'^pods "[^"]*" is (forbidden|invalid): ', re.IGNORECASE)  # one that the trial made up
_QUOTA = re.compile(r"exceeded quota|failed quota", re.IGNORECASE)


def try_task(subject: Subject) -> Iterator[Finding]:
    try:
        send_task(subject)
    except ClusterUnavailable as exc:
        if exc.reason != WEBHOOK_DOWN:
            raise
        raise NotAsked(_("The cluster cannot say as long as the training operator does not answer it.")) from exc
    except AlreadyExists:
        yield error(Code.NAME_TAKEN, "name", name=subject.spec.name)
    except (Rejected, Forbidden) as exc:
        yield from _refusals(exc, subject)


def send_task(subject: Subject) -> None:
    """The task as it would be submitted, for the API server and its webhooks to judge. Raises ClusterError."""
    connect(acting_as=subject.identity).create(subject.framework.resource, subject.manifest(), dry_run=True)


def try_pods(subject: Subject) -> Iterator[Finding]:
    """A pod of each role: a job's own dry run misses quotas, service accounts, priority classes, pod policies."""
    cluster = connect(acting_as=subject.identity)
    if not cluster.may("create", POD, subject.spec.namespace).allowed:
        raise NotAsked(_("Only people who may create pods themselves can try one out."))
    for role, entry in subject.manifest()["spec"][subject.framework.roles_field].items():
        subject.go_on()
        try:
            cluster.create(POD, _pod(subject, role, entry), dry_run=True)
        except ClusterUnavailable:
            raise
        except ClusterError as exc:
            message = _POD_NAME.sub("", str(exc))
            if missing := _PRIORITY_CLASS.search(message):  # the task's, and so the same for each role
                yield error(Code.PRIORITY_CLASS_UNKNOWN, "priority_class", name=missing[1])
                return
            if _QUOTA.search(message):  # its use falls when other tasks end: pods then come
                yield warning(Code.POD_OVER_QUOTA, f"roles.{role}.flavor", role=role, message=message)
            else:
                yield error(Code.POD_REFUSED, f"roles.{role}", role=role, message=message)


def _pod(subject: Subject, role: str, entry: dict[str, Any]) -> dict[str, Any]:
    """As the operator would make it, as far as the API server judges it."""
    template, policy = entry["template"], entry["restartPolicy"]
    return {
        "apiVersion": POD.api_version,
        "kind": POD.kind,
        "metadata": {
            **template["metadata"],
            "generateName": f"{subject.spec.name}-{role.lower()}-",
            "namespace": subject.spec.namespace,
        },
        # The role's word counts, not the template's; ExitCode is the operator's own, and its pods have Never.
        "spec": {
            **template["spec"],
            "restartPolicy": RestartPolicy.NEVER.value if policy == RestartPolicy.EXIT_CODE else policy,
        },
    }


def _refusals(refused: ClusterError, subject: Subject) -> Iterator[Finding]:
    """One finding a cause, at the role that its path names; else the message as it stands."""
    if not refused.causes:
        yield error(Code.REFUSED, "name", message=str(refused))
    for cause in refused.causes:
        role = next((role.name for role in subject.spec.roles if f".{role.name}." in f"{cause.field}."), "")
        yield error(Code.REFUSED, f"roles.{role}" if role else "name", message=f"{cause.field}: {cause.message}")
