"""Guessing passwords is slow: five wrong ones for an account from an address, then a wait."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from console.people.models import SignInTry

TRIES = 5
WAIT = timedelta(minutes=5)


def begin_try(account: str, address: str, *, now: datetime) -> timedelta | None:
    """Count a try before its password is looked at, so that tries side by side count too.

    Returns how long to wait when there were too many; None when this one may go on. `forget_tries` after a right one.
    """
    key = {"account": account.casefold()[:150], "address": address}
    with transaction.atomic():
        SignInTry.objects.filter(last_at__lt=now - WAIT).delete()
        row, _created = SignInTry.objects.select_for_update().get_or_create(**key, defaults={"last_at": now})
        if row.tries >= TRIES:
            return row.last_at + WAIT - now
        SignInTry.objects.filter(pk=row.pk).update(tries=F("tries") + 1, last_at=now)
    return None


def forget_tries(account: str, address: str) -> None:
    SignInTry.objects.filter(account=account.casefold()[:150], address=address).delete()
