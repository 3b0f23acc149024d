"""Every change that a person asks for. Only `carry_out`, which background jobs call, waits for the cluster."""

from tasks.actions.carrying import Outcome, carry_out, carry_out_due
from tasks.actions.drafts import (
    StaleDraft,
    create_draft,
    delete_draft,
    finish_step,
    forget_old,
    move_draft,
    rewrite_draft,
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
from tasks.actions.templates import (
    StaleTemplate,
    TitleTaken,
    change_template,
    delete_template,
    save_template,
)

__all__ = [
    "KeyReused",
    "NotReady",
    "Outcome",
    "StaleDraft",
    "StaleTemplate",
    "TitleTaken",
    "carry_out",
    "carry_out_due",
    "change_template",
    "confirm_operation",
    "create_draft",
    "delete_draft",
    "delete_template",
    "finish_step",
    "forget_old",
    "move_draft",
    "request_changes",
    "request_pod_deletion",
    "request_submit",
    "rewrite_draft",
    "save_step",
    "save_template",
    "switch_mode",
    "withdraw_operation",
]
