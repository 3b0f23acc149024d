from typing import Any

from django.core.management.base import BaseCommand
from django.db import models

from console.sealing import SealedJSONField, Unreadable
from tasks import models as kept


class Command(BaseCommand):
    help = "Encrypt all that is kept sealed with the first of TRAINYARD_DRAFT_KEYS, so that the others can go."

    def handle(self, *_args: Any, **_options: Any) -> None:
        for model in (kept.Draft, kept.Operation, kept.TaskTemplate, kept.KeptManifest):
            for field in model._meta.concrete_fields:
                if isinstance(field, SealedJSONField):
                    self._reseal(model, field.name)

    def _reseal(self, model: type[models.Model], name: str) -> None:
        done = lost = 0
        for pk, value in model._default_manager.exclude(**{name: None}).values_list("pk", name).iterator(100):
            if isinstance(value, Unreadable):
                lost += 1
            else:
                # A value that changed meanwhile was encrypted with the first key by whoever changed it.
                done += model._default_manager.filter(pk=pk).update(**{name: value})
        self.stdout.write(f"{model._meta.verbose_name_plural}: {done} encrypted anew, {lost} without a key")
