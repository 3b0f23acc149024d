from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from tasks.models import Draft, KeptManifest, Operation
from tasks.models.drafts import SUBMITTED_KEPT, listed_of
from tasks.specification.text import without_surrogates

_SETTLED = (Operation.State.SUCCEEDED, Operation.State.FAILED)


class StaleDraft(Exception):
    """Another window has saved the draft meanwhile, or submitted it; nothing was written."""


def create_draft(
    *,
    by: User,
    framework: str,
    mode: str,
    namespace: str = "",
    entries: Mapping[str, Any] | None = None,
    steps_done: Sequence[str] = (),
) -> Draft:
    """A new draft: empty, or with `entries` that came from elsewhere (an import, a clone, a template)."""
    typed = without_surrogates(dict(entries or {"basics": {}}))
    if namespace:
        typed["basics"] = {**typed.get("basics", {}), "namespace": namespace}
    return Draft.objects.create(owner=by, framework=framework, mode=mode, entries=typed, steps_done=list(steps_done))


def save_step(draft: Draft, *, step: str, entries: Mapping[str, Any], version: int, done: bool | None) -> None:
    """Keep what was typed in one step, valid or not.

    `done`: whether the step was left without a blocking finding; None leaves that as it was, for what is saved while
    somebody types. The object is brought up to date. Raises StaleDraft when `version` is not the newest, except where
    the newest says the same already, as after a double click.
    """
    typed = without_surrogates(dict(entries))
    if draft.entries.get(step) == typed and not draft.is_submitted:
        if done is None:
            return
        version = draft.version
    steps = draft.steps_done
    if done is not None:
        steps = [key for key in draft.steps_done if key != step] + ([step] if done else [])
    _save(draft, version, entries={**draft.entries, step: typed}, steps_done=steps)


def finish_step(draft: Draft, step: str) -> None:
    """The step was left and nothing in it blocks; what was typed is saved already. Raises StaleDraft."""
    done = [*(key for key in draft.steps_done if key != step), step]
    if not Draft.objects.filter(pk=draft.pk, version=draft.version).update(steps_done=done):
        raise StaleDraft
    draft.steps_done = done


def switch_mode(draft: Draft, mode: str, *, version: int) -> None:
    """Another training mode of the same framework. What each role has stays, also that of roles that leave."""
    steps = [key for key in draft.steps_done if key != "roles"]
    _save(draft, version, mode=mode, steps_done=steps)


def move_draft(draft: Draft, entries: Mapping[str, Any], *, version: int) -> None:
    """Another namespace: all entries are replaced, and the roles, which may have lost something, are asked again."""
    _save(
        draft,
        version,
        entries=without_surrogates(dict(entries)),
        steps_done=[key for key in draft.steps_done if key not in ("basics", "roles")],
    )


def rewrite_draft(draft: Draft, *, mode: str, entries: Mapping[str, Any], version: int) -> None:
    """The whole task anew, as an edited manifest has it. What roles of other modes had stays, for a switch back."""
    typed = without_surrogates(dict(entries))
    before = {name: {**role, "enabled": ""} for name, role in draft.entries.get("roles", {}).items()}
    _save(draft, version, mode=mode, entries={**typed, "roles": {**before, **typed["roles"]}})


def delete_draft(draft: Draft) -> None:
    draft.delete()


def forget_old(now: datetime) -> int:
    """Delete drafts that nobody touched for DRAFT_DAYS, those whose task was created a week ago, and the manifests of
    tasks that are gone for KEPT_MANIFEST_DAYS; tell how many rows went."""
    untouched = Q(updated_at__lt=now - timedelta(days=settings.DRAFT_DAYS))
    in_use = Q(operation__state__in=[state for state in Operation.State if state not in _SETTLED])
    created = Q(operation__state=Operation.State.SUCCEEDED, operation__settled_at__lt=now - SUBMITTED_KEPT)
    drafts, _of = Draft.objects.filter((untouched & ~in_use) | created).delete()
    too_old = now - timedelta(days=settings.KEPT_MANIFEST_DAYS)
    manifests, _of = KeptManifest.objects.filter(gone_at__lt=too_old).delete()
    return drafts + manifests


def _save(draft: Draft, version: int, **values: Any) -> None:
    # What is written was merged into the entries of this object: they must be those of the version, too.
    if draft.is_submitted or version != draft.version:
        raise StaleDraft
    values |= listed_of(values["entries"]) if "entries" in values else {}
    values |= {"version": version + 1, "updated_at": timezone.now()}
    if not Draft.objects.filter(pk=draft.pk, version=version).update(**values):
        raise StaleDraft
    for name, value in values.items():
        setattr(draft, name, value)
