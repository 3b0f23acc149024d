"""Every change that a person asks for. Only `carry_out`, which background jobs call, waits for the cluster."""

from tasks.actions.carrying import Outcome, carry_out, carry_out_due
from tasks.actions.drafts import (
    StaleDraft,
    create_draft,
    delete_draft,
    finish_step,
    forget_old,
    move_draft,
    save_step,
    switch_mode,
)
from tasks.actions.requesting import (
    KeyReused,
    NotReady,
    confirm_operation,
    request_changes,
    request_pod_deletion,
    request_submit,
    withdraw_operation,
)

__all__ = [
    "KeyReused",
    "NotReady",
    "Outcome",
    "StaleDraft",
    "carry_out",
    "carry_out_due",
    "confirm_operation",
    "create_draft",
    "delete_draft",
    "finish_step",
    "forget_old",
    "move_draft",
    "request_changes",
    "request_pod_deletion",
    "request_submit",
    "save_step",
    "switch_mode",
    "withdraw_operation",
]
