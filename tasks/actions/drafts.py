from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone

from tasks.models import Draft
from tasks.specification.text import without_surrogates


class StaleDraft(Exception):
    """Another window has saved the draft meanwhile, or submitted it; nothing was written."""


def create_draft(*, by: User, framework: str, mode: str, namespace: str) -> Draft:
    entries = {"basics": {"namespace": namespace}}
    return Draft.objects.create(owner=by, framework=framework, mode=mode, entries=entries)


def save_step(draft: Draft, *, step: str, entries: Mapping[str, Any], version: int, done: bool) -> None:
    """Keep what was typed in one step, valid or not; `done` when the step was left without a blocking finding.

    The object is brought up to date. Raises StaleDraft when `version` is not the newest.
    """
    merged = {**draft.entries, step: without_surrogates(dict(entries))}
    steps = [key for key in draft.steps_done if key != step] + ([step] if done else [])
    _save(draft, version, entries=merged, steps_done=steps)


def finish_step(draft: Draft, step: str) -> None:
    """The step was left and nothing in it blocks; what was typed is saved already."""
    draft.steps_done = [*(key for key in draft.steps_done if key != step), step]
    Draft.objects.filter(pk=draft.pk, version=draft.version).update(steps_done=draft.steps_done)


def switch_mode(draft: Draft, mode: str, *, version: int) -> None:
    """Another training mode of the same framework. What each role has stays, also that of roles which leave."""
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


def delete_draft(draft: Draft) -> None:
    draft.delete()


def _save(draft: Draft, version: int, **values: Any) -> None:
    if draft.is_submitted:
        raise StaleDraft
    saved = Draft.objects.filter(pk=draft.pk, version=version).update(
        **values, version=F("version") + 1, updated_at=timezone.now()
    )
    if not saved:
        raise StaleDraft
    draft.refresh_from_db(fields=["entries", "mode", "steps_done", "version", "updated_at"])
