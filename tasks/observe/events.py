"""An event as decoded -> its row."""

from datetime import UTC, datetime

from console.cluster import shapes
from console.index.models import Event
from tasks.observe.jobs import version_of
from tasks.queries.cluster import FRAMEWORK_OF_KIND

OBJECT_KINDS = frozenset({"Pod", "Service", *FRAMEWORK_OF_KIND})
# Those that say why pods are missing or do not start (kubeflow.md section 6).
COMPLAINTS = (
    "FailedCreatePod",
    "FailedCreateService",
    "MPIJobFailed",
    "FailedMount",
    "FailedAttachVolume",
    "MPIJobFailedValidation",
    "MXJobFailedValidation",
    "TFJobFailedValidation",
    "PyTorchJobFailedValidation",
)
MESSAGE_LIMIT = 4000


def event_row(event: shapes.Event, *, task_uid: str) -> Event:
    """Both shapes alike: the kubelet's with counts, the scheduler's with a series."""
    meta, involved = event.metadata, event.involved_object
    created_at = meta.creation_timestamp or event.first_at or datetime.now(UTC)
    return Event(
        task_uid=task_uid,
        created_at=created_at,
        uid=meta.uid,
        namespace=involved.namespace or meta.namespace,
        object_kind=involved.kind[:32],
        object_name=involved.name,
        object_uid=involved.uid,
        type=event.type[:16],
        reason=event.reason[:128],
        component=event.component[:128],
        message=event.message[:MESSAGE_LIMIT],
        count=min(event.times, 2**31 - 1),
        first_at=event.first_at or created_at,
        last_at=event.last_at or created_at,
        resource_version=version_of(meta),
    )


def is_worded(event: shapes.Event) -> bool:
    """Whether it may word a cause. MPI's healthy jobs complain, too: only a refused pod counts."""
    return event.reason in COMPLAINTS and (event.reason != "MPIJobFailed" or "created failed" in event.message)
