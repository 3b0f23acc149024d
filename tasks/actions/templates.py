from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from tasks.models import TaskTemplate
from tasks.specification.text import without_surrogates


class TitleTaken(Exception):
    """The namespace has another template of that name; nothing was written."""


class StaleTemplate(Exception):
    """Somebody else has changed or deleted the template meanwhile; nothing was written."""


def save_template(
    *, by: User, namespace: str, title: str, about: str, framework: str, mode: str, entries: Mapping[str, Any]
) -> TaskTemplate:
    """Keep a draft's answers for the namespace, but for the task's name. Raises TitleTaken."""
    kept = deepcopy(dict(entries))
    kept["basics"] = {**kept.get("basics", {}), "name": "", "namespace": ""}
    try:
        with transaction.atomic():
            return TaskTemplate.objects.create(
                namespace=namespace,
                title=title,
                about=about,
                framework=framework,
                mode=mode,
                entries=without_surrogates(kept),
                created_by=by,
            )
    except IntegrityError:
        raise TitleTaken from None


def change_template(template: TaskTemplate, *, title: str, about: str, version: int) -> None:
    """Another name or description. Raises TitleTaken, and StaleTemplate when `version` is not the newest."""
    same = TaskTemplate.objects.filter(pk=template.pk, version=version)
    try:
        with transaction.atomic():
            changed = same.update(title=title, about=about, version=version + 1, updated_at=timezone.now())
    except IntegrityError:
        raise TitleTaken from None
    if not changed:
        raise StaleTemplate


def delete_template(template: TaskTemplate) -> None:
    template.delete()
