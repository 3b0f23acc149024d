"""Switches that stop a part of the cluster, for tests and for trying things out.

The ConfigMap `trainyard-faults` in `kube-system` holds them: `operator: paused` and `scheduler: paused` in its `data`
stop the training operator and the scheduler until the entry is changed or removed; what was missed is caught up then.
"""

from __future__ import annotations

from console.localcluster.machinery.errors import ApiError, failure
from console.localcluster.machinery.kinds import CONFIG_MAP, MPIJOB, Kind
from console.localcluster.store import Store

NAMESPACE = "kube-system"
NAME = "trainyard-faults"
OPERATOR = "operator"
SCHEDULER = "scheduler"


def is_paused(store: Store, part: str) -> bool:
    held = store.get(CONFIG_MAP.key, NAMESPACE, NAME)
    return held is not None and (held.get("data") or {}).get(part) == "paused"


def check_webhook(store: Store, kind: Kind) -> None:
    """Raises what the API server answers to a write of this job kind while the operator, its webhook, is down.

    MPIJobs have no webhook: they are accepted, and nothing happens.
    """
    if kind is not MPIJOB and is_paused(store, OPERATOR):
        raise _unreachable(kind)


def _unreachable(kind: Kind) -> ApiError:
    name = kind.kind.lower()
    why = (
        f'failed calling webhook "validator.{name}.training-operator.kubeflow.org": failed to call webhook: '
        f'Post "https://training-operator.kubeflow.svc:443/validate-kubeflow-org-v1-{name}?timeout=10s": '
        "dial tcp 10.96.0.2:9443: connect: connection refused"
    )
    return failure(500, "InternalError", f"Internal error occurred: {why}", {"causes": [{"message": why}]})
