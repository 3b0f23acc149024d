"""Our status words: one for each task, role and pod. tasks/states.py derives them; the pages word and colour them."""

from enum import StrEnum


class Phase(StrEnum):
    """The state of a task, in order of precedence (product.md section 4, kubeflow.md section 4.4)."""

    GONE = "gone"  # no longer in the cluster
    DELETING = "deleting"
    FAILED = "failed"
    SUCCEEDED = "succeeded"
    SUSPENDED = "suspended"
    RESTARTING = "restarting"
    RUNNING = "running"  # with n of m pods ready
    STALLED = "stalled"  # conditions say running, but every pod has ended: the operator is silent
    WAITING = "waiting"  # for resources: a pod is unschedulable
    CREATING = "creating"  # pods exist and are being started
    QUEUED = "queued"  # pods are missing: a PodGroup waits, or the API server refused them
    SUBMITTED = "submitted"  # nobody has looked at it yet
    SILENT = "silent"  # the operator does not answer
    INVALID = "invalid"  # the operator will never accept it


FINISHED = frozenset({Phase.SUCCEEDED, Phase.FAILED, Phase.GONE})


class PodPhase(StrEnum):
    PENDING = "pending"
    STARTING = "starting"  # scheduled: init containers, image pull, creating
    RUNNING = "running"
    NOT_READY = "not-ready"  # a container waits (back-off, bad image) or is not ready
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TERMINATING = "terminating"
    UNKNOWN = "unknown"
