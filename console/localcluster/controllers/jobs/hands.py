"""What the operator does to the cluster, as its own service account, with the event it writes about each deed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.localcluster.machinery.api import Api
from console.localcluster.machinery.errors import ApiError
from console.localcluster.machinery.kinds import POD, SERVICE, Kind
from console.localcluster.machinery.objects import name_of, namespace_of
from console.localcluster.machinery.users import AUTHENTICATED, User

Object = dict[str, Any]

OPERATOR = User(
    name="system:serviceaccount:kubeflow:training-operator",
    groups=("system:serviceaccounts", "system:serviceaccounts:kubeflow", AUTHENTICATED),
)


@dataclass(frozen=True, slots=True)
class Hands:
    """The deeds of one pass over one job. Refusals are raised as ApiError, after the event that tells of them."""

    api: Api
    kind: Kind
    job: Object

    @property
    def now(self) -> datetime:
        return self.api.clock()

    @property
    def component(self) -> str:
        return f"{self.kind.kind.lower()}-controller"

    def event(self, type_: str, reason: str, message: str) -> None:
        self.api.emit_event(self.job, type=type_, reason=reason, message=message, component=self.component)

    def normal(self, reason: str, message: str) -> None:
        self.event("Normal", reason, message)

    def warning(self, reason: str, message: str) -> None:
        self.event("Warning", reason, message)

    def owner_reference(self) -> Object:
        return {
            "apiVersion": self.kind.api_version,
            "kind": self.kind.kind,
            "name": name_of(self.job),
            "uid": self.job["metadata"]["uid"],
            "controller": True,
            "blockOwnerDeletion": True,
        }

    def create(self, kind: Kind, obj: Object) -> Object:
        """Create without an event."""
        obj["metadata"]["ownerReferences"] = [self.owner_reference()]
        return self.api.create(kind, namespace_of(self.job), obj, user=OPERATOR)

    def create_pod(self, pod: Object) -> None:
        self._create_told(POD, pod, "Pod")

    def create_service(self, service: Object) -> None:
        self._create_told(SERVICE, service, "Service")

    def delete_pod(self, name: str) -> None:
        self._delete_told(POD, name, "Pod")

    def delete_service(self, name: str) -> None:
        self._delete_told(SERVICE, name, "Service")

    def delete_job(self) -> None:
        """By its time to live. TF and MPI name the event for the job, PT and MX (sic) for a pod."""
        reason = "SuccessfulDeleteJob" if self.kind.kind in ("TFJob", "MPIJob") else "SuccessfulDeletePod"
        self.api.delete(self.kind, namespace_of(self.job), name_of(self.job), user=OPERATOR)
        self.normal(reason, f"Deleted job: {name_of(self.job)}")

    def _create_told(self, kind: Kind, obj: Object, word: str) -> None:
        try:
            self.create(kind, obj)
        except ApiError as error:
            self.warning(f"FailedCreate{word}", f"Error creating: {error}")
            raise
        self.normal(f"SuccessfulCreate{word}", f"Created {word.lower()}: {name_of(obj)}")

    def _delete_told(self, kind: Kind, name: str, word: str) -> None:
        """Nothing to do for what is gone or on its way."""
        held = self.api.store.get(kind.key, namespace_of(self.job), name)
        if held is None or "deletionTimestamp" in held["metadata"]:
            return
        self.api.delete(kind, namespace_of(self.job), name, user=OPERATOR)
        self.normal(f"SuccessfulDelete{word}", f"Deleted {word.lower()}: {name}")
