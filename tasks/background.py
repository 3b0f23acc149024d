import logging
import time
from collections.abc import Callable
from datetime import datetime
from threading import Event

from celery import shared_task
from django.db import close_old_connections
from django.utils import timezone

from tasks import actions

SWEEP_SECONDS = 5.0
CLEANING_SECONDS = 3600.0
_log = logging.getLogger(__name__)


@shared_task(acks_late=True)  # a killed worker gives the job back
def carry_out(operation_id: int) -> None:
    """Hurry one operation. Without retries of its own: the sweep is the one that comes again."""
    actions.carry_out(operation_id)


def sweep_for_ever(
    *,
    pause_seconds: float = SWEEP_SECONDS,
    stop: Event | None = None,
    now: Callable[[], datetime] = timezone.now,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Carry out what was left: by a broker that is away, a killed worker or a cluster that was away. Once an hour,
    and at the start, forget old drafts.

    No background job: those come through the broker, and this is what must go on without it.
    """
    stop = stop or Event()
    cleaned_at = clock() - CLEANING_SECONDS
    while not stop.wait(pause_seconds):
        close_old_connections()
        try:
            actions.carry_out_due()
            if clock() - cleaned_at >= CLEANING_SECONDS:
                actions.forget_old(now())
                cleaned_at = clock()
        except Exception:  # whatever it is, the next round may be luckier; without rounds nobody would notice
            _log.exception("A sweep of the operations failed; the next comes in %g s.", pause_seconds)
        finally:
            close_old_connections()
