"""Drafts that begin with everything filled in: from an import, a clone or a template."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpResponse
from django.shortcuts import redirect

from console.cluster import ClusterUnavailable
from namespaces.access import NamespaceAccess, visible_namespaces
from tasks import actions
from tasks.frameworks import FRAMEWORKS
from tasks.models import Draft
from tasks.queries.checked import checked_draft
from tasks.specification import Mode, TaskSpec
from tasks.specification.entries import entries_of
from tasks.wizard.standing import first_open
from tasks.wizard.steps import FILLED_IN, step_of


def draft_of_spec(spec: TaskSpec, *, by: User, name: str, namespace: str) -> Draft:
    """A draft that says what the specification says, but for the name and the namespace."""
    entries = entries_of(spec)
    entries["basics"] |= {"name": name, "namespace": namespace}
    return begin(by=by, framework=spec.framework, mode=spec.mode or nearest_mode(spec).key, entries=entries)


def begin(*, by: User, framework: str, mode: str, entries: Mapping[str, Any]) -> Draft:
    """The draft; the steps in which nothing blocks count as done."""
    draft = actions.create_draft(by=by, framework=framework, mode=mode, entries=entries)
    blocked = {step_of(finding) for finding in checked_draft(draft).blocking}
    for step in FILLED_IN:
        if step not in blocked:
            actions.finish_step(draft, step.key)
    return draft


def to_first_open(draft: Draft) -> HttpResponse:
    """To the first step in which something is missing, with what that is; else to the last."""
    response = redirect("wizard-step", draft.key, first_open(draft).key)
    response.headers["Location"] += "?show=errors"
    return response


def places_for(user: User | AnonymousUser) -> list[NamespaceAccess]:
    """The namespaces in which the person may create tasks; none while the cluster cannot be asked."""
    try:
        visible = [access for access in visible_namespaces(user) if access.class_name in settings.TASK_CLASSES]
        return [access for access in visible if access.can_create]
    except ClusterUnavailable:
        return []


def nearest_mode(spec: TaskSpec) -> Mode:
    """The mode that knows most of the roles, where they fit none."""
    names = {role.name for role in spec.roles}
    return max(FRAMEWORKS[spec.framework].modes, key=lambda mode: len(names & {role.name for role in mode.roles}))
