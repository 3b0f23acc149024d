"""One object that cannot be written must not keep all others out of the index: found by halves, told, and left out."""

import logging
from collections.abc import Callable, Sequence

from django.db import InterfaceError, OperationalError

from console.cluster.resources import EVENT, JOB_KINDS, POD
from console.index.leader import Deposed
from tasks.observe.batch import Batch, Slot
from tasks.observe.record import Outcome

logger = logging.getLogger(__name__)

Write = Callable[[Batch], Outcome]
# The database is away, or we are not the one who writes: that is no object's fault.
NOBODYS_FAULT = (Deposed, OperationalError, InterfaceError)
_LAST = (*(resource.key for resource in JOB_KINDS), POD.key, EVENT.key)  # a pod after its task, an event after both


def write_what_can_be(batch: Batch, write: Write) -> Outcome:
    """Write the batch by `write`, one transaction at best. Where that fails: all of it but the objects to blame.

    Raises what is nobody's fault, and what fails without any object.
    """
    try:
        return write(batch)
    except NOBODYS_FAULT:
        raise
    except Exception:
        logger.exception("A batch cannot be written; looking for the object to blame.")
    items = [(key, slot) for key in sorted(batch.slots, key=_order) for slot in batch.slots[key].values()]
    outcome = Outcome()
    _write_halves(items, write, outcome)
    for uid in batch.recheck:
        _write_part(Batch({}, recheck=[uid]), f"task {uid}", write, outcome)
    _add(outcome, write(Batch({}, progress=batch.progress)))
    return outcome


def _write_halves(items: Sequence[tuple[str, Slot]], write: Write, outcome: Outcome) -> None:
    if len(items) == 1:
        key, slot = items[0]
        meta = slot.object.metadata
        return _write_part(_batch_of(items), f"{key} {meta.namespace}/{meta.name}", write, outcome)
    middle = len(items) // 2
    for half in (items[:middle], items[middle:]):
        if not half:
            continue
        try:
            _add(outcome, write(_batch_of(half)))
        except NOBODYS_FAULT:
            raise
        except Exception:  # told once it is found
            _write_halves(half, write, outcome)
    return None


def _write_part(batch: Batch, name: str, write: Write, outcome: Outcome) -> None:
    try:
        _add(outcome, write(batch))
    except NOBODYS_FAULT:
        raise
    except Exception:
        logger.exception("Left out of the index, since it cannot be written: %s", name)


def _batch_of(items: Sequence[tuple[str, Slot]]) -> Batch:
    slots: dict[str, dict[str, Slot]] = {}
    for key, slot in items:
        slots.setdefault(key, {})[slot.object.metadata.uid] = slot
    return Batch(slots)


def _add(outcome: Outcome, more: Outcome) -> None:
    outcome.changes += more.changes
    outcome.recheck |= more.recheck
    outcome.touched_objects |= more.touched_objects


def _order(key: str) -> int:
    return _LAST.index(key) if key in _LAST else -1
