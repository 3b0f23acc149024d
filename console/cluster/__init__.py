"""The only package that talks to Kubernetes.

What it offers is loaded when it is first named: the watcher needs no httpx (20 MB), pages and workers need no aiohttp
(12 MB), and every process of the tree would pay for both.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from console.cluster.answers import WEBHOOK_DOWN
    from console.cluster.client import Cluster, Decision, connect
    from console.cluster.errors import (
        AlreadyExists,
        Cause,
        ClusterError,
        ClusterUnavailable,
        Forbidden,
        Gone,
        NotFound,
        Rejected,
    )
    from console.cluster.exec import STDERR, STDOUT, ExecEnd, ExecOutput, ExecStream, open_exec
    from console.cluster.happenings import (
        Added,
        Bookmark,
        Deleted,
        Listed,
        Modified,
        NotServed,
        Opened,
        Relisting,
        Trouble,
    )
    from console.cluster.identity import Identity, UnusableIdentity
    from console.cluster.resources import (
        CLAIM,
        CONFIG_MAP,
        DEPLOYMENT,
        DESCRIPTION_ANNOTATION,
        EVENT,
        INDEX_LABEL,
        JOB_KINDS,
        JOB_NAME_LABEL,
        MODE_LABEL,
        MPIJOB,
        MXJOB,
        NAMESPACE,
        NODE,
        OPERATION_LABEL,
        OPERATOR_LABEL,
        OWNER_ANNOTATION,
        POD,
        POD_METRICS,
        PYTORCHJOB,
        QUOTA,
        ROLE_LABEL,
        SECRET,
        SERVICE,
        TFJOB,
        Manifest,
        Resource,
    )
    from console.cluster.streams import follow_log
    from console.cluster.watching import watch

_HOMES = {
    "answers": "WEBHOOK_DOWN",
    "client": "Cluster Decision connect",
    "errors": "AlreadyExists Cause ClusterError ClusterUnavailable Forbidden Gone NotFound Rejected",
    "exec": "STDERR STDOUT ExecEnd ExecOutput ExecStream open_exec",
    "identity": "Identity UnusableIdentity",
    "resources": (
        "CLAIM CONFIG_MAP DEPLOYMENT DESCRIPTION_ANNOTATION EVENT INDEX_LABEL JOB_KINDS JOB_NAME_LABEL MODE_LABEL "
        "MPIJOB MXJOB NAMESPACE NODE OPERATION_LABEL OPERATOR_LABEL OWNER_ANNOTATION POD POD_METRICS PYTORCHJOB QUOTA "
        "ROLE_LABEL SECRET SERVICE TFJOB Manifest Resource"
    ),
    "streams": "follow_log",
    "happenings": "Added Bookmark Deleted Listed Modified NotServed Opened Relisting Trouble",
    "watching": "watch",
}
_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    return value


__all__ = [
    "CLAIM",
    "CONFIG_MAP",
    "DEPLOYMENT",
    "DESCRIPTION_ANNOTATION",
    "EVENT",
    "INDEX_LABEL",
    "JOB_KINDS",
    "JOB_NAME_LABEL",
    "MODE_LABEL",
    "MPIJOB",
    "MXJOB",
    "NAMESPACE",
    "NODE",
    "OPERATION_LABEL",
    "OPERATOR_LABEL",
    "OWNER_ANNOTATION",
    "POD",
    "POD_METRICS",
    "PYTORCHJOB",
    "QUOTA",
    "ROLE_LABEL",
    "SECRET",
    "SERVICE",
    "STDERR",
    "STDOUT",
    "TFJOB",
    "WEBHOOK_DOWN",
    "Added",
    "AlreadyExists",
    "Bookmark",
    "Cause",
    "Cluster",
    "ClusterError",
    "ClusterUnavailable",
    "Decision",
    "Deleted",
    "ExecEnd",
    "ExecOutput",
    "ExecStream",
    "Forbidden",
    "Gone",
    "Identity",
    "Listed",
    "Manifest",
    "Modified",
    "NotFound",
    "NotServed",
    "Opened",
    "Rejected",
    "Relisting",
    "Resource",
    "Trouble",
    "UnusableIdentity",
    "connect",
    "follow_log",
    "open_exec",
    "watch",
]
