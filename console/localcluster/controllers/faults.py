"""Switches that stop a part of the cluster, for tests and for trying things out.

The ConfigMap `trainyard-faults` in `kube-system` holds them: `operator: paused` and `scheduler: paused` in its `data`
stop the training operator and the scheduler until the entry is changed or removed; what was missed is caught up then.
"""

from __future__ import annotations

from console.localcluster.machinery.api import Api
from console.localcluster.machinery.kinds import CONFIG_MAP

NAMESPACE = "kube-system"
NAME = "trainyard-faults"
OPERATOR = "operator"
SCHEDULER = "scheduler"


def is_paused(api: Api, part: str) -> bool:
    held = api.store.get(CONFIG_MAP.key, NAMESPACE, NAME)
    return held is not None and (held.get("data") or {}).get(part) == "paused"
