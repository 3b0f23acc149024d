import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from console.people.demo import DEMO_PEOPLE
from console.people.models import Person


class Command(BaseCommand):
    help = "Create the demo people of local mode, or give them back their groups and password."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.LOCAL_MODE:
            raise CommandError("Demo people belong to local mode (TRAINYARD_LOCAL=1).")
        password = demo_password(settings.STATE_DIR)
        for demo in DEMO_PEOPLE:
            with transaction.atomic():
                user, _created = User.objects.get_or_create(username=demo.name)
                if not user.check_password(password):  # a new hash would end the sessions of everybody
                    user.set_password(password)
                    user.save()
                Person.objects.update_or_create(
                    user=user,
                    defaults={
                        "cluster_user": demo.name,
                        "cluster_groups": list(demo.groups),
                        "console_admin": demo.console_admin,
                    },
                )
        if options["verbosity"]:
            self.stdout.write(f"{len(DEMO_PEOPLE)} demo people: {', '.join(demo.name for demo in DEMO_PEOPLE)}")


def demo_password(state_dir: Path) -> str:
    """The demo people's password: TRAINYARD_DEMO_PASSWORD, else one made once for this state folder."""
    if given := os.environ.get("TRAINYARD_DEMO_PASSWORD"):
        return given
    path = state_dir / "secrets" / "demo-password"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(9))
    except FileExistsError:
        pass
    return path.read_text().strip()
